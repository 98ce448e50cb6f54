# Generated from src/amocrm_sync/_async/sync/lanes.py by tools/unasync.py: edit that file instead.
"""What a worker does for one engine: each kind of work in a lane of its own, so that none waits for another."""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs

from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.schedule import last_night, pause_after
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._core.sync.worker_status import LaneStatus
from amocrm_sync._sync._primitives import Bell
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.engine import SyncEngine
from amocrm_sync._sync.sync.failures import FATAL

_LOG = logging.getLogger("amocrm_sync.worker")
_RECONCILED = "reconciled_at"


@attrs.frozen(kw_only=True)
class Rhythm:
    """How often a worker looks.

    Attributes:
        pull_every: Seconds between two pulls, counted over all machines; ``None`` for none.
        reconcile_hour: Hour of the day (UTC) after which the pull of a night is a full one; ``None`` for none.
        sweep: Seconds after which the store is looked at though nobody has rung.
        window: Seconds between a ring and the work, so that what comes together is done together.
        shortest: First pause after a round that failed, in seconds; it doubles.
        longest: Longest pause.
    """

    pull_every: float | None = 60.0
    reconcile_hour: int | None = 1
    sweep: float = 1.0
    window: float = 0.3
    shortest: float = 1.0
    longest: float = 300.0


def inside(engine: SyncEngine) -> SyncContext:
    """The parts of an engine."""
    return engine._context  # noqa: SLF001 - a worker is the engine's other half


class Lane:
    """One kind of work of one engine, round by round."""

    def __init__(self, engine: SyncEngine, kind: WorkKind, rhythm: Rhythm) -> None:
        self.engine = engine
        self.kind = kind
        self.status = LaneStatus(tenant=engine.tenant, kind=kind)
        self._bell = Bell()
        self._rhythm = rhythm

    @property
    def _context(self) -> SyncContext:
        return inside(self.engine)

    def ring(self) -> None:
        """Look at once."""
        self._bell.ring()

    def run_once(self) -> SyncReport | None:
        """One round by itself. No error comes out of it; the status has it."""
        report = None
        try:
            report = self.work()
        except Exception as error:  # noqa: BLE001 - the other tenants go on
            self._failed(error)
        else:
            self._succeeded()
        self._counted(0.0)
        return report

    def run(self, is_over: Callable[[], bool]) -> None:
        """Work until it is over. No error ends it: the pause after one grows, and no other lane notices."""
        while not is_over():
            try:
                report = self.work()
                wait = self._until_due(is_clean=report is None or report.ok)
            except Exception as error:  # noqa: BLE001 - an account or a database that is away may come back
                wait = self._failed(error)
            else:
                self._succeeded()
            self._counted(wait)
            self._rest(wait, is_over)

    def work(self) -> SyncReport | None:
        """One round: everything of this kind that is due now. ``None`` if it was nobody's turn, or somebody else's."""
        if self.kind is WorkKind.PULL:
            return self.engine.process_inbox()
        if self.kind is WorkKind.PUSH:
            return self.engine.push()
        if self.kind is WorkKind.SINK:
            return self.engine.deliver()
        return self._walk()

    def hold(self, is_over: Callable[[], bool]) -> None:
        """Hold the turn to walk for as long as this process lives, however slow a page is."""
        while not is_over():
            self._bell.wait(self._context.config.lease / 3)
            try:
                self._context.turn.hold()
            except Exception as error:  # noqa: BLE001 - the next beat may get through; the fence decides
                _LOG.warning("%s: could not hold the turn: %s", self.engine.tenant, error)

    def _walk(self) -> SyncReport | None:
        context, turn = self._context, self._context.turn
        context.open()
        if self._rhythm.pull_every is None or not turn.take_when_due():
            return None
        began = context.now()
        try:
            full = self._is_full(began)
            report = self.engine.pull(full=full)
        except Exception as error:
            turn.failed(error)
            raise
        turn.done(next_at=began if report.stopped else began + self._rhythm.pull_every)
        if full and report.stopped is None:
            context.change_settings({_RECONCILED: began})
        return report

    def _is_full(self, now: float) -> bool:
        """Whether this is the first pull after the hour of a night. A copy that is new is complete anyway."""
        if self._rhythm.reconcile_hour is None:
            return False
        with self._context.tx(write=False) as tx:
            last = (tx.tenant.settings()).get(_RECONCILED)
        if last is None:
            self._context.change_settings({_RECONCILED: now})
            return False
        return bool(last < last_night(now, self._rhythm.reconcile_hour))

    def _until_due(self, *, is_clean: bool) -> float:
        """Seconds to the next work, and not more than a sweep."""
        with self._context.tx(write=False) as tx:
            due = tx.work.next_due(self.kind)
        if due is None:
            return self._rhythm.sweep
        wait = due - self._context.now()
        shortest = self._rhythm.window if is_clean else self._rhythm.sweep
        return min(self._rhythm.sweep, max(wait, min(shortest, self._rhythm.sweep)))

    def _succeeded(self) -> None:
        self.status.failures, self.status.error = 0, None

    def _counted(self, wait: float) -> None:
        self.status.rounds += 1
        self.status.at, self.status.waits_for = self._context.clock.now(), wait

    def _failed(self, error: Exception) -> float:
        self.status.failures += 1
        self.status.error = f"{type(error).__name__}: {error}"
        details = None if isinstance(error, FATAL) else error
        _LOG.error("%s: %s failed: %s", self.engine.tenant, self.kind.value, error, exc_info=details)
        return pause_after(
            self.status.failures,
            shortest=self._rhythm.shortest,
            longest=self._rhythm.longest,
            random=self._context.random.random(),
        )

    def _rest(self, seconds: float, is_over: Callable[[], bool]) -> None:
        """Wait for a ring; after a failure rings do not shorten the pause."""
        clock = self._context.clock
        until = clock.monotonic() + seconds
        while not is_over() and (left := until - clock.monotonic()) > 0:
            rung = self._bell.wait(left)
            if rung and not self.status.failures:
                if not is_over():
                    clock.sleep(self._rhythm.window)
                return
