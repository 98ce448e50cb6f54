"""What the handlers need that has no mechanical twin: threads here, tasks in ``_async``.

Both files are hand-written and have the same names and behaviour (this one is not generated).
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from amocrm_sync._sync._primitives import Bell
from amocrm_sync.errors import ConfigurationError

__all__ = ["Bell", "Job", "settled"]

T = TypeVar("T")


def settled(value: Any) -> Any:
    """What a host's callable gave.

    Raises:
        ConfigurationError: It is a coroutine, which nobody awaits here.
    """
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        raise ConfigurationError("authenticate: it is async; CRMHandlers need a plain function")
    return value


class Job(Generic[T]):
    """Work that goes on when nobody waits for it any more."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._done = threading.Event()
        threading.Thread(target=self._run, name="amocrm-sync-job", daemon=True).start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        finally:
            self._done.set()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; whether it is finished."""
        return self._done.wait(seconds)

    def result(self) -> T:
        """What the finished work gave; its error is raised here."""
        if self._error is not None:
            raise self._error
        return self._results[0]
