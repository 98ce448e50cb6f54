"""What an event says of before and after, typed by its key; what is not known stays as it came.

Source: the API page on events, which lists these keys and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync.models._types import read_time


@attrs.frozen
class StageValue:
    """``lead_status``: a stage is a pair."""

    pipeline_id: int | None
    status_id: int | None


@attrs.frozen
class CustomerStatusValue:
    """``customer_status``: a status of customers."""

    status_id: int | None


@attrs.frozen
class ResponsibleValue:
    """``responsible_user``: who answers for the record."""

    user_id: int | None


@attrs.frozen
class CustomFieldChange:
    """``custom_field_value``: one row for each value."""

    field_id: int | None
    field_type: int | None
    enum_id: int | None
    text: str | None


@attrs.frozen
class TagValue:
    """``tag``: one tag."""

    name: str | None


@attrs.frozen
class LinkedValue:
    """``link`` and ``unlink``: the other record, its type in the singular."""

    entity_type: str | None
    entity_id: int | None
    is_linked: bool


@attrs.frozen
class NoteValue:
    """``note``: the note that the event made."""

    note_id: int | None


@attrs.frozen
class MessageValue:
    """``message``: uuid of a chat message."""

    message_id: str | None


@attrs.frozen
class TaskTextValue:
    """``task``: its text."""

    text: str | None


@attrs.frozen
class TaskDeadlineValue:
    """``task_deadline``: when it is due."""

    deadline: datetime | None


@attrs.frozen
class TaskTypeValue:
    """``task_type``: its kind."""

    task_type_id: int | None


@attrs.frozen
class HelpbotValue:
    """``helpbot``: the intent that the bot understood."""

    intent_id: int | None


@attrs.frozen
class TransactionValue:
    """``transaction``: a purchase."""

    transaction_id: int | None


@attrs.frozen
class NpsValue:
    """``nps``: a mark from 0 to 10."""

    rate: int | None


@attrs.frozen
class UnknownValue:
    """A key that this version does not know, with what came."""

    key: str
    raw: Any


EventValue: TypeAlias = (
    StageValue
    | CustomerStatusValue
    | ResponsibleValue
    | CustomFieldChange
    | TagValue
    | LinkedValue
    | NoteValue
    | MessageValue
    | TaskTextValue
    | TaskDeadlineValue
    | TaskTypeValue
    | HelpbotValue
    | TransactionValue
    | NpsValue
    | UnknownValue
)
"""Every kind of value; match on the class."""


def read_values(rows: Any) -> list[EventValue]:
    """The values of one side of an event; nothing that comes can raise."""
    return [value for row in objects_in(rows) for value in _values(row)]


def _values(row: Mapping[str, Any]) -> Iterator[EventValue]:
    for key, raw in row.items():
        read = _READERS.get(key)
        yield UnknownValue(key, raw) if read is None or not as_object(raw) else read(as_object(raw))


def _int(part: Mapping[str, Any], name: str) -> int | None:
    value = part.get(name)
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _str(part: Mapping[str, Any], name: str) -> str | None:
    value = part.get(name)
    return None if value is None else str(value)


def _linked(part: Mapping[str, Any], *, is_linked: bool) -> LinkedValue:
    other = as_object(part.get("entity"))
    return LinkedValue(_str(other, "type"), _int(other, "id"), is_linked)


def _moment(part: Mapping[str, Any]) -> datetime | None:
    try:
        return read_time(part.get("timestamp"))
    except ValueError:
        return None


_READERS: dict[str, Callable[[Mapping[str, Any]], EventValue]] = {
    "lead_status": lambda part: StageValue(_int(part, "pipeline_id"), _int(part, "id")),
    "customer_status": lambda part: CustomerStatusValue(_int(part, "id")),
    "responsible_user": lambda part: ResponsibleValue(_int(part, "id")),
    "custom_field_value": lambda part: CustomFieldChange(
        _int(part, "field_id"), _int(part, "field_type"), _int(part, "enum_id"), _str(part, "text")
    ),
    "tag": lambda part: TagValue(_str(part, "name")),
    "link": lambda part: _linked(part, is_linked=True),
    "unlink": lambda part: _linked(part, is_linked=False),
    "note": lambda part: NoteValue(_int(part, "id")),
    "message": lambda part: MessageValue(_str(part, "id")),
    "task": lambda part: TaskTextValue(_str(part, "text")),
    "task_deadline": lambda part: TaskDeadlineValue(_moment(part)),
    "task_type": lambda part: TaskTypeValue(_int(part, "id")),
    "helpbot": lambda part: HelpbotValue(_int(part, "id")),
    "transaction": lambda part: TransactionValue(_int(part, "id")),
    "nps": lambda part: NpsValue(_int(part, "rate")),
}
