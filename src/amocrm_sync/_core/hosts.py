"""Names of accounts and hosts: what people type, and which hosts are amoCRM's own.

Source: the API pages on OAuth (step by step, account subdomain).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

import attrs

from amocrm_sync.errors import ConfigurationError, OAuthError

ZONES = ("amocrm.ru", "amocrm.com", "kommo.com")
"""The closed list of domains that accounts live under."""

CONSENT_HOSTS = {"amocrm.ru": "www.amocrm.ru", "kommo.com": "www.kommo.com"}
"""Where users consent, by domain."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


@attrs.frozen
class AccountHost:
    """Where an account is reached.

    Attributes:
        subdomain: ``mycompany``; empty for a host that is not amoCRM's own (emulator, proxy).
        host: ``mycompany.amocrm.ru``, with the port where one was given.
        base_url: ``https://mycompany.amocrm.ru``, no slash at the end.
    """

    subdomain: str
    host: str
    base_url: str


def parse_account(text: str) -> AccountHost:
    """The account that a person means.

    Args:
        text: ``mycompany`` (then ``mycompany.amocrm.ru``), ``mycompany.kommo.com``, ``https://mycompany.amocrm.com``,
            or the origin of another server (``http://127.0.0.1:8080``), which is taken as it is.

    Raises:
        ConfigurationError: The text names no account; the message says what to write instead.
    """
    name = text.strip()
    if not name:
        _refuse(text, "it is empty; write the account's subdomain")
    if "://" in name:
        return _from_url(name)
    if re.search(r"\s", name):
        _refuse(text, "it contains spaces; write the subdomain from the address bar of the browser")
    if not name.isascii():
        _refuse(text, "it contains letters that no account address has; write the subdomain in Latin letters")
    if any(mark in name for mark in "/?#@"):
        _refuse(text, "write the host alone, without path, query or user")
    host = name.lower()
    return _from_host(text, host if "." in host or ":" in host else f"{host}.{ZONES[0]}")


def is_amocrm_host(host: str) -> bool:
    """Whether a host is directly under amocrm.ru, amocrm.com or kommo.com (a port makes it another host)."""
    label, _, zone = host.lower().partition(".")
    return zone in ZONES and _LABEL.fullmatch(label) is not None


def account_at(text: str, origin: str) -> AccountHost:
    """The account that a person means, where ``origin`` may be an emulator's, which is then known by its name alone."""
    if text.strip().lower() == origin.partition("://")[2]:
        return parse_account(origin)
    return parse_account(text)


def trusted_account(referer: str, origin: str) -> AccountHost:
    """The account that a callback names, if it is amoCRM's, or the emulator at ``origin``.

    Raises:
        OAuthError: It is not: a secret sent there would be stolen.
    """
    with suppress(ConfigurationError):
        account = account_at(referer, origin)
        if is_amocrm_host(account.host) or account.base_url == origin:
            return account
    raise OAuthError("the callback's referer is not an account of amoCRM or Kommo: nothing was sent there")


def consent_origin(domain: str) -> str:
    """The origin of the consent page: of ``amocrm.ru`` or ``kommo.com``, or an origin of its own (emulator).

    Raises:
        ConfigurationError: The domain has no consent page.
    """
    if "://" in domain:
        return parse_account(domain).base_url
    host = CONSENT_HOSTS.get(domain.strip().lower().removeprefix("www."))
    if host is None:
        raise ConfigurationError(
            f"domain: {domain!r} has no consent page; use {' or '.join(map(repr, CONSENT_HOSTS))}, "
            "or the origin of an emulator such as 'http://127.0.0.1:8080'"
        )
    return f"https://{host}"


def _from_url(text: str) -> AccountHost:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        _refuse("the URL", "it is not a valid URL")
    if parts.username is not None or parts.password is not None:
        _refuse("the URL", "it carries a user name or password; write https://host alone")
    if parts.scheme.lower() not in ("https", "http") or not parts.hostname:
        _refuse(text, "write https://host")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        _refuse(text, f"write the host alone: {parts.scheme}://{parts.netloc}")
    return _from_origin(text, parts)


def _from_origin(text: str, parts: SplitResult) -> AccountHost:
    scheme, host = parts.scheme.lower(), parts.netloc.lower()
    if is_amocrm_host(host):
        if scheme != "https":
            _refuse(text, f"tokens are sent over https only: https://{host}")
        return _from_host(text, host)
    if not _HOST.fullmatch(host):
        _refuse(text, "the host has characters that no host name has")
    return AccountHost("", host, f"{scheme}://{host}")


def _from_host(text: str, host: str) -> AccountHost:
    subdomain = host.partition(".")[0]
    if subdomain == "www" or host in ZONES:
        _refuse(
            text, "the API does not answer there; write the account's own address, e.g. mycompany.amocrm.ru"
        )
    if not is_amocrm_host(host):
        _refuse(
            text,
            "it is not a subdomain of amocrm.ru, amocrm.com or kommo.com; write mycompany.amocrm.ru, "
            "or the full https:// origin of another server",
        )
    return AccountHost(subdomain, host, f"https://{host}")


def _refuse(text: str, fix: str) -> NoReturn:
    shown = text if text == "the URL" else repr(text)
    raise ConfigurationError(f"account: {shown} is not an account address: {fix}")
