"""What a host sees of a stored record, and what it may change in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import Entity
from amocrm_sync._core.sync.projections import columns
from amocrm_sync._core.sync.records import Record, Row
from amocrm_sync.errors import ConfigurationError


@attrs.frozen(kw_only=True)
class LocalRecord:
    """A record of the local store, as the host sees it.

    Attributes:
        entity: Plural name.
        uid: Our id.
        remote_id: amoCRM's id as text; ``None`` for a record that is not there (yet).
        fields: The columns of the typed table; reached as ``record["name"]`` as well, and so are those of the host.
        raw: The row as amoCRM sent it, with local edits over it.
        pending: Names of the fields whose local edit is not in amoCRM yet.
        version: The tenant's counter at the last change.
        deleted_at: When we learnt that it is gone, unix seconds.
        delete_reason: ``trash``, ``absent``, ``local`` or ``absorbed``.
    """

    entity: str
    uid: str
    remote_id: str | None
    fields: Mapping[str, Any]
    raw: Row = attrs.field(repr=False)
    pending: tuple[str, ...] = ()
    version: int = 0
    deleted_at: float | None = None
    delete_reason: str | None = None

    def __getitem__(self, column: str) -> Any:
        """A column of the typed table, or one of the host's that has none of its own there."""
        own: Mapping[str, Any] = self.fields.get("host") or {}
        return own[column] if column in own and column not in self.fields else self.fields[column]

    @classmethod
    def of(cls, record: Record, row: Mapping[str, Any]) -> LocalRecord:
        """The host's view of a stored record."""
        return cls(
            entity=record.entity,
            uid=record.uid,
            remote_id=record.remote_id,
            fields=row,
            raw=record.view,
            pending=tuple(sorted(record.local)),
            version=record.version,
            deleted_at=record.deleted_at,
            delete_reason=record.delete_reason,
        )


def check_filter(entity: Entity, wanted: Mapping[str, Any]) -> None:
    """Refuse a filter by something that is no column of the entity's table.

    Raises:
        ConfigurationError: Names the column and those that exist.
    """
    unknown = sorted(set(wanted) - set(columns(entity.name)))
    if unknown:
        raise ConfigurationError(
            f"filter: {entity.name} have no column {', '.join(map(repr, unknown))}; "
            f"there are {', '.join(columns(entity.name))}"
        )


def check_edit(entity: Entity, fields: Mapping[str, Any], *, is_new: bool, is_local_only: bool) -> None:
    """Refuse an edit that amoCRM would refuse, or ignore silently.

    Without a CRM every field is the host's own.

    Raises:
        ConfigurationError: Names the field and those that can be changed.
    """
    if is_local_only:
        return
    allowed = entity.writable | entity.creatable if is_new else entity.writable
    if not allowed:
        raise ConfigurationError(
            f"{entity.name} are read-only here; change them in amoCRM or through the client"
        )
    unknown = sorted(set(fields) - allowed)
    if unknown:
        raise ConfigurationError(
            f"{', '.join(unknown)}: cannot be changed here on a {entity.singular}; "
            f"fields that can are {', '.join(sorted(allowed))}"
        )
