"""Notes of leads, contacts and companies: by type of parent and of one parent."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import NOTES, NOTES_OF_ONE
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, NOTE, check_fields, object_of, rows_of
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.state import CARDS
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

WRITABLE: Final = frozenset(
    {
        "common",
        "call_in",
        "call_out",
        "service_message",
        "extended_service_message",
        "message_cashier",
        "geolocation",
        "sms_in",
        "sms_out",
        "attachment",
        "invoice_paid",
        "bill_paid",
        "site_visit",
        "targeting_in",
        "targeting_out",
        "zoom_meeting",
        "ai_result",
    }
)


def list_notes(visit: Visit) -> Response:
    """One page of the notes of a type of parent, or of one parent."""
    parent_id = visit.params.get("entity_id")
    rule = NOTES if parent_id is None else NOTES_OF_ONE
    entity = visit.entity

    def is_here(row: Row) -> bool:
        return row["_entity"] == entity and parent_id in (None, row["entity_id"])

    page = page_of(select(visit.state.notes, visit.query, rule, also=[is_here]), visit.query, rule)
    return hal.listing(visit.request, "notes", [_shown(visit, row) for row in page.rows], page)


def get_note(visit: Visit) -> Response:
    """One note."""
    row = _find(visit, visit.id)
    if row is None:
        raise NothingFound
    return hal.document(_shown(visit, row))


def create_notes(visit: Visit) -> Response:
    """New notes; the parent is in the path or in each row."""
    parent_id = visit.params.get("entity_id")
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(
        rows, lambda body: _check_new(visit, body if parent_id is None else {**body, "entity_id": parent_id})
    )
    made = [
        _short(visit, visit.changes.add_note(_new(visit, fields), by=visit.user_id), name)
        for name, fields in drafts
    ]
    return hal.collection(visit.request, "notes", made)


def update_notes(visit: Visit) -> Response:
    """Changes to several notes."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check_change(visit, body, body.get("id")))
    made = [
        _short(visit, visit.changes.change_note(*change, by=visit.user_id), name) for name, change in drafts
    ]
    return hal.collection(visit.request, "notes", made)


def update_note(visit: Visit) -> Response:
    """Changes to one note."""
    ((name, change),) = checked([object_of(visit.body)], lambda body: _check_change(visit, body, visit.id))
    return hal.document(_short(visit, visit.changes.change_note(*change, by=visit.user_id), name))


def pin_note(visit: Visit) -> Response:
    """Pin a note in its card."""
    return _pin(visit, is_pinned=True)


def unpin_note(visit: Visit) -> Response:
    """Undo the pin."""
    return _pin(visit, is_pinned=False)


def _pin(visit: Visit, *, is_pinned: bool) -> Response:
    row = _find(visit, visit.id)
    if row is None:
        raise not_found()
    visit.state.notes.change(row["id"], {"_is_pinned": is_pinned})
    return hal.NO_CONTENT


def _find(visit: Visit, row_id: object) -> Row | None:
    row = visit.state.notes.live(row_id)
    parent_id = visit.params.get("entity_id")
    if row is None or row["_entity"] != visit.entity or parent_id not in (None, row["entity_id"]):
        return None
    return row


def _check_new(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    fields, faults = check_fields(NOTE, body, None, is_user=visit.is_user)
    if "entity_id" in fields and visit.state.cards[visit.entity].live(fields["entity_id"]) is None:
        faults.append(Fault("NotSupportedChoice", "entity_id"))
    if "note_type" in fields and fields["note_type"] not in WRITABLE:
        faults.append(Fault("NotSupportedChoice", "note_type"))
    return fields, faults + _check_params(fields)


def _check_change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[int, Row], list[Fault]]:
    row = _find(visit, row_id)
    if row is None:
        return (0, {}), [Fault("EntityNotFound", "id")]
    fields, faults = check_fields(NOTE, body, row, is_user=visit.is_user)
    for name in ("entity_id", "note_type"):
        if fields.pop(name, row[name]) != row[name]:
            faults.append(Fault("NotSupportedChoice", name))
    return (row["id"], fields), faults + _check_params({"note_type": row["note_type"], **fields})


def _check_params(fields: Row) -> list[Fault]:
    if (
        fields.get("note_type") == "common"
        and "params" in fields
        and not isinstance(fields["params"].get("text"), str)
    ):
        return [Fault("FieldMissing", "params.text")]
    return []


def _new(visit: Visit, fields: Row) -> Row:
    now = visit.state.now()
    created_at = fields.get("created_at", now)
    return {
        "id": visit.state.next_id("notes"),
        "_entity": visit.entity,
        "_is_pinned": False,
        "created_by": visit.user_id,
        "updated_by": visit.user_id,
        "created_at": created_at,
        "updated_at": created_at,
        "responsible_user_id": visit.user_id or visit.state.admin_id(),
        "group_id": 0,
        "account_id": visit.state.settings.account_id,
        **fields,
    }


def _shown(visit: Visit, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    if "is_pinned" in visit.query.with_:
        shown["is_pinned"] = row["_is_pinned"]
    return {**shown, "_links": {"self": hal.link(_href(visit, row))}}


def _short(visit: Visit, row: Row, request_id: str) -> Row:
    return {
        "id": row["id"],
        "entity_id": row["entity_id"],
        "updated_at": row["updated_at"],
        "request_id": request_id,
        "_links": {"self": hal.link(_href(visit, row))},
    }


def _href(visit: Visit, row: Row) -> str:
    return visit.href(f"/api/v4/{row['_entity']}/{row['entity_id']}/notes/{row['id']}")


_OF_ALL: Final = "/api/v4/{entity}/notes"
_OF_ONE: Final = "/api/v4/{entity}/{entity_id}/notes"
ROUTES: Final = (
    Route("notes.list_by_type", "GET", _OF_ALL, list_notes, entities=CARDS),
    Route("notes.list_by_entity", "GET", _OF_ONE, list_notes, entities=CARDS),
    Route("notes.get", "GET", f"{_OF_ALL}/{{id}}", get_note, entities=CARDS),
    Route("notes.get_in_entity", "GET", f"{_OF_ONE}/{{id}}", get_note, entities=CARDS),
    Route("notes.create", "POST", _OF_ALL, create_notes, entities=CARDS),
    Route("notes.create_for_entity", "POST", _OF_ONE, create_notes, entities=CARDS),
    Route("notes.update_many", "PATCH", _OF_ALL, update_notes, entities=CARDS),
    Route("notes.update_for_entity", "PATCH", _OF_ONE, update_notes, entities=CARDS),
    Route("notes.update_one", "PATCH", f"{_OF_ALL}/{{id}}", update_note, entities=CARDS),
    Route("notes.update_in_entity", "PATCH", f"{_OF_ONE}/{{id}}", update_note, entities=CARDS),
    Route("notes.pin", "POST", f"{_OF_ALL}/{{id}}/pin", pin_note, entities=CARDS),
    Route("notes.unpin", "POST", f"{_OF_ALL}/{{id}}/unpin", unpin_note, entities=CARDS),
)
