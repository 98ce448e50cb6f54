# Generated from src/amocrm_sync/_async/handlers/runs.py by tools/unasync.py: edit that file instead.
"""Syncs that were asked for over HTTP: those that take long go on, and tell how far they are."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync._core.handlers.problem import INTERNAL, problem_of
from amocrm_sync._sync.handlers._primitives import Job
from amocrm_sync._sync.handlers.run_notes import BEAT, context_of, note_down, read_note
from amocrm_sync.errors import AmoCRMError

if TYPE_CHECKING:
    from amocrm_sync._sync.sync.context import SyncContext

_LOG = logging.getLogger("amocrm_sync.handlers")
_KEPT = 500


@attrs.define(kw_only=True)
class Run:
    """One sync that was asked for.

    Attributes:
        run_id: To ask for it.
        owner: Who may.
        kind: What it does.
        started_at: Unix seconds.
        finished_at: Unix seconds, once it is.
        progress: Entity → where it stands.
        report: What it did, once it is finished.
        error: What stopped it.
    """

    run_id: str
    owner: str
    kind: str
    started_at: float
    finished_at: float | None = None
    progress: dict[str, Any] = attrs.field(factory=dict[str, Any])
    report: Any = None
    error: str | None = None
    job: Any = attrs.field(default=None, repr=False)
    notes: Any = attrs.field(default=None, repr=False)

    def tell(self, progress: Any) -> None:
        """Note down where an entity stands."""
        self.progress[progress.entity] = progress

    def plain(self) -> dict[str, Any]:
        """As the answer has it."""
        status = "running" if self.finished_at is None else "failed" if self.error else "done"
        entities = getattr(self.report, "entities", {}) if self.report is not None else None
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "status": status,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "progress": [
                {"entity": item.entity, "fetched": item.fetched, "fraction": item.fraction, "done": item.done}
                for item in self.progress.values()
            ],
            "report": None
            if entities is None
            else {name: {"synced": part.synced, "errors": part.errors} for name, part in entities.items()},
            "problems": [
                f"{item.entity}: {item.operation} failed" for item in getattr(self.report, "problems", ())
            ],
            "error": self.error,
        }


class Runs:
    """The syncs of this process, the newest few hundred; those that take long are noted down for every process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def begin(self, owner: str, kind: str, work: Callable[[Run], Awaitable[Any]]) -> Run:
        """Start one."""
        run = Run(run_id=secrets.token_hex(12), owner=owner, kind=kind, started_at=self._clock.now())
        self._runs[run.run_id] = run
        while len(self._runs) > _KEPT:
            self._runs.popitem(last=False)

        def go() -> Any:
            try:
                run.report = work(run)
            except AmoCRMError as error:
                run.error = problem_of(error).detail
                raise
            except Exception:
                _LOG.exception("a sync that was asked for over HTTP failed")
                run.error = INTERNAL.detail
                raise
            finally:
                run.finished_at = self._clock.now()
            return run.report

        run.job = Job(go)
        return run

    def tell_others(self, run: Run, engine: Any) -> None:
        """Note a run down in the store, now and from time to time until its end."""
        context = context_of(engine)
        if context is None:
            return
        _note(context, run)

        def go() -> None:
            while not run.job.wait(BEAT):
                _note(context, run)
            _note(context, run)

        run.notes = Job(go)

    def find(self, run_id: str, owner: str) -> Run | None:
        """A run of this process, if it is this owner's."""
        run = self._runs.get(run_id)
        return run if run is not None and run.owner == owner else None

    def plain(self, run_id: str, owner: str, engine: Any) -> dict[str, Any] | None:
        """How a run stands, whichever process does it; ``None`` if it is not this owner's."""
        run = self.find(run_id, owner)
        if run is not None:
            return run.plain()
        context = context_of(engine)
        return None if context is None else read_note(context, owner, run_id)


def _note(context: SyncContext, run: Run) -> None:
    """A store that is away loses a note, not the run."""
    try:
        note_down(context, run.owner, run.plain())
    except Exception as error:  # noqa: BLE001 - whatever the database's driver raises
        _LOG.warning("how the sync %s stands was not noted down: %s", run.run_id, error)
