"""A person writes for the first time: their contact found or made, a lead made and linked, once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._async.sync.apply import apply_rows
from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.edits import Author, create_record
from amocrm_sync._async.sync.flights import AsyncRun
from amocrm_sync._async.sync.protocols import AsyncSyncTx, PageQuery
from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.auto_lead import Person
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.records import Read, Record, Row
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._core.sync.stored import Mutation
from amocrm_sync.models import Lead

_LEADS = "auto_lead"
_CONTACTS = "auto_contact"
_WAIT = 0.2
_WAITS = 50


@attrs.frozen(kw_only=True)
class FirstContact:
    """What a host knows when somebody writes.

    Attributes:
        person: Who it is.
        key: What must happen once: by default, this person's first contact.
        lead: Fields of the lead.
        contact: Fields of a contact that has to be made.
        author: Who asks for it.
    """

    person: Person
    key: str
    lead: Row
    contact: Row
    author: Author


class AsyncAutoLead:
    """Makes the lead of a first contact. A row in the store decides who of several comes first."""

    def __init__(self, context: AsyncSyncContext) -> None:
        self._context = context

    async def store(self, asked: FirstContact, report: SyncReport) -> str:
        """Store the contact and the lead with their edits, unless that was done before; our id of the lead."""
        number = _number(asked.key)
        async with self._context.tx(write=False) as tx:
            known = await _kept(tx, _LEADS, number)
            contact = await _kept(tx, _CONTACTS, _number(asked.person.key))
        if known is not None:
            return known
        row, read = None, None
        if contact is None and self._context.remote is not None:
            started = await self._context.now()
            row = await self._search(asked.person, report)
            read = Read(started, await self._context.now())
        events: list[SyncEvent] = []
        async with self._context.tx() as tx:
            known = await _kept(tx, _LEADS, number)
            if known is not None:
                return known
            if row is not None and read is not None:
                stream = entity_named("contacts").streams[0]
                events = await apply_rows(self._context, tx, stream, [row], read, report=report)
            contact = await self._contact(tx, asked, row)
            uid = await self._lead(tx, asked, contact)
            await tx.mutations.put([_mutation(_LEADS, number, uid)])
        await self._context.listeners.tell(events)
        return uid

    async def send(self, uid: str, push: AsyncRun) -> Lead:
        """Push until the lead is in amoCRM; as it stands if that cannot be done now.

        Another process may be sending the contact, for which the lead has to wait, or the lead itself.
        """
        record = await self._record(uid)
        for _ in range(_WAITS if self._context.remote is not None else 0):
            if record.remote_id is not None:
                break
            report = await push()
            record = await self._record(uid)
            if record.remote_id is None:
                if not report.ok:
                    break
                await self._context.clock.asleep(_WAIT)
        return Lead.model_validate(record.view)

    async def _record(self, uid: str) -> Record:
        async with self._context.tx(write=False) as tx:
            return (await tx.records.by_uid("leads", [uid]))[uid]

    async def _contact(self, tx: AsyncSyncTx, asked: FirstContact, row: Row | None) -> str:
        """Our id of the person's contact: known, found in amoCRM, found here, or made."""
        number = _number(asked.person.key)
        kept = await _kept(tx, _CONTACTS, number)
        if kept is not None:
            return kept
        record = await self._present(tx, asked.person, row)
        if record is None:
            entity = entity_named("contacts")
            record = await create_record(self._context, tx, entity, asked.contact, author=asked.author)
        await tx.mutations.put([_mutation(_CONTACTS, number, record.uid)])
        return record.uid

    async def _present(self, tx: AsyncSyncTx, person: Person, row: Row | None) -> Record | None:
        if row is not None:
            remote_id = str(row["id"])
            return (await tx.records.by_remote("contacts", [remote_id])).get(remote_id)
        for wanted in person.columns():
            for item in await tx.records.find("contacts", wanted):
                if person.is_in(item.record.view):
                    return item.record
        return None

    async def _lead(self, tx: AsyncSyncTx, asked: FirstContact, contact: str) -> str:
        fields = {**asked.lead, "_embedded": {"contacts": [{"uid": contact, "is_main": True}]}}
        entity = entity_named("leads")
        return (await create_record(self._context, tx, entity, fields, author=asked.author)).uid

    async def _search(self, person: Person, report: SyncReport) -> Row | None:
        """The contact in amoCRM: its search finds candidates, the comparison is ours."""
        stream = entity_named("contacts").streams[0]
        found: list[Row] = []
        for query in person.queries():
            page = await self._context.crm.page(stream, PageQuery(query=query))
            report.of("contacts").requests += 1
            found += [row for row in page.rows if person.is_in(row)]
            if found:
                break
        return min(found, key=lambda row: int(row["id"]), default=None)


async def _kept(tx: AsyncSyncTx, kind: str, number: int) -> str | None:
    found = (await tx.mutations.get(kind, [number])).get(number)
    return None if found is None else str(found.result["uid"])


def _mutation(kind: str, number: int, uid: str) -> Mutation:
    return Mutation(client_id=kind, mutation_id=number, result={"uid": uid})


def _number(key: str) -> int:
    """A key as the store takes it: 60 bits of its digest."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:15], 16)


def first_contact(
    person: Person,
    *,
    key: str | None,
    name: str | None,
    pipeline_id: int | None,
    stage_id: int | None,
    fields: Mapping[str, Any] | None,
    contact: Mapping[str, Any] | None,
    actor: str | None,
) -> FirstContact:
    """What the engine was asked for, as this module takes it."""
    place = {"pipeline_id": pipeline_id, "status_id": stage_id}
    lead = {
        "name": name or person.label,
        **{part: value for part, value in place.items() if value is not None},
    }
    return FirstContact(
        person=person,
        key=f"{person.key}|{key or ''}",
        lead={**lead, **(fields or {})},
        contact={**person.fields(name), **(contact or {})},
        author=Author(actor=actor),
    )
