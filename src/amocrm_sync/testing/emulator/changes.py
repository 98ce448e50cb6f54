"""What follows from a change: indexes, links, events, webhooks. Routes and the UI change rows only through here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amocrm_sync.testing.emulator import bodies, bodies_rare
from amocrm_sync.testing.emulator.events import EventLog
from amocrm_sync.testing.emulator.hooks import Outbox
from amocrm_sync.testing.emulator.links import Meta, Node
from amocrm_sync.testing.emulator.state import ELEMENTS, LOST, SINGULAR, WON, State
from amocrm_sync.testing.emulator.tables import Row


class Changes:
    """Every effect on leads, contacts, companies, tasks, notes and links.

    Nothing is checked here: what comes in has passed the rules (or a person in the UI did it).
    """

    def __init__(self, state: State, events: EventLog, outbox: Outbox) -> None:
        """Work on a state; tell the log and the subscribers."""
        self.is_quiet = False
        self._state = state
        self._events = events
        self._outbox = outbox

    def add_card(self, entity: str, row: Row, *, by: int) -> Row:
        """A new lead, contact or company."""
        self._state.cards[entity].add(row)
        self.announce_card(entity, row, by=by)
        return row

    def announce_card(self, entity: str, row: Row, *, by: int) -> None:
        """Tell of a new row: at once, or when an incoming lead is accepted."""
        if not self.is_quiet:
            note = [{"note": {"id": self._state.next_id("notes")}}]
            self._events.write(f"{SINGULAR[entity]}_added", entity, row["id"], by=by, after=note)
            self._card_hook(entity, "add", row)

    def change_card(self, entity: str, row_id: int, changes: Mapping[str, Any], *, by: int) -> Row:
        """New values of a lead, contact or company; a lead's closing time follows its stage."""
        table = self._state.cards[entity]
        before = dict(table.rows[row_id])
        stamped = {"updated_at": self._state.now(), "updated_by": by, **changes}
        if entity == "leads":
            stamped = _closing(before, stamped, self._state.now())
        row = table.change(row_id, stamped)
        if not self.is_quiet:
            self._events.changed(entity, before, row, by=by)
            self._changed_hooks(entity, before, row)
        return row

    def delete_card(self, entity: str, row_id: int, *, by: int) -> None:
        """Into the trash."""
        row = self._trash(entity, row_id, by=by, is_deleted=True)
        self._events.write(f"{SINGULAR[entity]}_deleted", entity, row_id, by=by)
        self._outbox.emit(f"delete_{SINGULAR[entity]}", lambda: bodies.deleted_card(entity, row))

    def restore_card(self, entity: str, row_id: int, *, by: int) -> None:
        """Out of the trash."""
        row = self._trash(entity, row_id, by=by, is_deleted=False)
        self._events.write(f"{SINGULAR[entity]}_restored", entity, row_id, by=by)
        self._card_hook(entity, "restore", row)

    def merge(self, entity: str, kept_id: int, lost_id: int, *, by: int) -> None:
        """Two of a kind become one: what hung on the lost one hangs on the kept one, empty values are filled."""
        state = self._state
        kept, lost = (state.cards[entity].rows[row_id] for row_id in (kept_id, lost_id))
        own = {item["field_id"] for item in kept["custom_fields_values"] or ()}
        values = [
            *(kept["custom_fields_values"] or ()),
            *(item for item in lost["custom_fields_values"] or () if item["field_id"] not in own),
        ]
        for kind, other_id, meta in list(state.links.every((entity, lost_id))):
            self._relink(entity, kept_id, lost_id, (kind, other_id), meta)
        for task_id in list(state.tasks_of[entity, lost_id]):
            self._unhang_task(state.tasks.rows[task_id])
            self._hang_task(state.tasks.change(task_id, {"entity_id": kept_id}))
        for note in state.notes.all():
            if (note["_entity"], note["entity_id"]) == (entity, lost_id):
                state.notes.change(note["id"], {"entity_id": kept_id})
        self.delete_card(entity, lost_id, by=by)
        state.cards[entity].drop(lost_id)
        self.change_card(entity, kept_id, {"custom_fields_values": values or None}, by=by)
        self._events.write("entity_merged", entity, kept_id, by=by)

    def link(self, one: Node, other: Node, meta: Meta, *, by: int) -> Meta:
        """Link two entities. A lead or contact has one company; a lead has one main contact, its first."""
        links = self._state.links
        for node, to in ((one, other), (other, one)):
            if to[0] == "companies" and node[0] in ("leads", "contacts", "customers"):
                for company_id in [found for found in links.of(node, "companies") if found != to[1]]:
                    links.drop(node, ("companies", company_id))
        is_new = other[1] not in links.of(one, other[0])
        owner, contact = (other, one) if one[0] == "contacts" else (one, other)
        has_main = contact[0] == "contacts" and owner[0] in _WITH_MAIN
        kept = links.add(one, other, {} if has_main else meta)
        if has_main:
            self._main_contact(owner, contact, meta.get("is_main"))
        if is_new:
            self._linked("linked", one, other, by=by)
        return kept

    def unlink(self, one: Node, other: Node, *, by: int) -> None:
        """Undo a link; the lead's next contact becomes the main one. No link is no error."""
        if not self._state.links.drop(one, other):
            return
        owner, contact = (other, one) if one[0] == "contacts" else (one, other)
        if owner[0] in _WITH_MAIN and contact[0] == "contacts":
            metas = self._state.links.of(owner, "contacts")
            if metas and not any(meta["is_main"] for meta in metas.values()):
                next(iter(metas.values()))["is_main"] = True
        self._linked("unlinked", one, other, by=by)

    def write(self, kind: str, entity: str, row_id: int, *, by: int, after: list[Row] | None = None) -> None:
        """An event that no change of a row tells of."""
        if not self.is_quiet:
            self._events.write(kind, entity, row_id, by=by, after=after)

    def emit(self, setting: str, body: Callable[[], Row]) -> None:
        """A webhook that no change of a card tells of."""
        if not self.is_quiet:
            self._outbox.emit(setting, body)

    def add_task(self, row: Row, *, by: int) -> Row:
        """A new task."""
        self._state.tasks.add(row)
        self._hang_task(row)
        if not self.is_quiet:
            self._events.write("task_added", "tasks", row["id"], by=by)
            self._outbox.emit("add_task", lambda: bodies.task("add", row))
        return row

    def change_task(self, row_id: int, changes: Mapping[str, Any], *, by: int) -> Row:
        """New values of a task; completing it is one of them."""
        before = dict(self._state.tasks.rows[row_id])
        self._unhang_task(before)
        stamped = {"updated_at": self._state.now(), "updated_by": by, **changes}
        row = self._state.tasks.change(row_id, stamped)
        self._hang_task(row)
        self._task_events(before, row, by=by)
        self._outbox.emit("update_task", lambda: bodies.task("update", row, old=before))
        if before["responsible_user_id"] != row["responsible_user_id"]:
            self._outbox.emit("responsible_task", lambda: bodies.task("responsible", row, old=before))
        return row

    def delete_task(self, row_id: int, *, by: int) -> None:
        """A task is gone for good: the API has no trash for tasks."""
        row = self._state.tasks.drop(row_id)
        self._unhang_task(row)
        self._events.write("task_deleted", "tasks", row_id, by=by)
        self._outbox.emit("delete_task", lambda: bodies.deleted_task(row))

    def add_note(self, row: Row, *, by: int) -> Row:
        """A new note."""
        self._state.notes.add(row)
        if not self.is_quiet:
            kind = _NOTE_EVENTS.get(row["note_type"], "common_note_added")
            self._events.write(
                kind, row["_entity"], row["entity_id"], by=by, after=[{"note": {"id": row["id"]}}]
            )
            self._outbox.emit(f"note_{SINGULAR[row['_entity']]}", lambda: bodies.note(self._state, row))
        return row

    def change_note(self, row_id: int, changes: Mapping[str, Any], *, by: int) -> Row:
        """New values of a note; no event and no webhook tells of it."""
        return self._state.notes.change(
            row_id, {"updated_at": self._state.now(), "updated_by": by, **changes}
        )

    def delete_element(self, row_id: int, *, by: int) -> None:
        """An element of a list goes; its links go with it."""
        state, node = self._state, (ELEMENTS, row_id)
        for kind, other, _ in list(state.links.every(node)):
            state.links.drop(node, (kind, other))
        changes = {"is_deleted": True, "updated_at": state.now(), "updated_by": by}
        row = state.cards[ELEMENTS].change(row_id, changes)
        self.emit("delete_catalog_element", lambda: bodies_rare.element("delete", row))

    def _trash(self, entity: str, row_id: int, *, by: int, is_deleted: bool) -> Row:
        changes = {"is_deleted": is_deleted, "updated_at": self._state.now(), "updated_by": by}
        return self._state.cards[entity].change(row_id, changes)

    def _changed_hooks(self, entity: str, before: Row, row: Row) -> None:
        self._card_hook(entity, "update", row, before)
        if entity == "leads" and _stage(before) != _stage(row):
            self._card_hook(entity, "status", row, before)
        if before["responsible_user_id"] != row["responsible_user_id"]:
            self._card_hook(entity, "responsible", row, before)

    def _card_hook(self, entity: str, action: str, row: Row, before: Row | None = None) -> None:
        self._outbox.emit(
            f"{action}_{SINGULAR[entity]}",
            lambda: bodies.card(self._state, entity, action, row, old=before),
        )

    def _relink(self, entity: str, kept_id: int, lost_id: int, other: Node, meta: Meta) -> None:
        links = self._state.links
        links.drop((entity, lost_id), other)
        if other[1] not in links.of((entity, kept_id), other[0]):
            links.add((entity, kept_id), other, meta)

    def _main_contact(self, lead: Node, contact: Node, is_main: object) -> None:
        metas = self._state.links.of(lead, "contacts")
        known = [other for other, meta in metas.items() if meta.get("is_main") and other != contact[1]]
        metas[contact[1]]["is_main"] = bool(is_main) or not known
        if is_main:
            for other in known:
                metas[other]["is_main"] = False

    def _linked(self, what: str, one: Node, other: Node, *, by: int) -> None:
        if self.is_quiet:
            return
        state = self._state
        if state.settings.links_touch:
            for entity, row_id in (one, other):
                if entity == ELEMENTS:
                    continue
                state.cards[entity].change(row_id, {"updated_at": state.now(), "updated_by": by})
        for node, to in ((one, other), (other, one)):
            key = "link" if what == "linked" else "unlink"
            after = [{key: {"entity": {"type": SINGULAR[to[0]], "id": to[1]}}}]
            if node[0] == ELEMENTS:
                continue
            self._events.write(f"entity_{what}", node[0], node[1], by=by, after=after)
            self._card_hook(node[0], "update", state.cards[node[0]].rows[node[1]])

    def _hang_task(self, row: Row) -> None:
        if row["entity_id"] is not None:
            node = (row["entity_type"], row["entity_id"])
            self._state.tasks_of[node].add(row["id"])
            self._closest_task(node)

    def _unhang_task(self, row: Row) -> None:
        if row["entity_id"] is not None:
            node = (row["entity_type"], row["entity_id"])
            self._state.tasks_of[node].discard(row["id"])
            self._closest_task(node)

    def _closest_task(self, node: Node) -> None:
        table = self._state.cards.get(node[0])
        if table is not None and node[1] in table.rows:
            table.change(node[1], {"closest_task_at": min(self._state.open_deadlines(node), default=None)})

    def _task_events(self, before: Row, row: Row, *, by: int) -> None:
        write = self._events.write
        if row["is_completed"] and not before["is_completed"]:
            write("task_completed", "tasks", row["id"], by=by)
        for name, kind, outer, inner in _TASK_FIELDS:
            if before[name] != row[name]:
                old, new = ([{outer: {inner: version[name]}}] for version in (before, row))
                write(kind, "tasks", row["id"], by=by, before=old, after=new)


_WITH_MAIN = frozenset({"leads", "customers"})
_NOTE_EVENTS = {
    "attachment": "attachment_note_added",
    "geolocation": "geo_note_added",
    "service_message": "service_note_added",
    "extended_service_message": "service_note_added",
    "message_cashier": "message_to_cashier_note_added",
    "call_in": "incoming_call",
    "call_out": "outgoing_call",
    "sms_in": "incoming_sms",
    "sms_out": "outgoing_sms",
}
_TASK_FIELDS = (
    ("text", "task_text_changed", "task", "text"),
    ("complete_till", "task_deadline_changed", "task_deadline", "timestamp"),
    ("task_type_id", "task_type_changed", "task_type", "id"),
)


def _stage(row: Row) -> tuple[int, int]:
    return row["pipeline_id"], row["status_id"]


def _closing(before: Row, changes: Row, now: int) -> Row:
    status_id = changes.get("status_id", before["status_id"])
    if status_id == before["status_id"]:
        return changes
    is_closed = status_id in (WON, LOST)
    closing: Row = {"closed_at": now if is_closed else None}
    if status_id != LOST:
        closing["loss_reason_id"] = None
    return {**closing, **changes}
