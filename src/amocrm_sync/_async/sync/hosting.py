"""The host's own columns of records: filled from the row itself, and for leads from their main contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.host import HostMapping, main_contact
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Stored


async def host_columns(tx: AsyncSyncTx, host: HostMapping, records: Sequence[Record]) -> list[Row]:
    """The values of the host's columns of some records, in their order."""
    contacts = await _main_contacts(tx, host, records)
    return [
        host.to_local(record.entity, record.view, contacts.get((record.entity, record.uid)))
        for record in records
    ]


async def leads_of(tx: AsyncSyncTx, host: HostMapping, records: Iterable[Record]) -> list[Stored]:
    """The leads that show a column of one of these contacts."""
    ids = [record.amo_id for record in records if record.entity == "contacts" and record.amo_id is not None]
    if not ids or not host.needs_contact("leads"):
        return []
    return await tx.records.find("leads", {"amo_contact_id": ids})


async def _main_contacts(
    tx: AsyncSyncTx, host: HostMapping, records: Sequence[Record]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The main contact of each record that has one and needs it."""
    named: dict[tuple[str, str], Row] = {}
    for record in records:
        contact = main_contact(record.view) if host.needs_contact(record.entity) else None
        if contact is not None:
            named[record.entity, record.uid] = contact
    if not named:
        return {}
    by_id = await tx.records.by_remote("contacts", {str(contact.get("id")) for contact in named.values()})
    by_uid = await tx.records.by_uid("contacts", {str(contact.get("uid")) for contact in named.values()})
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for key, contact in named.items():
        known = by_id.get(str(contact.get("id"))) or by_uid.get(str(contact.get("uid")))
        if known is not None:
            found[key] = known.view
    return found
