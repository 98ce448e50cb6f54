"""An event loop without a world outside: when nothing can run, time jumps to the next timer.

asyncio itself is deterministic; what makes programs differ from run to run is I/O, threads and the clock. Here is none
of the first two, and the clock is ours, so the same seed gives the same history, step by step.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from heapq import heappop, heappush
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

    def call_soon(self, callback, *args, context=None):
        """As every loop does, without looking whether it is closed or debugged."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(self, when, callback, *args, context=None):
        """The same."""
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """It stays in the heap until its time comes."""

    def _run_once(self) -> None:
        """One round, without what a loop needs for a world outside: half of a history's time would go there."""
        ready, scheduled = self._ready, self._scheduled
        if not ready and not self._stopping:
            while scheduled and scheduled[0]._cancelled:
                heappop(scheduled)._scheduled = False
            if not scheduled:
                raise StuckError("nothing can run any more, and no timer is set")
            self._nowhere.now = max(self._nowhere.now, scheduled[0]._when)
        due = self._nowhere.now + self._clock_resolution
        while scheduled and scheduled[0]._when < due:
            timer = heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()


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
