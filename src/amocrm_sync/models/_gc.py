"""Garbage collection stands still while one page is parsed."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager


def paused_gc() -> AbstractContextManager[None]:
    """Switch the cyclic collector off for a moment, and leave it as it was found.

    A page makes some ten thousand containers and no garbage; collecting in the middle of it doubles the cost.

    Threads: only who found the collector on switches it off, and who switched it off switches it on again. So every
    ``disable`` is followed by an ``enable`` of the same thread, and the last action of all is an ``enable``. A nested
    or parallel pause that finds it off touches nothing; at worst it ends early, when the other one ends.
    """
    return _Pause()


class _Pause(AbstractContextManager[None]):
    """A class, for it costs a fifth of what a generator would: pages are read in pieces, and each piece pauses."""

    __slots__ = ("_found_on",)

    def __enter__(self) -> None:
        self._found_on = gc.isenabled()
        if self._found_on:
            gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._found_on:
            gc.enable()
