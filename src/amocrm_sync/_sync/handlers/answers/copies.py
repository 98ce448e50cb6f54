# Generated from src/amocrm_sync/_async/handlers/answers/copies.py by tools/unasync.py: edit that file instead.
"""The local copy: lists, records, and local edits."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers.filtering import read_filter
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import record_id
from amocrm_sync._sync.handlers.call import Call, InputErrors


def pipelines(call: Call) -> Any:
    """Stored pipelines."""
    return _list(call, "pipelines")


def stages(call: Call) -> Any:
    """Stored stages of a pipeline."""
    return _list(call, "stages", {"pipeline_id": record_id(call.path["id"])})


def users(call: Call) -> Any:
    """Stored users."""
    return _list(call, "users")


def roles(call: Call) -> Any:
    """Stored roles."""
    return _list(call, "roles")


def contacts(call: Call) -> Any:
    """Stored contacts."""
    return _list(call, "contacts")


def tasks(call: Call) -> Any:
    """Stored tasks."""
    query = call.query
    wanted = {
        "is_completed": query.is_completed,
        "entity_type": query.entity_type,
        "entity_id": query.entity_id,
    }
    return _list(call, "tasks", {name: value for name, value in wanted.items() if value is not None})


def records(call: Call) -> Any:
    """Stored records of any entity; parameters that are columns filter."""
    reserved = {"owner", "limit", "offset"}
    wanted = {
        name: values[0] for name, values in call.request.query.items() if name not in reserved and values
    }
    return _list(call, call.path["entity"], read_filter(call.path["entity"], wanted))


def get(call: Call) -> Any:
    """One record."""
    found = _entity(call, call.path["entity"]).get_or_none(call.path["id"])
    if found is None:
        raise Problem(404, "not-found", "there is no such record")
    return {"data": plain(found)}


def create(call: Call) -> Any:
    """Store a new record; the next push sends it."""
    with InputErrors():
        made = _entity(call, call.path["entity"]).create(call.body.data)
    call.handlers.bell.ring()
    return {"data": plain(made)}


def update(call: Call) -> Any:
    """Change fields; the next push sends them."""
    with InputErrors():
        changed = _entity(call, call.path["entity"]).update(call.path["id"], call.body.data)
    call.handlers.bell.ring()
    return {"data": plain(changed)}


def delete(call: Call) -> Any:
    """Delete a record here."""
    gone = _entity(call, call.path["entity"]).delete(call.path["id"])
    return {"data": plain(gone)}


def plain(record: Any) -> dict[str, Any]:
    """A record as answers have it."""
    return {
        **record.fields,
        "uid": record.uid,
        "remote_id": record.remote_id,
        "version": record.version,
        "pending": list(record.pending),
        "deleted": record.deleted_at is not None,
    }


def _list(call: Call, entity: str, wanted: dict[str, Any] | None = None) -> Any:
    query = call.query
    rows = _entity(call, entity)
    with InputErrors():
        found = rows.list(filter=wanted, limit=query.limit, offset=query.offset)
        count = rows.count(filter=wanted)
    return {"data": [plain(record) for record in found], "count": count}


def _entity(call: Call, name: str) -> Any:
    """The records of an entity that the engine keeps."""
    found = None if name.startswith("_") else getattr(call.engine.records, name, None)
    if found is None or not hasattr(found, "get_or_none"):
        raise Problem(404, "no-entity", "there are no such records")
    return found
