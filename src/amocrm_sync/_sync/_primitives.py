"""What has no mechanical twin: locks, events, work in parallel. Threads here, tasks in ``_async``.

Both files are hand-written and have the same names and behaviour (this one is not generated).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from amocrm_sync._signals import held_back

__all__ = ["Event", "Lock", "bounded_map", "run_blocking", "shared_lock", "shielded"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_locks: WeakValueDictionary[Hashable, Lock] = WeakValueDictionary()
_locks_guard = Lock()


def shared_lock(key: Hashable) -> Lock:
    """The one lock of this process for ``key``; it lives as long as somebody holds a reference to it."""
    with _locks_guard:
        return _locks.setdefault(key, Lock())


def run_blocking(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that blocks; a thread may simply do so."""
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
        futures = [pool.submit(function, item) for item in todo]
        done, pending = wait(futures, return_when=FIRST_EXCEPTION)
        for future in pending:
            future.cancel()
        for future in done:
            error = future.exception()
            if error is not None:
                raise error
        return [future.result() for future in futures]
