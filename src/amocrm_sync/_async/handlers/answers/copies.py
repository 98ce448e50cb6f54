"""The local copy: lists, records, and local edits."""

from __future__ import annotations

from typing import Any

from amocrm_sync._async.handlers.call import AsyncCall, InputErrors
from amocrm_sync._core.handlers.filtering import read_filter
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import record_id


async def pipelines(call: AsyncCall) -> Any:
    """Stored pipelines."""
    return await _list(call, "pipelines")


async def stages(call: AsyncCall) -> Any:
    """Stored stages of a pipeline."""
    return await _list(call, "stages", {"pipeline_id": record_id(call.path["id"])})


async def users(call: AsyncCall) -> Any:
    """Stored users."""
    return await _list(call, "users")


async def roles(call: AsyncCall) -> Any:
    """Stored roles."""
    return await _list(call, "roles")


async def contacts(call: AsyncCall) -> Any:
    """Stored contacts."""
    return await _list(call, "contacts")


async def tasks(call: AsyncCall) -> Any:
    """Stored tasks."""
    query = call.query
    wanted = {
        "is_completed": query.is_completed,
        "entity_type": query.entity_type,
        "entity_id": query.entity_id,
    }
    return await _list(call, "tasks", {name: value for name, value in wanted.items() if value is not None})


async def records(call: AsyncCall) -> Any:
    """Stored records of any entity; parameters that are columns filter."""
    reserved = {"owner", "limit", "offset"}
    wanted = {
        name: values[0] for name, values in call.request.query.items() if name not in reserved and values
    }
    return await _list(call, call.path["entity"], read_filter(call.path["entity"], wanted))


async def get(call: AsyncCall) -> Any:
    """One record."""
    found = await _entity(call, call.path["entity"]).get_or_none(call.path["id"])
    if found is None:
        raise Problem(404, "not-found", "there is no such record")
    return {"data": plain(found)}


async def create(call: AsyncCall) -> Any:
    """Store a new record; the next push sends it."""
    with InputErrors():
        made = await _entity(call, call.path["entity"]).create(call.body.data)
    call.handlers.bell.ring()
    return {"data": plain(made)}


async def update(call: AsyncCall) -> Any:
    """Change fields; the next push sends them."""
    with InputErrors():
        changed = await _entity(call, call.path["entity"]).update(call.path["id"], call.body.data)
    call.handlers.bell.ring()
    return {"data": plain(changed)}


async def delete(call: AsyncCall) -> Any:
    """Delete a record here."""
    gone = await _entity(call, call.path["entity"]).delete(call.path["id"])
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


async def _list(call: AsyncCall, entity: str, wanted: dict[str, Any] | None = None) -> Any:
    query = call.query
    rows = _entity(call, entity)
    with InputErrors():
        found = await rows.list(filter=wanted, limit=query.limit, offset=query.offset)
        count = await rows.count(filter=wanted)
    return {"data": [plain(record) for record in found], "count": count}


def _entity(call: AsyncCall, name: str) -> Any:
    """The records of an entity that the engine keeps."""
    found = None if name.startswith("_") else getattr(call.engine.records, name, None)
    if found is None or not hasattr(found, "get_or_none"):
        raise Problem(404, "no-entity", "there are no such records")
    return found
