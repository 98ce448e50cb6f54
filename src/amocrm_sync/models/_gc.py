"""Garbage collection stands still while one page is parsed."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused_gc() -> Generator[None, None, None]:
    """Switch the cyclic collector off for a moment, and leave it as it was found.

    A page makes some ten thousand containers and no garbage; collecting in the middle of it doubles the cost.

    Threads: only who found the collector on switches it off, and who switched it off switches it on again. So every
    ``disable`` is followed by an ``enable`` of the same thread, and the last action of all is an ``enable``. A nested
    or parallel pause that finds it off touches nothing; at worst it ends early, when the other one ends.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
