# Generated from src/amocrm_sync/_async/handlers/options.py by tools/unasync.py: edit that file instead.
"""What a host may decide about the handlers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from amocrm_sync._core.handlers import guard
from amocrm_sync._core.handlers.quota import DEFAULT_RATES, FAILURES, Allowance
from amocrm_sync._core.handlers.route import Rate
from amocrm_sync.errors import ConfigurationError


def _webhook_ips(given: Iterable[str]) -> tuple[guard.Network, ...]:
    return guard.networks(given, "webhook_ips")


def _proxies(given: Iterable[str]) -> tuple[guard.Network, ...]:
    return guard.networks(given, "proxies")


@attrs.frozen(kw_only=True)
class Options:
    """What a host may decide about the handlers; every default is the safe one.

    Attributes:
        development: Switch on the routes that are for development only.
        insecure: Take webhooks on the bare path, without a secret, from any address.
        webhook_ips: Take webhooks from these addresses or networks only.
        proxies: Addresses of the host's own proxies, whose ``X-Forwarded-For`` is believed.
        app_redirect: The app's own scheme (``myapp://amo-crm``), where the mobile callback sends the code.
        after_connect: Where the browser goes after consent, instead of a page that says so.
        bind_browser: The consent must come back to the browser (or the signed-in user) that began it.
        secure_cookies: ``False`` only for http on the machine itself.
        patience: Seconds that an answer waits for a sync; one that takes longer is answered with 202.
        rates: How often somebody may ask, by the kind of route.
        failures: How often an address may come with credentials that are not accepted.
    """

    development: bool = False
    insecure: bool = False
    webhook_ips: tuple[guard.Network, ...] = attrs.field(default=(), converter=_webhook_ips)
    proxies: tuple[guard.Network, ...] = attrs.field(default=(), converter=_proxies)
    app_redirect: str | None = None
    after_connect: str | None = None
    bind_browser: bool = True
    secure_cookies: bool = True
    patience: float = 20.0
    rates: Mapping[Rate, Allowance] = DEFAULT_RATES
    failures: Allowance = FAILURES


def options_given(given: Mapping[str, Any]) -> Options:
    """The options that a host gave by name.

    Raises:
        ConfigurationError: There is no such option.
    """
    known = {field.name for field in attrs.fields(Options)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise ConfigurationError(
            f"{', '.join(unknown)}: no such option; there are {', '.join(sorted(known))}"
        )
    return Options(**given)
