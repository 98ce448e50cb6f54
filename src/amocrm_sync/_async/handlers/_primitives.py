"""What the handlers need that has no mechanical twin: tasks here, threads in ``_sync``.

Both files are hand-written and have the same names and behaviour.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from amocrm_sync._async._primitives import Bell

__all__ = ["Bell", "Job", "settled"]

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""Tasks that outlive the request that began them; the loop alone would let them be collected."""


async def settled(value: Any) -> Any:
    """What a host's callable gave, awaited if it is of that kind."""
    return await value if inspect.isawaitable(value) else value


class Job(Generic[T]):
    """Work that goes on when nobody waits for it any more."""

    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._task: asyncio.Task[T] = asyncio.ensure_future(self._run(work))
        _running.add(self._task)
        self._task.add_done_callback(_running.discard)

    async def _run(self, work: Callable[[], Awaitable[T]]) -> T:
        return await work()

    async def wait(self, seconds: float) -> bool:
        """Wait at most so long; whether it is finished."""
        done, _ = await asyncio.wait([self._task], timeout=seconds)
        return bool(done)

    def result(self) -> T:
        """What the finished work gave; its error is raised here."""
        return self._task.result()
