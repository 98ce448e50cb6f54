# Generated from src/amocrm_sync/_async/sync/identity.py by tools/unasync.py: edit that file instead.
"""Whether the token still reaches the account whose data the store has."""

from __future__ import annotations

from functools import partial

import attrs

from amocrm_sync._core.call import Priority
from amocrm_sync._sync._primitives import Job
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL
from amocrm_sync._sync.sync.preflight import look
from amocrm_sync._sync.sync.strands import Strand
from amocrm_sync.errors import AmoCRMError, ConfigurationError

_SETTING = "account_id"


@attrs.define
class Identity:
    """The account's number, kept with the first pull and compared ever after.

    Behind one host there may be another account one day: it was deleted and made anew, or a proxy leads elsewhere. Every
    row of the old one would look deleted.
    """

    context: SyncContext
    _is_known: bool = False

    def check(self, *, again: bool) -> Strand | None:
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
        with self.context.tx(write=False) as tx:
            known = (tx.tenant.settings()).get(_SETTING)
        if known is None:
            return FirstLook(self)
        found = self.look()
        if found is not None and known != found:
            raise ConfigurationError(
                f"tenant: {self.context.tenant!r} holds the data of account {known}, and the token reaches account "
                f"{found} now; nothing was read. Give SyncConfig(tenant=…) another name for the new account"
            )
        self._is_known = found is not None
        return None

    def look(self) -> object:
        """The number of the account that the token reaches; ``None`` if it is not told.

        Raises:
            AmoCRMError: The account as a whole is out of reach.
        """
        try:
            return (look(self.context, "/api/v4/account", {}, Priority.INCREMENTAL)).get("id")
        except FATAL:
            raise
        except AmoCRMError:
            return None  # whatever is wrong, the pull itself will say

    def keep(self, found: object) -> None:
        """Remember the number."""
        if found is not None:
            self.context.change_settings({_SETTING: found})
            self._is_known = True


@attrs.define
class FirstLook:
    """Asks for the number for the first time."""

    identity: Identity
    is_open: bool = True

    def read(self) -> Job[None]:
        """Ask; what is returned keeps it."""
        return partial(self._keep, self.identity.look())

    def _keep(self, found: object) -> None:
        self.is_open = False
        self.identity.keep(found)
