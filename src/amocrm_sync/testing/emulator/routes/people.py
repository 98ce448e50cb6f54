"""Users and roles: for administrators only."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import ROLES, USERS, ListRule
from amocrm_sync.testing.emulator.rules.people import add_user, merged_rights, shown_user
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.tables import Row, Table
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_USERS: Final = 10
_USER: Final[Shape] = {
    "name": Field("string", required=True),
    "email": Field("string", required=True),
    "password": Field("string", required=True),
    "lang": Field("string"),
    "rights": Field("object"),
}
_ROLE: Final[Shape] = {"name": Field("string", required=True), "rights": Field("object")}
_ROLE_CHANGE: Final[Shape] = {"name": Field("string"), "rights": Field("object")}


def list_users(visit: Visit) -> Response:
    """One page, with totals."""
    return _page(visit, "users", visit.state.users, USERS)


def list_roles(visit: Visit) -> Response:
    """One page, with totals."""
    return _page(visit, "roles", visit.state.roles, ROLES)


def get_user(visit: Visit) -> Response:
    """One user."""
    return hal.document(_shown_user(visit, _known(visit, visit.state.users)))


def get_role(visit: Visit) -> Response:
    """One role."""
    return hal.document(_shown_role(visit, _known(visit, visit.state.roles)))


def create_users(visit: Visit) -> Response:
    """New users, ten at most."""
    rows = rows_of(visit.body, most=visit.most(MAX_USERS))
    drafts = checked(rows, lambda body: _check_user(visit, body))
    made = [{**_shown_user(visit, _add_user(visit, fields)), "request_id": name} for name, fields in drafts]
    return hal.collection(visit.request, "users", made, status=201, total=len(made))


def activate_users(visit: Visit) -> Response:
    """Switch users on."""
    return _switch(visit, is_active=True, status=202)


def deactivate_users(visit: Visit) -> Response:
    """Switch users off."""
    return _switch(visit, is_active=False, status=204)


def create_roles(visit: Visit) -> Response:
    """New roles."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: check_fields(_ROLE, body, None, is_user=visit.is_user))
    made: list[Row] = []
    for name, fields in drafts:
        role = {
            "id": visit.state.next_id("roles"),
            "name": fields["name"],
            "rights": merged_rights(fields.get("rights")),
        }
        made.append({**_shown_role(visit, visit.state.roles.add(role)), "request_id": name})
    return hal.collection(visit.request, "roles", made, status=201, total=len(made))


def update_role(visit: Visit) -> Response:
    """Changes to one role; its users follow."""
    row = _known(visit, visit.state.roles)
    body = object_of(visit.body)
    ((_, fields),) = checked(
        [body], lambda body: check_fields(_ROLE_CHANGE, body, row, is_user=visit.is_user)
    )
    if "rights" in fields:
        fields["rights"] = {**row["rights"], **fields["rights"]}
    visit.state.roles.change(row["id"], fields)
    for user in visit.state.users.all():
        if user["rights"]["role_id"] == row["id"]:
            visit.state.users.change(user["id"], {"rights": {**user["rights"], **row["rights"]}})
    return hal.document(_shown_role(visit, row), status=202)


def delete_role(visit: Visit) -> Response:
    """Remove a role; its users keep the rights that they had."""
    row = _known(visit, visit.state.roles)
    visit.state.roles.drop(row["id"])
    for user in visit.state.users.all():
        if user["rights"]["role_id"] == row["id"]:
            visit.state.users.change(user["id"], {"rights": {**user["rights"], "role_id": None}})
    return hal.NO_CONTENT


def _page(visit: Visit, key: str, table: Table, rule: ListRule) -> Response:
    page = page_of(select(table, visit.query, rule), visit.query, rule)
    show = _shown_user if key == "users" else _shown_role
    total = len(table)
    pages = -(-total // visit.query.size(rule))
    return hal.listing(
        visit.request, key, [show(visit, row) for row in page.rows], page, total=total, pages=pages
    )


def _known(visit: Visit, table: Table) -> Row:
    row = table.live(visit.id)
    if row is None:
        raise not_found()
    return row


def _add_user(visit: Visit, fields: Row) -> Row:
    rights: Row = fields.get("rights") or {}
    return add_user(
        visit.state, fields, rights=rights, is_admin=visit.is_unlimited and bool(rights.get("is_admin"))
    )


def _check_user(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(_USER, body, None, is_user=visit.is_user)
    rights: Row = fields.get("rights") or {}
    role_id = rights.get("role_id")
    if role_id is not None and visit.state.roles.live(role_id) is None:
        faults.append(Fault("NotSupportedChoice", "rights.role_id"))
    if any(user["email"] == fields.get("email") for user in visit.state.users.all()):
        faults.append(Fault("NotUnique", "email", "This user is in the account already."))
    return fields, faults


def _switch(visit: Visit, *, is_active: bool, status: int) -> Response:
    rows = rows_of(visit.body, most=MAX_USERS)

    def check(body: Row) -> tuple[Row, list[Fault]]:
        user = visit.state.users.live(body.get("id"))
        return user or {}, [] if user else [Fault("EntityNotFound", "id")]

    for _, user in checked(rows, check):
        visit.state.users.change(user["id"], {"rights": {**user["rights"], "is_active": is_active}})
    return Response(status=status)


def _shown_user(visit: Visit, row: Row) -> Row:
    return shown_user(visit.state, visit.request.origin, row, visit.query.with_)


def _shown_role(visit: Visit, row: Row) -> Row:
    shown = {**row, "_links": {"self": hal.link(visit.href(f"/api/v4/roles/{row['id']}"))}}
    if "users" in visit.query.with_:
        users = [user["id"] for user in visit.state.users.all() if user["rights"]["role_id"] == row["id"]]
        shown["_embedded"] = {"users": users}
    return shown


ROUTES: Final = (
    Route("users.list", "GET", "/api/v4/users", list_users, is_admin=True),
    Route("users.get", "GET", "/api/v4/users/{id}", get_user, is_admin=True),
    Route("users.create", "POST", "/api/v4/users", create_users, is_admin=True),
    Route("users.activate", "POST", "/api/v4/users/activate", activate_users, is_admin=True),
    Route("users.deactivate", "POST", "/api/v4/users/deactivate", deactivate_users, is_admin=True),
    Route("roles.list", "GET", "/api/v4/roles", list_roles, is_admin=True),
    Route("roles.get", "GET", "/api/v4/roles/{id}", get_role, is_admin=True),
    Route("roles.create", "POST", "/api/v4/roles", create_roles, is_admin=True),
    Route("roles.update", "PATCH", "/api/v4/roles/{id}", update_role, is_admin=True),
    Route("roles.delete", "DELETE", "/api/v4/roles/{id}", delete_role, is_admin=True),
)
