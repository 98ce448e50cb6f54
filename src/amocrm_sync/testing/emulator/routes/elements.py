"""Elements of lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator import bodies_rare, hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import BY_ID, Test, number
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.rules.values import merge_values
from amocrm_sync.testing.emulator.state import ELEMENTS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_SHAPE: Final[Shape] = {
    "id": Field("int", "r"),
    "name": Field("string", required=True),
    "currency_id": Field("int", nullable=True),
    "created_by": Field("user"),
    "updated_by": Field("user"),
    "created_at": Field("int"),
    "updated_at": Field("int"),
    "catalog_id": Field("int", "r"),
    "is_deleted": Field("bool", "r"),
    "account_id": Field("int", "r"),
}


def list_elements(visit: Visit) -> Response:
    """One page of a list's elements; ids may be asked for within ``filter`` or beside it."""
    catalog_id = _catalog(visit)["id"]

    def is_here(row: Row) -> bool:
        return bool(row["catalog_id"] == catalog_id)

    also = [is_here, *_beside_filter(visit)]
    return tables.page(visit, "elements", visit.state.cards[ELEMENTS], _shown, rule=BY_ID, also=also)


def get_element(visit: Visit) -> Response:
    """One element."""
    row = _find(visit, visit.id)
    if row is None:
        raise NothingFound
    return hal.document(_shown(visit, row))


def create_elements(visit: Visit) -> Response:
    """New elements; the answer has them whole."""
    _catalog(visit)
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check(visit, body, None))
    made = [
        {**_shown(visit, _store(visit, fields)), "request_id": _request_id(row, index)}
        for index, (row, (_, fields)) in enumerate(zip(rows, drafts, strict=True))
    ]
    return hal.collection(visit.request, "elements", made)


def update_elements(visit: Visit) -> Response:
    """Changes to several elements."""
    _catalog(visit)
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = list(checked(rows, lambda body: _check_change(visit, body, body.get("id"))))
    made = [
        {**_apply(visit, *change), "request_id": _request_id(row, row["id"])}
        for row, (_, change) in zip(rows, drafts, strict=True)
    ]
    return hal.collection(visit.request, "elements", made)


def update_element(visit: Visit) -> Response:
    """Changes to one element."""
    if _find(visit, visit.id) is None:
        raise not_found()
    body = object_of(visit.body)
    ((_, change),) = checked([body], lambda body: _check_change(visit, body, visit.id))
    return hal.document({**_apply(visit, *change), "request_id": _request_id(body, visit.id)})


def _beside_filter(visit: Visit) -> Iterable[Test]:
    """The official client sends ``id[]`` at top level."""
    wanted = {number(value) for value in as_list(visit.query.values.get("id"))} - {None}
    return [lambda row: row["id"] in wanted] if wanted else []


def _catalog(visit: Visit) -> Row:
    row = visit.state.catalogs.live(visit.params["catalog_id"])
    if row is None:
        raise not_found("Catalog not found")
    return row


def _find(visit: Visit, row_id: object) -> Row | None:
    row = visit.state.cards[ELEMENTS].live(row_id)
    return row if row is not None and row["catalog_id"] == _catalog(visit)["id"] else None


def _check(visit: Visit, body: Row, current: Row | None) -> tuple[Row, list[Fault]]:
    shape = _SHAPE if current is None else tables.optional(_SHAPE)
    fields, faults = check_fields(shape, body, current, is_user=visit.is_user)
    if "custom_fields_values" in body:
        definitions = visit.state.fields[f"catalogs/{visit.params['catalog_id']}"]
        old = current["custom_fields_values"] if current else None
        values, found = merge_values(definitions, body["custom_fields_values"], old)
        fields["custom_fields_values"] = values
        faults += found
    return fields, faults


def _check_change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[int, Row], list[Fault]]:
    row = _find(visit, row_id)
    if row is None:
        return (0, {}), [Fault("EntityNotFound", "id")]
    fields, faults = _check(visit, body, row)
    return (row["id"], fields), faults


def _store(visit: Visit, fields: Row) -> Row:
    more = {"catalog_id": _catalog(visit)["id"], "is_deleted": False, "custom_fields_values": None}
    row = tables.stamped(visit, ELEMENTS, {**more, "currency_id": None, **fields})
    visit.state.cards[ELEMENTS].add(row)
    visit.changes.emit("add_catalog_element", lambda: bodies_rare.element("add", row))
    return row


def _apply(visit: Visit, row_id: int, fields: Row) -> Row:
    stamps = {"updated_at": visit.state.now(), "updated_by": visit.user_id}
    row = visit.state.cards[ELEMENTS].change(row_id, {**stamps, **fields})
    visit.changes.emit("update_catalog_element", lambda: bodies_rare.element("update", row))
    return _shown(visit, row)


def _shown(visit: Visit, row: Row) -> Row:
    catalog = _catalog(visit)
    shown = render.simple(visit.request.origin, f"catalogs/{catalog['id']}/elements", row)
    is_invoice = catalog["type"] == "invoices"
    if "invoice_link" in visit.query.with_ or (is_invoice and visit.request.method != "GET"):
        link = f"https://pay.{visit.state.settings.domain}/{row['id']:x}"
        shown["invoice_link"] = link if is_invoice else None
    if is_invoice:
        shown["_embedded"] = {"warning": {"message": None}}
    return shown


def _request_id(body: Row, number_: int) -> str | int:
    """The client's own as text; where it sent none, a number and not a text, unlike everywhere else."""
    given = body.get("request_id")
    return number_ if given is None else str(given)


_PATH: Final = "/api/v4/catalogs/{catalog_id}/elements"
ROUTES: Final = (
    Route("catalog_elements.list", "GET", _PATH, list_elements),
    Route("catalog_elements.get", "GET", f"{_PATH}/{{id}}", get_element),
    Route("catalog_elements.create", "POST", _PATH, create_elements),
    Route("catalog_elements.update_many", "PATCH", _PATH, update_elements),
    Route("catalog_elements.update_one", "PATCH", f"{_PATH}/{{id}}", update_element),
)
