"""Widgets: what there is, what is installed, and the bot that waits for one."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, invalid, not_found, wrong_type
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.shapes import object_of
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_HANDLERS: Final = 10
MAX_BUTTONS: Final = 25
MAX_TEXT: Final = 80


def list_widgets(visit: Visit) -> Response:
    """One page."""
    return tables.page(visit, "widgets", visit.state.widgets, _shown)


def get_widget(visit: Visit) -> Response:
    """One widget; its settings are for its own integration only."""
    row = _known(visit)
    client_id = visit.world.oauth.client.client_id
    is_own = row["client_uuid"] == client_id and row["is_active_in_account"]
    return hal.document(_shown(visit, row) | ({"settings": row["_settings"]} if is_own else {}))


def install(visit: Visit) -> Response:
    """Install a widget, or give it other settings: the body is the settings by their keys."""
    row = _known(visit)
    body = visit.body if is_row(visit.body) else {}
    faults = [
        fault
        for field in row["settings_template"]
        for fault in _setting_faults(field, body.get(field["key"]), visit)
    ]
    if faults:
        raise invalid({"0": faults})
    keys = {field["key"] for field in row["settings_template"]}
    settings = {key: value for key, value in body.items() if key in keys}
    visit.state.widgets.change(row["id"], {"is_active_in_account": True, "_settings": settings})
    return hal.document({**_shown(visit, row), "settings": settings})


def uninstall(visit: Visit) -> Response:
    """Switch a widget off."""
    row = _known(visit)
    visit.state.widgets.change(row["id"], {"is_active_in_account": False, "_settings": {}})
    return hal.NO_CONTENT


def continue_bot(visit: Visit) -> Response:
    """Let a bot go on that waits for a widget."""
    wait = tuple(str(visit.params[name]) for name in ("bot_type", "bot_id", "continue_id"))
    if wait not in visit.state.bot_waits:
        raise not_found("Nothing waits for this")
    body = object_of(visit.body)
    handlers: Any = body.get("execute_handlers") or []
    if not is_list(handlers) or len(handlers) > MAX_HANDLERS:
        raise bad_request(f"execute_handlers is an array of at most {MAX_HANDLERS}")
    for handler in handlers:
        _check_handler(handler)
    visit.state.bot_waits.remove(wait)
    return Response(status=202)


def _check_handler(handler: Any) -> None:
    if not is_row(handler) or handler.get("handler") not in ("show", "goto"):
        raise bad_request("A handler is show or goto")
    params = handler.get("params")
    if not is_row(params):
        raise bad_request("A handler has params")
    if len(str(params.get("value") or "")) > MAX_TEXT:
        raise bad_request(f"A text to show has at most {MAX_TEXT} characters")
    if len(params.get("buttons") or ()) > MAX_BUTTONS:
        raise bad_request(f"There are at most {MAX_BUTTONS} buttons")


def _setting_faults(field: Row, value: Any, visit: Visit) -> list[Fault]:
    key, kind = field["key"], field["type"]
    if value is None:
        return [Fault("FieldMissing", key)] if field["is_required"] else []
    if kind in ("text", "pass") and not isinstance(value, str):
        return [wrong_type(key, "string")]
    if kind in ("users", "users_lp"):
        if not is_row(value):
            return [wrong_type(key, "array")]
        return [
            Fault("NotSupportedChoice", f"{key}.{user_id}")
            for user_id in value
            if not str(user_id).isdigit() or not visit.is_user(int(user_id))
        ]
    return []


def _known(visit: Visit) -> Row:
    code = visit.params["code"]
    row = next((row for row in visit.state.widgets.all() if row["code"] == code), None)
    if row is None:
        raise not_found("Widget not found")
    return row


def _shown(visit: Visit, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    return {**shown, "_links": {"self": hal.link(visit.href(f"/api/v4/widgets/{row['code']}"))}}


_PATH: Final = "/api/v4/widgets"
ROUTES: Final = (
    Route("widgets.list", "GET", _PATH, list_widgets),
    Route("widgets.get", "GET", f"{_PATH}/{{code}}", get_widget),
    Route("widgets.install", "POST", f"{_PATH}/{{code}}", install, is_admin=True),
    Route("widgets.uninstall", "DELETE", f"{_PATH}/{{code}}", uninstall, is_admin=True),
    Route(
        "widgets.continue",
        "POST",
        "/api/v4/{bot_type}/{bot_id}/continue/{continue_id}",
        continue_bot,
        is_admin=True,
    ),
)
