"""What a walk along a list asks for, and how an answer is held against the question."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


class SliceNotHonoured(Exception):  # noqa: N818 - says what the server did, not what went wrong here
    """The answer has rows that were not asked for, or in another order: the account's filters are off."""


@attrs.frozen
class RowKey:
    """What the machines need to know of a row."""

    id: str
    updated_at: int


@attrs.frozen(kw_only=True)
class Slice:
    """What to ask for next.

    Attributes:
        low: Lower bound of ``updated_at``, included; ``None`` for no filter.
        high: Upper bound, included; ``None`` for no filter.
        order: Field to order by, ascending.
        page: Page number.
        limit: Rows of a page; ``None``: as many as everywhere.
    """

    low: int | None
    high: int | None
    order: str
    page: int = 1
    limit: int | None = None


def check_slice(asked: Slice, rows: Sequence[RowKey]) -> None:
    """Hold an answer against the question.

    Raises:
        SliceNotHonoured: A row lies outside the bounds, or the order is not the one asked for.
    """
    for row in rows:
        if (asked.low is not None and row.updated_at < asked.low) or (
            asked.high is not None and row.updated_at > asked.high
        ):
            raise SliceNotHonoured(
                f"row {row.id} of second {row.updated_at} was not asked for ({asked.low} to {asked.high})"
            )
    if asked.order == "updated_at":
        seconds = [row.updated_at for row in rows]
        if seconds != sorted(seconds):
            raise SliceNotHonoured("the rows are not in order of updated_at")
