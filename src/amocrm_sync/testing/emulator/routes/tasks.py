"""Tasks: list, get, create, update; completing one is an update."""

from __future__ import annotations

from typing import Any, Final

import attrs

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, wrong_type
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import TASKS
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, TASK, check_fields, object_of, rows_of
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.state import CARDS
from amocrm_sync.testing.emulator.tables import Row, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit


def list_tasks(visit: Visit) -> Response:
    """One page; ``filter[entity_id]`` counts only beside ``filter[entity_type]``."""
    query = visit.query
    if "entity_type" not in query.filters:
        kept = {name: raw for name, raw in query.filters.items() if name != "entity_id"}
        query = attrs.evolve(query, filters=kept)
    page = page_of(select(visit.state.tasks, query, TASKS), query, TASKS)
    shown = [render.simple(visit.request.origin, "tasks", row) for row in page.rows]
    return hal.listing(visit.request, "tasks", shown, page)


def get_task(visit: Visit) -> Response:
    """One task."""
    row = visit.state.tasks.live(visit.id)
    if row is None:
        raise NothingFound
    return hal.document(render.simple(visit.request.origin, "tasks", row))


def create_tasks(visit: Visit) -> Response:
    """New tasks."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check(visit, body, None))
    made = [
        _short(visit, visit.changes.add_task(_new(visit, fields), by=visit.user_id), name)
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "tasks", made)


def update_tasks(visit: Visit) -> Response:
    """Changes to several tasks."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _change(visit, body, body.get("id")))
    made = [_short(visit, _apply(visit, change), name) for name, change in drafts]
    return hal.collection(visit.request, "tasks", made)


def update_task(visit: Visit) -> Response:
    """Changes to one task."""
    ((name, change),) = checked([object_of(visit.body)], lambda body: _change(visit, body, visit.id))
    return hal.document(_short(visit, _apply(visit, change), name))


def _change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[int, Row], list[Fault]]:
    row = visit.state.tasks.live(row_id)
    if row is None:
        return (0, {}), [Fault("EntityNotFound", "id")]
    fields, faults = _check(visit, body, row)
    return (row["id"], fields), faults


def _apply(visit: Visit, change: tuple[int, Row]) -> Row:
    return visit.changes.change_task(*change, by=visit.user_id)


def _check(visit: Visit, body: Row, current: Row | None) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(TASK, body, current, is_user=visit.is_user)
    if "result" in body:
        result, fault = _result(body["result"])
        fields["result"] = result
        faults += fault
    entity_type = fields.get("entity_type", (current or {}).get("entity_type"))
    entity_id = fields.get("entity_id", (current or {}).get("entity_id"))
    if entity_type is None and entity_id is None:
        return fields, faults
    if entity_type not in CARDS:
        faults.append(Fault("NotSupportedChoice", "entity_type"))
    elif current is None and visit.state.cards[entity_type].live(entity_id) is None:
        faults.append(Fault("NotSupportedChoice", "entity_id"))
    return fields, faults


def _result(given: Any) -> tuple[Any, list[Fault]]:
    if not given:
        return [], []
    if not is_row(given) or not isinstance(given.get("text"), str):
        return [], [wrong_type("result.text", "string")]
    return {"text": given["text"]}, []


def _new(visit: Visit, fields: Row) -> Row:
    now = visit.state.now()
    created_at = fields.get("created_at", now)
    return {
        "id": visit.state.next_id("tasks"),
        "created_by": visit.user_id,
        "updated_by": visit.user_id,
        "created_at": created_at,
        "updated_at": created_at,
        "responsible_user_id": visit.user_id or visit.state.admin_id(),
        "group_id": 0,
        "entity_id": None,
        "entity_type": None,
        "duration": 0,
        "is_completed": False,
        "task_type_id": 1,
        "result": [],
        "account_id": visit.state.settings.account_id,
        **fields,
    }


def _short(visit: Visit, row: Row, request_id: str) -> Row:
    return {
        "id": row["id"],
        "updated_at": row["updated_at"],
        "request_id": request_id,
        "_links": {"self": hal.link(visit.href(f"/api/v4/tasks/{row['id']}"))},
    }


ROUTES: Final = (
    Route("tasks.list", "GET", "/api/v4/tasks", list_tasks),
    Route("tasks.get", "GET", "/api/v4/tasks/{id}", get_task),
    Route("tasks.create", "POST", "/api/v4/tasks", create_tasks),
    Route("tasks.update_many", "PATCH", "/api/v4/tasks", update_tasks),
    Route("tasks.update_one", "PATCH", "/api/v4/tasks/{id}", update_task),
)
