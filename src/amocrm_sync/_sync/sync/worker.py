# Generated from src/amocrm_sync/_async/sync/worker.py by tools/unasync.py: edit that file instead.
"""The worker: everything that an engine has to do, done when it is due, on as many machines as there are."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

import attrs

from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._core.sync.worker_status import WorkerStatus
from amocrm_sync._sync._primitives import Job, bounded_map, on_signals
from amocrm_sync._sync.sync.doorbells import HeardDoorbell
from amocrm_sync._sync.sync.engine import SyncEngine
from amocrm_sync._sync.sync.lanes import Lane, Rhythm, inside
from amocrm_sync.errors import ConfigurationError

_LOG = logging.getLogger("amocrm_sync.worker")


class SyncWorker:
    """Keeps one or several engines at work: webhooks, edits, sinks, a pull every minute, a full one every night.

    ::

        worker = SyncWorker(engine)
        worker.run()  # until SIGTERM or Ctrl-C

    Run as many as you like, on as many machines: what one has taken no other takes, and what a dead one held is taken up
    when its lease ends. One process a tenant walks through lists at a time. What goes wrong for one tenant delays no
    other.

    Args:
        engines: What to work for.
        pull_every: Seconds between two pulls of a tenant, counted over all machines; ``None`` for none.
        reconcile_hour: Hour of the day (UTC) after which the first pull is a full one; ``None`` for none.
        sweep: Seconds after which the store is looked at though nobody has rung; by default 1, and 30 where every engine
            has a doorbell that is heard.
        window: Seconds between a ring and the work, so that what comes together is done together.

    Raises:
        ConfigurationError: No engine, or two of one tenant.
    """

    def __init__(
        self,
        engines: SyncEngine | Sequence[SyncEngine],
        *,
        pull_every: float | None = 60.0,
        reconcile_hour: int | None = 1,
        sweep: float | None = None,
        window: float = 0.3,
    ) -> None:
        self._engines = tuple(engines) if isinstance(engines, Sequence) else (engines,)
        _check([engine.tenant for engine in self._engines], pull_every, reconcile_hour)
        bells: list[object] = [inside(engine).doorbell for engine in self._engines]
        self._bells: list[HeardDoorbell] = [bell for bell in bells if isinstance(bell, HeardDoorbell)]
        if sweep is None:
            sweep = 30.0 if len(self._bells) == len(bells) else 1.0
        self._rhythm = Rhythm(
            pull_every=pull_every, reconcile_hour=reconcile_hour, sweep=sweep, window=window
        )
        self._lanes = [
            Lane(engine, kind, self._rhythm) for engine in self._engines for kind in _kinds(engine)
        ]
        self._holders: list[Lane] = []
        self._state = "idle"

    def run(self, *, signals: bool = True) -> None:
        """Work until :meth:`stop`; then finish what is under way, and begin nothing more.

        Args:
            signals: SIGTERM and Ctrl-C stop it (in the main thread; elsewhere nobody hears them).
        """
        self._state = "working"
        _LOG.info("working for %s", ", ".join(engine.tenant for engine in self._engines))
        try:
            if signals:
                with on_signals(self.stop):
                    self._serve()
            else:
                self._serve()
        finally:
            self._state = "idle"
            self._drain(is_draining=False)
        _LOG.info("stopped: nothing is held")

    def stop(self) -> None:
        """End :meth:`run` soon: a request under way is waited for, a pull ends at its next page."""
        if self._state != "working":
            return
        _LOG.info("stopping: what is under way is finished first")
        self._state = "draining"
        self._drain(is_draining=True)
        self.wake()

    def wake(self, tenant: str | None = None, kind: WorkKind | None = None) -> None:
        """Look for work at once: of one tenant, of one kind, or of all."""
        for lane in [*self._lanes, *(self._holders if self._state == "draining" else [])]:
            if tenant in (None, lane.engine.tenant) and kind in (None, lane.kind):
                lane.ring()

    def run_once(self, tenant: str | None = None, kind: WorkKind | None = None) -> list[SyncReport]:
        """Do what is due now, and return: for a queue's task, a cron job, a function without a process of its own.

        Args:
            tenant: Of one tenant only.
            kind: Of one kind only.

        Returns:
            What was done. What fails for one tenant is logged and shown by :meth:`status`, and the others go on.
        """
        reports: list[SyncReport] = []
        for lane in self._lanes:
            if tenant in (None, lane.engine.tenant) and kind in (None, lane.kind):
                report = lane.run_once()
                reports += [report] if report is not None else []
        return reports

    def status(self) -> WorkerStatus:
        """How it is; nothing is asked of anybody."""
        return WorkerStatus(state=self._state, lanes=tuple(attrs.evolve(lane.status) for lane in self._lanes))

    def _serve(self) -> None:
        self._holders = [
            Lane(lane.engine, lane.kind, self._rhythm) for lane in self._lanes if lane.kind is WorkKind.WALK
        ]
        loops: list[Job[None]] = [partial(lane.run, self._is_over) for lane in self._lanes]
        loops += [partial(lane.hold, self._is_over) for lane in self._holders]
        once = {id(bell): bell for bell in self._bells}
        loops += [partial(self._hear, bell) for bell in once.values()]
        bounded_map(_go, loops, limit=len(loops))

    def _hear(self, bell: HeardDoorbell) -> None:
        """Listen; whoever cannot is as deaf as without a doorbell, and tries again."""
        while not self._is_over():
            try:
                bell.listen(self.wake, self._is_over)
            except Exception as error:  # noqa: BLE001 - whatever the database's driver raises
                _LOG.warning("the doorbell is not heard: %s", error)
                inside(self._engines[0]).clock.sleep(self._rhythm.shortest)

    def _is_over(self) -> bool:
        return self._state == "draining"

    def _drain(self, *, is_draining: bool) -> None:
        for engine in self._engines:
            inside(engine).is_draining = is_draining

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._state} {[engine.tenant for engine in self._engines]}>"


def _go(loop: Job[None]) -> None:
    loop()


def _kinds(engine: SyncEngine) -> Sequence[WorkKind]:
    """What there is to do: an engine without a CRM has only events to deliver."""
    if inside(engine).remote is not None:
        return (WorkKind.PULL, WorkKind.PUSH, WorkKind.SINK, WorkKind.WALK)
    return (WorkKind.SINK,)


def _check(tenants: Sequence[str], pull_every: float | None, reconcile_hour: int | None) -> None:
    if not tenants:
        raise ConfigurationError("engines: give the worker at least one")
    twice = sorted({tenant for tenant in tenants if tenants.count(tenant) > 1})
    if twice:
        raise ConfigurationError(f"engines: two of {', '.join(twice)}; one engine a tenant is enough")
    if pull_every is not None and pull_every <= 0:
        raise ConfigurationError(f"pull_every: seconds, more than 0, or None for never; not {pull_every!r}")
    if reconcile_hour is not None and reconcile_hour not in range(24):
        raise ConfigurationError(f"reconcile_hour: 0 to 23 (UTC), or None for never; not {reconcile_hour!r}")
