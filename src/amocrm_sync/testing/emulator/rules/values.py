"""Custom field values: what a body may say, and how the same values read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from amocrm_sync.testing.emulator.refusals import Fault, wrong_type
from amocrm_sync.testing.emulator.rules.objects import Checked, structured
from amocrm_sync.testing.emulator.tables import Row, Table, is_list, is_row

WITH_ENUMS: Final = frozenset(
    {"select", "multiselect", "radiobutton", "multitext", "smart_address", "category"}
)
TIMES: Final = frozenset({"date", "date_time", "birthday"})
_SEVERAL: Final = frozenset(
    {"multiselect", "multitext", "smart_address", "items", "chained_list", "legal_entity", "linked_entity"}
)
MAX_CHAIN: Final = 5
_TEXTS: Final = frozenset({"text", "textarea", "url", "streetaddress", "tracking_data", "org_legal_name"})
_NUMBERS: Final = frozenset({"numeric", "price", "monetary"})


def field_of(fields: Table, given: Mapping[str, Any]) -> Row | None:
    """The field that an item names by ``field_id`` or ``field_code``."""
    row = fields.live(given.get("field_id"))
    if row is not None or given.get("field_id") is not None:
        return row
    code = given.get("field_code")
    return next((row for row in fields.all() if code and row["code"] == code), None)


def merge_values(
    fields: Table, given: Any, current: list[Row] | None, *, path: str = "custom_fields_values"
) -> tuple[list[Row] | None, list[Fault]]:
    """What a row's values become when a body's values are laid over them.

    Named fields are replaced whole, the others stay; ``values`` null or empty clears a field. Nothing is
    changed in place. With faults the values are to be thrown away.
    """
    if given is None:
        return current, []
    if not is_list(given):
        return current, [wrong_type(path, "array")]
    merged = {item["field_id"]: item for item in current or ()}
    faults: list[Fault] = []
    for index, item in enumerate(given):
        at = f"{path}.{index}"
        field = field_of(fields, item) if is_row(item) else None
        if field is None:
            faults.append(Fault("NotSupportedChoice", f"{at}.field_id"))
            continue
        values, found = _values(field, item.get("values"), at)
        faults += found
        if values:
            merged[field["id"]] = as_read(field, values)
        else:
            merged.pop(field["id"], None)
    return (sorted(merged.values(), key=lambda item: item["field_id"]) or None), faults


def as_read(field: Row, values: Iterable[Row]) -> Row:
    """One field's values as every answer shows them."""
    return {
        "field_id": field["id"],
        "field_name": field["name"],
        "field_code": field["code"],
        "field_type": field["type"],
        "values": list(values),
    }


def _values(field: Row, given: Any, at: str) -> tuple[list[Row], list[Fault]]:
    if given is None or given == []:
        return [], []
    if not is_list(given):
        return [], [wrong_type(f"{at}.values", "array")]
    most = MAX_CHAIN if field["type"] == "chained_list" else None if field["type"] in _SEVERAL else 1
    if most is not None and len(given) > most:
        return [], [Fault("TooMany", f"{at}.values", f"This field holds at most {most} value(s).")]
    values: list[Row] = []
    faults: list[Fault] = []
    for index, row in enumerate(given):
        where = f"{at}.values.{index}"
        checked: Checked = [wrong_type(where, "array")]
        if is_row(row):
            checked = _checker(field["type"])(field, row, where)
        if isinstance(checked, list):
            faults += checked
        else:
            values.append(checked)
    return values, faults


def _checker(field_type: str) -> Callable[[Row, Row, str], Checked]:
    if field_type in WITH_ENUMS:
        return _several_or_one_enum
    if field_type in _TEXTS:
        return _text
    if field_type in _NUMBERS:
        return _number
    if field_type in TIMES:
        return _time
    return _checkbox if field_type == "checkbox" else structured


def _text(_field: Row, row: Row, at: str) -> Checked:
    value = row.get("value")
    return {"value": value} if isinstance(value, str) else [wrong_type(f"{at}.value", "string")]


def _number(_field: Row, row: Row, at: str) -> Checked:
    value = row.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return [wrong_type(f"{at}.value", "numeric")]
    try:
        float(value)
    except ValueError:
        return [wrong_type(f"{at}.value", "numeric")]
    return {"value": str(value)}


def _time(_field: Row, row: Row, at: str) -> Checked:
    value = row.get("value")
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return {"value": int(moment.timestamp())}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"value": value}
    return [
        Fault("InvalidDateTime", f"{at}.value", "This value is neither unix seconds nor an RFC 3339 time.")
    ]


def _checkbox(_field: Row, row: Row, at: str) -> Checked:
    value = row.get("value")
    return {"value": value} if isinstance(value, bool) else [wrong_type(f"{at}.value", "bool")]


def _several_or_one_enum(field: Row, row: Row, at: str) -> Checked:
    if "enum_code" in row and row["enum_code"] is None:
        return [Fault("FieldNotExpected", f"{at}.enum_code")]
    is_free = field["type"] in ("multitext", "smart_address")
    if is_free and not isinstance(row.get("value"), str):
        return [wrong_type(f"{at}.value", "string")]
    keys = {"enum_id": "id", "enum_code": "code"} | ({} if is_free else {"value": "value"})
    asked = {theirs: row[ours] for ours, theirs in keys.items() if row.get(ours) is not None}
    enums: list[Row] = (field["nested"] if field["type"] == "category" else field["enums"]) or []
    found = next(
        (enum for enum in enums if all(enum.get(key) == value for key, value in asked.items())), None
    )
    if found is None or (not asked and not is_free):
        return [Fault("NotSupportedChoice", f"{at}.{next((ours for ours in keys if ours in row), 'value')}")]
    if field["type"] == "category":
        return {"value": found["value"], "enum_id": found["id"]}
    return {
        "value": row["value"] if is_free else found["value"],
        "enum_id": found["id"],
        "enum_code": found["code"],
    }
