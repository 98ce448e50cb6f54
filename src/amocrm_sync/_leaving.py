"""The last look at the time before a request leaves: when its connection is there, right before the first byte."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from amocrm_sync._core.call import TimeLeft

_LEAVES = ".send_request_headers.started"
"""The event of the HTTP library with which a request leaves, over HTTP/1.1 and HTTP/2."""


class TooLate(Exception):  # noqa: N818 - no failure of anybody's, and caught where the request is sent
    """The time in which a request was to leave is over."""


def expect_time(time_left: TimeLeft | None) -> None:
    """Go on only while there is time.

    Raises:
        TooLate: There is none left.
    """
    if time_left is not None and time_left() <= 0:
        raise TooLate


def guard(time_left: TimeLeft | None) -> dict[str, Callable[[str, Any], None]]:
    """The extension of a request that expects time as it leaves, in the sync half."""

    def trace(event: str, _info: Any) -> None:
        if event.endswith(_LEAVES):
            expect_time(time_left)

    return {} if time_left is None else {"trace": trace}


def async_guard(time_left: TimeLeft | None) -> dict[str, Callable[[str, Any], Awaitable[None]]]:
    """The same in the async half."""

    async def trace(event: str, _info: Any) -> None:
        if event.endswith(_LEAVES):
            expect_time(time_left)

    return {} if time_left is None else {"trace": trace}
