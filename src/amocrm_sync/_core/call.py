"""A call as data, and the answer to it: what the engine is given and what it gets.

A resource builds a :class:`Call`; the engine sends it; ``call.parse`` turns the :class:`Reply` into a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import attrs

from amocrm_sync._core.unset import UNSET, Unset

T = TypeVar("T")

Method: TypeAlias = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]

TimeLeft: TypeAlias = Callable[[], float]
"""Seconds in which a request may still leave, by the caller's own clock; it is asked right before the request does."""


class Priority(IntEnum):
    """Who goes first when the rate limit makes calls wait: lower goes first."""

    INTERACTIVE = 0
    WEBHOOK = 1
    INCREMENTAL = 2
    BACKGROUND = 3


@attrs.frozen(kw_only=True)
class Reply:
    """An answer as it came: status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the server says that the body is JSON of any kind."""
        return self.content_type == "application/json" or self.content_type.endswith("+json")


@attrs.frozen(kw_only=True)
class Call(Generic[T]):
    """One request to amoCRM, as data.

    Attributes:
        method: HTTP method.
        path: Concrete path, e.g. ``/api/v4/leads/12``.
        template: The path with names for ids, e.g. ``/api/v4/leads/{id}``; used in errors and metrics.
        parse: Turns a successful reply into the result.
        query: Encoded query string without ``?``.
        json: Body to send as JSON; ``UNSET`` for none.
        content: Body to send as it is, instead of JSON.
        content_type: Media type of ``content``.
        origin: ``https://host`` where it is not the account's own (drive, amojo, a next link).
        timeout: Seconds for this call alone.
        retry: ``False`` sends once, whatever happens (the sync engine settles unknown outcomes itself).
        priority: Place in the rate limiter's queue.
        time_left: How long it may still leave; once that is nothing, no attempt does, however long it waited for a slot,
            a token or a connection.
    """

    method: Method
    path: str
    template: str
    parse: Callable[[Reply], T]
    query: str = ""
    json: Any = UNSET
    content: bytes | None = attrs.field(default=None, repr=False)
    content_type: str = "application/octet-stream"
    origin: str | None = None
    timeout: float | None = None
    retry: bool = True
    priority: Priority = Priority.INTERACTIVE
    time_left: TimeLeft | None = None

    @property
    def has_body(self) -> bool:
        """Whether a JSON body goes with the call."""
        return not isinstance(self.json, Unset)

    @property
    def is_safe_to_repeat(self) -> bool:
        """Whether sending it twice has the effect of sending it once (all but POST and PUT)."""
        return self.method in ("GET", "DELETE", "PATCH")

    @property
    def target(self) -> str:
        """Path and query, as they go on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path
