"""How a worker is."""

from __future__ import annotations

import attrs

from amocrm_sync._core.sync.work import WorkKind


@attrs.frozen(kw_only=True)
class WorkerStatus:
    """How a worker is.

    Attributes:
        state: ``idle`` before :meth:`SyncWorker.run` and after it, ``working``, or ``draining`` once it is told to stop.
        lanes: Each kind of work of each tenant.
    """

    state: str
    lanes: tuple[LaneStatus, ...]

    @property
    def ok(self) -> bool:
        """Whether the last round of every lane went well."""
        return not any(lane.failures for lane in self.lanes)


@attrs.define(kw_only=True)
class LaneStatus:
    """How one lane is.

    Attributes:
        tenant: Whose work.
        kind: Which.
        rounds: How often something was looked for.
        at: When the last round ended, unix seconds; ``None`` before the first.
        failures: Rounds that failed in a row.
        error: What the last one failed with; ``None`` after a good one.
        waits_for: Seconds until the next round at the latest, counted from ``at``.
    """

    tenant: str
    kind: WorkKind
    rounds: int = 0
    at: float | None = None
    failures: int = 0
    error: str | None = None
    waits_for: float = 0.0
