"""Sources of leads that the integration owns."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, Refusal, bad_request, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked, request_id
from amocrm_sync.testing.emulator.rules.lists import ListRule, texts
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape, check_fields, object_of, rows_of
from amocrm_sync.testing.emulator.selection import select
from amocrm_sync.testing.emulator.tables import Row, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_PER_WRITE: Final = 50
MAX_SOURCES: Final = 100
_ID_LENGTH: Final = 36
_ORIGIN_LENGTH: Final = 20
_RULE: Final = ListRule(filters={"external_id": texts("external_id")})
_SHAPE: Final[Shape] = {
    "id": Field("int", "r"),
    "name": Field("string", required=True),
    "external_id": Field("string", "c", required=True),
    "pipeline_id": Field("int"),
    "default": Field("bool"),
    "origin_code": Field("string", nullable=True),
    "services": Field("array"),
}


def list_sources(visit: Visit) -> Response:
    """All sources, a hundred at most; there are no pages."""
    rows = [_shown(visit, row) for row in select(visit.state.sources, visit.query, _RULE)]
    if not rows:
        raise NothingFound
    return hal.collection(visit.request, "sources", rows[:MAX_SOURCES], total=len(rows))


def get_source(visit: Visit) -> Response:
    """One source."""
    return hal.document(_shown(visit, tables.found(visit.state.sources, visit.id)))


def create_sources(visit: Visit) -> Response:
    """New sources."""
    rows = rows_of(visit.body, most=visit.most(MAX_PER_WRITE))
    if len(visit.state.sources) + len(rows) > MAX_SOURCES:
        raise bad_request(f"An integration has at most {MAX_SOURCES} sources")
    made: list[Row] = []
    for name, fields in checked(rows, lambda body: _check(visit, body, None)):
        row: Row = {
            "id": visit.state.next_id("sources"),
            "pipeline_id": visit.state.main_pipeline["id"],
            "default": False,
            "origin_code": None,
            "services": [],
            **fields,
        }
        _claim_default(visit, fields)
        made.append({**_shown(visit, visit.state.sources.add(row)), "request_id": name})
    return hal.collection(visit.request, "sources", made, total=len(made))


def update_sources(visit: Visit) -> Response:
    """Changes to several sources."""
    rows = rows_of(visit.body, most=visit.most(MAX_PER_WRITE))
    drafts = list(checked(rows, lambda body: _check_change(visit, body, body.get("id"))))
    made = [{**_apply(visit, *change), "request_id": name} for name, change in drafts]
    return hal.collection(visit.request, "sources", made, total=len(made))


def update_source(visit: Visit) -> Response:
    """Changes to one source."""
    tables.known(visit.state.sources, visit.id)
    body = object_of(visit.body)
    ((name, change),) = checked([body], lambda body: _check_change(visit, body, visit.id))
    return hal.document({**_apply(visit, *change), "request_id": name})


def delete_sources(visit: Visit) -> Response:
    """Remove several sources; the answer for unknown ones is shaped unlike all others."""
    if not len(visit.state.sources):
        raise not_found("The integration has no sources")
    rows = rows_of(visit.body, most=MAX_SOURCES)
    fault = Fault("EntityNotFound", "id").as_dict()
    errors = [
        {"request_id": request_id(row, index), "errors": fault}
        for index, row in enumerate(rows)
        if visit.state.sources.live(row.get("id")) is None
    ]
    if errors:
        raise Refusal(400, "Sources not found", errors=errors)
    for row in rows:
        visit.state.sources.drop(row["id"])
    return hal.NO_CONTENT


def delete_source(visit: Visit) -> Response:
    """Remove one source."""
    visit.state.sources.drop(tables.known(visit.state.sources, visit.id)["id"])
    return hal.NO_CONTENT


def _check(visit: Visit, body: Row, current: Row | None) -> tuple[Row, list[Fault]]:
    shape = _SHAPE if current is None else tables.optional(_SHAPE)
    fields, faults = check_fields(shape, body, current, is_user=visit.is_user)
    if "pipeline_id" in fields and fields["pipeline_id"] not in visit.state.stages:
        faults.append(Fault("NotSupportedChoice", "pipeline_id"))
    external_id = fields.get("external_id")
    if external_id is not None:
        if not (0 < len(external_id) <= _ID_LENGTH and external_id.isascii() and external_id.isprintable()):
            detail = f"1 to {_ID_LENGTH} printable ASCII characters."
            faults.append(Fault("InvalidLength", "external_id", detail))
        if any(row["external_id"] == external_id for row in visit.state.sources.all()):
            faults.append(Fault("NotUnique", "external_id", "A source with this external_id exists."))
    if len(fields.get("origin_code") or "") > _ORIGIN_LENGTH:
        faults.append(Fault("InvalidLength", "origin_code", f"At most {_ORIGIN_LENGTH} characters."))
    faults += [
        Fault("NotSupportedChoice", f"services.{index}.type")
        for index, service in enumerate(fields.get("services") or ())
        if not is_row(service) or service.get("type") != "whatsapp"
    ]
    return fields, faults


def _check_change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[Row, Row], list[Fault]]:
    row = visit.state.sources.live(row_id)
    if row is None:
        return ({}, {}), [Fault("EntityNotFound", "id")]
    fields, faults = _check(visit, body, row)
    return (row, fields), faults


def _apply(visit: Visit, row: Row, fields: Row) -> Row:
    _claim_default(visit, fields)
    return _shown(visit, visit.state.sources.change(row["id"], fields))


def _claim_default(visit: Visit, fields: Row) -> None:
    """One default source at most."""
    if fields.get("default"):
        for row in visit.state.sources.all():
            row["default"] = False


def _shown(visit: Visit, row: Row) -> Row:
    return render.simple(visit.request.origin, "sources", row)


_PATH: Final = "/api/v4/sources"
ROUTES: Final = (
    Route("sources.list", "GET", _PATH, list_sources),
    Route("sources.get", "GET", f"{_PATH}/{{id}}", get_source),
    Route("sources.create", "POST", _PATH, create_sources),
    Route("sources.update_many", "PATCH", _PATH, update_sources),
    Route("sources.update_one", "PATCH", f"{_PATH}/{{id}}", update_source),
    Route("sources.delete_many", "DELETE", _PATH, delete_sources),
    Route("sources.delete_one", "DELETE", f"{_PATH}/{{id}}", delete_source),
)
