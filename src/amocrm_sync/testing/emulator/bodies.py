"""Bodies of webhooks: the old names and shapes that amoCRM still sends, unlike anything in API v4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row

ELEMENT_TYPES: Final = {"contacts": 1, "leads": 2, "companies": 3, "customers": 12}
_TOP: Final = {"leads": "leads", "contacts": "contacts", "companies": "contacts", "customers": "customers"}
_KIND: Final = {"contacts": "contact", "companies": "company"}
_MOSCOW: Final = timezone(timedelta(hours=3))
_WHEN: Final = "%Y-%m-%d %H:%M:%S"


def card(state: State, entity: str, action: str, row: Row, *, old: Row | None = None) -> Row:
    """A lead, contact or company that was added, changed or restored."""
    item = _ITEMS[entity](state, entity, row, old)
    if entity != "leads" and _differs(old, row, "responsible_user_id"):
        item["old_responsible_user_id"] = (old or {})["responsible_user_id"]
    item["tags"] = [{"id": tag["id"], "name": tag["name"]} for tag in row["tags"]]
    item["custom_fields"] = [_values(state, value) for value in row["custom_fields_values"] or ()]
    return _wrap(_TOP[entity], action, item)


def deleted_card(entity: str, row: Row) -> Row:
    """A lead, contact or company that went to the trash."""
    if entity == "leads":
        return _wrap("leads", "delete", {key: row[key] for key in ("id", "status_id", "pipeline_id")})
    if entity == "customers":
        return _wrap("customers", "delete", {"id": row["id"]})
    return _wrap("contacts", "delete", {"id": row["id"], "type": _KIND[entity]})


def task(action: str, row: Row, *, old: Row | None = None) -> Row:
    """A task that was added or changed."""
    entity_type = row["entity_type"]
    item: Row = {
        "id": row["id"],
        "element_id": row["entity_id"] or 0,
        "element_type": ELEMENT_TYPES.get(entity_type, 0),
        "task_type": row["task_type_id"],
        "date_create": _text_time(row["created_at"]),
        "text": row["text"],
        "status": int(row["is_completed"]),
        "account_id": row["account_id"],
        "created_user_id": row["created_by"],
        "last_modified": _text_time(row["updated_at"]),
        "responsible_user_id": row["responsible_user_id"],
        "complete_till": _text_time(row["complete_till"]),
        "action_close": int(bool(old) and row["is_completed"] and not (old or {})["is_completed"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "complete_before": row["complete_till"],
        "main_user": row["responsible_user_id"],
        "modified_by": row["updated_by"],
    }
    if row["result"]:
        item["result"] = {"id": row["id"], "text": row["result"]["text"]}
    for name, ours in (("old_text", "text"), ("old_responsible_user_id", "responsible_user_id")):
        if _differs(old, row, ours):
            item[name] = (old or {})[ours]
    return _wrap("task", action, item)


def deleted_task(row: Row) -> Row:
    """A task that was deleted."""
    return _wrap("task", "delete", {"id": row["id"]})


def note(state: State, row: Row) -> Row:
    """A note that was added; its data lie one level deeper than those of any other entity."""
    entity = row["_entity"]
    author = state.users.rows.get(row["created_by"])
    source = {"id": row["created_by"], "author_name": author["name"] if author else "", "type": 1}
    inner = {
        "id": row["id"],
        "text": row["params"].get("text", ""),
        "attachement": "",
        "note_type": 5 if row["note_type"] == "attachment" else 4,
        "element_type": ELEMENT_TYPES[entity],
        "element_id": row["entity_id"],
        "group_id": row["group_id"],
        "account_id": row["account_id"],
        "metadata": orjson.dumps({"event_source": source}).decode(),
        "created_by": row["created_by"],
        "modified_by": row["updated_by"],
        "main_user_id": row["responsible_user_id"],
        "date_create": _text_time(row["created_at"], _MOSCOW),
        "timestamp_x": _text_time(row["updated_at"], _MOSCOW),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    item: Row = {"note": inner}
    if entity in _KIND:
        item["type"] = _KIND[entity]
    return _wrap(_TOP[entity], "note", item)


def _lead(_state: State, _entity: str, row: Row, old: Row | None) -> Row:
    item = {
        "id": row["id"],
        "name": row["name"] or "",
        "status_id": row["status_id"],
        "price": row["price"] or None,
        "responsible_user_id": row["responsible_user_id"],
        **_stamps(row),
        "pipeline_id": row["pipeline_id"],
    }
    for name in ("status_id", "responsible_user_id", "pipeline_id"):
        if _differs(old, row, name):
            item[f"old_{name}"] = (old or {})[name]
    return item


def _customer(_state: State, _entity: str, row: Row, _old: Row | None) -> Row:
    """A customer: no sample of this body is published; receivers are known to read these keys."""
    names = ("id", "name", "status_id", "responsible_user_id", "next_price", "next_date", "periodicity")
    return {**{name: row[name] for name in names}, **_stamps(row)}


def _person(state: State, entity: str, row: Row, _old: Row | None) -> Row:
    node = (entity, row["id"])
    item: Row = {
        "id": row["id"],
        "name": row["name"] or "",
        "responsible_user_id": row["responsible_user_id"],
        **_stamps(row),
        "linked_leads_id": {lead_id: {"ID": lead_id} for lead_id in state.links.of(node, "leads")},
        "type": _KIND[entity],
    }
    company_id = next(iter(state.links.of(node, "companies")), None) if entity == "contacts" else None
    if company_id is not None:
        item["linked_company_id"] = company_id
        item["company_name"] = state.cards["companies"].rows[company_id]["name"]
    return item


def _stamps(row: Row) -> Row:
    return {
        "last_modified": row["updated_at"],
        "modified_user_id": row["updated_by"],
        "created_user_id": row["created_by"],
        "date_create": row["created_at"],
        "account_id": row["account_id"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def _values(state: State, item: Row) -> Row:
    rows: list[Row] = item["values"]
    field_type = item["field_type"]
    values: Any = [_value(state, field_type, row) for row in rows]
    if field_type == "radiobutton":
        values = values[0]
    return {"id": item["field_id"], "name": item["field_name"], "code": item["field_code"], "values": values}


def _value(state: State, field_type: str, row: Row) -> Any:
    value = row.get("value")
    if field_type in ("date", "date_time"):
        return value
    if field_type == "checkbox":
        return int(bool(value))
    if field_type == "birthday":
        zone = ZoneInfo(state.settings.timezone)
        return {"value": datetime.fromtimestamp(value or 0, zone).strftime("%d.%m.%Y")}
    return {"value": value, "enum": row.get("enum_id")}


_ITEMS: Final = {"leads": _lead, "contacts": _person, "companies": _person, "customers": _customer}


def _differs(old: Row | None, new: Row, name: str) -> bool:
    return old is not None and old.get(name) != new.get(name)


def _text_time(at: int, zone: timezone = UTC) -> str:
    return datetime.fromtimestamp(at, zone).strftime(_WHEN)


def _wrap(top: str, action: str, item: Row) -> Row:
    return {top: {action: [item]}}
