"""Doorbells: they tell workers at once that there is something to do. Correctness never hangs on them.

Work is in the store; a worker that hears nothing finds it when it looks next. So a ring may be lost, come twice, or
come from another queue altogether, and only the waiting gets longer or shorter.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.work import WorkKind

_LOG = logging.getLogger("amocrm_sync.worker")

Wake = Callable[[str | None, WorkKind | None], None]
"""Wakes the worker for one tenant's work of one kind; ``None`` for all."""


@runtime_checkable
class AsyncDoorbell(Protocol):
    """Rings where workers hear it."""

    @property
    def is_transactional(self) -> bool:
        """Whether a ring can be part of the transaction that marks the work, so that both come or neither."""
        ...

    async def ring(self, tenant: str, kind: WorkKind, *, tx: AsyncSyncTx | None = None) -> None:
        """Tell that a tenant has work of a kind.

        Args:
            tenant: Whose work.
            kind: What kind; ``PULL`` for a webhook as well.
            tx: Ring when this transaction commits. Only a transactional doorbell is given it.
        """
        ...


@runtime_checkable
class AsyncHeardDoorbell(Protocol):
    """A doorbell that workers listen to themselves, instead of being started by a queue's own process."""

    async def listen(self, wake: Wake, is_over: Callable[[], bool]) -> None:
        """Hear rings until it is over; ask at least once a second whether it is. Errors may be raised: it is begun again."""
        ...


async def ring_safely(bell: AsyncDoorbell | None, tenant: str, kind: WorkKind) -> None:
    """Ring after a commit. The work is safe already, so a broker that is away is a line in the log."""
    if bell is None:
        return
    try:
        await bell.ring(tenant, kind)
    except Exception as error:  # noqa: BLE001 - whatever a broker's library raises
        _LOG.warning("no ring for %s of %s, which waits for the next look: %s", kind.value, tenant, error)
