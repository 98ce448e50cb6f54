"""Requests and responses as plain data: what the emulator is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import attrs

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Request:
    """One HTTP request, whole.

    Attributes:
        method: HTTP method in upper case.
        url: Absolute, with the query, e.g. ``https://demo.amocrm.ru/api/v4/leads?limit=2``.
        headers: Header values by lower-case name.
        body: The decoded body (chunks already joined).
    """

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def origin(self) -> str:
        """Scheme and authority, e.g. ``https://demo.amocrm.ru``; links in answers start with it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """Host name without port."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """Path without the query, as sent."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """Query string without the question mark, still encoded."""
        return urlsplit(self.url).query


@attrs.frozen(kw_only=True)
class Response:
    """One HTTP response, whole: the driver adds only what framing needs (length, date)."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = attrs.field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The first value of a header by any-case name, if it was sent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class FaultPlan(Protocol):
    """What :attr:`Emulator.faults` may hold: a say before and after each request, and over the webhooks."""

    rate_limit: bool

    def before(self, request: Request) -> Response | None:
        """An answer instead of the real one (nothing is executed then), or ``None``."""
        ...

    def after(self, request: Request, response: Response) -> Response:
        """The answer to send after the request was executed."""
        ...

    def deliveries(self, batch: Sequence[T]) -> list[T]:
        """What becomes of webhooks on their way out."""
        ...
