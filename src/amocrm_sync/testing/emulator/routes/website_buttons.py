"""Buttons on websites: made in two steps, the source at once and the button a moment later."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, invalid, not_found, wrong_type
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.lists import ListRule
from amocrm_sync.testing.emulator.rules.shapes import Field, Shape, object_of
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_DOMAINS: Final = 10
DELAY: Final = 2
"""Seconds until the button is there."""

_RULE: Final = ListRule(with_=("scripts", "deleted"))
_SHAPE: Final[Shape] = {
    "pipeline_id": Field("int", required=True),
    "trusted_websites": Field("array"),
    "is_used_in_app": Field("bool"),
    "name": Field("string"),
}


def list_buttons(visit: Visit) -> Response:
    """One page."""
    return tables.page(visit, "website_buttons", visit.state.buttons, _shown, rule=_RULE)


def get_button(visit: Visit) -> Response:
    """One button, by the id of its source."""
    return hal.document(_shown(visit, _known(visit)))


def create_button(visit: Visit) -> Response:
    """Begin to make a button."""
    fields = tables.single(visit, _SHAPE)
    websites: list[Any] = fields.get("trusted_websites") or []
    if fields["pipeline_id"] not in visit.state.stages:
        raise invalid({"0": [Fault("NotSupportedChoice", "pipeline_id")]})
    if len(websites) > MAX_DOMAINS:
        raise invalid({"0": [Fault("TooMany", "trusted_websites", f"At most {MAX_DOMAINS} domains.")]})
    if not websites and not fields.get("is_used_in_app"):
        raise invalid({"0": [Fault("FieldMissing", "trusted_websites")]})
    source_id = visit.state.next_id("sources")
    row: Row = {
        "id": source_id,
        "name": fields.get("name", "Кнопка на сайт"),
        "pipeline_id": fields["pipeline_id"],
        "is_duplication_control_enabled": False,
        "_trusted": list(websites),
        "_button_id": visit.state.next_id("website_buttons"),
        "_ready_at": visit.state.now() + DELAY,
        "_has_chat": False,
    }
    visit.state.buttons.add(row)
    return hal.document({"source_id": source_id, "trusted_websites": websites}, status=202)


def update_button(visit: Visit) -> Response:
    """Another name, or more domains for a button that has one already."""
    row, body = _known(visit), object_of(visit.body)
    websites = body.get("trusted_websites")
    added: Any = websites.get("add") if is_row(websites) else []
    if websites is not None and not (is_row(websites) and is_list(added)):
        raise invalid({"0": [wrong_type("trusted_websites.add", "array")]})
    if row["_trusted"]:
        row["_trusted"] = list(dict.fromkeys([*row["_trusted"], *added]))
    if isinstance(body.get("name"), str):
        row["name"] = body["name"]
    return hal.document({**_shown(visit, row), "script": _script(row)})


def attach_chat(visit: Visit) -> Response:
    """Attach the pipeline's online chat."""
    _known(visit)["_has_chat"] = True
    return hal.document({}, status=202)


def _known(visit: Visit) -> Row:
    row = visit.state.buttons.live(visit.params["source_id"])
    if row is None:
        raise not_found("Source not found")
    return row


def _script(row: Row) -> str:
    return f"<script>/* button {row['_button_id']} */</script>"


def _shown(visit: Visit, row: Row) -> Row:
    is_ready = row["_ready_at"] <= visit.state.now()
    shown: Row = {
        "account_id": visit.state.settings.account_id,
        "source_id": row["id"],
        "button_id": row["_button_id"] if is_ready else None,
        **{name: row[name] for name in ("name", "pipeline_id", "is_duplication_control_enabled")},
        "creation_status": "created" if is_ready else "creation_pending",
        "is_deleted": False,
    }
    if "scripts" in visit.query.with_:
        shown["script"] = _script(row) if is_ready else None
    links = {"self": hal.link(visit.href(f"/api/v4/website_buttons/{row['id']}"))}
    return {**shown, "_links": links}


_PATH: Final = "/api/v4/website_buttons"
ROUTES: Final = (
    Route("website_buttons.list", "GET", _PATH, list_buttons),
    Route("website_buttons.get", "GET", f"{_PATH}/{{source_id}}", get_button),
    Route("website_buttons.create", "POST", _PATH, create_button),
    Route("website_buttons.update", "PATCH", f"{_PATH}/{{source_id}}", update_button),
    Route("website_buttons.online_chat", "POST", f"{_PATH}/{{source_id}}/online_chat", attach_chat),
)
