# Generated from src/amocrm_sync/_async/sync/protocols.py by tools/unasync.py: edit that file instead.
"""What the sync needs of a store and of amoCRM: the two seams where another implementation fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync._core.call import Priority, TimeLeft
from amocrm_sync._core.entities import Entity, Stream
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.records import Row
from amocrm_sync._sync.sync.facets import (
    ClockFacet,
    CursorFacet,
    LinkFacet,
    RecordFacet,
    StageFacet,
    TenantFacet,
)
from amocrm_sync._sync.sync.facets_ledgers import (
    ActivityFacet,
    ClientFacet,
    ConflictFacet,
    EchoFacet,
    LogFacet,
    MutationFacet,
)
from amocrm_sync._sync.sync.facets_queues import (
    InboxFacet,
    OutboxFacet,
    SinkFacet,
    WorkFacet,
)


@attrs.frozen(kw_only=True)
class PageQuery:
    """One page of a list, as the sync asks for it.

    Attributes:
        filter: As under ``filter`` of the query string.
        order: Field to order by.
        is_descending: Greatest first.
        trash: The deleted rows instead of the live ones.
        query: What amoCRM's full-text search shall find.
        priority: Who goes first when the rate limit makes requests wait.
    """

    filter: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    order: str | None = None
    is_descending: bool = False
    page: int = 1
    limit: int | None = 250
    trash: bool = False
    query: str | None = None
    priority: Priority = Priority.INTERACTIVE


@attrs.frozen
class RemotePage:
    """The rows of a page, as they came, and whether the server has further ones."""

    rows: list[Row]
    has_next: bool


class Remote(Protocol):
    """amoCRM, as narrow as the sync needs it. ``amocrm_sync.sync.ClientRemote`` is it over a client."""

    @property
    def account(self) -> str:
        """The account's host."""
        ...

    def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        """One page of a list; an empty one where the server answers 204."""
        ...

    def one(self, stream: Stream, wire_id: int) -> Row | None:
        """One row by its id; ``None`` where the server knows none."""
        ...

    def events(self, first: int, last: int, page: int) -> RemotePage:
        """A page of the account's log of events within a span of seconds, bounds included, newest first."""
        ...

    def create(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Create rows; the answers, in order. Sent once, whatever happens.

        Args:
            stream: Where.
            items: The rows.
            time_left: Seconds in which the request may still leave; to be asked right before it does.

        Raises:
            RequestNotSent: There was no time left.
        """
        ...

    def update(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Change rows; the answers, in any order. Otherwise like :meth:`create`."""
        ...

    def fields(self, entity: Entity) -> list[Row]:
        """Every custom field of an entity."""
        ...

    def add_field(self, entity: Entity, field: Row) -> Row:
        """Make a custom field; as the server has it."""
        ...

    def has_tag(self, entity: Entity, name: str) -> bool:
        """Whether an entity's directory of tags has one of exactly that name."""
        ...


class SyncTx(Protocol):
    """A transaction on one tenant's data: what it writes is visible and durable together, or not at all.

    It is grouped into facets, each a few calls about one thing.
    """

    @property
    def records(self) -> RecordFacet:
        """Records and their typed rows."""
        ...

    @property
    def links(self) -> LinkFacet:
        """Links between records."""
        ...

    @property
    def clock(self) -> ClockFacet:
        """The version counter."""
        ...

    @property
    def cursors(self) -> CursorFacet:
        """Where each stream stands."""
        ...

    @property
    def tenant(self) -> TenantFacet:
        """The account behind the tenant, its epoch and settings."""
        ...

    @property
    def stages(self) -> StageFacet:
        """The stage mapping."""
        ...

    @property
    def inbox(self) -> InboxFacet:
        """Webhook bodies."""
        ...

    @property
    def work(self) -> WorkFacet:
        """What waits to be done."""
        ...

    @property
    def outbox(self) -> OutboxFacet:
        """Local edits."""
        ...

    @property
    def sinks(self) -> SinkFacet:
        """Outgoing events."""
        ...

    @property
    def conflicts(self) -> ConflictFacet:
        """Fields changed on both sides."""
        ...

    @property
    def echo(self) -> EchoFacet:
        """Values that we wrote."""
        ...

    @property
    def activity(self) -> ActivityFacet:
        """Who did what."""
        ...

    @property
    def log(self) -> LogFacet:
        """The sync log."""
        ...

    @property
    def clients(self) -> ClientFacet:
        """Phones and panels."""
        ...

    @property
    def mutations(self) -> MutationFacet:
        """What they were answered."""
        ...


class SyncStore(Protocol):
    """Keeps what is synced. ``amocrm_sync.testing.check_sync_store`` holds an implementation against this.

    Tenants never see each other's data. A transaction that raises leaves nothing behind.
    """

    def prepare(self) -> None:
        """Make the tables, where they are missing. Called by the engine; calling it again does nothing."""
        ...

    def tx(self, tenant: str, *, write: bool = True, lock: bool = True) -> AbstractContextManager[SyncTx]:
        """A transaction; commits on leaving, rolls back on an exception. Not to be nested.

        Args:
            tenant: Whose data.
            write: ``False`` for reading only.
            lock: Exclude other locking transactions of the tenant, in this process and in others, so that what was
                read is still so when it is written. Only those may change records, links and the clock. ``False`` is
                for queues and ledgers, which take care of themselves: stores that can run such transactions beside
                others.
        """
        ...

    def now(self, clock: Clock) -> float:
        """The time that leases and read fences go by: the database's where machines share one, else the clock's."""
        ...

    def close(self) -> None:
        """Close connections; the data stay."""
        ...


class HostSession(Protocol):
    """The part of a host's SQLAlchemy session that is used here."""

    def connection(self) -> Any:
        """The connection that its transaction runs on."""
        ...


@runtime_checkable
class SharedStore(Protocol):
    """A store that can work within a transaction of the host's; ``SQLSyncStore`` can."""

    def within(self, session: Any, tenant: str) -> SyncTx:
        """The facets over the host's own transaction; the host commits or rolls back."""
        ...


@runtime_checkable
class KeepingStore(Protocol):
    """A store with a shorter way into its inbox than a transaction of all facets; ``SQLSyncStore`` has one."""

    def keep(self, tenant: str, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep webhook bodies as :meth:`InboxFacet.add` does, in a transaction of their own."""
        ...
