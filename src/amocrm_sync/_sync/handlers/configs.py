# Generated from src/amocrm_sync/_async/handlers/configs.py by tools/unasync.py: edit that file instead.
"""Where owners' settings are kept."""

from __future__ import annotations

from typing import Protocol

from amocrm_sync._core.handlers.guard import fingerprint
from amocrm_sync._core.handlers.settings import CRMConfig


class ConfigStore(Protocol):
    """Keeps one :class:`CRMConfig` per owner. The minimum to implement; secrets are to be encrypted at rest.

    ``amocrm_sync.testing.check_config_store`` holds an implementation against this contract.
    """

    def load(self, owner: str) -> CRMConfig | None:
        """The newest settings, or ``None``. Never from a cache: another process may have changed them."""
        ...

    def save(self, owner: str, old_version: int | None, new: CRMConfig) -> bool:
        """Store ``new`` if the stored version is ``old_version`` (``None``: nothing is stored).

        ``False`` changes nothing. Without the comparison, of two forms sent at once one is lost silently.
        """
        ...

    def delete(self, owner: str) -> None:
        """Forget the settings; no error if there are none."""
        ...

    def owners(self) -> list[str]:
        """Everybody who has settings."""
        ...

    def by_webhook_secret(self, secret: str) -> str | None:
        """The owner whose ``webhook_secret`` it is; found by its fingerprint, so that time tells nothing."""
        ...


class MemoryConfigStore:
    """Settings in the memory of this process: for tests, and for hosts that fill them in at the start."""

    def __init__(self) -> None:
        self._configs: dict[str, CRMConfig] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self._configs)} owners>"

    def load(self, owner: str) -> CRMConfig | None:
        """The newest settings, or ``None``."""
        return self._configs.get(owner)

    def save(self, owner: str, old_version: int | None, new: CRMConfig) -> bool:
        """Store ``new`` if the stored version is ``old_version``."""
        old = self._configs.get(owner)
        if (None if old is None else old.version) != old_version:
            return False
        self._configs[owner] = new
        return True

    def delete(self, owner: str) -> None:
        """Forget the settings."""
        self._configs.pop(owner, None)

    def owners(self) -> list[str]:
        """Everybody who has settings."""
        return sorted(self._configs)

    def by_webhook_secret(self, secret: str) -> str | None:
        """The owner whose webhook secret it is."""
        if not secret:
            return None
        wanted = fingerprint(secret)
        for owner, config in self._configs.items():
            own = config.webhook_secret.get_secret_value()
            if own and fingerprint(own) == wanted:
                return owner
        return None
