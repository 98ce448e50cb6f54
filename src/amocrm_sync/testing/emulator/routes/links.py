"""Links between leads, contacts and companies: of one entity and in bulk."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, bad_request, not_found, wrong_type
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import number
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, rows_of
from amocrm_sync.testing.emulator.state import CARDS, ELEMENTS
from amocrm_sync.testing.emulator.tables import Row, part
from amocrm_sync.testing.emulator.visit import Route, Visit

_DIRECTIONS: Final = {
    "leads": ("contacts", "companies", ELEMENTS),
    "contacts": ("leads", "companies", "customers", ELEMENTS),
    "companies": ("contacts", "leads", "customers", ELEMENTS),
    "customers": ("contacts", "companies", ELEMENTS),
    ELEMENTS: ("leads", "customers"),
}


def list_links(visit: Visit) -> Response:
    """What one entity is linked to."""
    _known(visit)
    return _listing(visit, [visit.id], is_bulk=False)


def list_many(visit: Visit) -> Response:
    """What several entities are linked to; ``filter[entity_id]`` names them."""
    ids = [
        row_id for row_id in map(number, as_list(visit.query.filters.get("entity_id"))) if row_id is not None
    ]
    if not ids:
        raise bad_request("filter[entity_id] is required")
    return _listing(visit, ids, is_bulk=True)


def link_one(visit: Visit) -> Response:
    """Link one entity to others."""
    _known(visit)
    return _link(visit)


def link_many(visit: Visit) -> Response:
    """Link several entities to others."""
    return _link(visit)


def unlink_one(visit: Visit) -> Response:
    """Undo links of one entity."""
    _known(visit)
    return _unlink(visit)


def unlink_many(visit: Visit) -> Response:
    """Undo links of several entities."""
    return _unlink(visit)


def _link(visit: Visit) -> Response:
    made: list[Row] = []
    for row_id, body in _checked(visit):
        to = (body["to_entity_type"], body["to_entity_id"])
        visit.changes.link((visit.entity, row_id), to, body.get("metadata") or {}, by=visit.user_id)
        made.append(_shown(visit, row_id, *to, is_bulk=True))
    return hal.collection(visit.request, "links", made, total=len(made))


def _unlink(visit: Visit) -> Response:
    for row_id, body in _checked(visit):
        to = (body["to_entity_type"], body["to_entity_id"])
        visit.changes.unlink((visit.entity, row_id), to, by=visit.user_id)
    return hal.NO_CONTENT


def _checked(visit: Visit) -> list[tuple[int, Row]]:
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    return [pair for _, pair in checked(rows, lambda body: _check(visit, body))]


def _check(visit: Visit, body: Row) -> tuple[tuple[int, Row], list[Fault]]:
    row_id = visit.params.get("id", body.get("entity_id"))
    faults: list[Fault] = []
    if visit.state.cards[visit.entity].live(row_id) is None:
        faults.append(Fault("EntityNotFound", "entity_id"))
    to = body.get("to_entity_type")
    if to not in _DIRECTIONS[visit.entity]:
        faults.append(Fault("NotSupportedChoice", "to_entity_type"))
    elif visit.state.cards[str(to)].live(body.get("to_entity_id")) is None:
        faults.append(Fault("EntityNotFound", "to_entity_id"))
    if not isinstance(body.get("metadata"), dict | None):
        return (0, body), [wrong_type("metadata", "array")]
    if to == ELEMENTS and not faults:
        faults += _check_element(visit, body)
    return (row_id if isinstance(row_id, int) else 0, body), faults


def _check_element(visit: Visit, body: Row) -> list[Fault]:
    """An element is named with its list, both to link it and to undo the link."""
    catalog_id = part(body, "metadata").get("catalog_id")
    element = visit.state.cards[ELEMENTS].rows[body["to_entity_id"]]
    if catalog_id is None:
        return [Fault("FieldMissing", "metadata.catalog_id")]
    return [] if element["catalog_id"] == catalog_id else [Fault("NotSupportedChoice", "metadata.catalog_id")]


def _listing(visit: Visit, ids: list[int], *, is_bulk: bool) -> Response:
    filters = visit.query.filters
    only_type, only_id = filters.get("to_entity_type"), number(filters.get("to_entity_id"))
    only_list = number(filters.get("to_catalog_id"))
    is_narrow = only_type is not None and only_id is not None
    shown = [
        _shown(visit, row_id, kind, other, is_bulk=is_bulk)
        for row_id in ids
        for kind, other, _ in visit.state.links.every((visit.entity, row_id))
        if visit.state.cards[kind].live(other) is not None
        if not is_narrow or (kind, other) == (only_type, only_id)
        if only_list is None or _list_of(visit, kind, other) == only_list
    ]
    if not shown:
        raise NothingFound
    return hal.collection(visit.request, "links", shown, total=len(shown))


def _list_of(visit: Visit, kind: str, row_id: int) -> int | None:
    return visit.state.cards[kind].rows[row_id]["catalog_id"] if kind == ELEMENTS else None


def _shown(visit: Visit, row_id: int, kind: str, other: int, *, is_bulk: bool) -> Row:
    meta = visit.state.links.of((visit.entity, row_id), kind).get(other)
    metadata: Any = None
    if meta is not None and "is_main" in meta and kind == "contacts":
        metadata = {"main_contact": meta["is_main"]}
    if ELEMENTS in (visit.entity, kind):
        element = visit.state.cards[ELEMENTS].rows[other if kind == ELEMENTS else row_id]
        given = {key: value for key, value in (meta or {}).items() if key in ("quantity", "price_id")}
        metadata = {"quantity": 1, "price_id": None, **given, "catalog_id": element["catalog_id"]}
    shown: Row = {"entity_id": row_id, "entity_type": visit.entity} if is_bulk else {}
    return {**shown, "to_entity_id": other, "to_entity_type": kind, "metadata": metadata}


def _known(visit: Visit) -> None:
    row = visit.state.cards[visit.entity].live(visit.id)
    if row is None or visit.params.get("catalog_id") not in (None, row.get("catalog_id")):
        raise not_found()


_OF_ELEMENT: Final = "/api/v4/catalogs/{catalog_id}/elements/{id}"
ROUTES: Final = (
    Route("links.list", "GET", "/api/v4/{entity}/{id}/links", list_links, entities=CARDS),
    Route("links.link", "POST", "/api/v4/{entity}/{id}/link", link_one, entities=CARDS),
    Route("links.unlink", "POST", "/api/v4/{entity}/{id}/unlink", unlink_one, entities=CARDS),
    Route("catalog_elements.links", "GET", f"{_OF_ELEMENT}/links", list_links, entities=(ELEMENTS,)),
    Route("catalog_elements.link", "POST", f"{_OF_ELEMENT}/link", link_one, entities=(ELEMENTS,)),
    Route("catalog_elements.unlink", "POST", f"{_OF_ELEMENT}/unlink", unlink_one, entities=(ELEMENTS,)),
    Route("links.mass_list", "GET", "/api/v4/{entity}/links", list_many, entities=CARDS),
    Route("links.mass_link", "POST", "/api/v4/{entity}/link", link_many, entities=CARDS),
    Route("links.mass_unlink", "POST", "/api/v4/{entity}/unlink", unlink_many, entities=CARDS),
)
