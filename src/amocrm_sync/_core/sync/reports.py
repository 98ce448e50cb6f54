"""What a run has done, and how things stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from amocrm_sync._core.shapes import as_object

LIMIT = 7.0
"""Requests a second that amoCRM allows."""


@attrs.define(kw_only=True)
class EntityReport:
    """What a run did to one entity. ``fetched`` counts rows read, the rest what became of them.

    ``seconds`` is wall time; ``requests`` counts what this run asked of the API for the entity.
    """

    fetched: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0
    conflicts: int = 0
    errors: int = 0
    seconds: float = 0.0
    requests: int = 0
    pushed: int = 0

    @property
    def synced(self) -> int:
        """Rows that are now as in amoCRM."""
        return self.created + self.updated + self.deleted + self.unchanged + self.pushed

    def add(self, other: EntityReport) -> None:
        """Count another run of the same entity in."""
        for field in attrs.fields(EntityReport):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


@attrs.frozen(kw_only=True)
class SyncProblem:
    """Something that went wrong while the rest went on."""

    entity: str
    operation: str
    message: str
    error: Exception | None = attrs.field(default=None, eq=False, repr=False)


@attrs.define(kw_only=True)
class SyncReport:
    """What a run has done, per entity, with everything that went wrong.

    Attributes:
        kind: ``pull``, ``push``, ``inbox``, ``reconcile`` or ``run``.
        run_id: Groups the rows of the sync log.
        entities: Per entity (plural name).
        problems: What failed; empty after a clean run.
        without: Entities that the account does not have (customers switched off, no right to lists), and what it said.
            That is no failure, and the next run asks again.
        planned: With ``dry_run``: what would be sent, or stored.
        stopped: Why a pull ended before its end without a failure: another process has taken it over, or this one was
            told to end.
    """

    kind: str
    run_id: str
    started_at: float
    finished_at: float = 0.0
    entities: dict[str, EntityReport] = attrs.field(factory=dict[str, EntityReport])
    problems: list[SyncProblem] = attrs.field(factory=list[SyncProblem])
    without: dict[str, str] = attrs.field(factory=dict[str, str])
    planned: list[dict[str, Any]] = attrs.field(factory=list[dict[str, Any]])
    stopped: str | None = None

    def of(self, entity: str) -> EntityReport:
        """The entity's part, made when first asked for."""
        return self.entities.setdefault(entity, EntityReport())

    def fail(self, entity: str, operation: str, error: Exception | str) -> None:
        """Record a failure and go on."""
        self.of(entity).errors += 1
        kept = error if isinstance(error, Exception) else None
        self.problems.append(SyncProblem(entity=entity, operation=operation, message=str(error), error=kept))

    def merge(self, other: SyncReport) -> None:
        """Count another run in."""
        for name, part in other.entities.items():
            self.of(name).add(part)
        self.problems.extend(other.problems)
        self.without.update(other.without)
        self.planned.extend(other.planned)
        self.stopped = self.stopped or other.stopped

    def difference(self) -> str:
        """What a dry run has found, one line a field: ``leads 7 update price: 100 -> 200``."""
        lines: list[str] = []
        for row in self.planned:
            title = f"{row['entity']} {row.get('remote_id') or row['uid']} {row['operation']}"
            before, fields = as_object(row.get("before")), as_object(row.get("fields"))
            lines += [f"{title} {name}: {before.get(name)!r} -> {value!r}" for name, value in fields.items()]
            lines += [] if fields else [title]
        return "\n".join(lines)

    @property
    def ok(self) -> bool:
        """Whether nothing went wrong."""
        return not self.problems

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return self.finished_at - self.started_at

    @property
    def requests(self) -> int:
        """What the run asked of the API."""
        return sum(part.requests for part in self.entities.values())

    @property
    def limit_time(self) -> float:
        """Seconds that the requests take at amoCRM's own limit; no run can be faster."""
        return self.requests / LIMIT

    @property
    def efficiency(self) -> float | None:
        """``limit_time`` as a share of the time that the run took, 0 to 1; ``None`` for a run that asked nothing."""
        if not self.requests or self.seconds <= 0:
            return None
        return min(1.0, self.limit_time / self.seconds)

    def as_counts(self) -> dict[str, int]:
        """``{"synced": rows that are now as in amoCRM, "errors": what failed}``."""
        parts = self.entities.values()
        return {"synced": sum(part.synced for part in parts), "errors": sum(part.errors for part in parts)}


@attrs.frozen(kw_only=True)
class SyncProgress:
    """Where a pull stands, told after each page is stored.

    Attributes:
        entity: Plural name.
        fetched: Rows read of it in this run.
        fraction: Share of the time span that is read, 0 to 1; ``None`` where nobody can know (lists have no totals).
        done: Whether the entity is finished.
        seconds: Since its pull began.
    """

    entity: str
    fetched: int
    fraction: float | None = None
    done: bool = False
    seconds: float = 0.0

    @property
    def remaining(self) -> float | None:
        """Seconds that the rest will take, if it goes on as so far; ``None`` where nobody can know."""
        if self.done:
            return 0.0
        if not self.fraction:
            return None
        return self.seconds * (1.0 - self.fraction) / self.fraction


def timed(told: Callable[[SyncProgress], Any] | None, now: Callable[[], float]) -> Any:
    """A host's callback, told as well for how long each entity is under way; ``now`` is a monotonic clock."""
    if told is None:
        return None
    began: dict[str, float] = {}
    latest = now()

    def tell(progress: SyncProgress) -> Any:
        nonlocal latest
        start, latest = began.setdefault(progress.entity, latest), now()
        return told(attrs.evolve(progress, seconds=latest - start))

    return tell


@attrs.frozen(kw_only=True)
class SyncLogEntry:
    """One row of the sync log.

    Attributes:
        at: When it was finished, unix seconds.
        operation: ``sync_leads``, ``update_lead``, ``process_inbox`` …
        status: ``ok`` or ``error``.
        details: Counts, or what went wrong.
    """

    run_id: str
    at: float
    operation: str
    entity: str
    status: str
    details: dict[str, Any] = attrs.field(factory=dict[str, Any])
    seconds: float = 0.0


@attrs.frozen(kw_only=True)
class SyncStatus:
    """How things stand, counted in the local store (amoCRM's lists have no totals).

    Attributes:
        last_sync_at: When the last pull without errors ended; ``None`` before the first.
        cursors: Per stream, the second up to which every change is stored.
        outbox: Edits by state.
        inbox: Webhook bodies by state, and ``hints``: rows waiting to be read again.
        conflicts: Conflicts that wait for a person.
        counts: Live records per entity.
        version: The tenant's version counter.
        lag: Seconds for which the oldest of each has waited: ``edit`` (to be pushed), ``hint`` (to be read again),
            ``event`` (for a sink); 0 where nothing waits. And ``pull``: since the last one without errors, or ``None``.
        errors: Rows of the sync log within the last day that are errors, of the newest 200.
        last_error: What the newest of them says.
        paused_until: Until when nothing is pushed, because amoCRM has blocked the account or asked for payment.
    """

    last_sync_at: float | None
    cursors: dict[str, int | None]
    outbox: dict[str, int]
    inbox: dict[str, int]
    conflicts: int
    counts: dict[str, int]
    version: int
    lag: dict[str, float | None] = attrs.field(factory=dict[str, float | None])
    errors: int = 0
    last_error: str | None = None
    paused_until: float | None = None


@attrs.frozen(kw_only=True)
class Receipt:
    """What became of a webhook body: it is stored when this is returned.

    Attributes:
        processed: Events in it.
        errors: Items of it that could not be read; the body is kept all the same.
        duplicate: The same body was stored before; its rows will be read once more.
    """

    processed: int
    errors: int
    duplicate: bool = False


@attrs.frozen(kw_only=True)
class SetupResult:
    """What :meth:`SyncEngine.setup` has done.

    Attributes:
        markers: The field's id by entity.
        created: Entities in which the field was made now.
        tagged: Entities without it, since amoCRM refuses to make it: a tag carries our id there.
        problems: Why an entity stays as it was. Where it has no mark, creates of unknown outcome are held for a person.
    """

    markers: dict[str, int]
    created: tuple[str, ...] = ()
    tagged: tuple[str, ...] = ()
    problems: dict[str, str] = attrs.field(factory=dict[str, str])
