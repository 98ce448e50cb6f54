"""Where the ``state`` of a consent that is under way is kept."""

from __future__ import annotations

from amocrm_sync._core.callback import PendingConsent


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
