"""Leads, contacts and companies: list, get, create, update."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.cards import Draft, draft, new_row
from amocrm_sync.testing.emulator.rules.customers import check_is_on
from amocrm_sync.testing.emulator.rules.lists import CARD_LISTS
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, object_of, rows_of
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.state import CARDS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit


def list_cards(visit: Visit) -> Response:
    """One page, filtered and ordered as far as the entity's list can."""
    state, entity, query = visit.state, _reachable(visit), visit.query
    rule = CARD_LISTS[entity]
    rows = select(
        state.cards[entity],
        query,
        rule,
        also=[lambda row: (entity, row["id"]) not in state.hidden] if state.hidden else (),
        fields=state.fields[entity],
        are_filters_on=state.settings.filters_enabled,
    )
    page = page_of(rows, query, rule)
    origin = visit.request.origin
    shown = [render.card(state, origin, entity, row, query.with_) for row in page.rows]
    return hal.listing(visit.request, entity, shown, page)


def get_card(visit: Visit) -> Response:
    """One row; from the trash only with ``with=only_deleted``."""
    row = visit.state.cards[_reachable(visit)].rows.get(visit.id)
    if row is None or (row["is_deleted"] and "only_deleted" not in visit.query.with_):
        raise NothingFound
    return hal.document(render.card(visit.state, visit.request.origin, visit.entity, row, visit.query.with_))


def create_cards(visit: Visit) -> Response:
    """New rows; nothing is stored when any of them is at fault."""
    entity = _reachable(visit)
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: draft(visit.state, entity, body, None, is_user=visit.is_user))
    made = [_short(visit, entity, store(visit, entity, made), request_id=name) for name, made in drafts]
    return hal.collection(visit.request, entity, made)


def update_cards(visit: Visit) -> Response:
    """Changes to several rows; nothing is stored when any of them is at fault."""
    entity = _reachable(visit)
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = list(checked(rows, lambda body: _change(visit, body, body.get("id"))))
    made = [
        _short(visit, entity, _apply(visit, entity, row_id, made), request_id=name)
        for name, (row_id, made) in drafts
    ]
    return hal.collection(visit.request, entity, made)


def update_card(visit: Visit) -> Response:
    """Changes to one row."""
    _reachable(visit)
    body = object_of(visit.body)
    ((_, (row_id, made)),) = checked([body], lambda body: _change(visit, body, visit.id))
    return hal.document(_short(visit, visit.entity, _apply(visit, visit.entity, row_id, made)))


def store(visit: Visit, entity: str, made: Draft) -> Row:
    """A checked body becomes a row with its tags and links."""
    state, changes = visit.state, visit.changes
    row = new_row(state, entity, made.fields, by=visit.user_id)
    row["tags"] = [state.tag(entity, tag["name"]) for tag in made.tags or ()]
    node = (entity, row["id"])
    main_id = next((contact_id for contact_id, is_main in made.contacts if is_main), None)
    for contact_id, _ in made.contacts:
        state.links.add(
            node, ("contacts", contact_id), {"is_main": contact_id == (main_id or made.contacts[0][0])}
        )
    for company_id in made.companies[:1]:
        state.links.add(node, ("companies", company_id))
    return changes.add_card(entity, row, by=visit.user_id)


def _reachable(visit: Visit) -> str:
    """The entity, when the account has it at all: customers may be off."""
    if visit.entity == "customers":
        check_is_on(visit.state)
    return visit.entity


def _change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[int, Draft], list[Fault]]:
    row = visit.state.cards[visit.entity].live(row_id)
    if row is None:
        return (0, Draft(fields={})), [Fault("EntityNotFound", "id")]
    made, faults = draft(visit.state, visit.entity, body, row, is_user=visit.is_user)
    return (row["id"], made), faults


def _apply(visit: Visit, entity: str, row_id: int, made: Draft) -> Row:
    state = visit.state
    fields = dict(made.fields)
    if made.tags is not None:
        fields["tags"] = [state.tag(entity, tag["name"]) for tag in made.tags]
    if entity == "contacts" and "name" not in fields and fields.keys() & {"first_name", "last_name"}:
        row = {**state.cards[entity].rows[row_id], **fields}
        fields["name"] = f"{row['first_name']} {row['last_name']}".strip()
    return visit.changes.change_card(entity, row_id, fields, by=visit.user_id)


def _short(visit: Visit, entity: str, row: Row, request_id: str | None = None) -> Row:
    """What a write answers for a row."""
    shown = {"id": row["id"], "updated_at": row["updated_at"]}
    if entity not in ("leads", "customers"):
        shown["name"] = row["name"]
    if request_id is not None:
        shown["request_id"] = request_id
    shown["_links"] = {"self": hal.link(visit.href(f"/api/v4/{entity}/{row['id']}"))}
    return shown


def _routes() -> tuple[Route, ...]:
    return tuple(
        Route(f"{entity}.{name}", method, f"/api/v4/{{entity}}{tail}", handler, entities=(entity,))
        for entity in CARDS
        for name, method, tail, handler in (
            ("list", "GET", "", list_cards),
            ("get", "GET", "/{id}", get_card),
            ("create", "POST", "", create_cards),
            ("update_many", "PATCH", "", update_cards),
            ("update_one", "PATCH", "/{id}", update_card),
        )
    )


ROUTES: Final = _routes()
