# Generated from src/amocrm_sync/_async/sync/inbox.py by tools/unasync.py: edit that file instead.
"""The inbox: webhook bodies kept at once, and the rows that they point at read again later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from amocrm_sync._core.amojo import verify_hook
from amocrm_sync._core.call import Priority
from amocrm_sync._core.chat_hooks import chat_hook_in
from amocrm_sync._core.entities import stream_named
from amocrm_sync._core.sync.chat_hooks import chat_news
from amocrm_sync._core.sync.communications import COMMUNICATIONS, communication_of_hook
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.inbox import Delivery, hints_of
from amocrm_sync._core.sync.noticed import activity_of_hook
from amocrm_sync._core.sync.records import Incoming, Read
from amocrm_sync._core.sync.reports import Receipt, SyncReport
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.waiting import wait_after
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync.sync.apply import apply_seen
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.doorbells import ring_safely
from amocrm_sync._sync.sync.failures import FATAL
from amocrm_sync._sync.sync.group import GroupCommit
from amocrm_sync._sync.sync.protocols import KeepingStore, SyncTx
from amocrm_sync._sync.sync.reread import read_again
from amocrm_sync.errors import AmoCRMError
from amocrm_sync.webhooks import WebhookEvents, WebhookTooLarge, parse

_BODIES_AT_ONCE = 200


class Inbox:
    """Takes webhooks, and makes the store follow them."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context
        self._group: GroupCommit[Delivery, bool] = GroupCommit(self._keep)

    def receive(
        self, body: bytes | str, content_type: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Receipt:
        """Keep a body as it came; it is durable when this returns. Nothing is read from amoCRM here.

        Raises:
            WebhookTooLarge: The body is over the parser's limit; it is not kept.
            SignatureError: It is a chat channel's, and not signed with ``SyncConfig.chat_secret``; it is not kept.
        """
        raw = body.encode() if isinstance(body, str) else bytes(body)
        events, now = parse(raw, content_type=content_type), self._context.clock.now()
        chat, secret = chat_hook_in(raw), self._context.config.chat_secret
        if chat is not None and secret is not None:
            verify_hook(raw, _signature(headers), secret)
        delivery = Delivery(
            received_at=now,
            dedupe=hashlib.sha256(raw).hexdigest(),
            body=raw,
            content_type=content_type or "",
            headers=dict(headers or {}),
        )
        is_new = self._group.add(delivery)
        if chat is not None:
            return Receipt(processed=1, errors=0, duplicate=not is_new)
        return Receipt(processed=len(events), errors=len(events.problems), duplicate=not is_new)

    def _keep(self, deliveries: Sequence[Delivery]) -> Sequence[bool]:
        """Bodies that came in together, in one transaction."""
        context, bell = self._context, self._context.doorbell
        if isinstance(context.store, KeepingStore) and (bell is None or not bell.is_transactional):
            new = context.store.keep(context.tenant, deliveries)
            ring_safely(bell, context.tenant, WorkKind.PULL)
            return new
        with context.tx(lock=False) as tx:
            context.ring(tx, WorkKind.PULL)
            return tx.inbox.add(deliveries)

    def process(self, report: SyncReport) -> None:
        """Read every row again that a webhook, a late answer or a push has marked; store what is there now.

        Raises:
            AmoCRMError: One that concerns the whole account; the rows stay marked.
        """
        started = self._context.clock.monotonic()
        self._parse_new(report)
        while not self._context.is_draining and (claims := self._claim(report.run_id)):
            self._follow(claims, report)
        counts = report.as_counts()
        if report.entities:
            with self._context.tx() as tx:
                self._context.log(
                    tx,
                    report,
                    "process_inbox",
                    "",
                    dict(counts),
                    is_error=bool(counts["errors"]),
                    seconds=self._context.clock.monotonic() - started,
                )

    def _claim(self, owner: str) -> list[Claim]:
        """Rows to be read again, ours until the lease ends."""
        context = self._context
        now = context.store.now(context.clock)
        with context.tx(lock=False) as tx:
            return tx.work.claim(
                WorkKind.PULL, now, owner, now + context.config.lease, context.config.hint_batch
            )

    def _parse_new(self, report: SyncReport) -> None:
        """From bodies to hints; a body that cannot be read is kept for a person."""
        keeps = COMMUNICATIONS in self._context.config.entities
        while True:
            wanted: dict[str, list[str]] = {}
            told: list[Incoming] = []
            parsed: list[int] = []
            happened: list[Activity] = []
            with self._context.tx(lock=keeps) as tx:
                bodies = tx.inbox.claim_new(_BODIES_AT_ONCE)
                for delivery in bodies:
                    chat = chat_hook_in(delivery.body)
                    if chat is not None:
                        news = chat_news(chat, delivery.received_at)
                        happened += [news.activity] if news.activity is not None else []
                        told += [news.message] if keeps and news.message is not None else []
                        parsed.append(delivery.id)
                        continue
                    events, error = _read(delivery)
                    happened += [activity_of_hook(event, delivery.received_at) for event in events]
                    told += _communications(events, delivery.received_at) if keeps else ()
                    for stream, remote_id in self._wanted(hints_of(events)):
                        wanted.setdefault(stream, []).append(remote_id)
                    if error is not None:
                        tx.inbox.mark([delivery.id], "bad", error)
                        report.fail("webhooks", "process_inbox", error)
                    else:
                        parsed.append(delivery.id)
                tx.inbox.mark(parsed, "parsed")
                tx.activity.add(happened)
                heard = self._hear(tx, told, report)
                for stream, remote_ids in sorted(wanted.items()):
                    tx.work.mark(WorkKind.PULL, stream, remote_ids, self._context.clock.now())
            self._context.listeners.tell(heard)
            if not bodies:
                return

    def _hear(self, tx: SyncTx, told: list[Incoming], report: SyncReport) -> list[SyncEvent]:
        """Store the communications that nobody can read again, in the transaction that takes their body off the queue.

        Each is kept as it came first; a call that has been read since is left as it was read.
        """
        if not told:
            return []
        known = tx.records.by_remote(COMMUNICATIONS, [item.remote_id for item in told])
        now = self._context.clock.now()
        first = {item.remote_id: item for item in reversed(told)}
        fresh = [item for item in told if first[item.remote_id] is item and item.remote_id not in known]
        report.of(COMMUNICATIONS).fetched += len(fresh)
        return apply_seen(self._context, tx, COMMUNICATIONS, fresh, Read(now, now), report=report)

    def _wanted(self, hints: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of entities that are synced."""
        return [
            (stream, remote_id)
            for stream, remote_id in hints
            if stream_named(stream).entity.name in self._context.config.entities
        ]

    def _follow(self, claims: list[Claim], report: SyncReport) -> None:
        """Read the rows of some work of one stream, and store them together with its end."""
        context, stream = self._context, stream_named(claims[0].stream)
        try:
            answer = read_again(context, stream, [claim.key for claim in claims], report, Priority.WEBHOOK)
        except AmoCRMError as error:
            self._postpone(claims, error, report)
            if isinstance(error, FATAL):
                raise
            return
        report.of(stream.entity.name).fetched += len(answer.rows)
        with context.tx() as tx:
            tx.work.finish(claims)  # before the rows: a row that comes too late raises its hint anew
            events = answer.apply(context, tx, stream, report)
        context.listeners.tell(events)

    def _postpone(self, claims: list[Claim], error: AmoCRMError, report: SyncReport) -> None:
        context, entity = self._context, stream_named(claims[0].stream).entity
        report.fail(entity.name, "process_inbox", error)
        wait = wait_after(claims, context.config, context.random.random())
        with context.tx() as tx:
            tx.work.retry(claims, context.clock.now() + max(wait, 1.0), str(error))


def _communications(events: WebhookEvents, received_at: float) -> list[Incoming]:
    return [told for event in events if (told := communication_of_hook(event, received_at)) is not None]


def _signature(headers: Mapping[str, str] | None) -> str | None:
    return next((value for name, value in (headers or {}).items() if name.lower() == "x-signature"), None)


def _read(delivery: Delivery) -> tuple[WebhookEvents, str | None]:
    """The events of a body, and what could not be read in it."""
    try:
        events = parse(delivery.body, content_type=delivery.content_type)
    except WebhookTooLarge as error:
        return WebhookEvents(()), str(error)
    problem = next(iter(events.problems), None)
    return events, None if problem is None else str(problem)
