"""The inbox: webhook bodies kept at once, and the rows that they point at read again later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.pull import FATAL
from amocrm_sync._async.sync.reread import read_again
from amocrm_sync._core.entities import stream_named
from amocrm_sync._core.sync.inbox import Delivery, Hint, hints_of
from amocrm_sync._core.sync.outbox import backoff
from amocrm_sync._core.sync.reports import Receipt, SyncReport
from amocrm_sync.errors import AmoCRMError
from amocrm_sync.webhooks import WebhookEvents, WebhookTooLarge, parse

_BODIES_AT_ONCE = 200


class AsyncInbox:
    """Takes webhooks, and makes the store follow them."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def receive(
        self, body: bytes | str, content_type: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Receipt:
        """Keep a body as it came; it is durable when this returns. Nothing is read from amoCRM here.

        Raises:
            WebhookTooLarge: The body is over the parser's limit; it is not kept.
        """
        raw = body.encode() if isinstance(body, str) else bytes(body)
        events = parse(raw, content_type=content_type)
        delivery = Delivery(
            received_at=self._context.clock.now(),
            dedupe=hashlib.sha256(raw).hexdigest(),
            body=raw,
            content_type=content_type or "",
            headers=dict(headers or {}),
        )
        async with self._context.tx() as tx:
            is_new = await tx.add_delivery(delivery)
        return Receipt(processed=len(events), errors=len(events.problems), duplicate=not is_new)

    async def process(self, report: SyncReport) -> None:
        """Read every row again that a webhook, a late answer or a push has marked; store what is there now.

        Raises:
            AmoCRMError: One that concerns the whole account; the rows stay marked.
        """
        started = self._context.clock.monotonic()
        await self._parse_new(report)
        while True:
            async with self._context.tx(write=False) as tx:
                hints = await tx.due_hints(self._context.clock.now(), self._context.config.hint_batch)
            if not hints:
                break
            await self._follow(hints, report)
        counts = report.as_counts()
        if report.entities:
            async with self._context.tx() as tx:
                await self._context.log(
                    tx,
                    report,
                    "process_inbox",
                    "",
                    dict(counts),
                    is_error=bool(counts["errors"]),
                    seconds=self._context.clock.monotonic() - started,
                )

    async def _parse_new(self, report: SyncReport) -> None:
        """From bodies to hints; a body that cannot be read is kept for a person."""
        while True:
            async with self._context.tx() as tx:
                bodies = await tx.new_deliveries(_BODIES_AT_ONCE)
                for delivery in bodies:
                    events, error = _read(delivery)
                    wanted = self._wanted(hints_of(events))
                    await tx.add_hints(wanted, due_at=self._context.clock.now())
                    await tx.mark_delivery(delivery.id, "parsed" if error is None else "bad", error)
                    if error is not None:
                        report.fail("webhooks", "process_inbox", error)
            if not bodies:
                return

    def _wanted(self, hints: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of entities that are synced."""
        return [
            (stream, remote_id)
            for stream, remote_id in hints
            if stream_named(stream).entity.name in self._context.config.entities
        ]

    async def _follow(self, hints: list[Hint], report: SyncReport) -> None:
        """Read the rows of some hints of one stream, and store them together with the end of the hints."""
        context, stream = self._context, stream_named(hints[0].stream)
        try:
            answer = await read_again(context, stream, [hint.remote_id for hint in hints], report)
        except AmoCRMError as error:
            await self._postpone(hints, error, report)
            if isinstance(error, FATAL):
                raise
            return
        report.of(stream.entity.name).fetched += len(answer.rows)
        async with context.tx() as tx:
            await tx.finish_hints(hints)  # before the rows: a row that comes too late raises its hint anew
            events = await context.apply(tx, stream, answer.rows, answer.read, report, missing=answer.missing)
        await context.listeners.tell(events)

    async def _postpone(self, hints: list[Hint], error: AmoCRMError, report: SyncReport) -> None:
        context, entity = self._context, stream_named(hints[0].stream).entity
        report.fail(entity.name, "process_inbox", error)
        wait = backoff(
            max(hint.attempts for hint in hints) + 1,
            base=context.config.retry_base,
            cap=context.config.retry_cap,
            random=context.random.random(),
        )
        async with context.tx() as tx:
            await tx.retry_hints(hints, context.clock.now() + max(wait, 1.0), str(error))


def _read(delivery: Delivery) -> tuple[WebhookEvents, str | None]:
    """The events of a body, and what could not be read in it."""
    try:
        events = parse(delivery.body, content_type=delivery.content_type)
    except WebhookTooLarge as error:
        return WebhookEvents(()), str(error)
    problem = next(iter(events.problems), None)
    return events, None if problem is None else str(problem)
