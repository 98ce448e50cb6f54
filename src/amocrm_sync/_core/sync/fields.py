"""Fields of a row: local edits laid over it, compared, and taken apart into single fields.

Custom field values are a list, but an edit names only the fields that it changes, as a PATCH does. So each is a field
of its own here, called ``custom_fields_values.<id, or code where there is no id>``; every other field is a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._core.shapes import is_array, is_mapping, objects_in

CUSTOM = "custom_fields_values"
_PREFIX = f"{CUSTOM}."


def overlay(base: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the edits over it."""
    merged = {**base, **edits}
    if CUSTOM in edits:
        merged[CUSTOM] = [
            field
            for field in _merged(objects_in(base.get(CUSTOM)), objects_in(edits[CUSTOM]))
            if field.get("values")
        ]
    return merged


def combined(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Two edits as one: the later value of a field wins, and a custom field set to nothing stays so."""
    merged = {**earlier, **later}
    if CUSTOM in earlier and CUSTOM in later:
        merged[CUSTOM] = _merged(objects_in(earlier[CUSTOM]), objects_in(later[CUSTOM]))
    return merged


def covers(row: Mapping[str, Any], edits: Mapping[str, Any]) -> bool:
    """Whether the row already has every edited value."""
    return all(fits(value, value_at(row, path)) for path, value in flatten(edits).items())


def has(row: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether the row's field has that value; of custom fields only those named are compared."""
    return covers(row, {name: value})


def without(edits: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The edits that the row does not have yet."""
    return {name: value for name, value in edits.items() if not has(row, name, value)}


def flatten(edits: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Single fields with their values; of a custom field, its list of values.

    Args:
        edits: Fields as they are sent.
        known: The row, by which a custom field that is named by its code is called by its id.
    """
    found = {name: value for name, value in edits.items() if name != CUSTOM}
    present = objects_in(known.get(CUSTOM)) if known else []
    for field in objects_in(edits.get(CUSTOM)):
        twin = next((item for item in present if _is_same_field(item, field)), field)
        found[_PREFIX + field_key(twin)] = field.get("values")
    return found


def assemble(paths: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of :func:`flatten`: edits as they are sent."""
    edits = {path: value for path, value in paths.items() if not path.startswith(_PREFIX)}
    custom: list[dict[str, Any]] = [
        {**_named(path.removeprefix(_PREFIX)), "values": value or []}
        for path, value in paths.items()
        if path.startswith(_PREFIX)
    ]
    return {**edits, CUSTOM: custom} if custom else edits


def value_at(row: Mapping[str, Any], path: str) -> Any:
    """The value of a single field; ``None`` where the row has none."""
    if not path.startswith(_PREFIX):
        return row.get(path)
    wanted = _named(path.removeprefix(_PREFIX))
    field = next((item for item in objects_in(row.get(CUSTOM)) if _is_same_field(item, wanted)), None)
    return None if field is None else field.get("values")


def only(edits: Mapping[str, Any], paths: Iterable[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """The edits of those fields, as :func:`flatten` calls them."""
    wanted = set(paths)
    return assemble({path: value for path, value in flatten(edits, known).items() if path in wanted})


def fits(wanted: Any, present: Any) -> bool:
    """Whether a row's value is the wanted one, though the server may have written it in another way.

    It adds keys of its own to objects (``enum_id`` beside ``value``), and sends numbers as text or the reverse.
    """
    if not wanted and not present:
        return _is_nothing(wanted) == _is_nothing(present)
    if is_mapping(wanted) and is_mapping(present):
        common = [key for key in wanted if key in present]
        return bool(common) and all(fits(wanted[key], present[key]) for key in common)
    if is_array(wanted) and is_array(present):
        return len(wanted) == len(present) and all(map(fits, wanted, present))
    return bool(plain(wanted) == plain(present))


def plain(value: Any) -> Any:
    """A value without what depends on notation."""
    if isinstance(value, str):
        return value.strip()
    if is_mapping(value):
        return {str(key): plain(item) for key, item in value.items()}
    if is_array(value):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def field_key(field: Mapping[str, Any]) -> str:
    """A custom field is known by its id, else by its code."""
    return str(field.get("field_id") or field.get("field_code"))


def _merged(fields: list[dict[str, Any]], edits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields with those edited replaced, in place."""
    merged = list(fields)
    for edit in edits:
        place = next((place for place, item in enumerate(merged) if _is_same_field(item, edit)), None)
        if place is None:
            merged.append(edit)
        else:
            merged[place] = {**merged[place], **edit}
    return merged


def _is_same_field(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """By id where both have one, else by code."""
    if one.get("field_id") and other.get("field_id"):
        return str(one["field_id"]) == str(other["field_id"])
    return bool(one.get("field_code")) and one.get("field_code") == other.get("field_code")


def _named(key: str) -> dict[str, Any]:
    return {"field_id": int(key)} if key.isdigit() else {"field_code": key}


def _is_nothing(value: Any) -> bool:
    """``0`` and ``False`` are values; an empty text, an empty list and ``null`` are none."""
    return value is None or value == "" or (isinstance(value, list | tuple | dict) and not value)
