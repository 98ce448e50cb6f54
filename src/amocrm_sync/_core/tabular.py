"""Records as rows of a table: one column a field, custom fields beside the others, nothing nested.

Columns are the model's own fields in their order, then what this version does not know, then ``tags`` and the ids of
linked records, then custom fields under their titles. A title that is taken already gets the field's id behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeAlias, get_args

import attrs
import orjson

from amocrm_sync._core.shapes import as_object, is_array, is_object, objects_in
from amocrm_sync.models._base import Model
from amocrm_sync.models._fields import wire_fields
from amocrm_sync.models._parts import WithCustomFields
from amocrm_sync.models._types import Access

Kind: TypeAlias = Literal["int", "float", "bool", "datetime", "date", "text"]

_LEFT_OUT = frozenset({"embedded", "custom_fields_values"})
_DAYS = frozenset({"date", "birthday"})
_CUSTOM_KINDS: Mapping[str, Kind] = {
    "numeric": "float",
    "monetary": "float",
    "checkbox": "bool",
    "date": "date",
    "birthday": "date",
    "date_time": "datetime",
}


@attrs.define
class Layout:
    """The columns of a table, found out record by record.

    Attributes:
        fields: Names of plain fields with their kinds.
        parts: Names of ``_embedded`` lists.
        custom: Titles and types of custom fields by id.
    """

    fields: dict[str, Kind] = attrs.field(factory=dict[str, Kind])
    parts: dict[str, None] = attrs.field(factory=dict[str, None])
    custom: dict[int, tuple[str, str]] = attrs.field(factory=dict[int, tuple[str, str]])

    @classmethod
    def of(cls, records: Iterable[Model]) -> Layout:
        """The columns that hold all of these records."""
        layout = cls()
        for record in records:
            layout.add(record)
        return layout

    def add(self, record: Model) -> None:
        """Make room for one more record."""
        own = _own_fields(type(record))
        if not self.fields:
            self.fields.update(own)
        for name in record.model_extra or {}:
            if not name.startswith("_"):
                self.fields.setdefault(name, "text")
        for name in as_object(record.embedded):
            self.parts.setdefault(name)
        if isinstance(record, WithCustomFields):
            for row in objects_in(record.custom_fields_values):
                key, title = row.get("field_id"), row.get("field_name")
                if isinstance(key, int) and key not in self.custom:
                    self.custom[key] = (
                        str(title or row.get("field_code") or key),
                        str(row.get("field_type")),
                    )

    @property
    def needs_timezone(self) -> bool:
        """Whether a column holds days, which begin when the account says."""
        return any(kind in _DAYS for _, kind in self.custom.values())

    @property
    def columns(self) -> dict[str, Kind]:
        """Column names with their kinds, in order."""
        columns: dict[str, Kind] = dict(self.fields)
        columns.update({_part_column(name): "text" for name in self.parts})
        kinds = {key: kind for key, (_, kind) in self.custom.items()}
        columns.update({name: _CUSTOM_KINDS.get(kinds[key], "text") for key, name in self._titles().items()})
        return columns

    def row(self, record: Model, timezone: tzinfo = UTC) -> dict[str, Any]:
        """One record as cells, by column name; ``None`` for what it has not."""
        cells: dict[str, Any] = {
            name: _cell(getattr(record, name, None), kind) for name, kind in self.fields.items()
        }
        parts = as_object(record.embedded)
        cells.update({_part_column(name): _linked(name, parts.get(name)) for name in self.parts})
        values: Mapping[int | str, Any] = {}
        if isinstance(record, WithCustomFields):
            values = record.custom_fields.localized(timezone)
        for key, name in self._titles().items():
            cells[name] = _cell(values.get(key), _CUSTOM_KINDS.get(self.custom[key][1], "text"))
        return cells

    def _titles(self) -> dict[int, str]:
        """Column names of custom fields by id, each once."""
        taken = {*self.fields, *map(_part_column, self.parts)}
        names: dict[int, str] = {}
        for key, (title, _) in self.custom.items():
            names[key] = title if title not in taken else f"{title} ({key})"
            taken.add(names[key])
        return names


@cache
def _own_fields(model: type[Model]) -> Mapping[str, Kind]:
    return {
        name: _kind(info.annotation)
        for name, info in model.model_fields.items()
        if name not in _LEFT_OUT and wire_fields(model)[name].access is not Access.SEND
    }


def _kind(annotation: Any) -> Kind:
    """What a model's field holds, as far as a column must know."""
    types = set(_flat(annotation))
    if datetime in types:
        return "datetime"
    if Decimal in types or float in types:
        return "float"
    if bool in types:
        return "bool"
    return "int" if int in types and str not in types else "text"


def _flat(annotation: Any) -> Iterable[Any]:
    inner = get_args(annotation)
    if not inner:
        return [annotation]
    return [part for item in inner for part in _flat(item)]


def _part_column(name: str) -> str:
    return "tags" if name == "tags" else f"{name}_ids"


def _linked(name: str, rows: Any) -> str | None:
    """Names of tags, ids of everything else."""
    shown = [str(row.get("name" if name == "tags" else "id", "")) for row in objects_in(rows)]
    return "; ".join(filter(None, shown)) or None


def _cell(value: Any, kind: Kind) -> Any:
    """A value that fits its column; what does not fit becomes text only where the column is text."""
    if value is None:
        return None
    if kind == "text":
        return _text(value)
    if kind == "float" and isinstance(value, (int, float, Decimal)):
        return float(value)
    fitting: dict[Kind, type] = {"int": int, "bool": bool, "datetime": datetime, "date": date}
    return value if isinstance(value, fitting.get(kind, float)) else None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if is_array(value) and not any(is_object(item) for item in value):
        return "; ".join(map(_text, value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: object) -> Any:
    """What orjson does not know: values of ours become their parts, anything else its text."""
    if isinstance(value, Model):
        return value.as_wire()
    parts: Any = value
    return attrs.asdict(parts) if attrs.has(type(value)) else str(value)
