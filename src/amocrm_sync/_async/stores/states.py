"""Where the ``state`` of a consent that is under way is kept."""

from __future__ import annotations

import os

from amocrm_sync._async._primitives import run_blocking
from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._statefile import StateFile


class AsyncMemoryStateStore:
    """States in the memory of this process: the callback must reach the process that made the URL."""

    def __init__(self) -> None:
        self._pending: dict[str, PendingConsent] = {}

    async def put(self, state: str, pending: PendingConsent, *, now: float) -> None:
        """Remember a state and drop those that have expired."""
        for known, other in list(self._pending.items()):
            if other.expires_at <= now:
                self._pending.pop(known, None)
        self._pending[state] = pending

    async def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it: ``dict.pop`` is one step for threads as well."""
        return self._pending.pop(state, None)


class AsyncFileStateStore:
    """States in a file that the processes of one machine share, beside the tokens of :class:`AsyncFileTokenStore`.

    The digest of a state is what is stored, so nobody who reads the file can use one. The lock is ``<path>.lock`` beside it
    (``flock``; not for network file systems).

    Args:
        path: The file; its folder must exist.

    Raises:
        ConfigurationError: The folder is missing or cannot be written to.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = StateFile(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._file.path)!r})"

    async def put(self, state: str, pending: PendingConsent, *, now: float) -> None:
        """Remember a state and drop those that have expired."""
        await run_blocking(self._file.put, state, pending, now)

    async def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it: of two takers only one gets it."""
        return await run_blocking(self._file.take, state)
