"""Reasons why leads are lost."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import NothingFound, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import PLAIN
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, Field, Shape, check_fields, rows_of
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_SHAPE: Final[Shape] = {"name": Field("string", required=True), "sort": Field("int")}


def list_reasons(visit: Visit) -> Response:
    """One page."""
    page = page_of(select(visit.state.loss_reasons, visit.query, PLAIN), visit.query, PLAIN)
    return hal.listing(visit.request, "loss_reasons", [_shown(visit, row) for row in page.rows], page)


def get_reason(visit: Visit) -> Response:
    """One reason."""
    row = visit.state.loss_reasons.live(visit.id)
    if row is None:
        raise NothingFound
    return hal.document(_shown(visit, row))


def create_reasons(visit: Visit) -> Response:
    """New reasons."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: check_fields(_SHAPE, body, None, is_user=visit.is_user))
    made = [{**_shown(visit, _store(visit, fields)), "request_id": name} for name, fields in drafts]
    return hal.collection(visit.request, "loss_reasons", made)


def delete_reason(visit: Visit) -> Response:
    """Remove a reason."""
    if visit.state.loss_reasons.live(visit.id) is None:
        raise not_found()
    visit.state.loss_reasons.drop(visit.id)
    return hal.NO_CONTENT


def _store(visit: Visit, fields: Row) -> Row:
    now = visit.state.now()
    row: Row = {"id": visit.state.next_id("loss_reasons"), "sort": 100_000, **fields}
    return visit.state.loss_reasons.add({**row, "created_at": now, "updated_at": now})


def _shown(visit: Visit, row: Row) -> Row:
    return render.simple(visit.request.origin, "leads/loss_reasons", row)


_PATH: Final = "/api/v4/leads/loss_reasons"
ROUTES: Final = (
    Route("loss_reasons.list", "GET", _PATH, list_reasons),
    Route("loss_reasons.get", "GET", f"{_PATH}/{{id}}", get_reason),
    Route("loss_reasons.create", "POST", _PATH, create_reasons, is_admin=True),
    Route("loss_reasons.delete", "DELETE", f"{_PATH}/{{id}}", delete_reason, is_admin=True),
)
