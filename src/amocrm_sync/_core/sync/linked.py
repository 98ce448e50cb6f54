"""The links that a row of amoCRM names: leads to their contacts, companies and products, contacts to their company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync._core.sync.stored import Link

LINKED: dict[str, tuple[str, ...]] = {
    "leads": ("contacts", "companies", "catalog_elements"),
    "contacts": ("companies",),
    "customers": ("contacts", "companies"),
}
"""What stands within the rows of each entity. The other direction is the same links, asked for by their far end."""


def links_of(record: Record) -> list[Link]:
    """The links that the record's row names; none of a record that is deleted."""
    if record.deleted_at is not None:
        return []
    embedded = as_object(record.base.get("_embedded"))
    return [
        Link(
            from_entity=record.entity,
            from_uid=record.uid,
            to_entity="products" if name == "catalog_elements" else name,
            to_remote_id=_remote_id(name, item),
            meta=_meta(item),
            version=record.version,
        )
        for name in LINKED.get(record.entity, ())
        for item in objects_in(embedded.get(name))
        if "id" in item
    ]


def changed_links(records: Sequence[Record], known: Sequence[Link]) -> list[Link]:
    """The links to store when records are: those that are new or different, and those that are gone.

    Args:
        records: As they are now.
        known: Every live link of theirs that the store has.
    """
    before = {_ends(link): link for link in known}
    now = {_ends(link): link for record in records for link in links_of(record)}
    versions = {record.uid: record.version for record in records}
    changed = [link for ends, link in now.items() if ends not in before or before[ends].meta != link.meta]
    gone = [
        attrs.evolve(link, deleted=True, version=versions[link.from_uid])
        for ends, link in before.items()
        if ends not in now
    ]
    return [*changed, *gone]


def _ends(link: Link) -> tuple[str, str, str]:
    return link.from_uid, link.to_entity, link.to_remote_id


def _remote_id(name: str, item: Row) -> str:
    """A product's id has its catalog in it."""
    if name != "catalog_elements":
        return str(item["id"])
    meta = as_object(item.get("metadata"))
    return f"{meta.get('catalog_id', item.get('catalog_id'))}:{item['id']}"


def _meta(item: Row) -> Mapping[str, object]:
    told = {**item, **as_object(item.get("metadata"))}
    return {name: told[name] for name in ("is_main", "quantity", "price_id", "catalog_id") if name in told}
