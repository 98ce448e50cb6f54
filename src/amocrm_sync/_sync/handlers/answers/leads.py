# Generated from src/amocrm_sync/_async/handlers/answers/leads.py by tools/unasync.py: edit that file instead.
"""Leads and tasks: kept here first, then sent, so that nothing is lost while amoCRM is out of reach."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers.reading import record_id
from amocrm_sync._sync.handlers.answers import syncs
from amocrm_sync._sync.handlers.call import Call, InputErrors
from amocrm_sync.errors import AmoCRMError


def create(call: Call) -> Any:
    """Create a lead."""
    return _create(call, call.body.lead_data)


def test(call: Call) -> Any:
    """Create a lead to look at."""
    return _create(call, {"name": "amocrm-sync: test lead"})


def update(call: Call) -> Any:
    """Change a lead."""
    with InputErrors():
        lead = call.engine.records.leads.update(call.body.lead_id, call.body.lead_data)
    _send(call)
    return {"amo_lead_id": _number(lead.remote_id)}


def sync(call: Call) -> Any:
    """Read one lead again; nothing else of what was sent is believed."""
    return syncs.lead(call, call.body.lead.id)


def complete_task(call: Call) -> Any:
    """Close a task."""
    task_id = record_id(call.path["id"])
    text = None if call.body is None else call.body.result_text
    result = {} if text is None else {"result": {"text": text}}
    with InputErrors():
        task = call.engine.records.tasks.update(task_id, {"is_completed": True, **result})
    _send(call)
    task = call.engine.records.tasks.get(task.uid)
    if "is_completed" in task.pending:
        return {"message": "the task is closed here; amoCRM learns of it later", "status": "pending"}
    return {"message": "the task is closed", "status": "completed"}


def _create(call: Call, fields: dict[str, Any]) -> Any:
    with InputErrors():
        lead = call.engine.records.leads.create(fields)
    _send(call)
    sent = call.engine.records.leads.get_or_none(lead.uid)
    return {"amo_lead_id": None if sent is None else _number(sent.remote_id)}


def _send(call: Call) -> None:
    """Try to send what waits; what cannot be sent now stays, and the worker tries again."""
    try:
        call.engine.push()
    except AmoCRMError:
        call.handlers.bell.ring()


def _number(remote_id: str | None) -> int | None:
    return int(remote_id) if remote_id is not None and remote_id.isdigit() else None
