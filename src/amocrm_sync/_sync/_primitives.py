"""What has no mechanical twin: locks, events, work in parallel. Threads here, tasks in ``_async``.

Both files are hand-written and have the same names and behaviour (this one is not generated).
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Hashable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Lock, Thread, current_thread, main_thread
from queue import Empty, SimpleQueue
from types import FrameType
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from amocrm_sync._signals import HELD, held_back

__all__ = [
    "Bell",
    "Event",
    "Job",
    "Lock",
    "bounded_map",
    "in_flight",
    "on_signals",
    "run_apart",
    "run_blocking",
    "shared_lock",
    "shielded",
]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

Job = Callable[[], R]
"""Work for :func:`in_flight`."""

_locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()
_locks_guard = Lock()


def shared_lock(key: Hashable) -> Lock:
    """The one lock of this process for ``key``; it lives as long as somebody holds a reference to it."""
    with _locks_guard:
        return _locks.setdefault(key, Lock())


def run_blocking(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that blocks; a thread may simply do so."""
    return function(*args, **kwargs)


def run_apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same: nobody else's work can take a thread away from its caller."""
    return function(*args, **kwargs)


def shielded(function: Callable[[], R]) -> R:
    """Run a function to its end, even when the process is told to end (Ctrl-C, SIGTERM); the signal acts then."""
    with held_back():
        return function()


def bounded_map(function: Callable[[T], R], items: Iterable[T], *, limit: int) -> list[R]:
    """``[function(item) for item in items]``, at most ``limit`` at a time, results in order.

    The first error stops what has not begun and is raised as it is.
    """
    todo = list(items)
    if not todo:
        return []
    with ThreadPoolExecutor(max_workers=min(limit, len(todo))) as pool:
        futures = [pool.submit(copy_context().run, function, item) for item in todo]
        done, pending = wait(futures, return_when=FIRST_EXCEPTION)
        for future in pending:
            future.cancel()
        for future in done:
            error = future.exception()
            if error is not None:
                raise error
        return [future.result() for future in futures]


def in_flight(
    next_job: Callable[[bool], Job[R] | None],
    done: Callable[[R], None],
    *,
    width: int,
    patience: float,
) -> None:
    """Keep jobs running, and handle their results one by one as they come.

    Args:
        next_job: Gives the next job, or ``None`` for none at present; asked again after each result, and with ``True``
            when nothing has come for ``patience`` seconds. It ends when there is no job and none runs.
        done: Takes a result, while the other jobs go on.
        width: Never so many jobs at a time that they are more than this.
        patience: Seconds.

    The first error is raised as it is, once the jobs that run have ended.
    """
    outcomes: SimpleQueue[Future[R]] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=width) as pool:
        running, is_idle = 0, False
        while True:
            while running < width and (job := next_job(is_idle)) is not None:
                pool.submit(copy_context().run, job).add_done_callback(outcomes.put)
                running, is_idle = running + 1, False
            if not running:
                return
            try:
                outcome = outcomes.get(timeout=patience)
            except Empty:
                is_idle = True
                continue
            running, is_idle = running - 1, False
            done(outcome.result())


class Bell:
    """Wakes whoever waits; rung while nobody waits, it wakes the next one at once."""

    def __init__(self) -> None:
        self._event = Event()

    def ring(self) -> None:
        """Wake."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long; whether there was one."""
        rung = self._event.wait(seconds)
        self._event.clear()
        return rung


@contextmanager
def on_signals(act: Callable[[], None]) -> Generator[None]:
    """Call a function at SIGTERM and Ctrl-C instead of ending. Only the main thread hears them.

    It is called in a thread of its own: a handler runs in the middle of whatever the main thread does, locks included.
    """
    if current_thread() is not main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in HELD}

    def heard(_number: int, _frame: FrameType | None) -> None:
        Thread(target=act, daemon=True).start()

    for number in HELD:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
