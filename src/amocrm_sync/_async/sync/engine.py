"""The sync engine: one object for each account and store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from amocrm_sync._async.sync.auto_lead import AsyncAutoLead, first_contact
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.desk import AsyncDesk
from amocrm_sync._async.sync.doorbells import AsyncDoorbell
from amocrm_sync._async.sync.flights import AsyncFlights
from amocrm_sync._async.sync.inbox import AsyncInbox
from amocrm_sync._async.sync.listeners import Listener
from amocrm_sync._async.sync.offline import AsyncOffline
from amocrm_sync._async.sync.poll import AsyncEventPoller
from amocrm_sync._async.sync.protocols import AsyncHostSession, AsyncRemote, AsyncSyncStore
from amocrm_sync._async.sync.pull import AsyncPuller, Progress, Wanted
from amocrm_sync._async.sync.push import AsyncPusher
from amocrm_sync._async.sync.records import AsyncRecords
from amocrm_sync._async.sync.rehearsal import rehearse
from amocrm_sync._async.sync.remote import AsyncCaller, AsyncClientRemote
from amocrm_sync._async.sync.running import AsyncRuns
from amocrm_sync._async.sync.setup import AsyncSetup
from amocrm_sync._async.sync.sinks import AsyncEventSink, AsyncSinks
from amocrm_sync._clock import SYSTEM_CLOCK, SYSTEM_RANDOM, Clock, Random
from amocrm_sync._core.sync.auto_lead import Person
from amocrm_sync._core.sync.config import SyncConfig, chosen
from amocrm_sync._core.sync.events import canonical
from amocrm_sync._core.sync.local import LocalRecord
from amocrm_sync._core.sync.records import Uuid7
from amocrm_sync._core.sync.reports import Receipt, SetupResult, SyncReport, timed
from amocrm_sync._core.sync.stages import StageMapping, StageResolver
from amocrm_sync._telemetry import telemetry
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Lead

_NO_CRM = "local"
"""The tenant of an engine without a client."""


class AsyncSyncEngine(AsyncDesk):
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
        doorbell: Tells workers at once of webhooks and edits; without it they find them when they look next.
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
        doorbell: AsyncDoorbell | None = None,
    ) -> None:
        if client is not None and remote is not None:
            raise ConfigurationError("client or remote: give one of them")
        settings = config or SyncConfig()
        crm = AsyncClientRemote(client) if client is not None else remote
        context = AsyncSyncContext(
            store=store,
            remote=crm,
            tenant=settings.tenant or (crm.account if crm is not None else _NO_CRM),
            config=settings,
            clock=clock,
            random=random,
            uids=Uuid7(random.random),
            stages=StageResolver(mapping),
            caller=client,
            telemetry=telemetry(is_wanted=settings.telemetry),
            doorbell=doorbell,
        )
        super().__init__(context)
        self._flights = AsyncFlights()
        self._runs = AsyncRuns(self._context)
        self._puller = AsyncPuller(self._context)
        self._pusher = AsyncPusher(self._context)
        self._inbox = AsyncInbox(self._context)
        self._records = AsyncRecords(self._context)
        self._offline = AsyncOffline(self._context)
        self._sinks = AsyncSinks(self._context)
        self._setup = AsyncSetup(self._context)
        self._auto_lead = AsyncAutoLead(self._context)

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

    @property
    def offline(self) -> AsyncOffline:
        """The protocol for phones and panels that keep a copy of their own, with or without a CRM."""
        return self._offline

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
            What was done. A pull that is asked for while an equal one runs joins it; one of another process ends at
            its next page, and this one goes on from there.

        Raises:
            AmoCRMError: The account as a whole is out of reach: blocked, unpaid, not connected.
        """
        names = chosen(self.config.entities, None if entities is None else tuple(entities))
        progress = timed(progress, self._context.clock.monotonic)
        key = ("pull", names, entities is None, full, limit, None if filter is None else repr(filter))

        async def run() -> SyncReport:
            async with self._runs.of("pull") as report:
                await self._subscription.when_due(report)
                if limit or filter is not None:
                    await self._runs.entities(
                        names, report, self._puller, limit=limit, filter=filter, progress=progress
                    )
                    return report
                async with self._context.turn.taken(report):
                    poller = AsyncEventPoller(self._context, report, follows=entities is None)
                    await poller.begin()
                    asked = {"full": full, "progress": progress, "poller": poller}
                    await self._runs.entities(names, report, self._puller, **asked)
                    if await poller.poll():
                        await self._inbox.process(report)
            return report

        return await self._flights.join(key, run)

    async def reconcile(
        self,
        entities: Sequence[str] | None = None,
        *,
        progress: Progress | None = None,
        dry_run: bool = False,
    ) -> SyncReport:
        """A full pull: every row is read and compared, and what is not met is looked for by its id and in the trash.

        More deletions at once than ``SyncConfig.brake`` allows are reported instead of stored.

        Args:
            entities: Some of the configured entities, by plural name.
            progress: Called with a :class:`SyncProgress` after each page.
            dry_run: Store nothing; ``report.planned`` says what would change, ``report.difference()`` in words.
        """
        if not dry_run:
            return await self.pull(entities, full=True, progress=progress)
        names = chosen(self.config.entities, None if entities is None else tuple(entities))

        async def run() -> SyncReport:
            async with self._runs.of("reconcile") as report:
                await self._runs.identity.check(again=True)
                await rehearse(self._context, names, report, progress)
            return report

        return await self._flights.join(("rehearsal", names), run)

    async def push(self, *, dry_run: bool = False) -> SyncReport:
        """Send local edits: only changed fields, in order for each record, and never a second time on a guess.

        Args:
            dry_run: Send nothing; ``report.planned`` says what would be sent, ``report.difference()`` in words.

        Raises:
            AmoCRMError: The account as a whole is out of reach; the edits stay.
        """

        async def run() -> SyncReport:
            async with self._runs.of("push") as report:
                await self._pusher.push(report, dry_run=dry_run)
            return report

        return await self._flights.join(("push", dry_run), run)

    async def receive(
        self, body: bytes | str, content_type: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Receipt:
        """Keep a webhook's body; when this returns it is durable, and 200 may be answered.

        Raises:
            WebhookTooLarge: The body is over the parser's limit (answer 413).
            SignatureError: It is a chat channel's, and not signed with ``SyncConfig.chat_secret`` (answer 403).
        """
        await self._context.open()
        return await self._inbox.receive(body, content_type, headers)

    async def process_inbox(self) -> SyncReport:
        """Read again what webhooks have pointed at, in batches by id, and store it.

        Raises:
            AmoCRMError: The account as a whole is out of reach; nothing is forgotten.
        """

        async def run() -> SyncReport:
            async with self._runs.of("inbox") as report:
                await self._inbox.process(report)
            return report

        return await self._flights.join(("inbox",), run)

    async def run(self, *, progress: Progress | None = None) -> SyncReport:
        """One round of everything: pull, inbox, push, and what sinks wait for.

        Args:
            progress: Called with a :class:`SyncProgress` after each page that is pulled.
        """
        async with self._runs.of("run") as report:
            pulled = await self.pull(progress=progress)
            for part in (pulled, await self.process_inbox(), await self.push(), await self.deliver()):
                report.merge(part)
        return report

    def on(self, name: str, callback: Listener) -> Callable[[], None]:
        """Call back after the commit of every event of that name; calling the result ends it.

        Args:
            name: ``lead.created``, ``lead.status_changed``, ``contact.*``, ``*`` …; ``leads.status`` works as well.
            callback: Takes a :class:`SyncEvent`. Its errors are logged and stop nothing.
        """
        return self._context.listeners.on(name, callback)

    async def record_edit(
        self,
        session: AsyncHostSession,
        entity: str,
        key: int | str | None,
        fields: Mapping[str, Any],
        actor: str | None = None,
    ) -> LocalRecord:
        """Write a record and its edit within the host's own SQLAlchemy session: both are committed with it, or not.

        ::

            async with session.begin():
                session.add(booking)
                await engine.record_edit(session, "leads", booking.lead_id, {"price": booking.total}, actor="anna")

        Args:
            session: The host's session on the database of the SQL store.
            entity: Plural name.
            key: amoCRM's id or ours; ``None`` for a new record.
            fields: What to change.
            actor: Who does it.

        Raises:
            NotFoundError: There is no such record, or it is deleted.
            ConfigurationError: Names a field that cannot be changed, or the store is not on SQL.
        """
        await self._context.open()
        return await self._records.of(entity).within(session, key, fields, actor)

    async def auto_create_lead(
        self,
        identity: str | int | Mapping[str, Any],
        *,
        name: str | None = None,
        key: str | None = None,
        pipeline_id: int | None = None,
        stage_id: int | None = None,
        fields: Mapping[str, Any] | None = None,
        contact: Mapping[str, Any] | None = None,
        actor: str | None = None,
    ) -> Lead:
        """Make the lead of somebody's first contact, linked to their contact, which is found or made. Once.

        Any number of processes may handle the same message at the same time: a row in the store decides who is first,
        and all get the same lead.

        Args:
            identity: What ``SyncConfig.auto_lead.identity_field`` holds (a Telegram id), a phone, an e-mail, or a dict
                such as ``{"phone": …, "email": …, "TELEGRAM_ID": …}``. Compared exactly, phones in any notation.
            name: Of the lead, and of a contact that has to be made.
            key: What must happen once, such as a message's id; by default this person's first contact.
            pipeline_id: Instead of the configured pipeline.
            stage_id: Instead of the configured stage.
            fields: More fields of the lead.
            contact: More fields of a contact that has to be made.
            actor: Who asks for it, for the activity log.

        Returns:
            The lead. Its ``id`` is ``None`` while amoCRM is out of reach; the next push that gets through makes it.

        Raises:
            ConfigurationError: The identity is nothing to know somebody by.
            AmoCRMError: Nobody could be looked for, or the account as a whole is out of reach.
        """
        await self._context.open()
        settings = self.config.auto_lead
        asked = first_contact(
            Person.of(identity, settings),
            key=key,
            name=name,
            pipeline_id=pipeline_id or settings.pipeline_id,
            stage_id=stage_id or settings.stage_id,
            fields={**settings.fields, **(fields or {})},
            contact=contact,
            actor=actor,
        )
        async with self._runs.of("auto_create_lead") as report:
            uid = await self._auto_lead.store(asked, report)
        return await self._auto_lead.send(uid, self.push)

    async def setup(self) -> SetupResult:
        """Make the field in which rows that we create carry our id, in leads, contacts and companies.

        With it a create whose answer was lost is looked for and found. Where amoCRM refuses to make it, a tag takes its
        place until a later call may. Otherwise calling it again does nothing.
        """
        await self._context.open()
        return await self._setup.run()

    async def resume(self) -> None:
        """Push again at once, after amoCRM had blocked the account or asked for payment."""
        await self._context.open()
        await self._pusher.resume()

    def add_sink(self, sink: AsyncEventSink, names: Sequence[str] = ("*",)) -> None:
        """Deliver events to another system, durably: they are stored with the change that they tell of.

        Every process that works on this tenant has to add the same sinks. :meth:`deliver` sends what waits.

        Args:
            sink: :class:`AsyncHTTPEventSink`, or anything that has ``name`` and ``deliver``.
            names: Names of events, as for :meth:`on`.
        """
        self._sinks.add(sink, [canonical(name) for name in names])

    async def deliver(self) -> SyncReport:
        """Deliver events to the sinks; what does not arrive is tried again later, with growing waits."""

        async def run() -> SyncReport:
            async with self._runs.of("deliver") as report:
                await self._sinks.deliver(report)
            return report

        return await self._flights.join(("deliver",), run)

    async def aclose(self) -> None:
        """Close the store. The client is the host's to close."""
        await self._context.store.aclose()

    async def __aenter__(self) -> Self:
        await self._context.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tenant}>"
