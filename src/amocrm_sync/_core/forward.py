"""Whom the forward proxy connects to: amoCRM, Kommo and their hosts of files and chats, on port 443, and nobody else."""

from __future__ import annotations

import re

ZONES = ("amocrm.ru", "amocrm.com", "kommo.com")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_PORT = re.compile(r"[0-9]{1,5}")
TLS = 443


def connect_target(request_line: str) -> tuple[str, int] | None:
    """Host and port of a ``CONNECT`` line; ``None`` for any other request."""
    match request_line.split():
        case ["CONNECT", target, version] if version.startswith("HTTP/1."):
            host, _, port = target.lower().rpartition(":")
            return (host, int(port)) if _HOST.fullmatch(host) and _PORT.fullmatch(port) else None
        case _:
            return None


def is_allowed(host: str, port: int) -> bool:
    """Whether the proxy may connect there: a subdomain of amoCRM's or Kommo's, over TLS."""
    return port == TLS and any(host.endswith(f".{zone}") for zone in ZONES)
