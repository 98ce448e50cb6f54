"""What has no mechanical twin: locks, events, work in parallel. Tasks here, threads in ``_sync``.

Both files are hand-written and have the same names and behaviour; nothing else in ``_async`` uses anyio or asyncio.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable
from contextlib import contextmanager
from math import inf
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

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

Job = Callable[[], Awaitable[R]]
"""Work for :func:`in_flight`."""

Lock = anyio.Lock
Event = anyio.Event

_locks: RunVar[WeakValueDictionary[Hashable, Lock]] = RunVar("amocrm_sync_locks")
_apart: RunVar[anyio.CapacityLimiter] = RunVar("amocrm_sync_apart")
_THREADS_APART = 8


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


async def run_apart(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same in threads that are kept for this: the host's own blocking work cannot use them up."""
    try:
        threads = _apart.get()
    except LookupError:
        threads = anyio.CapacityLimiter(_THREADS_APART)
        _apart.set(threads)
    return await anyio.to_thread.run_sync(lambda: function(*args, **kwargs), limiter=threads)


async def shielded(function: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """Run a function to its end, even when the caller is cancelled or the process is told to end (Ctrl-C, SIGTERM).

    The cancellation, or the signal, acts then. A shield of anyio stops the cancellations of anyio (and of trio) only;
    those of asyncio (``wait_for``, a client that has gone, the end of the loop) go through it, so that there the
    function is a task of its own, which nobody else can find.
    """
    on_asyncio = anyio.get_cancelled_exc_class() is asyncio.CancelledError
    with held_back(defaults_only=on_asyncio), anyio.CancelScope(shield=True):
        return await (_in_hidden_task(function) if on_asyncio else function())
    raise AssertionError("no scope swallows what happens inside this shield")


async def _in_hidden_task(function: Callable[[], Coroutine[Any, Any, R]]) -> R:
    task = asyncio.get_running_loop().create_task(function())
    asyncio._unregister_task(task)  # noqa: SLF001 - documented, in "Extending"; asyncio.run() ends by cancelling every task it finds
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # it has been looked at: asyncio need not complain of it
    raise cancelled


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


async def in_flight(
    next_job: Callable[[bool], Job[R] | None],
    done: Callable[[R], Awaitable[None]],
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

    The first error cancels the rest and is raised as it is.
    """
    send, receive = anyio.create_memory_object_stream[tuple[list[R], Exception | None]](inf)
    failure: Exception | None = None

    async def run(job: Job[R]) -> None:
        try:
            outcome: tuple[list[R], Exception | None] = ([await job()], None)
        except Exception as error:  # noqa: BLE001 - raised below, unwrapped
            outcome = ([], error)
        send.send_nowait(outcome)

    async with send, receive, anyio.create_task_group() as group:
        running, is_idle = 0, False
        while failure is None:
            while running < width and (job := next_job(is_idle)) is not None:
                group.start_soon(run, job)
                running, is_idle = running + 1, False
            if not running:
                break
            outcome = None
            with anyio.move_on_after(patience):
                outcome = await receive.receive()
            is_idle = outcome is None
            if outcome is not None:
                running -= 1
                results, failure = outcome
                try:
                    for result in results:
                        await done(result)
                except Exception as error:  # noqa: BLE001 - same
                    failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


class Bell:
    """Wakes whoever waits; rung while nobody waits, it wakes the next one at once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most so long; whether there was one."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except TimeoutError:
            return False
        self._event.clear()
        return True


@contextmanager
def on_signals(act: Callable[[], None]) -> Generator[None]:
    """Call a function at SIGTERM and Ctrl-C instead of ending. Only the main thread hears them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in HELD}
    for number in HELD:
        loop.add_signal_handler(number, act)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
