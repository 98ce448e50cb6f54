"""Incoming leads: forms and calls come by the API; chats come from the chats' host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from amocrm_sync.testing.emulator import hal, incoming
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.incoming import ENTITIES, Incoming
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, invalid, not_found, wrong_type
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.cards import Draft, draft
from amocrm_sync.testing.emulator.rules.lists import ListRule, ids, span, texts
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.selection import matching
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row, part
from amocrm_sync.testing.emulator.visit import Route, Visit

CATEGORIES: Final = ("sip", "mail", "forms", "chats")
_RULE: Final = ListRule(
    filters={"uid": texts("uid"), "category": texts("category"), "pipeline_id": ids("pipeline_id")},
    orders=("created_at", "updated_at"),
)
_SUMMARY: Final = ListRule(
    filters={
        "uid": texts("uid"),
        "pipeline_id": ids("pipeline_id"),
        "created_at": span("created_at", is_scalar_from=True),
    }
)
_SHAPE: Final[Shape] = {
    "source_uid": Field("string", required=True),
    "source_name": Field("string", required=True),
    "pipeline_id": Field("int"),
    "created_at": Field("int"),
    "metadata": Field("object", required=True),
}
_METADATA: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "sip": {
        "phone": (str, int),
        "called_at": (int,),
        "duration": (int,),
        "link": (str,),
        "service_code": (str,),
        "uniq": (str,),
    },
    "forms": {
        "form_id": (str, int),
        "form_name": (str,),
        "form_page": (str,),
        "ip": (str,),
        "form_sent_at": (int,),
        "referer": (str,),
    },
}
_DECISION: Final[Shape] = {"user_id": Field("user"), "status_id": Field("int"), "link": Field("object")}


def list_unsorted(visit: Visit) -> Response:
    """One page of those that wait."""
    return tables.page(visit, "unsorted", visit.state.unsorted, _shown, rule=_RULE, also=[_is_waiting])


def get_unsorted(visit: Visit) -> Response:
    """One of those that wait."""
    return hal.document(_shown(visit, _known(visit)))


def create_sip(visit: Visit) -> Response:
    """Incoming calls."""
    return _create(visit, "sip")


def create_forms(visit: Visit) -> Response:
    """Requests from forms."""
    return _create(visit, "forms")


def accept(visit: Visit) -> Response:
    """Make a lead of it."""
    row, fields = _known(visit), _decision(visit)
    status_id = fields.get("status_id")
    stages = visit.state.stages[row["pipeline_id"]]
    if status_id is not None and (status_id not in stages or stages[status_id]["type"] == 1):
        raise invalid({"0": [Fault("NotSupportedChoice", "status_id")]})
    by = fields.get("user_id", visit.user_id)
    incoming.accept(visit.state, visit.changes, row, status_id=status_id, by=by)
    return hal.document({**_settled(row), "_embedded": _embedded(visit, row)})


def decline(visit: Visit) -> Response:
    """Put it into the trash."""
    row, fields = _known(visit), _decision(visit)
    incoming.decline(visit.state, visit.changes, row, by=fields.get("user_id", visit.user_id))
    embedded = _embedded(visit, row)
    del embedded["companies"]
    return hal.document({**_settled(row), "_embedded": embedded})


def link(visit: Visit) -> Response:
    """Give a chat to a lead or a customer that there is."""
    row = _known(visit)
    fields = tables.single(visit, {**_DECISION, "link": Field("object", required=True)})
    if row["category"] != "chats":
        raise bad_request("Only incoming leads of category chats can be linked")
    to, contact_id = _target(visit, fields["link"])
    by = fields.get("user_id", visit.user_id)
    incoming.link(visit.state, visit.changes, row, to, contact_id, by=by)
    href = visit.href(f"/api/v4/{to[0]}/{to[1]}")
    linked = {to[0]: [{"id": to[1], "_links": {"self": hal.link(href)}}]}
    return hal.document({"uid": row["uid"], "_embedded": linked})


def summary(visit: Visit) -> Response:
    """Figures of those that came and of those that were settled."""
    rows = list(matching(visit.state.unsorted.rows.values(), visit.query.filters, _SUMMARY))
    settled = [row for row in rows if row["_outcome"] is not None]
    spent = sum(row["_settled_at"] - row["created_at"] for row in settled)
    return hal.document(
        {
            "total": len(rows),
            "accepted": sum(row["_outcome"] in ("accepted", "linked") for row in rows),
            "declined": sum(row["_outcome"] == "declined" for row in rows),
            "average_sort_time": spent // len(settled) if settled else 0,
            "categories": {
                name: {"total": sum(row["category"] == name and _is_waiting(row) for row in rows)}
                for name in CATEGORIES
            },
        }
    )


def _create(visit: Visit, category: str) -> Response:
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = checked(rows, lambda body: _check(visit, category, body))
    made: list[Row] = []
    for name, draft_ in drafts:
        is_call_noted = draft_.fields["metadata"].pop("is_call_event_needed", False)
        row = incoming.receive(visit.state, visit.changes, draft_)
        if is_call_noted:
            _note_call(visit, row)
        shown = {key: _shown(visit, row)[key] for key in ("uid", "account_id", "_links", "_embedded")}
        made.append({**shown, "request_id": name})
    return hal.collection(visit.request, "unsorted", made, total=len(made))


def _check(visit: Visit, category: str, body: Row) -> tuple[Incoming, list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    now, state = visit.state.now(), visit.state
    fields = {"pipeline_id": state.main_pipeline["id"], "created_at": now, "category": category, **fields}
    if fields["pipeline_id"] not in state.stages:
        faults.append(Fault("NotSupportedChoice", "pipeline_id"))
        fields["pipeline_id"] = state.main_pipeline["id"]
    fields.setdefault("metadata", {})
    metadata = part(fields, "metadata")
    if "metadata" in body:
        faults += _check_metadata(category, metadata)
    if _is_known(visit, fields):
        faults.append(Fault("NotUnique", "source_uid", "This incoming lead has been added already."))
    drafts: dict[str, Draft] = {}
    nested = body.get("_embedded")
    for entity in ENTITIES:
        given: Any = (nested.get(entity) if is_row(nested) else None) or ([{}] if entity == "leads" else [])
        if not is_list(given) or len(given) > 1 or not is_row(given[0] if given else {}):
            faults.append(
                Fault("TooMany", f"_embedded.{entity}", "This collection should contain 1 element.")
            )
        elif given:
            more = {"pipeline_id": fields["pipeline_id"]} if entity == "leads" else {}
            path = f"_embedded.{entity}.0."
            drafts[entity], found = draft(
                state, entity, {**given[0], **more}, None, is_user=visit.is_user, path=path
            )
            faults += found
    return Incoming(fields=fields, drafts=drafts), faults


def _check_metadata(category: str, metadata: Row) -> list[Fault]:
    faults: list[Fault] = []
    for name, kinds in _METADATA[category].items():
        if name not in metadata:
            faults.append(Fault("FieldMissing", f"metadata.{name}"))
        elif isinstance(metadata[name], bool) or not isinstance(metadata[name], kinds):
            faults.append(wrong_type(f"metadata.{name}", "int" if int in kinds else "string"))
    return faults


def _is_known(visit: Visit, fields: Row) -> bool:
    same = ("category", "source_uid", "metadata")
    return any(
        _is_waiting(row) and all(row[name] == fields.get(name) for name in same)
        for row in visit.state.unsorted.rows.values()
    )


def _note_call(visit: Visit, row: Row) -> None:
    metadata = row["metadata"]
    now = visit.state.now()
    visit.changes.add_note(
        {
            "id": visit.state.next_id("notes"),
            "_entity": "leads",
            "_is_pinned": False,
            "entity_id": row["_ids"]["leads"],
            "note_type": "call_in",
            "params": {name: metadata[name] for name in ("uniq", "duration", "link", "phone")},
            "created_by": visit.user_id,
            "updated_by": visit.user_id,
            "created_at": now,
            "updated_at": now,
            "responsible_user_id": visit.user_id,
            "group_id": 0,
            "account_id": row["account_id"],
        },
        by=visit.user_id,
    )


def _decision(visit: Visit) -> Row:
    """The body of a decision; nothing in it is required, nor is the body itself."""
    if not visit.request.body or visit.body in ({}, []):
        return {}
    object_of(visit.body)
    return tables.single(visit, _DECISION)


def _target(visit: Visit, given: Row) -> tuple[tuple[str, int], int | None]:
    entity, row_id = given.get("entity_type"), given.get("entity_id")
    if entity not in ("leads", "customers"):
        raise invalid({"0": [Fault("NotSupportedChoice", "link.entity_type")]})
    row = visit.state.cards[str(entity)].live(row_id)
    if row is None:
        raise invalid({"0": [Fault("EntityNotFound", "link.entity_id")]})
    contact_id = part(given, "metadata").get("contact_id")
    if contact_id is not None and visit.state.cards["contacts"].live(contact_id) is None:
        raise invalid({"0": [Fault("EntityNotFound", "link.metadata.contact_id")]})
    return (str(entity), row["id"]), contact_id


def _is_waiting(row: Row) -> bool:
    return row["_outcome"] is None


def _known(visit: Visit) -> Row:
    uid = visit.params["uid"]
    rows = visit.state.unsorted.rows.values()
    row = next((row for row in rows if row["uid"] == uid and _is_waiting(row)), None)
    if row is None:
        raise not_found()
    return row


def _settled(row: Row) -> Row:
    return {name: row[name] for name in ("uid", "pipeline_id", "category", "created_at")}


def _embedded(visit: Visit, row: Row) -> Row:
    found: Row = {}
    for entity in ENTITIES:
        row_id = row["_ids"].get(entity)
        href = visit.href(f"/api/v4/{entity}/{row_id}")
        found[entity] = [] if row_id is None else [{"id": row_id, "_links": {"self": hal.link(href)}}]
    return found


def _shown(visit: Visit, row: Row) -> Row:
    hidden = ("id", "updated_at")
    shown = {key: value for key, value in row.items() if key[0] != "_" and key not in hidden}
    href = visit.href(f"/api/v4/leads/unsorted/{row['uid']}")
    return {**shown, "_links": {"self": hal.link(href)}, "_embedded": _embedded(visit, row)}


_PATH: Final = "/api/v4/leads/unsorted"
ROUTES: Final = (
    Route("unsorted.list", "GET", _PATH, list_unsorted),
    Route("unsorted.summary", "GET", f"{_PATH}/summary", summary),
    Route("unsorted.get", "GET", f"{_PATH}/{{uid}}", get_unsorted),
    Route("unsorted.create_sip", "POST", f"{_PATH}/sip", create_sip),
    Route("unsorted.create_forms", "POST", f"{_PATH}/forms", create_forms),
    Route("unsorted.accept", "POST", f"{_PATH}/{{uid}}/accept", accept),
    Route("unsorted.decline", "DELETE", f"{_PATH}/{{uid}}/decline", decline),
    Route("unsorted.link", "POST", f"{_PATH}/{{uid}}/link", link),
)
