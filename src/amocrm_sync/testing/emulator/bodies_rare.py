"""Bodies of the rarer webhooks: list elements, incoming leads, talks, messages, reviews of templates."""

from __future__ import annotations

from typing import Any

from amocrm_sync.testing.emulator.tables import Row


def element(action: str, row: Row) -> Row:
    """An element of a list that was added, changed or deleted."""
    if action == "delete":
        item = {"id": row["id"], "catalog_id": row["catalog_id"], "type": "catalog"}
        return {"catalogs": {action: [item]}}
    item = {
        **{
            name: row[name] for name in ("id", "catalog_id", "name", "created_by", "created_at", "updated_at")
        },
        "date_create": row["created_at"],
        "date_modify": row["updated_at"],
        "modified_by": row["updated_by"],
        "deleted": 0,
        "custom_fields": [_values(value) for value in row["custom_fields_values"] or ()],
        "type": "catalog",
    }
    return {"catalogs": {action: [item]}}


def _values(item: Row) -> Row:
    rows: list[Row] = item["values"]
    values: list[Any] = [{"value": row.get("value"), "enum": row.get("enum_id")} for row in rows]
    return {"id": item["field_id"], "name": item["field_name"], "code": item["field_code"], "values": values}


def unsorted(row: Row) -> Row:
    """An incoming lead that came."""
    ids: dict[str, int] = row["_ids"]
    item = {
        **{
            name: row[name]
            for name in ("uid", "category", "source_uid", "pipeline_id", "account_id", "created_at")
        },
        "source": row["source_name"],
        "source_data": row["metadata"],
        "date_create": row["created_at"],
        "lead_id": ids["leads"],
        "data": {entity: [{"id": row_id}] for entity, row_id in ids.items()},
    }
    return {"unsorted": {"add": [item]}}


def settled(row: Row, action: str, result: dict[str, list[int]], by: int) -> Row:
    """An incoming lead that was accepted, declined or linked: all of these come as ``delete``."""
    item = {
        **{name: row[name] for name in ("uid", "category", "created_at", "pipeline_id")},
        "action": action,
        f"{action}_result": result,
        "modified_user_id": by,
    }
    return {"unsorted": {"delete": [item]}}


def talk(action: str, row: Row) -> Row:
    """A talk that began, was read, answered or closed."""
    names = (
        "talk_id",
        "created_at",
        "updated_at",
        "rate",
        "contact_id",
        "chat_id",
        "entity_id",
        "entity_type",
    )
    item = {name: row[name] for name in names if row[name] is not None}
    item |= {name: int(row[name]) for name in ("is_in_work", "is_read")}
    return {"talk": {action: [{**item, "origin": row["origin"]}]}}


def message(row: Row, chat_talk: Row, *, is_incoming: bool) -> Row:
    """A message of a chat."""
    item: Row = {
        "id": row["id"],
        "chat_id": chat_talk["chat_id"],
        "talk_id": chat_talk["talk_id"],
        "contact_id": chat_talk["contact_id"],
        "text": row["message"].get("text", ""),
        "created_at": row["timestamp"],
        "message_type": row["message"]["type"],
        "type": "incoming" if is_incoming else "outgoing",
        "author": {
            "id": row["sender"]["id"],
            "type": "external" if is_incoming else "internal",
            "name": row["sender"].get("name", ""),
        },
        "origin": chat_talk["origin"],
    }
    if row["message"].get("media"):
        attachment = {"type": row["message"]["type"], "link": row["message"]["media"]}
        item["attachment"] = {**attachment, "file_name": row["message"].get("file_name", "")}
    if chat_talk["entity_id"] is not None:
        number = 2 if chat_talk["entity_type"] == "lead" else 12
        item |= {"element_type": number, "element_id": chat_talk["entity_id"]}
        item |= {"entity_type": chat_talk["entity_type"], "entity_id": chat_talk["entity_id"]}
    return {"message" if is_incoming else "outgoing_message": {"add": [item]}}


def template_review(row: Row) -> Row:
    """A template of WhatsApp that went to review: without an entity's name on top."""
    return {
        "add": [{key: value for key, value in row.items() if key[0] != "_"} | {"reviews": row["_reviews"]}]
    }
