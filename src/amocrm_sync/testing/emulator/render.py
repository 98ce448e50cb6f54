"""Rows as answers show them: stored values, links, and what ``with`` adds."""

from __future__ import annotations

from collections.abc import Collection

from amocrm_sync.testing.emulator.hal import link
from amocrm_sync.testing.emulator.state import CARDS, ELEMENTS, State
from amocrm_sync.testing.emulator.tables import Row

_ONLY_WITH = ("source_id", "is_price_modified_by_robot")


def card(state: State, origin: str, entity: str, row: Row, with_: Collection[str]) -> Row:
    """A lead, contact or company; from the trash, only what the trash shows."""
    base = f"{origin}/api/v4"
    row_id = row["id"]
    links = {"self": link(f"{base}/{entity}/{row_id}")}
    if row["is_deleted"]:
        return {key: row[key] for key in ("id", "updated_at", "updated_by", "is_deleted")} | {"_links": links}
    shown = row.copy() if entity != "customers" else _of_customer(row, with_)
    embedded: Row = {"tags": shown.pop("tags")}
    if entity == "customers":
        segments = f"{base}/customers/segments"
        embedded["segments"] = [
            {"id": segment_id, "_links": {"self": link(f"{segments}/{segment_id}")}}
            for segment_id in row["_segments"]
        ]
    if entity == "leads":
        for name in _ONLY_WITH:
            if name not in with_:
                del shown[name]
        _lead_extras(state, row, with_, embedded)
    for to in _neighbours(entity, with_):
        embedded[to] = _linked(state, base, (entity, row_id), to)
    if "catalog_elements" in with_:
        embedded["catalog_elements"] = _elements(state, base, (entity, row_id))
    shown["_links"] = links
    shown["_embedded"] = embedded
    return shown


def _neighbours(entity: str, with_: Collection[str]) -> list[str]:
    """Kinds of linked rows that an answer carries: companies always, the others on demand."""
    always = () if entity in ("companies", "customers") else ("companies",)
    return [name for name in CARDS if name != entity and (name in always or name in with_)]


def _of_customer(row: Row, with_: Collection[str]) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    if "group_id" not in with_:
        del shown["group_id"]
    return shown


def _elements(state: State, base: str, node: tuple[str, int]) -> list[Row]:
    rows = state.cards[ELEMENTS].rows
    return [
        {
            "id": row_id,
            "metadata": {"quantity": 1, "price_id": None, **meta, "catalog_id": rows[row_id]["catalog_id"]},
            "_links": {"self": link(f"{base}/catalogs/{rows[row_id]['catalog_id']}/elements/{row_id}")},
        }
        for row_id, meta in state.links.of(node, ELEMENTS).items()
        if row_id in rows
    ]


def _linked(state: State, base: str, node: tuple[str, int], to: str) -> list[Row]:
    found: list[Row] = []
    live = state.cards[to].live
    for row_id, meta in state.links.of(node, to).items():
        if live(row_id) is None:
            continue
        item: Row = {"id": row_id, "_links": {"self": link(f"{base}/{to}/{row_id}")}}
        if to == "contacts" and "is_main" in meta:
            item["is_main"] = meta["is_main"]
        found.append(item)
    return found


def _lead_extras(state: State, row: Row, with_: Collection[str], embedded: Row) -> None:
    if "loss_reason" in with_:
        reason = state.loss_reasons.live(row["loss_reason_id"])
        embedded["loss_reason"] = [reason] if reason else []
    if "source" in with_:
        source = state.sources.live(row["source_id"])
        embedded["source"] = {"id": source["id"], "name": source["name"]} if source else None


def simple(origin: str, path: str, row: Row) -> Row:
    """A row without nested parts, with its address; hidden keys (``_...``) stay hidden."""
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    shown["_links"] = {"self": link(f"{origin}/api/v4/{path}/{row['id']}")}
    return shown
