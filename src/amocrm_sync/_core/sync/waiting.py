"""How long work waits after it failed."""

from __future__ import annotations

from collections.abc import Iterable

from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.outbox import backoff
from amocrm_sync._core.sync.work import Claim


def wait_after(claims: Iterable[Claim], config: SyncConfig, random: float) -> float:
    """Seconds until claims that failed together are tried again; ``random`` is a draw from [0, 1)."""
    attempts = max(claim.attempts for claim in claims)
    return backoff(attempts + 1, base=config.retry_base, cap=config.retry_cap, random=random)
