"""Stages of pipelines (the API calls them statuses)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, not_found, wrong_type
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.colors import STAGE_COLORS
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.state import LOST, WON, State
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_STAGES: Final = 100
INCOMING: Final = 1
_SYSTEM_SORT: Final = {WON: 10_000, LOST: 11_000}
_NEW: Final[Shape] = {
    "name": Field("string", required=True),
    "sort": Field("int", required=True),
    "color": Field("string"),
}
_CHANGE: Final[Shape] = {name: Field(field.kind) for name, field in _NEW.items()}
_TITLES: Final = {
    "ru": ("Неразобранное", "Успешно реализовано", "Закрыто и не реализовано"),
    "en": ("Incoming leads", "Closed - won", "Closed - lost"),
}


def list_stages(visit: Visit) -> Response:
    """All stages of a pipeline; there are no pages."""
    rows = [shown(visit, row) for row in ordered(visit.state, _pipeline(visit))]
    return hal.collection(visit.request, "statuses", rows, total=len(rows))


def get_stage(visit: Visit) -> Response:
    """One stage."""
    return hal.document(shown(visit, _known(visit)))


def create_stages(visit: Visit) -> Response:
    """New stages of a pipeline."""
    pipeline_id = _pipeline(visit)
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    if len(visit.state.stages[pipeline_id]) + len(rows) > MAX_STAGES:
        raise bad_request(f"A pipeline has at most {MAX_STAGES} stages")
    drafts = checked(rows, lambda body: _check(visit, _NEW, body, None))
    made = [
        {**shown(visit, _add(visit.state, pipeline_id, fields)), "request_id": name}
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "statuses", made, total=len(made))


def update_stage(visit: Visit) -> Response:
    """Changes to one stage; of the closing ones only the name may change."""
    row = _known(visit)
    ((_, fields),) = checked([object_of(visit.body)], lambda body: _check(visit, _CHANGE, body, row))
    if not row["is_editable"]:
        fields = {name: value for name, value in fields.items() if name == "name"}
    row.update(fields)
    return hal.document(shown(visit, row))


def delete_stage(visit: Visit) -> Response:
    """Remove a stage; its leads move to the first stage of the pipeline."""
    row = _known(visit)
    if not row["is_editable"]:
        raise bad_request("A system stage cannot be deleted")
    state, pipeline_id = visit.state, row["pipeline_id"]
    if sum(stage["is_editable"] for stage in state.stages[pipeline_id].values()) == 1:
        raise bad_request("The last stage of a pipeline cannot be deleted")
    del state.stages[pipeline_id][row["id"]]
    for lead in state.cards["leads"].all():
        if (lead["pipeline_id"], lead["status_id"]) == (pipeline_id, row["id"]):
            moved = {"status_id": state.first_stage(pipeline_id)}
            visit.changes.change_card("leads", lead["id"], moved, by=visit.user_id)
    return hal.NO_CONTENT


def furnish(state: State, pipeline_id: int, given: Iterable[Row]) -> None:
    """Give a new pipeline its stages: those asked for, the one for incoming leads, won and lost."""
    state.stages[pipeline_id] = {}
    titles = _TITLES.get(state.settings.language, _TITLES["en"])
    rows = list(given)
    renamed = {row["id"]: row["name"] for row in rows if row.get("id") in _SYSTEM_SORT}
    _add(
        state,
        pipeline_id,
        {"name": titles[0], "sort": 10, "color": "#c1c1c1"},
        kind=INCOMING,
        is_editable=False,
    )
    for row in rows:
        if row.get("id") not in _SYSTEM_SORT:
            _add(state, pipeline_id, row)
    if len(state.stages[pipeline_id]) == 1:
        _add(
            state,
            pipeline_id,
            {"name": "Первичный контакт" if titles is _TITLES["ru"] else "Initial contact", "sort": 20},
        )
    for stage_id, title, color in ((WON, titles[1], "#ccff66"), (LOST, titles[2], "#d5d8db")):
        fields = {
            "id": stage_id,
            "name": renamed.get(stage_id, title),
            "sort": _SYSTEM_SORT[stage_id],
            "color": color,
        }
        _add(state, pipeline_id, fields, is_editable=False)


def check_nested(visit: Visit, given: Any) -> tuple[list[Row], list[Fault]]:
    """Check the stages that come inside of a new pipeline; an id may only be won or lost."""
    if not isinstance(given, list):
        return [], [wrong_type("_embedded.statuses", "array")]
    rows: list[Row] = []
    faults: list[Fault] = []
    for index, body in enumerate(rows_of(given) if given else []):
        path = f"_embedded.statuses.{index}."
        shape = _CHANGE if body.get("id") in _SYSTEM_SORT else _NEW
        fields, found = check_fields(shape, body, None, is_user=visit.is_user, path=path)
        if body.get("id") is not None and body["id"] not in _SYSTEM_SORT:
            found.append(Fault("NotSupportedChoice", f"{path}id"))
        rows.append({**fields, "id": body.get("id")})
        faults += found
    return rows, faults


def ordered(state: State, pipeline_id: int) -> list[Row]:
    """A pipeline's stages in the order in which people see them."""
    return sorted(state.stages[pipeline_id].values(), key=lambda row: (row["sort"], row["id"]))


def shown(visit: Visit, row: Row) -> Row:
    """A stage as answers show it."""
    path = f"/api/v4/leads/pipelines/{row['pipeline_id']}/statuses/{row['id']}"
    extra: Row = {"descriptions": []} if "descriptions" in visit.query.with_ else {}
    return {**row, **extra, "_links": {"self": hal.link(visit.href(path))}}


def _add(state: State, pipeline_id: int, fields: Row, *, kind: int = 0, is_editable: bool = True) -> Row:
    row: Row = {
        "id": fields.get("id") or state.next_id("statuses"),
        "name": fields["name"],
        "sort": fields["sort"],
        "is_editable": is_editable,
        "pipeline_id": pipeline_id,
        "color": fields.get("color", STAGE_COLORS[len(state.stages[pipeline_id]) % len(STAGE_COLORS)]),
        "type": kind,
        "account_id": state.settings.account_id,
    }
    state.stages[pipeline_id][row["id"]] = row
    return row


def _check(visit: Visit, shape: Shape, body: Row, current: Row | None) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(shape, body, current, is_user=visit.is_user)
    if (
        "color" in fields
        and fields["color"] not in STAGE_COLORS
        and fields["color"] != (current or {}).get("color")
    ):
        faults.append(Fault("NotSupportedChoice", "color"))
    return fields, faults


def _pipeline(visit: Visit) -> int:
    pipeline_id = int(visit.params["pipeline_id"])
    if pipeline_id not in visit.state.stages:
        raise not_found()
    return pipeline_id


def _known(visit: Visit) -> Row:
    row = visit.state.stages[_pipeline(visit)].get(visit.id)
    if row is None:
        raise not_found()
    return row


_PATH: Final = "/api/v4/leads/pipelines/{pipeline_id}/statuses"
ROUTES: Final = (
    Route("statuses.list", "GET", _PATH, list_stages),
    Route("statuses.get", "GET", f"{_PATH}/{{id}}", get_stage),
    Route("statuses.create", "POST", _PATH, create_stages, is_admin=True),
    Route("statuses.update", "PATCH", f"{_PATH}/{{id}}", update_stage, is_admin=True),
    Route("statuses.delete", "DELETE", f"{_PATH}/{{id}}", delete_stage, is_admin=True),
)
