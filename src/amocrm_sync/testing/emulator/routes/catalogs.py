"""Lists: in v4, in the old v2 (the only way to delete one), and the switch of the products' list."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, invalid, wrong_type
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.catalogs import (
    CATALOG,
    MAX_CATALOGS,
    add_catalog,
    check_kind,
    drop_catalog,
    products_catalog,
)
from amocrm_sync.testing.emulator.rules.lists import number
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, check_fields, object_of, rows_of
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit


def list_catalogs(visit: Visit) -> Response:
    """One page; ``type`` cuts by kind."""
    wanted = visit.query.values.get("type")
    return tables.page(
        visit, "catalogs", visit.state.catalogs, _shown, also=[lambda row: wanted in (None, row["type"])]
    )


def get_catalog(visit: Visit) -> Response:
    """One list."""
    return hal.document(_shown(visit, tables.found(visit.state.catalogs, visit.id)))


def create_catalogs(visit: Visit) -> Response:
    """New lists, ten in all."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    _check_room(visit, len(rows))
    drafts = checked(rows, lambda body: _check(visit, body))
    made = [
        {**_shown(visit, add_catalog(visit.state, fields, by=visit.user_id)), "request_id": name}
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "catalogs", made)


def update_catalogs(visit: Visit) -> Response:
    """Changes to several lists."""
    drafts = tables.changes(visit, visit.state.catalogs, tables.optional(CATALOG))
    made = [{**_apply(visit, *change), "request_id": name} for name, change in drafts]
    return hal.collection(visit.request, "catalogs", made)


def update_catalog(visit: Visit) -> Response:
    """Changes to one list."""
    row = tables.known(visit.state.catalogs, visit.id)
    fields = tables.single(visit, tables.optional(CATALOG), row)
    request_id = str(visit.body.get("request_id", row["id"]))
    return hal.document({**_apply(visit, row, fields), "request_id": request_id})


def list_v2(visit: Visit) -> Response:
    """All lists, or the one of ``id``."""
    wanted = number(visit.query.values.get("id"))
    rows = [row for row in visit.state.catalogs.all() if wanted in (None, row["id"])]
    shown = [
        {
            **{key: row[key] for key in ("id", "name", "created_by", "created_at", "sort", "type")},
            "_links": _v2_links(visit, row["id"]),
        }
        for row in rows
    ]
    return hal.collection(visit.request, "items", shown)


def change_v2(visit: Visit) -> Response:
    """Add, change and delete lists in one request."""
    body = object_of(visit.body)
    added, updated, deleted = (_v2_rows(body, name) for name in ("add", "update", "delete"))
    _check_room(visit, len(added))
    state = visit.state
    drafts = list(checked(added, lambda row: _check(visit, row))) if added else []
    changes = list(checked(updated, lambda row: _check_change(visit, row))) if updated else []
    doomed = [state.catalogs.live(number(row_id)) for row_id in deleted]
    if None in doomed:
        raise invalid({"0": [Fault("EntityNotFound", "delete")]})
    made: list[Row] = []
    for name, fields in drafts:
        row = add_catalog(state, fields, by=visit.user_id)
        made.append({"id": row["id"], "request_id": name, "_links": _v2_links(visit, row["id"])})
    for name, (row, fields) in changes:
        _apply(visit, row, fields)
        made.append({"id": row["id"], "request_id": name, "_links": _v2_links(visit, row["id"])})
    for gone in doomed:
        if gone is not None:
            drop_catalog(state, gone)
            made.append({"id": gone["id"], "_links": _v2_links(visit, gone["id"])})
    return hal.collection(visit.request, "items", made)


def get_products(visit: Visit) -> Response:
    """Whether the products' list is on."""
    return hal.document({"is_enabled": visit.state.settings.products_enabled})


def update_products(visit: Visit) -> Response:
    """Switch the products' list."""
    _switch_products(visit, object_of(visit.body).get("is_enabled"), "is_enabled")
    return get_products(visit)


def get_products_v2(visit: Visit) -> Response:
    """Whether the products' list is on, and which it is."""
    row = products_catalog(visit.state)
    is_enabled = visit.state.settings.products_enabled
    return hal.document({"is_enabled": is_enabled, "catalog_id": row["id"] if row else None})


def set_products_v2(visit: Visit) -> Response:
    """Switch the products' list; the reference's table says ``enable``, its example sends ``enabled``."""
    body = object_of(visit.body)
    _switch_products(visit, body.get("enabled", body.get("enable")), "enabled")
    return get_products_v2(visit)


def _switch_products(visit: Visit, value: Any, path: str) -> None:
    if not isinstance(value, bool):
        raise invalid({"0": [wrong_type(path, "bool")]})
    visit.state.settings.products_enabled = value
    if value and products_catalog(visit.state) is None:
        add_catalog(visit.state, {"name": "Товары", "type": "products"}, by=visit.user_id)


def _check_room(visit: Visit, count: int) -> None:
    if len(visit.state.catalogs) + count > visit.most(MAX_CATALOGS):
        raise bad_request(f"An account has at most {MAX_CATALOGS} lists")


def _check(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(CATALOG, body, None, is_user=visit.is_user)
    return fields, [*faults, *check_kind(visit.state, fields)]


def _check_change(visit: Visit, body: Row) -> tuple[tuple[Row, Row], list[Fault]]:
    row = visit.state.catalogs.live(number(body.get("id")))
    if row is None:
        return ({}, {}), [Fault("EntityNotFound", "id")]
    fields, faults = check_fields(tables.optional(CATALOG), body, row, is_user=visit.is_user)
    return (row, fields), faults


def _apply(visit: Visit, row: Row, fields: Row) -> Row:
    stamps = {"updated_at": visit.state.now(), "updated_by": visit.user_id}
    return _shown(visit, visit.state.catalogs.change(row["id"], {**stamps, **fields}))


def _shown(visit: Visit, row: Row) -> Row:
    return render.simple(visit.request.origin, "catalogs", row)


def _v2_rows(body: Row, name: str) -> list[Any]:
    rows: Any = body.get(name) or []
    if not is_list(rows) or (name != "delete" and not all(is_row(row) for row in rows)):
        raise invalid({"0": [wrong_type(name, "array")]})
    return rows


def _v2_links(visit: Visit, row_id: int) -> Row:
    href = visit.href(f"/api/v2/catalogs?id={row_id}")
    return {"self": {"href": href, "method": "get"}}


_PATH: Final = "/api/v4/catalogs"
_SETTINGS: Final = f"{_PATH}/products/settings"
ROUTES: Final = (
    Route("catalogs.list", "GET", _PATH, list_catalogs),
    Route("catalogs.get", "GET", f"{_PATH}/{{id}}", get_catalog),
    Route("catalogs.create", "POST", _PATH, create_catalogs),
    Route("catalogs.update_many", "PATCH", _PATH, update_catalogs),
    Route("catalogs.update_one", "PATCH", f"{_PATH}/{{id}}", update_catalog),
    Route("catalogs.v2_list", "GET", "/api/v2/catalogs", list_v2),
    Route("catalogs.v2_change", "POST", "/api/v2/catalogs", change_v2),
    Route("products.settings_get", "GET", _SETTINGS, get_products),
    Route("products.settings_update", "PATCH", _SETTINGS, update_products),
    Route("products.settings_v2_get", "GET", "/api/v2/products_settings", get_products_v2),
    Route("products.settings_v2_set", "POST", "/api/v2/products_settings", set_products_v2),
)
