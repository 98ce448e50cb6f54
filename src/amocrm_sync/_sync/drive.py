# Generated from src/amocrm_sync/_async/drive.py by tools/unasync.py: edit that file instead.
"""The host of files: found through the account, asked with the account's token, and no other host is."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.hosts import is_amocrm_host
from amocrm_sync._core.paging import Walk
from amocrm_sync._core.shapes import json_object
from amocrm_sync._sync.engine import Engine
from amocrm_sync._sync.pager import Pager, Pages
from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models.page import Page, Quarantined

T = TypeVar("T")


@attrs.frozen
class Place:
    """Where a request goes: ``scheme://host``, and path with query there."""

    origin: str
    path: str
    query: str = ""


class Drive:
    """The drive of one account. Its address is asked for once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._base: Place | None = None

    def base(self) -> Place:
        """Where the drive is: the account's ``drive_url``.

        Raises:
            InvalidResponseError: The account names no drive.
        """
        if self._base is not None:
            return self._base
        account = Call[Place](
            method="GET",
            path="/api/v4/account",
            template="/api/v4/account",
            query="with=drive_url",
            parse=_drive_url,
        )
        self._base = found = self._engine.send(account)
        return found

    def send(self, call: Call[T]) -> T:
        """Send a call whose path is the drive's own, e.g. ``/v1.0/files``."""
        return self._engine.send(self.located(call, self.base()))

    def place(self, url: str) -> Place:
        """An address that the drive gave, as a place to send the token to.

        Raises:
            InvalidResponseError: It is on a host that is neither the drive nor amoCRM's.
        """
        parts = urlsplit(url)
        base = self.base()
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin.lower() != base.origin.lower() and not (
            parts.scheme == "https" and is_amocrm_host(parts.netloc)
        ):
            raise InvalidResponseError(
                f"the drive names an address on {parts.hostname}, which is not amoCRM's: the token is not sent there"
            )
        return Place(origin, parts.path, parts.query)

    @staticmethod
    def located(call: Call[T], base: Place) -> Call[T]:
        """The call with the drive's origin and path before its own."""
        return attrs.evolve(call, origin=base.origin, path=base.path + call.path)


class DrivePager(Pager[T]):
    """A list of the drive's."""

    def __init__(self, engine: Engine, drive: Drive, first: Call[Page[T]]) -> None:
        super().__init__(engine, first)
        self._drive = drive

    def pages(self) -> DrivePages[T]:
        """Pages as they are read."""
        self.quarantined = []
        return DrivePages(self._engine, self._drive, self._first, self.quarantined)


class DrivePages(Pages[T]):
    """One walk over a list of the drive's; the host is found when the first page is asked for."""

    def __init__(
        self, engine: Engine, drive: Drive, first: Call[Page[T]], quarantined: list[Quarantined]
    ) -> None:
        super().__init__(engine, first, quarantined)
        self._drive = drive

    def __next__(self) -> Page[T]:
        """The next page."""
        call = self._next
        if call is not None and call.origin is None:
            base = self._drive.base()
            call = self._drive.located(call, base)
            self._walk = Walk(base.origin)
            self._walk.follow(call.target)
            self._next = call
        return super().__next__()


def _drive_url(reply: Reply) -> Place:
    url: Any = json_object(reply.body).get("drive_url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.scheme or not parts.netloc:
        raise InvalidResponseError(
            'the account names no drive_url: tick "Access to files" on the integration\'s card',
            status=reply.status,
        )
    return Place(f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/"))
