"""Tags: one directory for each kind of entity."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.colors import TAG_COLORS
from amocrm_sync.testing.emulator.rules.lists import TAGS
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, Field, Shape, check_fields, rows_of
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.state import CARDS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_SHAPE: Final[Shape] = {"name": Field("string", required=True), "color": Field("string", nullable=True)}


def list_tags(visit: Visit) -> Response:
    """One page; ``query`` searches by name."""
    page = page_of(select(visit.state.tags[visit.entity], visit.query, TAGS), visit.query, TAGS)
    return hal.listing(visit.request, "tags", page.rows, page)


def create_tags(visit: Visit) -> Response:
    """New tags; a name that exists gives the tag that has it."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check(visit, body))
    made = [
        {**visit.state.tag(visit.entity, fields["name"], fields.get("color")), "request_id": name}
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "tags", made, total=len(made))


def update_tags(visit: Visit) -> Response:
    """New names or colours of leads' tags; every lead shows them at once."""
    made: list[Row] = []
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    names = visit.state.tag_names["leads"]
    for name, (row, fields) in checked(rows, lambda body: _check_change(visit, body)):
        del names[row["name"]]
        names[fields["name"]] = visit.state.tags["leads"].change(row["id"], fields)
        made.append({**row, "request_id": name})
    return hal.collection(visit.request, "tags", made)


def _check(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    color = fields.get("color")
    if color is not None and (visit.entity != "leads" or color not in TAG_COLORS):
        faults.append(Fault("NotSupportedChoice", "color"))
    return fields, faults


def _check_change(visit: Visit, body: Row) -> tuple[tuple[Row, Row], list[Fault]]:
    row = visit.state.tags["leads"].live(body.get("id"))
    if row is None:
        return ({}, {}), [Fault("EntityNotFound", "id")]
    given: Row = {"name": row["name"], **{key: body[key] for key in ("name", "color") if key in body}}
    fields, faults = _check(visit, given)
    if visit.state.tag_names["leads"].get(fields.get("name", ""), row) is not row:
        faults.append(Fault("NotUnique", "name", "A tag with this name exists."))
    return (row, fields), faults


_PATH: Final = "/api/v4/{entity}/tags"
ROUTES: Final = (
    Route("tags.list", "GET", _PATH, list_tags, entities=CARDS),
    Route("tags.create", "POST", _PATH, create_tags, entities=CARDS),
    Route("tags.update", "PATCH", _PATH, update_tags, entities=("leads",)),
)
