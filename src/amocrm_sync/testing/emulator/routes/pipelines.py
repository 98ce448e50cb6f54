"""Pipelines: list, get, create, update, delete."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, not_found
from amocrm_sync.testing.emulator.routes import stages
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.tables import Row, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_PIPELINES: Final = 50
_SHAPE: Final[Shape] = {
    "name": Field("string", required=True),
    "sort": Field("int", required=True),
    "is_main": Field("bool", required=True),
    "is_unsorted_on": Field("bool", required=True),
}
_CHANGE: Final[Shape] = {name: Field(field.kind) for name, field in _SHAPE.items()}


def list_pipelines(visit: Visit) -> Response:
    """All pipelines with their stages; there are no pages."""
    rows = sorted(visit.state.pipelines.all(), key=lambda row: (row["sort"], row["id"]))
    return hal.collection(visit.request, "pipelines", [_shown(visit, row) for row in rows], total=len(rows))


def get_pipeline(visit: Visit) -> Response:
    """One pipeline with its stages."""
    return hal.document(_shown(visit, _known(visit)))


def create_pipelines(visit: Visit) -> Response:
    """New pipelines, each with its stages and the three that every pipeline has."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    if len(visit.state.pipelines) + len(rows) > visit.most(MAX_PIPELINES):
        raise bad_request(f"An account has at most {MAX_PIPELINES} pipelines")
    drafts = checked(rows, lambda body: _check(visit, body))
    made = [{**_shown(visit, _store(visit, *draft)), "request_id": name} for name, draft in drafts]
    return hal.collection(visit.request, "pipelines", made, total=len(made))


def update_pipeline(visit: Visit) -> Response:
    """Changes to one pipeline; a new main one takes the place of the old."""
    row = _known(visit)

    def check(body: Row) -> tuple[Row, list[Fault]]:
        return check_fields(_CHANGE, body, row, is_user=visit.is_user)

    ((_, fields),) = checked([object_of(visit.body)], check)
    if fields.get("is_main"):
        _demote(visit)
    visit.state.pipelines.change(row["id"], fields)
    return hal.document(_shown(visit, row))


def delete_pipeline(visit: Visit) -> Response:
    """Remove an empty pipeline that is not the last one."""
    row = _known(visit)
    if len(visit.state.pipelines) == 1:
        raise bad_request("The last pipeline cannot be deleted")
    if any(lead["pipeline_id"] == row["id"] for lead in visit.state.cards["leads"].all()):
        raise bad_request("A pipeline that holds leads cannot be deleted")
    visit.state.pipelines.drop(row["id"])
    del visit.state.stages[row["id"]]
    if row["is_main"]:
        visit.state.main_pipeline["is_main"] = True
    return hal.NO_CONTENT


def _check(visit: Visit, body: Row) -> tuple[tuple[Row, list[Row]], list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    embedded = body.get("_embedded")
    nested: Any = embedded.get("statuses") if is_row(embedded) else None
    given, found = stages.check_nested(visit, nested or [])
    return (fields, given), [*faults, *found]


def _store(visit: Visit, fields: Row, given: list[Row]) -> Row:
    if fields["is_main"]:
        _demote(visit)
    row = visit.state.pipelines.add(
        {
            "id": visit.state.next_id("pipelines"),
            **fields,
            "is_archive": False,
            "account_id": visit.state.settings.account_id,
        }
    )
    stages.furnish(visit.state, row["id"], given)
    return row


def _demote(visit: Visit) -> None:
    for row in visit.state.pipelines.all():
        row["is_main"] = False


def _known(visit: Visit) -> Row:
    row = visit.state.pipelines.live(visit.id)
    if row is None:
        raise not_found()
    return row


def _shown(visit: Visit, row: Row) -> Row:
    return {
        **row,
        "_links": {"self": hal.link(visit.href(f"/api/v4/leads/pipelines/{row['id']}"))},
        "_embedded": {
            "statuses": [stages.shown(visit, stage) for stage in stages.ordered(visit.state, row["id"])]
        },
    }


_PATH: Final = "/api/v4/leads/pipelines"
ROUTES: Final = (
    Route("pipelines.list", "GET", _PATH, list_pipelines),
    Route("pipelines.get", "GET", f"{_PATH}/{{id}}", get_pipeline),
    Route("pipelines.create", "POST", _PATH, create_pipelines, is_admin=True),
    Route("pipelines.update", "PATCH", f"{_PATH}/{{id}}", update_pipeline, is_admin=True),
    Route("pipelines.delete", "DELETE", f"{_PATH}/{{id}}", delete_pipeline, is_admin=True),
)
