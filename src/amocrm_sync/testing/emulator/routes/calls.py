"""Calls of a telephony: stored on the card with the number, or only shown as a pop-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.bodies import ELEMENT_TYPES
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, invalid
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.state import SINGULAR, State
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

_DIGITS: Final = 10
_NOTES: Final = {"inbound": "call_in", "outbound": "call_out"}
_SHAPE: Final[Shape] = {
    "direction": Field("string", required=True),
    "duration": Field("int", required=True),
    "source": Field("string", required=True),
    "phone": Field("string", required=True),
    "uniq": Field("string"),
    "link": Field("string", nullable=True),
    "call_result": Field("string", nullable=True),
    "call_status": Field("int", nullable=True),
    "responsible_user_id": Field("user"),
    "created_by": Field("user"),
    "updated_by": Field("user"),
    "created_at": Field("int"),
    "updated_at": Field("int"),
}
_PARAMS: Final = ("uniq", "duration", "source", "link", "phone", "call_result", "call_status")


def create_calls(visit: Visit) -> Response:
    """Put calls on the cards that have their numbers. No card is no refusal: the answer is 200 with ``errors``."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    errors: list[Row] = []
    for name, fields in checked(rows, lambda body: _check(visit, body)):
        node = find_card(visit.state, fields["phone"])
        if node is None:
            detail = f"No contact or company has the number {fields['phone']}"
            error = {"title": "Entity not found", "status": 263, "detail": detail}
            errors.append({**error, "request_id": name})
            continue
        made.append({**_shown(visit, node, _store(visit, node, fields)), "request_id": name})
    return hal.document({"_total_items": len(made), "errors": errors, "_embedded": {"calls": made}})


def notify(visit: Visit) -> Response:
    """Show a pop-up about a ringing call; nothing is stored."""
    given: Any = object_of(visit.body).get("add")
    if not is_list(given) or not given or not all(is_row(row) for row in given):
        raise invalid({"0": [Fault("FieldMissing", "add")]})
    items: list[Row] = []
    for row in given:
        if row.get("type") != "phone_call" or not row.get("phone_number"):
            raise invalid({"0": [Fault("FieldMissing", "add.0.phone_number")]})
        node = find_card(visit.state, str(row["phone_number"]))
        items.append(
            {
                "element_id": node[1] if node else None,
                "element_type": ELEMENT_TYPES[node[0]] if node else None,
                "uid": visit.state.uuid(),
                "phone_number": str(row["phone_number"]),
            }
        )
    return hal.collection(visit.request, "items", items)


def find_card(state: State, phone: str) -> tuple[str, int] | None:
    """The card of a number: the owner's one open lead or only customer, else the contact or company itself."""
    wanted = _digits(phone)
    owner = next(_owners(state, wanted), None) if wanted else None
    if owner is None:
        return None
    leads = [
        row_id
        for row_id in state.links.of(owner, "leads")
        if (row := state.cards["leads"].live(row_id)) is not None and row["closed_at"] is None
    ]
    customers = [
        row_id
        for row_id in state.links.of(owner, "customers")
        if state.cards["customers"].live(row_id) is not None
    ]
    if len(leads) == 1 and not customers:
        return "leads", leads[0]
    if len(customers) == 1 and not leads:
        return "customers", customers[0]
    return owner


def _owners(state: State, wanted: str) -> Iterator[tuple[str, int]]:
    for entity in ("contacts", "companies"):
        for row in state.cards[entity].all():
            for item in row["custom_fields_values"] or ():
                if item["field_code"] == "PHONE" and any(
                    _digits(value["value"]) == wanted for value in item["values"]
                ):
                    yield entity, row["id"]


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-_DIGITS:]


def _check(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    if "direction" in fields and fields["direction"] not in _NOTES:
        faults.append(Fault("NotSupportedChoice", "direction"))
    if fields.get("call_status") not in (None, *range(1, 9)):
        faults.append(Fault("NotSupportedChoice", "call_status"))
    responsible = body.get("call_responsible")
    if isinstance(responsible, bool) or not isinstance(responsible, int | str | None):
        faults.append(Fault("InvalidType", "call_responsible"))
    elif responsible is not None:
        fields["call_responsible"] = responsible
    return fields, faults


def _store(visit: Visit, node: tuple[str, int], fields: Row) -> Row:
    now = visit.state.now()
    author = fields.get("created_by", visit.user_id)
    params = {name: fields[name] for name in _PARAMS if name in fields}
    row: Row = {
        "id": visit.state.next_id("notes"),
        "_entity": node[0],
        "_is_pinned": False,
        "entity_id": node[1],
        "note_type": _NOTES[fields["direction"]],
        "params": {**params, "call_responsible": fields.get("call_responsible", author)},
        "created_by": author,
        "updated_by": fields.get("updated_by", author),
        "created_at": fields.get("created_at", now),
        "updated_at": fields.get("updated_at", fields.get("created_at", now)),
        "responsible_user_id": fields.get("responsible_user_id", author),
        "group_id": 0,
        "account_id": visit.state.settings.account_id,
    }
    return visit.changes.add_note(row, by=author)


def _shown(visit: Visit, node: tuple[str, int], row: Row) -> Row:
    links = {"self": hal.link(visit.href(f"/api/v4/{node[0]}/{node[1]}"))}
    return {
        "id": row["id"],
        "entity_id": node[1],
        "entity_type": SINGULAR[node[0]],
        "account_id": row["account_id"],
        "_embedded": {"entity": {"id": node[1], "_links": links}},
    }


ROUTES: Final = (
    Route("calls.create", "POST", "/api/v4/calls", create_calls),
    Route("calls.notify_v2", "POST", "/api/v2/events/", notify),
)
