"""The account's log of events: what is written for which change."""

from __future__ import annotations

from typing import Any

from amocrm_sync.testing.emulator.state import SINGULAR, State
from amocrm_sync.testing.emulator.tables import Row

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class EventLog:
    """Writes events; ids are ULID-like and rise in the order of writing."""

    def __init__(self, state: State) -> None:
        """Write into a state."""
        self._state = state

    def write(
        self,
        kind: str,
        entity: str,
        entity_id: int,
        *,
        by: int,
        before: list[Row] | None = None,
        after: list[Row] | None = None,
    ) -> None:
        """Log one event. ``entity`` is the plural name; the log has the singular."""
        state = self._state
        at = state.now()
        state.events.append(
            {
                "id": self._id(at),
                "type": kind,
                "entity_id": entity_id,
                "entity_type": SINGULAR[entity],
                "created_by": by,
                "created_at": at,
                "value_after": after or [],
                "value_before": before or [],
                "account_id": state.settings.account_id,
            }
        )

    def changed(self, entity: str, before: Row, after: Row, *, by: int) -> None:
        """Log what changed between two versions of a lead, contact or company."""
        row_id = after["id"]
        for name, kind, shape in (_STATUS if entity == "customers" else _STAGE, *_FIELDS):
            old, new = before.get(name), after.get(name)
            if old != new:
                self.write(kind, entity, row_id, by=by, before=[shape(before)], after=[shape(after)])
        self._values_changed(entity, before, after, by=by)
        self._tags_changed(entity, before, after, by=by)

    def _values_changed(self, entity: str, before: Row, after: Row, *, by: int) -> None:
        old, new = _by_field(before), _by_field(after)
        for field_id in sorted(old.keys() | new.keys()):
            if old.get(field_id) != new.get(field_id):
                sides = [_value_rows(field_id, side.get(field_id, [])) for side in (old, new)]
                self.write(
                    "custom_field_value_changed", entity, after["id"], by=by, before=sides[0], after=sides[1]
                )

    def _tags_changed(self, entity: str, before: Row, after: Row, *, by: int) -> None:
        old = [tag["name"] for tag in before["tags"]]
        new = [tag["name"] for tag in after["tags"]]
        added = [{"tag": {"name": name}} for name in new if name not in old]
        removed = [{"tag": {"name": name}} for name in old if name not in new]
        if added:
            self.write("entity_tag_added", entity, after["id"], by=by, after=added)
        if removed:
            self.write("entity_tag_deleted", entity, after["id"], by=by, before=removed)

    def _id(self, at: int) -> str:
        stamp = f"{len(self._state.events):05d}"
        left, text = at * 1000, ""
        for _ in range(10):
            left, digit = divmod(left, 32)
            text = _ALPHABET[digit] + text
        tail = "".join(self._state.random.choices(_ALPHABET, k=16 - len(stamp)))
        return text + stamp + tail


def _stage(row: Row) -> Row:
    return {"lead_status": {"id": row["status_id"], "pipeline_id": row["pipeline_id"]}}


def _responsible(row: Row) -> Row:
    return {"responsible_user": {"id": row["responsible_user_id"]}}


def _price(row: Row) -> Row:
    return {"sale_field_value": {"sale": row["price"]}}


def _name(row: Row) -> Row:
    return {"name_field_value": {"name": row["name"]}}


def _status(row: Row) -> Row:
    return {"customer_status": {"id": row["status_id"]}}


def _ltv(row: Row) -> Row:
    return {"ltv_field_value": {"ltv": row["ltv"]}}


_STAGE = ("status_id", "lead_status_changed", _stage)
_STATUS = ("status_id", "customer_status_changed", _status)
_FIELDS = (
    ("responsible_user_id", "entity_responsible_changed", _responsible),
    ("price", "sale_field_changed", _price),
    ("name", "name_field_changed", _name),
    ("ltv", "ltv_field_changed", _ltv),
)


def _by_field(row: Row) -> dict[int, list[Row]]:
    return {item["field_id"]: item["values"] for item in row.get("custom_fields_values") or ()}


def _value_rows(field_id: int, values: list[Row]) -> list[Row]:
    def shape(value: Row) -> dict[str, Any]:
        return {
            "field_id": field_id,
            "field_type": 1,
            "enum_id": value.get("enum_id"),
            "text": str(value.get("value")),
        }

    return [{"custom_field_value": shape(value)} for value in values]
