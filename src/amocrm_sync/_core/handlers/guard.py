"""Checks on a request before anything of it is believed: secrets, addresses, nesting."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from amocrm_sync.errors import ConfigurationError

MAX_DEPTH = 32

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000",
    }
)
"""On every answer that does not set them itself."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ACCOUNT_ID = re.compile(rb"(?:^|&)account(?:\[|%5[Bb])id(?:\]|%5[Dd])=([0-9]{1,18})(?:&|$)")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    return hmac.compare_digest(fingerprint(one), fingerprint(other))


def fingerprint(secret: str) -> bytes:
    """A digest of a secret: of one length, so that comparing tells no length either."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def any_same(given: str, secrets: Iterable[bytes]) -> bool:
    """Whether a secret is one of some fingerprints; all are compared, whichever fits."""
    digest, found = fingerprint(given), False
    for secret in secrets:
        found |= hmac.compare_digest(digest, secret)
    return found


def is_too_deep(body: bytes, most: int = MAX_DEPTH) -> bool:
    """Whether JSON is nested deeper than is read here; found without parsing it."""
    if body.count(b"[") + body.count(b"{") <= most:
        return False
    depth = 0
    for byte in _STRINGS.sub(b"", body):
        if byte in b"[{":
            depth += 1
            if depth > most:
                return True
        elif byte in b"]}":
            depth -= 1
    return False


def networks(texts: Iterable[str], name: str) -> tuple[Network, ...]:
    """Addresses and networks of a setting.

    Raises:
        ConfigurationError: One cannot be read; ``name`` is the setting's.
    """
    if isinstance(texts, str):
        raise ConfigurationError(f"{name}: give a tuple of addresses, not the string {texts!r}")
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}; write 203.0.113.7 or 203.0.113.0/24") from None


def is_within(address: str | None, allowed: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in allowed)


def peer(client: str | None, forwarded: str | None, proxies: tuple[Network, ...]) -> str | None:
    """The address that really asks: behind proxies that are trusted, the last one that they did not add themselves."""
    address = client
    if not proxies:
        return address
    for hop in reversed((forwarded or "").split(",")):
        if not is_within(address, proxies) or not hop.strip():
            break
        address = hop.strip()
    return address


def account_id_in(body: bytes) -> int | None:
    """The ``account[id]`` of a webhook's form, found without parsing the rest."""
    found = _ACCOUNT_ID.search(body)
    return int(found[1]) if found else None
