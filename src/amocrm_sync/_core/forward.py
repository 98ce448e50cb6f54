"""Whom the forward proxy connects to: amoCRM, Kommo and their hosts of files and chats, on port 443, and nobody else."""

from __future__ import annotations

import re

ZONES = ("amocrm.ru", "amocrm.com", "kommo.com")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
TLS = 443


def connect_target(request_line: str) -> tuple[str, int] | None:
    """Host and port of a ``CONNECT`` line; ``None`` for any other request."""
    parts = request_line.split()
    if len(parts) != 3 or parts[0] != "CONNECT" or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004
        return None
    host, _, port = parts[1].lower().rpartition(":")
    if not _HOST.fullmatch(host) or not (port.isascii() and port.isdigit() and len(port) <= 5):  # noqa: PLR2004
        return None
    return host, int(port)


def is_allowed(host: str, port: int) -> bool:
    """Whether the proxy may connect there: a subdomain of amoCRM's or Kommo's, over TLS."""
    return port == TLS and any(host.endswith(f".{zone}") for zone in ZONES)
