"""What the checks of the sync store kit share."""

from __future__ import annotations

from typing import Any, Protocol

from amocrm_sync._async.sync.protocols import AsyncSyncStore
from amocrm_sync._core.sync.inbox import Hint


class AsyncCheck(Protocol):
    """One promise, held against a store with a tenant of its own."""

    async def __call__(self, store: AsyncSyncStore, tenant: str) -> None:
        """Check."""
        ...


async def all_hints(tx: Any) -> set[tuple[str, str]]:
    """Every due hint, whatever stream it is of."""
    found: list[Hint] = []
    while hints := await tx.due_hints(0.0, 100):
        found += hints
        await tx.retry_hints(hints, due_at=1.0, error="kit")
    restored = {(hint.stream, hint.remote_id) for hint in found}
    for hint in found:
        await tx.retry_hints([hint], due_at=0.0, error="kit")
    return restored


async def hint_of(tx: Any, stream: str) -> Hint:
    """The due hint of a stream that has one."""
    while True:
        hints: list[Hint] = await tx.due_hints(0.0, 100)
        require(bool(hints), f"there is a hint of {stream}")
        if hints[0].stream == stream:
            return hints[0]
        await tx.retry_hints(hints, due_at=0.0, error="kit")
        await tx.add_hints([(hint.stream, hint.remote_id) for hint in hints], due_at=0.0)


def require(kept: bool, promise: str) -> None:
    """Name the promise that was broken."""
    if not kept:
        raise AssertionError(f"the store breaks a promise: {promise}")
