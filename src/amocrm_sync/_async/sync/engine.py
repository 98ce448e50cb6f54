"""The sync engine: one object for each account and store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import attrs

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.sync.acknowledge import keep_edits
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.flights import AsyncFlights
from amocrm_sync._async.sync.inbox import AsyncInbox
from amocrm_sync._async.sync.listeners import Listener
from amocrm_sync._async.sync.protocols import AsyncRemote, AsyncSyncStore
from amocrm_sync._async.sync.pull import AsyncPuller, Progress, Wanted
from amocrm_sync._async.sync.push import AsyncPusher
from amocrm_sync._async.sync.records import AsyncRecords
from amocrm_sync._async.sync.remote import AsyncCaller, AsyncClientRemote
from amocrm_sync._async.sync.statuses import AsyncStatuses
from amocrm_sync._clock import SYSTEM_CLOCK, SYSTEM_RANDOM, Clock, Random
from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.config import SyncConfig, chosen
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.records import Uuid7
from amocrm_sync._core.sync.reports import Receipt, SyncLogEntry, SyncReport, SyncStatus
from amocrm_sync._core.sync.stages import StageMapping, StageResolver
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import AutoApplyResult, StatusMapping

_NO_CRM = "local"
"""The tenant of an engine without a client."""


class AsyncSyncEngine:
    """Keeps a local store and an amoCRM account in step.

    ::

        engine = AsyncSyncEngine(amo, AsyncSQLSyncStore("sqlite:///amo.db"), mapping=mapping)
        report = await engine.pull()
        await engine.records.leads.update(12345, price=5000)
        await engine.push()

    Every page is stored in one transaction with the cursor that it leads to, so a process may be killed at any moment:
    the next pull goes on where it stopped.

    Args:
        client: The account; ``None`` keeps local records only.
        store: Where everything is kept.
        mapping: From stages to the host's statuses; by default the one that the store has.
        config: Settings.
        clock: Where time comes from.
        random: Where randomness comes from.
        remote: amoCRM in another shape than a client, instead of one.
    """

    def __init__(
        self,
        client: AsyncCaller | None,
        store: AsyncSyncStore,
        mapping: StageMapping | None = None,
        *,
        config: SyncConfig | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: Random = SYSTEM_RANDOM,
        remote: AsyncRemote | None = None,
    ) -> None:
        if client is not None and remote is not None:
            raise ConfigurationError("client or remote: give one of them")
        settings = config or SyncConfig()
        crm = AsyncClientRemote(client) if client is not None else remote
        self._context = AsyncSyncContext(
            store=store,
            remote=crm,
            tenant=settings.tenant or (crm.account if crm is not None else _NO_CRM),
            config=settings,
            clock=clock,
            random=random,
            uids=Uuid7(random.random),
            stages=StageResolver(mapping),
        )
        self._flights = AsyncFlights()
        self._is_open = False
        self._opening = Lock()
        self._puller = AsyncPuller(self._context)
        self._pusher = AsyncPusher(self._context)
        self._inbox = AsyncInbox(self._context)
        self._statuses = AsyncStatuses(self._context)
        self._records = AsyncRecords(self._context)

    @property
    def config(self) -> SyncConfig:
        """The settings."""
        return self._context.config

    @property
    def tenant(self) -> str:
        """The name of the account in the store."""
        return self._context.tenant

    @property
    def records(self) -> AsyncRecords:
        """Local reads and writes, by entity: ``engine.records.leads.list(limit=50)``."""
        return self._records

    async def pull(
        self,
        entities: Sequence[str] | None = None,
        *,
        full: bool = False,
        limit: int | None = None,
        filter: Wanted | None = None,
        progress: Progress | None = None,
    ) -> SyncReport:
        """Bring the store up to what amoCRM has: everything the first time, what changed after that.

        What fails for one entity (users and roles are for administrators) is reported, and the rest goes on.

        Args:
            entities: Some of the configured entities, by plural name.
            full: Read everything again, and delete what is proven gone.
            limit: Read at most so many rows of each entity; 0 or ``None`` for all. Moves no cursor, deletes nothing.
            filter: Read only these rows (a filter of the API, or a dict). Moves no cursor, deletes nothing.
            progress: Called with a :class:`SyncProgress` after each page is stored.

        Returns:
            What was done. A pull that is asked for while an equal one runs joins it.

        Raises:
            AmoCRMError: The account as a whole is out of reach: blocked, unpaid, not connected.
        """
        names = chosen(self.config.entities, None if entities is None else tuple(entities))
        key = ("pull", names, full, limit, None if filter is None else repr(filter))

        async def run() -> SyncReport:
            report = await self._begin("pull")
            await self._puller.pull(names, report, full=full, limit=limit, filter=filter, progress=progress)
            return self._end(report)

        return await self._flights.join(key, run)

    async def reconcile(
        self, entities: Sequence[str] | None = None, *, progress: Progress | None = None
    ) -> SyncReport:
        """A full pull: every row is read and compared, and what is not met is looked for by its id and in the trash.

        More deletions at once than ``SyncConfig.brake`` allows are reported instead of stored.
        """
        return await self.pull(entities, full=True, progress=progress)

    async def push(self, *, dry_run: bool = False) -> SyncReport:
        """Send local edits: only changed fields, in order for each record, and never a second time on a guess.

        Args:
            dry_run: Send nothing; ``report.planned`` says what would be sent.

        Raises:
            AmoCRMError: The account as a whole is out of reach; the edits stay.
        """

        async def run() -> SyncReport:
            report = await self._begin("push")
            await self._pusher.push(report, dry_run=dry_run)
            return self._end(report)

        return await self._flights.join(("push", dry_run), run)

    async def receive(
        self, body: bytes | str, content_type: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Receipt:
        """Keep a webhook's body; when this returns it is durable, and 200 may be answered.

        Raises:
            WebhookTooLarge: The body is over the parser's limit (answer 413).
        """
        await self._open()
        return await self._inbox.receive(body, content_type, headers)

    async def process_inbox(self) -> SyncReport:
        """Read again what webhooks have pointed at, in batches by id, and store it.

        Raises:
            AmoCRMError: The account as a whole is out of reach; nothing is forgotten.
        """

        async def run() -> SyncReport:
            report = await self._begin("inbox")
            await self._inbox.process(report)
            return self._end(report)

        return await self._flights.join(("inbox",), run)

    async def run(self) -> SyncReport:
        """One round of everything: pull, inbox, push."""
        report = await self._begin("run")
        for part in (await self.pull(), await self.process_inbox(), await self.push()):
            report.merge(part)
        return self._end(report)

    def on(self, name: str, callback: Listener) -> Callable[[], None]:
        """Call back after the commit of every event of that name; calling the result ends it.

        Args:
            name: ``lead.created``, ``lead.status_changed``, ``contact.*``, ``*`` …; ``leads.status`` works as well.
            callback: Takes a :class:`SyncEvent`. Its errors are logged and stop nothing.
        """
        return self._context.listeners.on(name, callback)

    async def set_mapping(self, mapping: StageMapping) -> int:
        """Use another mapping from now on, keep it in the store, and give the stored leads their new status.

        Returns:
            How many leads and stages have another status now.
        """
        await self._open()
        return await self._statuses.use(mapping)

    async def mapping(self) -> StatusMapping:
        """Return a copy of the mapping in force, to be changed and given to :meth:`set_mapping`.

        It is empty if none was ever set, or if the host gave a mapping of its own kind.
        """
        await self._open()
        return self._statuses.present()

    async def auto_apply(self, min_confidence: float = 0.9) -> AutoApplyResult:
        """Suggest a status for every stored stage, and use the suggestions that are sure enough.

        What a person has set stays.
        """
        await self._open()
        return await self._statuses.auto_apply(min_confidence)

    async def status(self) -> SyncStatus:
        """How things stand, counted in the local store."""
        await self._open()
        async with self._context.tx(write=False) as tx:
            cursors, version = await tx.cursors.all(), await tx.clock.now()
            counts = {name: await tx.records.count(name, {}) for name in ENTITIES}
            outbox, inbox = await tx.outbox.counts(), await tx.inbox.counts()
            work, operations = await tx.work.counts(), await tx.log.counts()
        reached = [
            cursor.updated_at for cursor in cursors if cursor.reached is not None and cursor.walk is None
        ]
        return SyncStatus(
            last_sync_at=max(reached, default=None),
            cursors={cursor.stream: cursor.reached for cursor in cursors},
            outbox=outbox,
            inbox={**inbox, "hints": work.get(WorkKind.PULL, 0)},
            conflicts=operations.get("conflict", 0),
            counts={name: number for name, number in counts.items() if number},
            version=version,
        )

    async def log(self, limit: int = 50) -> list[SyncLogEntry]:
        """The newest rows of the sync log, newest first."""
        await self._open()
        async with self._context.tx(write=False) as tx:
            return await tx.log.list(limit)

    async def outbox(self, *states: OpState) -> list[Op]:
        """Local edits in the given states (all of them by default), in the order in which they were made."""
        await self._open()
        async with self._context.tx(write=False) as tx:
            return await tx.outbox.in_states(states or tuple(OpState))

    async def requeue(self, seq: int) -> Op:
        """Send a dead or held edit again with the next push.

        Raises:
            ConfigurationError: There is no such edit, or it is neither dead nor unknown.
        """
        return await self._change_op(seq, OpState.PENDING, None)

    async def discard(self, seq: int) -> Op:
        """Give up a held or dead edit for good; the record shows what amoCRM has.

        Raises:
            ConfigurationError: There is no such edit, or it is neither dead nor unknown.
        """
        return await self._change_op(seq, OpState.DEAD, "discarded")

    async def _change_op(self, seq: int, state: OpState, error: str | None) -> Op:
        await self._open()
        stuck = (OpState.DEAD, OpState.UNKNOWN)
        async with self._context.tx() as tx:
            op = next((op for op in await tx.outbox.in_states(stuck) if op.seq == seq), None)
            if op is None:
                raise ConfigurationError(
                    f"seq: no dead or held edit has the number {seq}; see engine.outbox()"
                )
            changed = attrs.evolve(op, state=state, error=error, attempts=0, due_at=0.0)
            await tx.outbox.save([changed])
            for record in (await tx.records.by_uid(op.entity, [op.uid])).values():
                await keep_edits(self._context, tx, record)
        return changed

    async def aclose(self) -> None:
        """Close the store. The client is the host's to close."""
        await self._context.store.aclose()

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _begin(self, kind: str) -> SyncReport:
        await self._open()
        return SyncReport(kind=kind, run_id=self._context.new_uid(), started_at=self._context.clock.now())

    def _end(self, report: SyncReport) -> SyncReport:
        report.finished_at = self._context.clock.now()
        return report

    async def _open(self) -> None:
        """Make the tables, hold the tenant against the account, take the mapping that the store has; once."""
        async with self._opening:
            if self._is_open:
                return
            context = self._context
            await context.store.prepare()
            if context.remote is not None:
                async with context.tx() as tx:
                    bound = await tx.tenant.bind(context.remote.account)
                if bound != context.remote.account:
                    raise ConfigurationError(
                        f"tenant: {context.tenant!r} in this store belongs to {bound}, not to "
                        f"{context.remote.account}; give SyncConfig(tenant=…) another name for this account"
                    )
            await self._statuses.load()
            self._is_open = True

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tenant}>"
