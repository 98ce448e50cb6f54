"""Custom fields and their groups."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.definitions import (
    MAX_SEGMENT_FIELDS,
    add_definition,
    change_definition,
    check_definition,
    drop_definition,
)
from amocrm_sync.testing.emulator.rules.lists import FIELDS
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.state import CARDS, SEGMENTS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_GROUP: Final[Shape] = {
    "name": Field("string", required=True),
    "sort": Field("int", required=True),
    "fields": Field("array"),
}
_GROUP_CHANGE: Final[Shape] = {name: Field(field.kind) for name, field in _GROUP.items()}


def list_fields(visit: Visit) -> Response:
    """One page, with totals."""
    table = visit.state.fields[visit.entity]
    page = page_of(select(table, visit.query, FIELDS), visit.query, FIELDS)
    total = len(table)
    pages = -(-total // visit.query.size(FIELDS))
    shown = [_shown(visit, row) for row in page.rows]
    return hal.listing(visit.request, "custom_fields", shown, page, total=total, pages=pages)


def get_field(visit: Visit) -> Response:
    """One field."""
    return hal.document(_shown(visit, _known(visit, visit.id)))


def create_fields(visit: Visit) -> Response:
    """New fields."""
    state, entity = visit.state, visit.entity
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    if entity == SEGMENTS and len(state.fields[entity]) + len(rows) > visit.most(MAX_SEGMENT_FIELDS):
        raise bad_request(f"Segments have at most {MAX_SEGMENT_FIELDS} fields")
    drafts = checked(rows, lambda body: check_definition(state, entity, body, None, is_user=visit.is_user))
    made = [
        {**_shown(visit, add_definition(state, entity, fields)), "request_id": name}
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "custom_fields", made, status=201, total=len(made))


def update_fields(visit: Visit) -> Response:
    """Changes to several fields."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check_change(visit, body, body.get("id")))
    made = [
        {**_shown(visit, change_definition(visit.state, visit.entity, row, fields)), "request_id": name}
        for name, (row, fields) in drafts
    ]
    return hal.collection(visit.request, "custom_fields", made, total=len(made))


def update_field(visit: Visit) -> Response:
    """Changes to one field."""
    _known(visit, visit.id)
    ((_, (row, fields)),) = checked(
        [object_of(visit.body)], lambda body: _check_change(visit, body, visit.id)
    )
    return hal.document(_shown(visit, change_definition(visit.state, visit.entity, row, fields)))


def delete_field(visit: Visit) -> Response:
    """Remove a field with all its values."""
    row = _known(visit, visit.id)
    if not row["is_deletable"]:
        raise bad_request("A predefined field cannot be deleted")
    drop_definition(visit.state, visit.entity, row)
    return hal.NO_CONTENT


def list_groups(visit: Visit) -> Response:
    """All groups; there are no pages."""
    rows = [_shown_group(visit, row) for row in visit.state.groups[visit.entity].values()]
    return hal.collection(visit.request, "custom_field_groups", rows, total=len(rows))


def get_group(visit: Visit) -> Response:
    """One group."""
    return hal.document(_shown_group(visit, _known_group(visit)))


def create_groups(visit: Visit) -> Response:
    """New groups."""
    state, entity = visit.state, visit.entity
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    for name, fields in checked(rows, lambda body: check_fields(_GROUP, body, None, is_user=visit.is_user)):
        row = _add_group(visit, f"{entity}_{state.next_id('groups')}", fields)
        _move(visit, row, fields)
        made.append({**_shown_group(visit, row), "request_id": name})
    return hal.collection(visit.request, "custom_field_groups", made, status=201, total=len(made))


def update_group(visit: Visit) -> Response:
    """Changes to one group; ``fields`` moves fields into it."""
    row = _known_group(visit)
    ((_, fields),) = checked(
        [object_of(visit.body)], lambda body: check_fields(_GROUP_CHANGE, body, None, is_user=visit.is_user)
    )
    row.update({key: value for key, value in fields.items() if key != "fields"})
    _move(visit, row, fields)
    return hal.document(_shown_group(visit, row))


def delete_group(visit: Visit) -> Response:
    """Remove a group; its fields go to the main one."""
    row = _known_group(visit)
    if row["is_predefined"]:
        raise bad_request("A predefined group cannot be deleted")
    for field in visit.state.fields[visit.entity].all():
        if field.get("group_id") == row["id"]:
            field["group_id"] = "default"
    del visit.state.groups[visit.entity][row["id"]]
    return hal.NO_CONTENT


def _add_group(visit: Visit, group_id: str, fields: Row) -> Row:

    row: Row = {
        "id": group_id,
        "name": fields["name"],
        "is_predefined": False,
        "type": "custom_field_group",
        "entity_type": visit.entity,
        "sort": fields["sort"],
    }
    visit.state.groups[visit.entity][group_id] = row
    return row


def _move(visit: Visit, group: Row, fields: Row) -> None:
    for field_id in fields.get("fields") or ():
        field = visit.state.fields[visit.entity].live(field_id)
        if field is not None:
            field["group_id"] = group["id"]


def _check_change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[Row, Row], list[Fault]]:
    row = visit.state.fields[visit.entity].live(row_id)
    if row is None:
        return ({}, {}), [Fault("EntityNotFound", "id")]
    fields, faults = check_definition(visit.state, visit.entity, body, row, is_user=visit.is_user)
    return (row, fields), faults


def _known(visit: Visit, row_id: int) -> Row:
    row = visit.state.fields[visit.entity].live(row_id)
    if row is None:
        raise not_found()
    return row


def _known_group(visit: Visit) -> Row:
    row = visit.state.groups[visit.entity].get(str(visit.params["group"]))
    if row is None:
        raise not_found()
    return row


def _shown(visit: Visit, row: Row) -> Row:
    return render.simple(visit.request.origin, f"{visit.entity}/custom_fields", row)


def _shown_group(visit: Visit, row: Row) -> Row:
    members = [
        field["id"] for field in visit.state.fields[visit.entity].all() if field.get("group_id") == row["id"]
    ]
    href = visit.href(f"/api/v4/{visit.entity}/custom_fields/groups/{row['id']}")
    return {**row, "fields": members, "_links": {"self": hal.link(href)}}


_OF_LIST: Final = "catalogs/{catalog_id}"
_OWNERS: Final = (*CARDS, SEGMENTS, _OF_LIST)
_GROUPED: Final = (*CARDS, _OF_LIST)
_PATH: Final = "/api/v4/{entity}/custom_fields"
_GROUPS: Final = f"{_PATH}/groups"
ROUTES: Final = (
    Route("custom_fields.list", "GET", _PATH, list_fields, entities=_OWNERS),
    Route("custom_fields.get", "GET", f"{_PATH}/{{id}}", get_field, entities=_OWNERS),
    Route("custom_fields.create", "POST", _PATH, create_fields, entities=_OWNERS, is_admin=True),
    Route("custom_fields.update_many", "PATCH", _PATH, update_fields, entities=_OWNERS, is_admin=True),
    Route(
        "custom_fields.update_one", "PATCH", f"{_PATH}/{{id}}", update_field, entities=_OWNERS, is_admin=True
    ),
    Route("custom_fields.delete", "DELETE", f"{_PATH}/{{id}}", delete_field, entities=_OWNERS, is_admin=True),
    Route("cf_groups.list", "GET", _GROUPS, list_groups, entities=_GROUPED),
    Route("cf_groups.get", "GET", f"{_GROUPS}/{{group}}", get_group, entities=_GROUPED),
    Route("cf_groups.create", "POST", _GROUPS, create_groups, entities=_GROUPED, is_admin=True),
    Route(
        "cf_groups.update", "PATCH", f"{_GROUPS}/{{group}}", update_group, entities=_GROUPED, is_admin=True
    ),
    Route(
        "cf_groups.delete", "DELETE", f"{_GROUPS}/{{group}}", delete_group, entities=_GROUPED, is_admin=True
    ),
)
