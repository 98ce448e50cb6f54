"""How long work waits after it failed, and edits before they are sent again."""

from __future__ import annotations

from collections.abc import Iterable

from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.outbox import Op, backoff
from amocrm_sync._core.sync.work import Claim

_FIRST_LOOK = 1.0
"""Seconds until a row is looked for again that amoCRM does not have yet; they double up to ``retry_cap``."""


def wait_after(claims: Iterable[Claim], config: SyncConfig, random: float) -> float:
    """Seconds until claims that failed together are tried again; ``random`` is a draw from [0, 1)."""
    attempts = max(claim.attempts for claim in claims)
    return backoff(attempts + 1, base=config.retry_base, cap=config.retry_cap, random=random)


def wait_to_resend(op: Op, config: SyncConfig, random: float) -> float:
    """Seconds until an edit that did not arrive, or may not have, is sent again."""
    return backoff(op.attempts, base=config.retry_base, cap=config.retry_cap, random=random)


def wait_for_row(claim: Claim, config: SyncConfig) -> float:
    """Seconds until an edit is looked at again that names a row which amoCRM does not have yet.

    Longer each time, up to the longest wait; nothing is sent for it, so it needs no jitter.
    """
    return backoff(claim.attempts, base=_FIRST_LOOK, cap=config.retry_cap, random=1.0)
