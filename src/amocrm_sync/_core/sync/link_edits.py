"""Links as people change them: which row leads to which, how they are sent, and which of several changes counts. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from amocrm_sync._core.entities import entity_named
from amocrm_sync._core.sync.linked import LINKED
from amocrm_sync._core.sync.outbox import Op, OpKind
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.references import Parent
from amocrm_sync.errors import ConfigurationError

_PREFIX: Final = "links:"
_PRODUCTS: Final = "products"
_WIRE: Final = "catalog_elements"


@attrs.frozen(kw_only=True)
class LocalLink:
    """A link of a record, as the host sees it.

    Attributes:
        entity: Plural name of the other row's entity.
        remote_id: amoCRM's id of the other row as text (``catalog:element`` for products); ``None`` while it has none.
        uid: Our id of the other row, where the store has it.
        meta: What amoCRM says of the link: ``is_main``, ``quantity`` …
        pending: ``link`` or ``unlink`` while the next push has it to do.
    """

    entity: str
    remote_id: str | None
    uid: str | None = None
    meta: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    pending: str | None = None


def stream_of(entity: str) -> str:
    """Where the changes of an entity's links stand in the outbox: beside the edits of its fields, not among them."""
    return _PREFIX + entity


def entity_of(stream: str) -> str | None:
    """The inverse; ``None`` for a stream of edits of fields."""
    return stream.removeprefix(_PREFIX) if stream.startswith(_PREFIX) else None


def leads_to(entity: str, other: str) -> bool:
    """Whether a link of the two is kept with the first; else with the second.

    Raises:
        ConfigurationError: amoCRM links no such rows.
    """
    if other in _targets(entity):
        return True
    if entity in _targets(other):
        return False
    raise ConfigurationError(f"to: amoCRM links no {entity_named(entity).singular} to {other}")


def _targets(entity: str) -> tuple[str, ...]:
    return tuple(_PRODUCTS if name == _WIRE else name for name in LINKED.get(entity, ()))


def ends_of(op: Op) -> tuple[tuple[str, str], tuple[str, str]]:
    """``(entity, our id)`` of the two rows of a change: first the one that it is kept with."""
    return (op.entity.removeprefix(_PREFIX), op.uid), (str(op.fields["to_entity"]), str(op.fields["to_uid"]))


def wishes(ops: Iterable[Op]) -> dict[tuple[str, str], list[Op]]:
    """The changes of one record's links by the other end, in order: the last one of each counts."""
    found: dict[tuple[str, str], list[Op]] = {}
    for op in sorted(ops, key=lambda op: op.seq):
        found.setdefault(ends_of(op)[1], []).append(op)
    return found


def by_pair(ops: Iterable[Op], rows: Mapping[tuple[str, str], Parent]) -> list[list[Op]]:
    """Changes of links by the pair of rows they are about, in order: a row that ended in another is that one."""
    found: dict[tuple[str, ...], list[Op]] = {}
    for op in sorted(ops, key=lambda op: op.seq):
        ends = [(rows[end].entity, rows[end].uid_now) for end in ends_of(op)]
        found.setdefault((*ends[0], *ends[1]), []).append(op)
    return list(found.values())


def wire_row(op: Op, from_id: int, to_remote_id: str) -> Row:
    """A change as it is sent."""
    entity, metadata = str(op.fields["to_entity"]), dict(op.fields.get("metadata") or {})
    catalog, _, number = to_remote_id.rpartition(":")
    if entity == _PRODUCTS:
        metadata["catalog_id"] = int(catalog)
    if op.kind is OpKind.UNLINK:
        metadata = {name: value for name, value in metadata.items() if name == "catalog_id"}
    row: Row = {
        "entity_id": from_id,
        "to_entity_id": int(number),
        "to_entity_type": _WIRE if entity == _PRODUCTS else entity,
    }
    return {**row, "metadata": metadata} if metadata else row
