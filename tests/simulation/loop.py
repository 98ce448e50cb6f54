"""An event loop without a world outside: when nothing can run, time jumps to the next timer.

asyncio itself is deterministic; what makes programs differ from run to run is I/O, threads and the clock. Here is none
of the first two, and the clock is ours, so the same seed gives the same history, step by step.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

from amocrm_sync.testing.clock import START


class StuckError(Exception):
    """Every task waits for another one."""


class _Nowhere(selectors.BaseSelector):
    """A selector that never sees anything happen, and lets the loop's time pass instead of waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj, events, data=None):
        self._keys[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return self._keys[fileobj]

    def unregister(self, fileobj):
        return self._keys.pop(fileobj)

    def select(self, timeout=None):
        if timeout is None:
            raise StuckError("nothing can run any more, and no timer is set")
        self.now += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._nowhere = _Nowhere()
        super().__init__(self._nowhere)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._nowhere.now


class VirtualClock:
    """The loop's time, as the engine and the emulator ask for it."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> float:
        """Wall time, unix seconds."""
        return START + self._loop.time()

    def monotonic(self) -> float:
        """Virtual seconds."""
        return self._loop.time()

    def sleep(self, seconds: float) -> None:
        """Nobody may block here."""
        raise AssertionError(f"sleep({seconds}): a thread would stand still")

    async def asleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(max(0.0, seconds))
