"""What has no mechanical twin: locks, events, work in parallel. Tasks here, threads in ``_sync``.

Both files are hand-written and have the same names and behaviour; nothing else in ``_async`` uses anyio.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

__all__ = ["Event", "Lock", "bounded_map", "run_blocking", "shared_lock", "shielded"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

Lock = anyio.Lock
Event = anyio.Event

_locks: RunVar[WeakValueDictionary[Hashable, Lock]] = RunVar("amocrm_sync_locks")


def shared_lock(key: Hashable) -> Lock:
    """The one lock of this event loop for ``key``; it lives as long as somebody holds a reference to it."""
    try:
        locks = _locks.get()
    except LookupError:
        locks = WeakValueDictionary[Hashable, Lock]()
        _locks.set(locks)
    return locks.setdefault(key, Lock())


async def run_blocking(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a function that blocks (files, locks between processes) without blocking other tasks."""
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs))


@asynccontextmanager
async def shielded() -> AsyncGenerator[None]:
    """What runs inside is finished even when the caller is cancelled."""
    with anyio.CancelScope(shield=True):
        yield


async def bounded_map(function: Callable[[T], Awaitable[R]], items: Iterable[T], *, limit: int) -> list[R]:
    """``[await function(item) for item in items]``, at most ``limit`` at a time, results in order.

    The first error cancels the rest and is raised as it is.
    """
    todo = list(enumerate(items))
    results: dict[int, R] = {}
    errors: list[BaseException] = []
    queue = iter(todo)

    async def work(scope: anyio.CancelScope) -> None:
        for index, item in queue:
            try:
                results[index] = await function(item)
            except Exception as error:  # noqa: BLE001 - raised below, unwrapped
                errors.append(error)
                scope.cancel()
                return

    async with anyio.create_task_group() as group:
        for _ in range(min(limit, len(todo))):
            group.start_soon(work, group.cancel_scope)
    if errors:
        raise errors[0]
    return [results[index] for index, _ in todo]
