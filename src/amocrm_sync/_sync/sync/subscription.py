# Generated from src/amocrm_sync/_async/sync/subscription.py by tools/unasync.py: edit that file instead.
"""The account's subscription to webhooks: made for what is synced, and made again when amoCRM has switched it off."""

from __future__ import annotations

import attrs

from amocrm_sync._core.call import Priority
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL
from amocrm_sync._sync.sync.preflight import look, settings_for
from amocrm_sync.errors import AmoCRMError, ConfigurationError

_PATH = "/api/v4/webhooks"
_EVERY = 3600.0


@attrs.define
class Subscription:
    """Looks after one address. It has a secret in its path, so it is in no log."""

    context: SyncContext
    _next_at: float = 0.0

    def when_due(self, report: SyncReport) -> None:
        """Look every hour, if the host has said where it takes webhooks; what fails is reported, and the pull goes on."""
        url, now = self.context.config.webhook_url, self.context.clock.now()
        if url is None or self.context.caller is None or now < self._next_at:
            return
        self._next_at = now + _EVERY
        try:
            was = self.ensure(url)
        except FATAL:
            raise
        except AmoCRMError as error:
            report.fail("webhooks", "subscribe_webhooks", error)
            return
        if was is not None:
            with self.context.tx(lock=False) as tx:
                self.context.log(tx, report, "subscribe_webhooks", "webhooks", {"was": was})

    def ensure(self, url: str | None) -> str | None:
        """Subscribe unless all is well; what was wrong: ``missing``, ``disabled`` or ``incomplete``.

        Raises:
            ConfigurationError: There is no address, or no client.
            ForbiddenError: The token's user is no administrator, or the tariff has no webhooks.
        """
        if url is None:
            raise ConfigurationError(
                "url: give the address at which this host takes webhooks, or SyncConfig(webhook_url=…)"
            )
        wanted = settings_for(self.context.config.entities)
        answer = look(self.context, _PATH, {}, Priority.INCREMENTAL)
        hooks = objects_in(as_object(answer.get("_embedded")).get("webhooks"))
        own = next((hook for hook in hooks if hook.get("destination") == url), None)
        told = set[str]() if own is None else set(own.get("settings") or ())
        if own is None:
            was = "missing"
        elif own.get("disabled"):
            was = "disabled"
        elif not wanted <= told:
            was = "incomplete"
        else:
            return None
        if self.context.caller is not None:
            body = {"destination": url, "settings": sorted(wanted | told)}
            self.context.caller.request("POST", _PATH, json=body, priority=Priority.INCREMENTAL)
        return was
