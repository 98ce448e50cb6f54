# Generated from src/amocrm_sync/_async/sync/turns.py by tools/unasync.py: edit that file instead.
"""Whose turn it is to walk through amoCRM's lists: one process a tenant, however many machines there are.

A walk moves cursors, and two who move the same one would overtake each other. So the turn is a row of the work table
like any other, with a lease: it can be lost, and who has lost it stores no further page.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.waiting import wait_after
from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.sync.protocols import SyncTx

_ROW = "pull"
_ALL_TIME = 1e12
"""Later than any lease: who claims as of then takes the turn from whoever has it."""
_TRIES = 100
_BETWEEN_TRIES = 0.05


class TurnLost(Exception):  # noqa: N818 - no failure: the walk is somebody else's, or the process is told to end
    """This process walks no further; what it has stored stays."""


class Walkers(Protocol):
    """What a turn needs to know of the engine that has it."""

    config: SyncConfig
    clock: Clock
    random: Random
    is_draining: bool

    def tx(self, *, write: bool = True, lock: bool = True) -> AbstractContextManager[SyncTx]:
        """A transaction on the tenant's data."""
        ...

    def now(self) -> float:
        """The time that leases go by."""
        ...

    def new_uid(self) -> str:
        """A name for who takes the turn."""
        ...


class Turn:
    """The turn of one engine. Runs within the engine share it."""

    def __init__(self, context: Walkers) -> None:
        self._context = context
        self._lock = Lock()
        self._claim: Claim | None = None
        self._sharers = 0
        self._is_made = False
        self._ahead = 0.0

    @contextmanager
    def taken(self, report: SyncReport) -> Generator[None]:
        """Walk while inside, taking the turn from another process if need be; that one stops at its next page.

        Whoever asks for a pull wants it now, and a dead process must not make anybody wait.
        """
        self._share(when_due=False)
        try:
            yield
        except TurnLost as end:
            report.stopped = str(end)
        finally:
            self._leave()

    def take_when_due(self) -> bool:
        """Take the turn if a pull is due and no living process is at it; :meth:`done` or :meth:`failed` ends it."""
        return self._share(when_due=True)

    def done(self, *, next_at: float) -> None:
        """End a turn that was due; the next one is at that moment."""
        claim = self._claim
        if claim is not None:
            with self._context.tx(lock=False) as tx:
                if tx.work.held([claim]):
                    tx.work.finish([claim])
                    tx.work.mark(WorkKind.WALK, _ROW, [""], due_at=next_at)
        self._leave()

    def failed(self, error: Exception) -> None:
        """End a turn in which nothing went; the next one is after a wait that grows."""
        claim, config = self._claim, self._context.config
        if claim is not None:
            wait = wait_after([claim], config, self._context.random.random())
            due = self._context.now() + wait
            with self._context.tx(lock=False) as tx:
                tx.work.retry([claim], due, str(error))
        self._leave()

    def fence(self, tx: SyncTx) -> None:
        """See, in the transaction that moves a cursor, that the turn is still ours; hold it longer.

        Raises:
            TurnLost: It is not, or the process is about to end.
        """
        claim = self._claim
        if claim is None:
            return
        if self._context.is_draining:
            raise TurnLost("this process was told to end")
        now = self._context.clock.monotonic() + self._ahead
        lease = self._context.config.lease
        if (claim.lease_until or 0.0) - now > lease / 2:
            mine = tx.work.held([claim])
        else:
            mine = tx.work.extend([claim], now + lease)
        if not mine:
            raise TurnLost("another process has taken over")
        self._claim = mine[0]

    def hold(self) -> None:
        """Hold the turn longer while a page takes long, if it is held at all."""
        claim = self._claim
        if claim is None or self._context.is_draining:
            return
        until = self._context.now() + self._context.config.lease
        with self._context.tx(lock=False) as tx:
            tx.work.extend([claim], until)

    def next_at(self) -> float | None:
        """When the next turn can be taken; ``None`` if none was ever planned."""
        with self._context.tx(write=False) as tx:
            return tx.work.next_due(WorkKind.WALK)

    def _share(self, *, when_due: bool) -> bool:
        with self._lock:
            if self._claim is None:
                self._claim = self._take(1 if when_due else _TRIES, when_due=when_due)
            elif when_due:
                return False
            self._sharers += self._claim is not None
            return self._claim is not None

    def _take(self, tries: int, *, when_due: bool) -> Claim | None:
        for attempt in range(tries):
            if attempt:
                self._context.clock.sleep(_BETWEEN_TRIES)
            now = self._context.now()
            self._ahead = now - self._context.clock.monotonic()
            owner, until = self._context.new_uid(), now + self._context.config.lease
            with self._context.tx(lock=False) as tx:
                self._is_made = tx.work.next_due(WorkKind.WALK) is None
                if self._is_made:
                    tx.work.mark(WorkKind.WALK, _ROW, [""], due_at=now)
                as_of = now if when_due else _ALL_TIME
                claims = tx.work.claim(WorkKind.WALK, as_of, owner, until, 1)
            if claims:
                return claims[0]
        return None

    def _leave(self) -> None:
        """The last one who leaves gives the turn back."""
        with self._lock:
            self._sharers = max(0, self._sharers - 1)
            claim = self._claim
            if self._sharers or claim is None:
                return
            self._claim = None
            with self._context.tx(lock=False) as tx:
                (tx.work.finish([claim]) if self._is_made else tx.work.release([claim]))
