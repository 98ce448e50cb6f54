# Generated from src/amocrm_sync/_async/testing_kits/sync_store_parts.py by tools/unasync.py: edit that file instead.
"""What the checks of the sync store kit share."""

from __future__ import annotations

from typing import Any, Protocol

from amocrm_sync._core.sync.inbox import Hint
from amocrm_sync._sync.sync.protocols import SyncStore


class Check(Protocol):
    """One promise, held against a store with a tenant of its own."""

    def __call__(self, store: SyncStore, tenant: str) -> None:
        """Check."""
        ...


def all_hints(tx: Any) -> set[tuple[str, str]]:
    """Every due hint, whatever stream it is of."""
    found: list[Hint] = []
    while hints := tx.due_hints(0.0, 100):
        found += hints
        tx.retry_hints(hints, due_at=1.0, error="kit")
    restored = {(hint.stream, hint.remote_id) for hint in found}
    for hint in found:
        tx.retry_hints([hint], due_at=0.0, error="kit")
    return restored


def hint_of(tx: Any, stream: str) -> Hint:
    """The due hint of a stream that has one."""
    while True:
        hints: list[Hint] = tx.due_hints(0.0, 100)
        require(bool(hints), f"there is a hint of {stream}")
        if hints[0].stream == stream:
            return hints[0]
        tx.retry_hints(hints, due_at=0.0, error="kit")
        tx.add_hints([(hint.stream, hint.remote_id) for hint in hints], due_at=0.0)


def require(kept: bool, promise: str) -> None:
    """Name the promise that was broken."""
    if not kept:
        raise AssertionError(f"the store breaks a promise: {promise}")
