"""What the sync needs of a store and of amoCRM: the two seams where another implementation fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, runtime_checkable

import attrs

from amocrm_sync._async.sync.facets import (
    AsyncClockFacet,
    AsyncCursorFacet,
    AsyncLinkFacet,
    AsyncRecordFacet,
    AsyncStageFacet,
    AsyncTenantFacet,
)
from amocrm_sync._async.sync.facets_ledgers import (
    AsyncActivityFacet,
    AsyncClientFacet,
    AsyncConflictFacet,
    AsyncEchoFacet,
    AsyncLogFacet,
    AsyncMutationFacet,
)
from amocrm_sync._async.sync.facets_queues import (
    AsyncInboxFacet,
    AsyncOutboxFacet,
    AsyncSinkFacet,
    AsyncWorkFacet,
)
from amocrm_sync._clock import Clock
from amocrm_sync._core.call import Priority, TimeLeft
from amocrm_sync._core.entities import Entity, Stream
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.records import Row


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


class AsyncRemote(Protocol):
    """amoCRM, as narrow as the sync needs it. ``amocrm_sync.sync.AsyncClientRemote`` is it over a client."""

    @property
    def account(self) -> str:
        """The account's host."""
        ...

    async def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        """One page of a list; an empty one where the server answers 204."""
        ...

    async def one(self, stream: Stream, wire_id: int) -> Row | None:
        """One row by its id; ``None`` where the server knows none."""
        ...

    async def events(self, first: int, last: int, page: int) -> RemotePage:
        """A page of the account's log of events within a span of seconds, bounds included, newest first."""
        ...

    async def create(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Create rows; the answers, in order. Sent once, whatever happens.

        Args:
            stream: Where.
            items: The rows.
            time_left: Seconds in which the request may still leave; to be asked right before it does.

        Raises:
            RequestNotSent: There was no time left.
        """
        ...

    async def update(self, stream: Stream, items: Sequence[Row], time_left: TimeLeft) -> list[Row]:
        """Change rows; the answers, in any order. Otherwise like :meth:`create`."""
        ...

    async def fields(self, entity: Entity) -> list[Row]:
        """Every custom field of an entity."""
        ...

    async def add_field(self, entity: Entity, field: Row) -> Row:
        """Make a custom field; as the server has it."""
        ...

    async def has_tag(self, entity: Entity, name: str) -> bool:
        """Whether an entity's directory of tags has one of exactly that name."""
        ...


class AsyncSyncTx(Protocol):
    """A transaction on one tenant's data: what it writes is visible and durable together, or not at all.

    It is grouped into facets, each a few calls about one thing.
    """

    @property
    def records(self) -> AsyncRecordFacet:
        """Records and their typed rows."""
        ...

    @property
    def links(self) -> AsyncLinkFacet:
        """Links between records."""
        ...

    @property
    def clock(self) -> AsyncClockFacet:
        """The version counter."""
        ...

    @property
    def cursors(self) -> AsyncCursorFacet:
        """Where each stream stands."""
        ...

    @property
    def tenant(self) -> AsyncTenantFacet:
        """The account behind the tenant, its epoch and settings."""
        ...

    @property
    def stages(self) -> AsyncStageFacet:
        """The stage mapping."""
        ...

    @property
    def inbox(self) -> AsyncInboxFacet:
        """Webhook bodies."""
        ...

    @property
    def work(self) -> AsyncWorkFacet:
        """What waits to be done."""
        ...

    @property
    def outbox(self) -> AsyncOutboxFacet:
        """Local edits."""
        ...

    @property
    def sinks(self) -> AsyncSinkFacet:
        """Outgoing events."""
        ...

    @property
    def conflicts(self) -> AsyncConflictFacet:
        """Fields changed on both sides."""
        ...

    @property
    def echo(self) -> AsyncEchoFacet:
        """Values that we wrote."""
        ...

    @property
    def activity(self) -> AsyncActivityFacet:
        """Who did what."""
        ...

    @property
    def log(self) -> AsyncLogFacet:
        """The sync log."""
        ...

    @property
    def clients(self) -> AsyncClientFacet:
        """Phones and panels."""
        ...

    @property
    def mutations(self) -> AsyncMutationFacet:
        """What they were answered."""
        ...


class AsyncSyncStore(Protocol):
    """Keeps what is synced. ``amocrm_sync.testing.check_async_sync_store`` holds an implementation against this.

    Tenants never see each other's data. A transaction that raises leaves nothing behind.
    """

    async def prepare(self) -> None:
        """Make the tables, where they are missing. Called by the engine; calling it again does nothing."""
        ...

    def tx(
        self, tenant: str, *, write: bool = True, lock: bool = True
    ) -> AbstractAsyncContextManager[AsyncSyncTx]:
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

    async def now(self, clock: Clock) -> float:
        """The time that leases and read fences go by: the database's where machines share one, else the clock's."""
        ...

    async def aclose(self) -> None:
        """Close connections; the data stay."""
        ...


class AsyncHostSession(Protocol):
    """The part of a host's SQLAlchemy session that is used here."""

    async def connection(self) -> Any:
        """The connection that its transaction runs on."""
        ...


@runtime_checkable
class AsyncSharedStore(Protocol):
    """A store that can work within a transaction of the host's; ``AsyncSQLSyncStore`` can."""

    async def within(self, session: Any, tenant: str) -> AsyncSyncTx:
        """The facets over the host's own transaction; the host commits or rolls back."""
        ...


@runtime_checkable
class AsyncKeepingStore(Protocol):
    """A store with a shorter way into its inbox than a transaction of all facets; ``AsyncSQLSyncStore`` has one."""

    async def keep(self, tenant: str, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep webhook bodies as :meth:`AsyncInboxFacet.add` does, in a transaction of their own."""
        ...
