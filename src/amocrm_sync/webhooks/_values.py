"""Reading single values of an item: on the wire everything is text, and much of it may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import attrs
import orjson

from amocrm_sync._core.form import as_list
from amocrm_sync._core.shapes import YEAR_10000

_LONGEST_NUMBER: Final = 18


@attrs.frozen
class WebhookFieldValue:
    """One value of a custom field.

    Attributes:
        value: Text as sent; a mapping for composite values.
        enum: The enum's id as sent, for lists, phones and e-mails.
    """

    value: Any
    enum: str | None = None


@attrs.frozen
class WebhookField:
    """A custom field as webhooks send it, which is not as the API does: no ``field_id``, no type.

    Attributes:
        id: The field's id.
        name: The field's name.
        code: The field's code, e.g. ``PHONE``.
        values: Its values, in the order sent.
    """

    id: int | None
    name: str | None
    code: str | None
    values: tuple[WebhookFieldValue, ...]

    @property
    def value(self) -> Any:
        """The first value, or ``None``."""
        return self.values[0].value if self.values else None


def number(value: Any) -> int | None:
    """The whole number that a text says, or ``None``."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    return None


def text(value: Any) -> str | None:
    """The value if it is text, empty or not."""
    return value if isinstance(value, str) else None


def flag(value: Any) -> bool | None:
    """What ``"1"`` and ``"0"`` say; ``None`` for everything else."""
    return {"1": True, "0": False}.get(value) if isinstance(value, str) else None


def moment(value: Any) -> datetime | None:
    """Unix seconds as an aware datetime; ``None`` for ``0``, which is how "never" is sent."""
    seconds = number(value)
    if not seconds or seconds >= YEAR_10000:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def record(value: Any) -> Mapping[str, Any]:
    """The value if it is a mapping, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def records(value: Any) -> Iterator[Mapping[str, Any]]:
    """The mappings in a list, in any of the ways a list is sent."""
    for item in as_list(value):
        if isinstance(item, dict):
            yield cast("Mapping[str, Any]", item)


def ids(value: Any) -> tuple[int, ...]:
    """The ids in a list of ids or of records with ids."""
    found = (number(record(item).get("id") if isinstance(item, dict) else item) for item in as_list(value))
    return tuple(item for item in found if item is not None)


def custom_fields(value: Any) -> tuple[WebhookField, ...]:
    """The custom fields of an item."""
    return tuple(
        WebhookField(
            number(field.get("id")),
            text(field.get("name")),
            text(field.get("code")),
            tuple(_field_value(row) for row in as_list(field.get("values"))),
        )
        for field in records(value)
    )


def _field_value(row: Any) -> WebhookFieldValue:
    # Dates and checkboxes come as bare text; a radio button as one map, which as_list has wrapped.
    if not isinstance(row, dict):
        return WebhookFieldValue(row)
    known = record(row)
    return WebhookFieldValue(known.get("value", known), text(known.get("enum")))


def tags(value: Any) -> tuple[str, ...]:
    """The names of tags, sent as records or as one text with commas."""
    names: list[str | None]
    if isinstance(value, str):
        names = [part.strip() for part in value.split(",")]
    else:
        names = [text(item.get("name")) for item in records(value)]
    return tuple(name for name in names if name)


def moment_of_text(value: Any) -> datetime | None:
    """``2026-03-01 20:59:00``, which is UTC, as an aware datetime."""
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return None


def json_record(value: Any) -> Mapping[str, Any]:
    """The object in a JSON text; empty if there is none."""
    try:
        return record(orjson.loads(value)) if isinstance(value, str) else {}
    except orjson.JSONDecodeError:
        return {}
