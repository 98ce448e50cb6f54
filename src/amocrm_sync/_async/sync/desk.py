"""What people ask an engine: how things stand, what waits for a decision, and what happened."""

from __future__ import annotations

from amocrm_sync._async.sync.conflicts import AsyncConflicts
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.housekeeping import AsyncHousekeeper
from amocrm_sync._async.sync.letters import AsyncLetters
from amocrm_sync._async.sync.preflight import AsyncSurvey
from amocrm_sync._async.sync.probing import AsyncProbe
from amocrm_sync._async.sync.standing import standing
from amocrm_sync._async.sync.statuses import AsyncStatuses
from amocrm_sync._async.sync.story import AsyncChronicle
from amocrm_sync._async.sync.subscription import AsyncSubscription
from amocrm_sync._core.sync.outbox import Op, OpState
from amocrm_sync._core.sync.preflight import Preflight
from amocrm_sync._core.sync.probing import Answer
from amocrm_sync._core.sync.reports import SyncLogEntry, SyncStatus
from amocrm_sync._core.sync.stages import StageMapping
from amocrm_sync._core.sync.stored import Activity
from amocrm_sync._core.sync.story import Story
from amocrm_sync.mapping import AutoApplyResult, StatusMapping


class AsyncDesk:
    """The part of an engine that only looks at the store, and decides what a person decides."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context
        self._conflicts = AsyncConflicts(context)
        self._letters = AsyncLetters(context)
        self._chronicle = AsyncChronicle(context)
        self._statuses = AsyncStatuses(context)
        self._house = AsyncHousekeeper(context)
        self._subscription = AsyncSubscription(context)
        context.hooks.append(self._statuses.load)

    @property
    def conflicts(self) -> AsyncConflicts:
        """What both sides have changed: ``engine.conflicts.list("open")``, ``engine.conflicts.resolve(id, "local")``."""
        return self._conflicts

    async def status(self) -> SyncStatus:
        """How things stand, counted in the local store."""
        await self._context.open()
        return await standing(self._context)

    async def preflight(self, *, webhook_url: str | None = None, sizes: bool = True) -> Preflight:
        """Look at what the account allows, before the first pull: rights, filters, trash, events, marker, webhooks.

        Nothing is changed. ``print`` lays the result out; ``ok`` says whether a sync can begin.

        Args:
            webhook_url: Where this host takes webhooks, if their subscription is to be looked at.
            sizes: Look for the ends of the lists too, about ten small requests each, to say how long a first pull takes.

        Raises:
            ConfigurationError: The engine has no client.
        """
        return await AsyncSurvey(self._context).run(webhook_url, sizes=sizes)

    async def probe(self) -> tuple[Answer, ...]:
        """Ask the account what the documentation leaves open: bounds of filters, orders, sizes. Reads a dozen times.

        Raises:
            ConfigurationError: The engine has no client.
        """
        return await AsyncProbe(self._context).run()

    async def subscribe(self, url: str | None = None) -> str | None:
        """Subscribe an address to webhooks of all that is synced, or switch it on again.

        Args:
            url: By default ``SyncConfig.webhook_url``, which pulls look after by themselves.

        Returns:
            What was wrong before: ``missing``, ``disabled`` or ``incomplete``; ``None`` if nothing was.

        Raises:
            ForbiddenError: The token's user is no administrator, or the tariff has no webhooks.
            ConfigurationError: There is no address, or no client.
        """
        return await self._subscription.ensure(url or self._context.config.webhook_url)

    async def prune(self) -> dict[str, int]:
        """Forget what is over, as ``SyncConfig.retention`` says; how many rows of each kind.

        Workers and :meth:`AsyncSyncEngine.run` do it every hour, some thousand rows at a time.
        """
        await self._context.open()
        return await self._house.prune()

    async def log(self, limit: int = 50) -> list[SyncLogEntry]:
        """The newest rows of the sync log, newest first."""
        await self._context.open()
        async with self._context.tx(write=False) as tx:
            return await tx.log.list(limit)

    async def activity(
        self, entity: str | None = None, id: int | str | None = None, *, limit: int = 100, offset: int = 0
    ) -> list[Activity]:
        """Who did what and when, the latest first: of everything, of an entity, or of one record.

        Args:
            entity: Plural name.
            id: amoCRM's id or ours; needs ``entity``.
            limit: At most so many.
            offset: Leave out so many first.
        """
        await self._context.open()
        return await self._chronicle.activity(entity, id, limit, offset)

    async def explain(self, entity: str, id: int | str) -> Story:
        """Tell the story of one record: reads, edits, conflicts, decisions, in order of time. ``print`` lays it out.

        Raises:
            NotFoundError: There is no such record.
        """
        await self._context.open()
        return await self._chronicle.explain(entity, id)

    async def outbox(self, *states: OpState) -> list[Op]:
        """Local edits in the given states (all of them by default), in the order in which they were made."""
        await self._context.open()
        return await self._letters.in_states(states)

    async def dead_letters(self) -> list[Op]:
        """Edits that were given up; ``op.error`` says why. See :meth:`requeue` and :meth:`discard`."""
        return await self.outbox(OpState.DEAD)

    async def requeue(self, seq: int) -> Op:
        """Send a dead letter, or a create that may have arrived, again with the next push.

        Raises:
            ConfigurationError: There is no such edit, or a conflict has to be decided first.
        """
        await self._context.open()
        return await self._letters.requeue(seq)

    async def discard(self, seq: int) -> Op:
        """Give up a held or dead edit for good; the record shows what amoCRM has.

        Raises:
            ConfigurationError: There is no such edit.
        """
        await self._context.open()
        return await self._letters.discard(seq)

    async def set_mapping(self, mapping: StageMapping) -> int:
        """Use another mapping from now on, keep it in the store, and give the stored leads their new status.

        Returns:
            How many leads and stages have another status now.
        """
        await self._context.open()
        return await self._statuses.use(mapping)

    async def mapping(self) -> StatusMapping:
        """Return a copy of the mapping in force, to be changed and given to :meth:`set_mapping`.

        It is empty if none was ever set, or if the host gave a mapping of its own kind.
        """
        await self._context.open()
        return self._statuses.present()

    async def auto_apply(self, min_confidence: float = 0.9, *, dry_run: bool = False) -> AutoApplyResult:
        """Suggest a status for every stored stage, and use the suggestions that are sure enough.

        What a person has set stays. With ``dry_run`` nothing is kept; the result says what would be.
        """
        await self._context.open()
        return await self._statuses.auto_apply(min_confidence, dry_run=dry_run)
