"""Whether the token still reaches the account whose data the store has."""

from __future__ import annotations

from functools import partial

import attrs

from amocrm_sync._async._primitives import Job
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.failures import FATAL
from amocrm_sync._async.sync.preflight import look
from amocrm_sync._async.sync.strands import AsyncStrand
from amocrm_sync._core.call import Priority
from amocrm_sync.errors import AmoCRMError, ConfigurationError

_SETTING = "account_id"


@attrs.define
class AsyncIdentity:
    """The account's number, kept with the first pull and compared ever after.

    Behind one host there may be another account one day: it was deleted and made anew, or a proxy leads elsewhere. Every
    row of the old one would look deleted.
    """

    context: AsyncSyncContext
    _is_known: bool = False

    async def check(self, *, again: bool) -> AsyncStrand | None:
        """Ask once in the life of a process, and before each full pull (``again``).

        Returns:
            Before a first pull, what asks for the number and keeps it: there is nothing to compare it with, so it may be
            read beside the first pages.

        Raises:
            ConfigurationError: It is another account; nothing was read or deleted.
            AmoCRMError: The account as a whole is out of reach.
        """
        if self.context.caller is None or (self._is_known and not again):
            return None
        async with self.context.tx(write=False) as tx:
            known = (await tx.tenant.settings()).get(_SETTING)
        if known is None:
            return AsyncFirstLook(self)
        found = await self.look()
        if found is not None and known != found:
            raise ConfigurationError(
                f"tenant: {self.context.tenant!r} holds the data of account {known}, and the token reaches account "
                f"{found} now; nothing was read. Give SyncConfig(tenant=…) another name for the new account"
            )
        self._is_known = found is not None
        return None

    async def look(self) -> object:
        """The number of the account that the token reaches; ``None`` if it is not told.

        Raises:
            AmoCRMError: The account as a whole is out of reach.
        """
        try:
            return (await look(self.context, "/api/v4/account", {}, Priority.INCREMENTAL)).get("id")
        except FATAL:
            raise
        except AmoCRMError:
            return None  # whatever is wrong, the pull itself will say

    async def keep(self, found: object) -> None:
        """Remember the number."""
        if found is not None:
            await self.context.change_settings({_SETTING: found})
            self._is_known = True


@attrs.define
class AsyncFirstLook:
    """Asks for the number for the first time."""

    identity: AsyncIdentity
    is_open: bool = True

    async def read(self) -> Job[None]:
        """Ask; what is returned keeps it."""
        return partial(self._keep, await self.identity.look())

    async def _keep(self, found: object) -> None:
        self.is_open = False
        await self.identity.keep(found)
