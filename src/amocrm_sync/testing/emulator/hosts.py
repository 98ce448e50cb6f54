"""The three hosts of amoCRM: the account's own, the one of files, the one of chats.

They are told apart by name. On a socket there is one address for all: files are then under ``/drive`` and chats
under ``/amojo``, which is what the account's answer says there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from amocrm_sync.testing.emulator.http import Request
from amocrm_sync.testing.emulator.state import Settings

Host: TypeAlias = Literal["account", "drive", "amojo"]


@attrs.frozen
class Place:
    """Where a request went: the host, the path there, and what the host's own addresses begin with."""

    host: Host
    path: str
    base: str


def place_of(request: Request) -> Place:
    """Tell by the host's name or, where it is nobody's, by the first segment of the path."""
    host = request.host
    if host.startswith(("drive-", "drive.")):
        return Place("drive", request.path, request.origin)
    if host.startswith("amojo."):
        return Place("amojo", request.path, request.origin)
    if request.path.startswith("/drive/"):
        return Place("drive", request.path.removeprefix("/drive"), f"{request.origin}/drive")
    if request.path.startswith("/amojo/"):
        return Place("amojo", request.path.removeprefix("/amojo"), f"{request.origin}/amojo")
    return Place("account", request.path, request.origin)


def drive_url(request: Request, settings: Settings) -> str:
    """The address of the files' host, as the account's answer gives it to this caller."""
    is_real = request.host == settings.domain or request.host.endswith(f".{settings.domain}")
    return f"https://drive-b.{settings.domain}" if is_real else f"{request.origin}/drive"
