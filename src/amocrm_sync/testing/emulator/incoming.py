"""Incoming leads: they wait with their contact and company, then are accepted, declined or linked.

Contacts and companies of a waiting lead are in no list. Webhooks and events of the rows themselves come with the
acceptance; until then there is only ``add_unsorted``.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from amocrm_sync.testing.emulator import bodies_rare
from amocrm_sync.testing.emulator.changes import Changes
from amocrm_sync.testing.emulator.rules.cards import Draft, new_row
from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row

ENTITIES = ("leads", "contacts", "companies")


@attrs.frozen(kw_only=True)
class Incoming:
    """A checked incoming lead.

    Attributes:
        fields: ``category``, ``source_uid``, ``source_name``, ``pipeline_id``, ``created_at``, ``metadata``.
        drafts: The lead and, where given, a contact and a company.
        ids: Rows that are there already, by entity.
    """

    fields: Row
    drafts: Mapping[str, Draft]
    ids: Mapping[str, int] = {}


def receive(state: State, changes: Changes, incoming: Incoming) -> Row:
    """Keep an incoming lead with all that belongs to it."""
    ids = {entity: _hide(state, entity, made) for entity, made in incoming.drafts.items()} | dict(
        incoming.ids
    )
    pipeline_id = incoming.fields["pipeline_id"]
    stage = {"pipeline_id": pipeline_id, "status_id": state.incoming_stage(pipeline_id)}
    state.cards["leads"].change(ids["leads"], stage)
    for entity in ENTITIES[1:]:
        if entity in ids:
            state.links.add(("leads", ids["leads"]), (entity, ids[entity]), _meta(entity))
    if {"contacts", "companies"} <= ids.keys():
        state.links.add(("contacts", ids["contacts"]), ("companies", ids["companies"]))
    row: Row = {
        "id": state.next_id("unsorted"),
        "uid": f"{state.random.getrandbits(240):060x}",
        "account_id": state.settings.account_id,
        **incoming.fields,
        "updated_at": incoming.fields["created_at"],
        "_ids": ids,
        "_outcome": None,
        "_settled_at": None,
    }
    state.unsorted.add(row)
    changes.emit("add_unsorted", lambda: bodies_rare.unsorted(row))
    return row


def accept(state: State, changes: Changes, row: Row, *, status_id: int | None, by: int) -> None:
    """Make a lead of it, in the stage that is asked for or the pipeline's first."""
    stage_id = status_id or state.first_stage(row["pipeline_id"])
    people = {"responsible_user_id": by, "created_by": by, "updated_by": by}
    for entity, row_id in row["_ids"].items():
        state.hidden.discard((entity, row_id))
        more: Row = {"is_unsorted": False} if entity == "contacts" else {}
        if entity == "leads":
            more = {"status_id": stage_id}
        card = state.cards[entity].change(row_id, {**more, **people, "updated_at": state.now()})
        changes.announce_card(entity, card, by=by)
    _settle(state, row, "accepted")
    result = {entity: [row_id] for entity, row_id in row["_ids"].items() if entity != "companies"}
    changes.emit("delete_unsorted", lambda: bodies_rare.settled(row, "accept", result, by))


def decline(state: State, changes: Changes, row: Row, *, by: int) -> None:
    """Put its lead, contact and company into the trash."""
    for entity, row_id in row["_ids"].items():
        trashed = {"is_deleted": True, "updated_at": state.now(), "updated_by": by}
        state.cards[entity].change(row_id, trashed)
        state.hidden.discard((entity, row_id))
    _settle(state, row, "declined")
    result = {"leads": [row["_ids"]["leads"]]}
    changes.emit("delete_unsorted", lambda: bodies_rare.settled(row, "decline", result, by))


def link(
    state: State, changes: Changes, row: Row, to: tuple[str, int], contact_id: int | None, *, by: int
) -> None:
    """Give its chat to a lead or customer that there is, and its contact to one that there is."""
    own = row["_ids"].get("contacts")
    state.cards["leads"].change(row["_ids"]["leads"], {"is_deleted": True, "updated_at": state.now()})
    if own is not None and contact_id is not None:
        state.cards["contacts"].change(own, {"is_deleted": True, "updated_at": state.now()})
        for chat in state.chat_links.all():
            if chat["contact_id"] == own:
                state.chat_links.change(chat["id"], {"contact_id": contact_id})
    elif own is not None:
        card = state.cards["contacts"].change(own, {"is_unsorted": False})
        changes.announce_card("contacts", card, by=by)
    final = contact_id or own
    if own is not None:
        state.hidden.discard(("contacts", own))
    if final is not None:
        changes.link(to, ("contacts", final), {}, by=by)
    entity_type = "lead" if to[0] == "leads" else "customer"
    for talk in state.talks.all():
        if talk["_lead_id"] == row["_ids"]["leads"]:
            moved = {"entity_type": entity_type, "entity_id": to[1], "contact_id": final, "_lead_id": to[1]}
            state.talks.change(talk["id"], moved)
    _settle(state, row, "linked")
    changes.emit("delete_unsorted", lambda: bodies_rare.settled(row, "link", {to[0]: [to[1]]}, by))


def _hide(state: State, entity: str, made: Draft) -> int:
    row = new_row(state, entity, made.fields, by=0)
    row["tags"] = [state.tag(entity, tag["name"]) for tag in made.tags or ()]
    if entity == "contacts":
        row["is_unsorted"] = True
    if entity != "leads":
        state.hidden.add((entity, row["id"]))
    state.cards[entity].add(row)
    return int(row["id"])


def _meta(entity: str) -> Row:
    return {"is_main": True} if entity == "contacts" else {}


def _settle(state: State, row: Row, outcome: str) -> None:
    now = state.now()
    state.unsorted.change(row["id"], {"_outcome": outcome, "_settled_at": now, "updated_at": now})
