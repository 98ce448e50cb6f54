"""Leads and tasks: kept here first, then sent, so that nothing is lost while amoCRM is out of reach."""

from __future__ import annotations

from typing import Any

from amocrm_sync._async.handlers.answers import syncs
from amocrm_sync._async.handlers.call import AsyncCall, InputErrors
from amocrm_sync._core.handlers.reading import record_id
from amocrm_sync.errors import AmoCRMError


async def create(call: AsyncCall) -> Any:
    """Create a lead."""
    return await _create(call, call.body.lead_data)


async def test(call: AsyncCall) -> Any:
    """Create a lead to look at."""
    return await _create(call, {"name": "amocrm-sync: test lead"})


async def update(call: AsyncCall) -> Any:
    """Change a lead."""
    with InputErrors():
        lead = await call.engine.records.leads.update(call.body.lead_id, call.body.lead_data)
    await _send(call)
    return {"amo_lead_id": _number(lead.remote_id)}


async def sync(call: AsyncCall) -> Any:
    """Read one lead again; nothing else of what was sent is believed."""
    return await syncs.lead(call, call.body.lead.id)


async def complete_task(call: AsyncCall) -> Any:
    """Close a task."""
    task_id = record_id(call.path["id"])
    text = None if call.body is None else call.body.result_text
    result = {} if text is None else {"result": {"text": text}}
    with InputErrors():
        task = await call.engine.records.tasks.update(task_id, {"is_completed": True, **result})
    await _send(call)
    task = await call.engine.records.tasks.get(task.uid)
    if "is_completed" in task.pending:
        return {"message": "the task is closed here; amoCRM learns of it later", "status": "pending"}
    return {"message": "the task is closed", "status": "completed"}


async def _create(call: AsyncCall, fields: dict[str, Any]) -> Any:
    with InputErrors():
        lead = await call.engine.records.leads.create(fields)
    await _send(call)
    sent = await call.engine.records.leads.get_or_none(lead.uid)
    return {"amo_lead_id": None if sent is None else _number(sent.remote_id)}


async def _send(call: AsyncCall) -> None:
    """Try to send what waits; what cannot be sent now stays, and the worker tries again."""
    try:
        await call.engine.push()
    except AmoCRMError:
        call.handlers.bell.ring()


def _number(remote_id: str | None) -> int | None:
    return int(remote_id) if remote_id is not None and remote_id.isdigit() else None
