"""Subscriptions to webhooks: one for each destination."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.hooks import SETTINGS
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, bad_request, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape, check_fields, object_of
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_HOOKS: Final = 100
_SHAPE: Final[Shape] = {
    "destination": Field("string", required=True),
    "settings": Field("array", required=True),
    "sort": Field("int"),
}


def list_hooks(visit: Visit) -> Response:
    """All subscriptions, or the one of ``filter[destination]``; there are no pages."""
    wanted = visit.query.filters.get("destination")
    rows = [row for row in visit.state.subscriptions.all() if wanted in (None, row["destination"])]
    if not rows:
        raise NothingFound
    return hal.document({"_total_items": len(rows), "_embedded": {"webhooks": rows}})


def subscribe(visit: Visit) -> Response:
    """A new subscription, or new settings for a known destination, which is switched on again."""
    ((_, fields),) = checked([object_of(visit.body)], lambda body: _check(visit, body))
    table = visit.state.subscriptions
    known = _by_destination(visit, fields["destination"])
    if known is not None:
        changes = {**fields, "disabled": False, "updated_at": visit.state.now()}
        return hal.document(table.change(known["id"], changes), status=201)
    if len(table) >= MAX_HOOKS:
        raise bad_request(f"An account has at most {MAX_HOOKS} webhooks")
    return hal.document(table.add(_new(visit, fields)), status=201)


def unsubscribe(visit: Visit) -> Response:
    """End a subscription; the body names its destination."""
    known = _by_destination(visit, object_of(visit.body).get("destination"))
    if known is None:
        raise not_found("Webhook not found")
    visit.state.subscriptions.drop(known["id"])
    return hal.NO_CONTENT


def _check(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    if "destination" in fields and not _is_address(fields["destination"]):
        faults.append(Fault("InvalidUrl", "destination", "This value is not a valid URL."))
    settings: list[Any] = fields.get("settings") or []
    if "settings" in fields and not settings:
        faults.append(Fault("FieldMissing", "settings"))
    faults += [
        Fault("NotSupportedChoice", f"settings.{index}")
        for index, name in enumerate(settings)
        if not isinstance(name, str) or name not in SETTINGS
    ]
    return fields, faults


def _is_address(destination: str) -> bool:
    address = urlsplit(destination)
    return address.scheme in ("http", "https") and bool(address.hostname) and destination.isascii()


def _new(visit: Visit, fields: Row) -> Row:
    now = visit.state.now()
    return {
        "id": visit.state.next_id("webhooks"),
        "destination": fields["destination"],
        "created_at": now,
        "updated_at": now,
        "account_id": visit.state.settings.account_id,
        "created_by": visit.user_id,
        "sort": fields.get("sort", 1),
        "disabled": False,
        "settings": fields["settings"],
    }


def _by_destination(visit: Visit, destination: object) -> Row | None:
    rows = visit.state.subscriptions.all()
    return next((row for row in rows if row["destination"] == destination), None)


ROUTES: Final = (
    Route("webhooks.list", "GET", "/api/v4/webhooks", list_hooks, is_admin=True),
    Route("webhooks.subscribe", "POST", "/api/v4/webhooks", subscribe, is_admin=True),
    Route("webhooks.unsubscribe", "DELETE", "/api/v4/webhooks", unsubscribe, is_admin=True),
)
