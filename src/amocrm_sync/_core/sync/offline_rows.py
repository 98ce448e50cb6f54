"""Rows and edits as devices write them: the columns of the typed tables, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import orjson

from amocrm_sync._core.entities import Entity
from amocrm_sync._core.shapes import objects_in
from amocrm_sync._core.sync.fields import CUSTOM, value_at
from amocrm_sync._core.sync.host import HostMapping
from amocrm_sync._core.sync.offline import Scope
from amocrm_sync._core.sync.projections import COMMON, Kind, amo_id_column, columns
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.stored import Stored

_CODES = {"phone": "PHONE", "email": "EMAIL"}
_RENAMED = {"leads": {"stage_id": "status_id"}}
_HIDDEN = frozenset({"host", "deleted_at", "version"})
_DERIVED = frozenset(
    {"uid", "id", "remote_id", "pending", "host", "telegram", "identities", "contact_ids"}
    | {"amo_contact_id", "amo_company_id", "created_by", "updated_by", "mine"}
    | {name for name, _ in COMMON}
)


Change = tuple[Stored, str, Row]
"""A record, under which heading it is told (``created``, ``updated``, ``deleted``), and what else is said of it."""


@attrs.frozen
class Own:
    """What a device did itself, of late.

    Attributes:
        versions: ``(entity, uid)`` → the version that its last edit made.
        created: The records that it created.
    """

    versions: Mapping[tuple[str, str], int]
    created: frozenset[tuple[str, str]]


def judged(item: Stored, since: int, scope: Scope, own: Own) -> Change:
    """Under which heading a change is told to a device that has seen everything up to ``since``."""
    record = item.record
    key = (record.entity, record.uid)
    if record.deleted_at is not None or not scope.allows(item):
        return item, "deleted", {}
    mine: Row = {"mine": True} if own.versions.get(key) == record.version else {}
    is_new = record.created_version > since and key not in own.created
    return item, "created" if is_new else "updated", mine


def grouped(changes: Iterable[Change], render: Callable[[Stored], Row]) -> dict[str, dict[str, list[Any]]]:
    """Changes by entity and heading; of what is deleted, the uid."""
    told: dict[str, dict[str, list[Any]]] = {}
    for item, heading, more in changes:
        part = told.setdefault(item.record.entity, {"created": [], "updated": [], "deleted": []})
        part[heading].append(item.record.uid if heading == "deleted" else {**render(item), **more})
    return told


def row_of(stored: Stored, *, is_local_only: bool) -> Row:
    """A record as a device gets it.

    ``{uid, remote_id, version, pending, fields}``; ``pending`` names what amoCRM does not have yet. Without a CRM the
    fields are the record's own, whatever the host has put in, beside the columns of its table.
    """
    record, table = stored.record, stored.row
    fields = {name: value for name, value in table.items() if name not in _HIDDEN}
    fields.update(table.get("host") or {})
    if is_local_only:
        fields = {**{name: value for name, value in record.local.items() if name != CUSTOM}, **fields}
    return {
        "uid": record.uid,
        "remote_id": record.remote_id,
        "version": record.version,
        "pending": [] if is_local_only else sorted(record.local),
        "fields": fields,
    }


def settable(entity: Entity, host: HostMapping, *, is_local_only: bool) -> frozenset[str] | None:
    """The names that a device may write; ``None``: any that is not derived."""
    if is_local_only:
        return None
    aliases = {*_RENAMED.get(entity.name, {}), *host.columns(entity.name)}
    if CUSTOM in entity.writable:
        aliases |= {name for name in _CODES if name in columns(entity.name)}
    if "result" in entity.writable:
        aliases.add("result_text")
    return entity.writable | entity.creatable | aliases


def is_settable(name: str, allowed: frozenset[str] | None, entity: Entity) -> bool:
    """Whether a device may write a column."""
    if allowed is not None:
        return name in allowed
    return name not in _DERIVED and name not in (amo_id_column(entity.name), "status")


def unsettable(names: Iterable[str], allowed: frozenset[str] | None, entity: Entity) -> list[str]:
    """Those of the names that a device may not write."""
    return sorted(name for name in names if not is_settable(name, allowed, entity))


def written(entity: Entity, fields: Mapping[str, Any], view: Mapping[str, Any], host: Iterable[str]) -> Row:
    """A device's edit in amoCRM's words.

    Args:
        entity: The entity.
        fields: Columns of the typed table, or fields as amoCRM calls them.
        view: The record as it is: of several phone numbers only the first is the column's.
        host: Columns of the host, which stay as they are.
    """
    own, renamed = set(host), _RENAMED.get(entity.name, {})
    edit: Row = {}
    custom: list[Row] = objects_in(fields.get(CUSTOM))
    for name, value in fields.items():
        if name in own:
            edit[name] = value
        elif name in _CODES and name in columns(entity.name):
            custom = [*custom, _code(_CODES[name], value, view)]
        elif name == "result_text":
            edit["result"] = {"text": value}
        elif name != CUSTOM:
            edit[renamed.get(name, name)] = value
    return {**edit, CUSTOM: custom} if custom else edit


def flat(row: Row, entity: str) -> Row:
    """A row as WatermelonDB keeps it: ``id`` is our uid, and what is no plain value is JSON text."""
    kinds = columns(entity)
    fields = {
        name: orjson.dumps(value).decode()
        if value is not None and (kinds.get(name) is Kind.JSON or isinstance(value, dict | list))
        else value
        for name, value in row["fields"].items()
    }
    return {"id": row["uid"], "remote_id": row["remote_id"], **fields}


def _code(code: str, value: Any, view: Mapping[str, Any]) -> Row:
    """The first of a contact's numbers or addresses replaced; ``None`` or nothing takes it away."""
    present = objects_in(value_at(view, f"{CUSTOM}.{code}"))
    first = [] if value in (None, "") else [{**_kind(present), "value": value}]
    return {"field_code": code, "values": [*first, *present[1:]]}


def _kind(values: list[Row]) -> Row:
    """What kind of number the first was (work, home …) stays."""
    return {name: values[0][name] for name in ("enum_id", "enum_code") if values and values[0].get(name)}
