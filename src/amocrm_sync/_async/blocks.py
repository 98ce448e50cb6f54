"""Which accounts are blocked, as far as this process knows."""

from __future__ import annotations

from amocrm_sync._accounts import known
from amocrm_sync._async.protocols import AsyncBlockRegister
from amocrm_sync._clock import Clock
from amocrm_sync._core.blocks import Block


class AsyncProcessBlocks:
    """The register of this process: all its clients use it, whatever their limiter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._blocks = known(clock).blocks

    async def block(self, account: str, reason: str) -> None:
        """A ban was met."""
        self._blocks.add(account, reason, self._clock)

    def put(self, account: str, block: Block) -> None:
        """Take over what another process has met."""
        self._blocks.put(account, block, self._clock)

    async def blocked(self, account: str) -> Block | None:
        """The block in force, or ``None``."""
        return self._blocks.current(account, self._clock)

    async def unblock(self, account: str) -> None:
        """Forget a ban."""
        self._blocks.clear(account)


def block_register(limiter: object, clock: Clock) -> AsyncBlockRegister:
    """Where bans are kept: with a limiter that shares them, else in this process."""
    return limiter if isinstance(limiter, AsyncBlockRegister) else AsyncProcessBlocks(clock)
