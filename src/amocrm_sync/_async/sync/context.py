"""What all parts of the sync share: the store, amoCRM and time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import attrs

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.sync.doorbells import AsyncDoorbell, ring_safely
from amocrm_sync._async.sync.hosting import host_columns, leads_of
from amocrm_sync._async.sync.linking import keep_links
from amocrm_sync._async.sync.listeners import AsyncListeners
from amocrm_sync._async.sync.protocols import AsyncRemote, AsyncSyncStore, AsyncSyncTx
from amocrm_sync._async.sync.remote import AsyncCaller
from amocrm_sync._async.sync.traced import AsyncTracedRemote
from amocrm_sync._async.sync.turns import AsyncTurn
from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.marks import Mark, marked_since, marks_of
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record, Row, Uuid7
from amocrm_sync._core.sync.reports import SyncLogEntry, SyncReport
from amocrm_sync._core.sync.stages import StageResolver
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._telemetry import SILENT, Telemetry
from amocrm_sync.errors import ConfigurationError


class AsyncHook(Protocol):
    """What is done once, when the store is opened."""

    async def __call__(self) -> None:
        """Do it."""
        ...


def _no_rings() -> WeakKeyDictionary[AsyncSyncTx, set[WorkKind]]:
    return WeakKeyDictionary()


@attrs.define(kw_only=True)
class AsyncSyncContext:
    """The parts that every run needs.

    Attributes:
        marks: Per entity, how a row that we create carries our id: the first is for new rows, all are recognised.
        marked_since: Per entity, from when on new rows carry one.
        wanted_by: The sinks by name, with the names of the events that each takes.
        hooks: What is done once the store is open.
        caller: The account's client, for what is not synced; ``None`` where ``remote`` is no client.
        telemetry: Takes spans and figures.
        doorbell: Tells workers that there is something to do; ``None``: they look from time to time.
        is_draining: The process is about to end: what is under way is finished, and nothing more is begun.
    """

    store: AsyncSyncStore
    remote: AsyncRemote | None
    tenant: str
    config: SyncConfig
    clock: Clock
    random: Random
    uids: Uuid7
    stages: StageResolver
    listeners: AsyncListeners = attrs.field(factory=AsyncListeners)
    marks: dict[str, tuple[Mark, ...]] = attrs.field(factory=dict[str, tuple[Mark, ...]])
    marked_since: dict[str, float] = attrs.field(factory=dict[str, float])
    wanted_by: dict[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])
    hooks: list[AsyncHook] = attrs.field(factory=list[AsyncHook])
    caller: AsyncCaller | None = None
    telemetry: Telemetry = SILENT
    doorbell: AsyncDoorbell | None = None
    is_draining: bool = False
    turn: AsyncTurn = attrs.field(init=False)
    _rung: WeakKeyDictionary[AsyncSyncTx, set[WorkKind]] = attrs.field(factory=_no_rings, init=False)
    _opening: Lock = attrs.field(factory=Lock, init=False)
    _is_open: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.turn = AsyncTurn(self)

    @property
    def crm(self) -> AsyncRemote:
        """The account; asked for by whatever cannot do without.

        Raises:
            ConfigurationError: The engine was made without a client.
        """
        if self.remote is None:
            raise ConfigurationError(
                "client: this engine was made without one and keeps local records only; "
                "give SyncEngine an AmoCRM client to pull and push"
            )
        return AsyncTracedRemote(self.remote, self.telemetry) if self.telemetry.is_on else self.remote

    async def open(self) -> None:
        """Make the tables, hold the tenant against the account, take what the store has for us; once."""
        if self._is_open:
            return
        async with self._opening:
            if self._is_open:
                return
            await self.store.prepare()
            if self.remote is not None:
                async with self.tx() as tx:
                    bound = await tx.tenant.bind(self.remote.account)
                if bound != self.remote.account:
                    raise ConfigurationError(
                        f"tenant: {self.tenant!r} in this store belongs to {bound}, not to {self.remote.account}; "
                        f"give SyncConfig(tenant=…) another name for this account"
                    )
            await self.load_settings()
            for hook in self.hooks:
                await hook()
            self._is_open = True

    def tx(self, *, write: bool = True, lock: bool = True) -> AbstractAsyncContextManager[AsyncSyncTx]:
        """A transaction on this tenant's data; without a lock, on its queues and ledgers only."""
        transaction = self.store.tx(self.tenant, write=write, lock=lock)
        return self._ringing(transaction) if self.doorbell is not None and write else transaction

    @asynccontextmanager
    async def _ringing(
        self, transaction: AbstractAsyncContextManager[AsyncSyncTx]
    ) -> AsyncGenerator[AsyncSyncTx]:
        """The transaction, and after it the rings of a doorbell that could not ring within."""
        async with transaction as tx:
            yield tx
        for kind in sorted(self._rung.pop(tx, ()), key=lambda kind: kind.value):
            await ring_safely(self.doorbell, self.tenant, kind)

    async def ring(self, tx: AsyncSyncTx, kind: WorkKind) -> None:
        """Tell workers of work that this transaction has marked: when it commits, and only then."""
        bell = self.doorbell
        if bell is not None and bell.is_transactional:
            await bell.ring(self.tenant, kind, tx=tx)
        elif bell is not None:
            self._rung.setdefault(tx, set()).add(kind)

    async def now(self) -> float:
        """The time that leases and read fences go by. Not to be asked for within a transaction."""
        return await self.store.now(self.clock)

    def new_uid(self) -> str:
        """An id for a new record."""
        return self.uids.make(self.clock.now())

    def stored(self, record: Record, host: Mapping[str, Any] | None = None) -> Stored:
        """A record with the row of its typed table; ``host`` are the host's own columns."""
        return Stored(record=record, row=project(record, self.stages.status_of, host))

    async def shown(self, tx: AsyncSyncTx, records: Sequence[Record]) -> list[Stored]:
        """Records with the rows of their typed tables."""
        host = await host_columns(tx, self.config.host, records)
        return [self.stored(record, columns) for record, columns in zip(records, host, strict=True)]

    async def put(self, tx: AsyncSyncTx, records: Sequence[Record]) -> None:
        """Store records with the rows of their typed tables; a contact shows in its leads as well."""
        await tx.records.put(await self.shown(tx, records))
        await keep_links(tx, records)
        leads = await leads_of(tx, self.config.host, records)
        if leads:
            version = max(record.version for record in records)
            shown = await self.shown(tx, [attrs.evolve(lead.record, version=version) for lead in leads])
            pairs = zip(leads, shown, strict=True)
            await tx.records.put([new for old, new in pairs if old.row["host"] != new.row["host"]])

    async def load_settings(self) -> Mapping[str, Any]:
        """The tenant's settings as they are now; another process may have set marks up meanwhile."""
        async with self.tx(write=False) as tx:
            settings = await tx.tenant.settings()
        if self.config.marker is not None:
            self.marks, self.marked_since = marks_of(settings), marked_since(settings)
        return settings

    def uids_of(self, entity: str, row: Row) -> list[str]:
        """Our ids that a row carries, by any of its entity's marks."""
        return [uid for mark in self.marks.get(entity, ()) for uid in mark.uids_of(row)]

    async def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change some of the tenant's settings; ``None`` removes one."""
        async with self.tx() as tx:
            settings = {**await tx.tenant.settings(), **changes}
            await tx.tenant.save_settings(
                {name: value for name, value in settings.items() if value is not None}
            )

    async def log(
        self,
        tx: AsyncSyncTx,
        report: SyncReport,
        operation: str,
        entity: str,
        details: dict[str, Any],
        *,
        is_error: bool = False,
        seconds: float = 0.0,
    ) -> None:
        """Append a row to the sync log."""
        entry = SyncLogEntry(
            run_id=report.run_id,
            at=self.clock.now(),
            operation=operation,
            entity=entity,
            status="error" if is_error else "ok",
            details=details,
            seconds=seconds,
        )
        await tx.log.add([entry])
