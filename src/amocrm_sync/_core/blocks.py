"""A ban as it was met: since when, until when the account is left alone, and what amoCRM said."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs

BLOCK_SECONDS = 15 * 60.0
"""How long a blocked account is left alone before it is asked again; the next refusal blocks it anew."""


@attrs.frozen
class Block:
    """All traffic to an account is stopped.

    Attributes:
        since: When the ban was met, unix seconds.
        until: When the account is asked again, unix seconds.
        reason: What amoCRM answered.
    """

    since: float
    until: float
    reason: str

    def __str__(self) -> str:
        return (
            f"traffic to this account is stopped since {_moment(self.since)}: {self.reason}. Write to amoCRM's "
            f"support; the account is asked again at {_moment(self.until)}, or after unblock()"
        )


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
