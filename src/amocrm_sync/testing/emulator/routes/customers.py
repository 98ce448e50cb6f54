"""Customers' own parts: the mode, statuses, segments and bonus points. Rows themselves are served like other cards."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from amocrm_sync.testing.emulator import hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, Refusal, bad_request, invalid, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.colors import SEGMENT_COLORS, STAGE_COLORS
from amocrm_sync.testing.emulator.rules.customers import MODES, check_is_on, check_mode
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape, check_fields, object_of
from amocrm_sync.testing.emulator.rules.values import merge_values
from amocrm_sync.testing.emulator.state import SEGMENTS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_STATUSES: Final = 30
MAX_SEGMENTS: Final = 100
_MODE: Final[Shape] = {"mode": Field("string", required=True), "is_enabled": Field("bool", required=True)}
_STATUS: Final[Shape] = {
    "name": Field("string", required=True),
    "sort": Field("int", required=True),
    "color": Field("string"),
}
_SEGMENT: Final[Shape] = {
    "name": Field("string", required=True),
    "color": Field("string"),
    "available_products_price_types": Field("array", nullable=True),
}


def set_mode(visit: Visit) -> Response:
    """Switch customers on or off, and between segments and statuses."""
    if visit.state.settings.customers_mode == "unavailable":
        raise Refusal(402, "The tariff has no customers")
    fields = tables.single(visit, _MODE)
    if fields["mode"] not in MODES:
        raise invalid({"0": [Fault("NotSupportedChoice", "mode")]})
    visit.state.settings.customers_mode = fields["mode"] if fields["is_enabled"] else "disabled"
    return hal.document({"mode": fields["mode"], "is_enabled": fields["is_enabled"]})


def list_statuses(visit: Visit) -> Response:
    """All statuses in their order; there are no pages."""
    check_mode(visit.state, "periodicity")
    table = visit.state.customer_statuses
    rows = [_shown_status(visit, table.rows[row_id]) for row_id in table.walk("sort")]
    return hal.collection(visit.request, "statuses", rows, total=len(rows))


def get_status(visit: Visit) -> Response:
    """One status."""
    check_mode(visit.state, "periodicity")
    return hal.document(_shown_status(visit, tables.known(visit.state.customer_statuses, visit.id)))


def create_statuses(visit: Visit) -> Response:
    """New statuses."""
    check_mode(visit.state, "periodicity")
    table = visit.state.customer_statuses
    rows = tables.drafts(visit, _STATUS)
    if len(table) + len(rows) > MAX_STATUSES:
        raise bad_request(f"An account has at most {MAX_STATUSES} statuses of customers")
    for name, fields in rows:
        _check_color(name, fields, STAGE_COLORS)
    made: list[Row] = []
    for name, fields in rows:
        row = table.add({**_new_status(visit), **fields})
        links = {"self": hal.link(visit.href(f"/api/v4/customers/statuses/{row['id']}"))}
        made.append({"id": row["id"], "request_id": name, "_links": links})
    return hal.collection(visit.request, "statuses", made, total=len(made))


def update_status(visit: Visit) -> Response:
    """Changes to one status."""
    check_mode(visit.state, "periodicity")
    row = tables.known(visit.state.customer_statuses, visit.id)
    fields = tables.single(visit, tables.optional(_STATUS), row)
    _check_color("0", fields, STAGE_COLORS)
    visit.state.customer_statuses.change(row["id"], fields)
    return hal.document({**_shown_status(visit, row), "request_id": str(visit.body.get("request_id", "0"))})


def delete_status(visit: Visit) -> Response:
    """Remove a status that is not the system's; its customers go to the first one."""
    row = tables.known(visit.state.customer_statuses, visit.id)
    if row["type"] != 0 or row["is_default"]:
        raise bad_request("A system status cannot be deleted")
    visit.state.customer_statuses.drop(row["id"])
    default = next(item["id"] for item in visit.state.customer_statuses.all() if item["is_default"])
    for customer in visit.state.cards["customers"].all():
        if customer["status_id"] == row["id"]:
            visit.state.cards["customers"].change(customer["id"], {"status_id": default})
    return hal.NO_CONTENT


def list_segments(visit: Visit) -> Response:
    """One page, with totals."""
    check_mode(visit.state, "segments")
    return tables.page(visit, "segments", visit.state.segments, _shown_segment, is_counted=True)


def get_segment(visit: Visit) -> Response:
    """One segment."""
    check_mode(visit.state, "segments")
    return hal.document(_shown_segment(visit, tables.found(visit.state.segments, visit.id)))


def create_segment(visit: Visit) -> Response:
    """One new segment: the body is an object, unlike that of other collections."""
    check_mode(visit.state, "segments")
    if len(visit.state.segments) >= MAX_SEGMENTS:
        raise bad_request(f"An account has at most {MAX_SEGMENTS} segments")
    fields = _checked_segment(visit, None)
    row: Row = {
        "color": "10599d",
        "available_products_price_types": [],
        "custom_fields_values": None,
        **fields,
    }
    stamped = tables.stamped(visit, "segments", row)
    del stamped["created_by"], stamped["updated_by"]
    return hal.document(_shown_segment(visit, visit.state.segments.add(stamped)))


def update_segment(visit: Visit) -> Response:
    """Changes to one segment."""
    check_mode(visit.state, "segments")
    row = tables.known(visit.state.segments, visit.id)
    fields = {"updated_at": visit.state.now(), **_checked_segment(visit, row)}
    shown = _shown_segment(visit, visit.state.segments.change(row["id"], fields))
    return hal.document({**shown, "request_id": str(visit.body.get("request_id", "0"))})


def delete_segment(visit: Visit) -> Response:
    """Remove a segment; its customers are in it no longer."""
    row = tables.known(visit.state.segments, visit.id)
    visit.state.segments.drop(row["id"])
    for customer in visit.state.cards["customers"].rows.values():
        customer["_segments"] = [found for found in customer["_segments"] if found != row["id"]]
    return hal.NO_CONTENT


def change_bonus(visit: Visit) -> Response:
    """Earn or redeem bonus points; never both."""
    check_is_on(visit.state)
    row = visit.state.cards["customers"].live(visit.id)
    if row is None:
        raise not_found()
    body = object_of(visit.body)
    given = [name for name in ("earn", "redeem") if name in body]
    if len(given) != 1:
        raise bad_request("Exactly one of earn and redeem is needed")
    points = body[given[0]]
    if not isinstance(points, int) or isinstance(points, bool) or points < 0:
        raise invalid({"0": [Fault("InvalidType", given[0], "This value should be a positive int.")]})
    balance = row["_bonus_points"] + (points if given[0] == "earn" else -points)
    if balance < 0:
        raise bad_request("There are not enough points to redeem")
    visit.state.cards["customers"].change(row["id"], {"_bonus_points": balance})
    return hal.document({"bonus_points": balance})


def _checked_segment(visit: Visit, current: Row | None) -> Row:
    def check(body: Row) -> tuple[Row, list[Fault]]:
        shape = _SEGMENT if current is None else tables.optional(_SEGMENT)
        fields, faults = check_fields(shape, body, current, is_user=visit.is_user)
        if "color" in fields and fields["color"] not in SEGMENT_COLORS:
            faults.append(Fault("NotSupportedChoice", "color"))
        if "custom_fields_values" in body:
            old = current["custom_fields_values"] if current else None
            values, found = merge_values(visit.state.fields[SEGMENTS], body["custom_fields_values"], old)
            fields["custom_fields_values"] = values
            faults += found
        return fields, faults

    ((_, fields),) = checked([object_of(visit.body)], check)
    return fields


def _check_color(name: str, fields: Row, colors: Container[str]) -> None:
    if "color" in fields and fields["color"] not in colors:
        raise invalid({name: [Fault("NotSupportedChoice", "color")]})


def _new_status(visit: Visit) -> Row:
    return {
        "id": visit.state.next_id("customer_statuses"),
        "is_default": False,
        "conditions": [],
        "color": "#fffeb2",
        "type": 0,
        "account_id": visit.state.settings.account_id,
    }


def _shown_status(visit: Visit, row: Row) -> Row:
    return render.simple(visit.request.origin, "customers/statuses", row)


def _shown_segment(visit: Visit, row: Row) -> Row:
    customers = visit.state.cards["customers"].all()
    count = sum(1 for customer in customers if row["id"] in customer["_segments"])
    return {**render.simple(visit.request.origin, SEGMENTS, row), "customers_count": count}


_STATUSES: Final = "/api/v4/customers/statuses"
_SEGMENTS: Final = "/api/v4/customers/segments"
ROUTES: Final = (
    Route("customers.mode", "PATCH", "/api/v4/customers/mode", set_mode, is_admin=True),
    Route("customer_statuses.list", "GET", _STATUSES, list_statuses),
    Route("customer_statuses.get", "GET", f"{_STATUSES}/{{id}}", get_status),
    Route("customer_statuses.create", "POST", _STATUSES, create_statuses, is_admin=True),
    Route("customer_statuses.update", "PATCH", f"{_STATUSES}/{{id}}", update_status, is_admin=True),
    Route("customer_statuses.delete", "DELETE", f"{_STATUSES}/{{id}}", delete_status, is_admin=True),
    Route("segments.list", "GET", _SEGMENTS, list_segments),
    Route("segments.get", "GET", f"{_SEGMENTS}/{{id}}", get_segment),
    Route("segments.create", "POST", _SEGMENTS, create_segment, is_admin=True),
    Route("segments.update", "PATCH", f"{_SEGMENTS}/{{id}}", update_segment, is_admin=True),
    Route("segments.delete", "DELETE", f"{_SEGMENTS}/{{id}}", delete_segment, is_admin=True),
    Route("bonus_points.change", "POST", "/api/v4/customers/{id}/bonus_points", change_bonus),
)
