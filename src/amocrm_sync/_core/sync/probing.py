"""Questions that amoCRM's documentation leaves open, answered from what one account does. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from amocrm_sync._core.sync.records import Row


@attrs.frozen(kw_only=True)
class Answer:
    """What one account says to a question that the documentation leaves open.

    Attributes:
        question: What was asked.
        answer: ``yes``, ``no``, a figure, or ``unknown`` where the account has no rows to tell.
        seen: What the answer was read from.
        setting: What to set accordingly; empty where nothing is.
    """

    question: str
    answer: str
    seen: str
    setting: str = ""


def judge_bounds(row: Row | None, at: Sequence[Row], around: Sequence[Row]) -> Answer:
    """Whether ``filter[updated_at]`` includes its own bounds.

    Args:
        row: Any row.
        at: What a span of only its second gave.
        around: What a span of a second more on either side gave.
    """
    question = "does filter[updated_at] include its own bounds?"
    if row is None:
        return Answer(question=question, answer="unknown", seen="the list is empty")
    if _has(at, row):
        return Answer(question=question, answer="yes", seen="a row is found by its own second")
    if _has(around, row):
        setting = "SyncConfig(exclusive_bounds=True)"
        return Answer(question=question, answer="no", seen="only a wider span finds the row", setting=setting)
    return Answer(
        question=question, answer="unknown", seen="neither span finds the row; somebody may have changed it"
    )


def judge_time_filter(row: Row | None, before: Sequence[Row]) -> Answer:
    """Whether ``filter[updated_at]`` is honoured at all: a span before a row's second must not give it."""
    question = "is filter[updated_at] honoured?"
    if row is None:
        return Answer(question=question, answer="unknown", seen="the list is empty")
    if _has(before, row):
        seen = "a span that ends before a row's second gives the row"
        return Answer(
            question=question, answer="no", seen=seen, setting="nothing: pulls notice, and read everything"
        )
    return Answer(
        question=question, answer="yes", seen="a span that ends before a row's second leaves it out"
    )


def judge_ids(asked: Sequence[int], given: Sequence[Row]) -> Answer:
    """Whether ``filter[id]`` is honoured."""
    question = "is filter[id] honoured?"
    if not asked:
        return Answer(question=question, answer="unknown", seen="the list is empty")
    strangers = [row["id"] for row in given if row["id"] not in asked]
    if strangers:
        seen = f"{len(strangers)} rows came that were not asked for"
        return Answer(
            question=question, answer="no", seen=seen, setting="nothing: hints are fetched one by one"
        )
    return Answer(
        question=question, answer="yes", seen=f"{len(given)} of {len(asked)} rows came, and no other"
    )


def judge_order(field: str, rows: Sequence[Row]) -> Answer:
    """Whether a list comes in the order that was asked for."""
    question = f"is order[{field}]=asc honoured?"
    values = [row.get(field) or 0 for row in rows]
    if len(set(values)) < 2:  # noqa: PLR2004 - two different values show an order
        return Answer(question=question, answer="unknown", seen=f"{len(rows)} rows do not show an order")
    is_sorted = values == sorted(values)
    return Answer(question=question, answer="yes" if is_sorted else "no", seen=f"{len(rows)} rows")


def judge_page(asked: int, got: int, *, more: bool) -> Answer:
    """How many rows a page holds."""
    question = f"does a page hold {asked} rows?"
    if got >= asked:
        return Answer(question=question, answer="yes", seen=f"{got} rows came")
    if not more:
        return Answer(question=question, answer="unknown", seen=f"the whole list has {got} rows")
    setting = f"SyncConfig(page_size={got})"
    return Answer(
        question=question, answer="no", seen=f"{got} rows came, and there are more", setting=setting
    )


def judge_depth(page: int, refusal: Exception | None) -> Answer:
    """Whether pages far behind the end of a list are answered."""
    question = f"is page {page} of one row each answered?"
    if refusal is None:
        return Answer(question=question, answer="yes", seen="the list is over there, or has the row")
    return Answer(question=question, answer="no", seen=str(refusal))


def judge_length(size: int, refusal: Exception | None) -> Answer:
    """Whether a query string of that many bytes passes."""
    question = f"does a query string of {size} bytes pass?"
    if refusal is None:
        return Answer(question=question, answer="yes", seen="the list was answered")
    setting = "SyncConfig(hint_batch=100)"
    return Answer(question=question, answer="no", seen=str(refusal), setting=setting)


def judge_events_page(asked: int, got: int, *, more: bool) -> Answer:
    """How many events a page may hold; the documentation of amoCRM and of Kommo differ."""
    question = f"does a page of events hold {asked}?"
    if got > 100:  # noqa: PLR2004 - amoCRM's documented maximum
        return Answer(question=question, answer="yes", seen=f"{got} events came")
    if not more:
        return Answer(question=question, answer="unknown", seen=f"the log has only {got} events to show")
    return Answer(question=question, answer="no", seen=f"{got} came, and there are more")


def _has(rows: Sequence[Row], row: Row) -> bool:
    return any(item["id"] == row["id"] for item in rows)
