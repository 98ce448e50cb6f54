"""Signals that wait: a process that is told to end first finishes what must not be cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | None

HELD = (signal.SIGTERM, signal.SIGINT)
DEFAULTS: tuple[Handler, ...] = (signal.SIG_DFL, signal.default_int_handler)
"""Handlers that end the process wherever it is; one that a host or an event loop installed may know better."""


class _Hold:
    """What is held back in the main thread. Sections may overlap there (tasks of an event loop): the last one ends it."""

    def __init__(self) -> None:
        self.depth = 0
        self.noted: list[int] = []
        self._handlers = ExitStack()

    def begin(self, *, defaults_only: bool) -> None:
        self.depth += 1
        if self.depth > 1:
            return
        for number in HELD:
            handler: Handler = signal.getsignal(number)
            ends_here = handler in DEFAULTS if defaults_only else handler not in (None, signal.SIG_IGN)
            if ends_here:
                self._handlers.callback(signal.signal, number, handler)
                signal.signal(number, self._note)

    def end(self) -> None:
        self.depth -= 1
        if self.depth:
            return
        self._handlers.close()
        noted, self.noted = self.noted, []
        for number in dict.fromkeys(noted):
            signal.raise_signal(number)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.noted.append(number)


_hold = _Hold()


@contextmanager
def held_back(*, defaults_only: bool = False) -> Generator[None]:
    """SIGTERM and Ctrl-C that come inside act at the end. Only the main thread can do that; elsewhere nothing is held.

    A thread is safe from Ctrl-C without it (the exception is the main thread's, which waits for threads that are not
    daemons), but not from SIGTERM, unless the host turns that into an orderly end.

    Args:
        defaults_only: Leave a signal alone that somebody handles in a way of his own: an event loop cancels its tasks,
            and cancellation has a shield of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _hold.begin(defaults_only=defaults_only)
    try:
        yield
    finally:
        _hold.end()
