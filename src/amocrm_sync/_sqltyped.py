"""The typed tables, one for each entity: what a host queries, joins and maps with its ORM."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from amocrm_sync._core.sync.projections import COLUMNS, Kind, amo_id_column, columns
from amocrm_sync._sqlcolumns import JSONText, json, key, only, tenant_column

_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.TEXT: sa.Text,
    Kind.INT: sa.BigInteger,
    Kind.REAL: sa.Double,
    Kind.BOOL: sa.Boolean,
    Kind.JSON: JSONText,
}
_LOOKED_UP_BY: dict[str, tuple[tuple[str, ...], ...]] = {
    "stages": (("pipeline_id",),),
    "contacts": (("phone",), ("email",), ("telegram",)),
    "companies": (("phone",),),
    "leads": (("status",), ("pipeline_id", "stage_id"), ("amo_contact_id",), ("property_id",)),
    "tasks": (("entity_type", "entity_id"), ("is_completed", "complete_till")),
    "notes": (("entity_type", "entity_id"),),
    "products": (("catalog_id",), ("sku",)),
    "communications": (("entity_type", "entity_id"), ("talk_id",)),
}
"""What the rows of each table are looked up by, beside amoCRM's id."""
LONG = frozenset(
    ("leads", "contacts", "companies", "customers", "tasks", "notes", "products", "communications")
)
"""Tables whose live rows are counted and paged through by the thousand; without an index of their own that reads all JSON."""


def typed_tables(metadata: sa.MetaData, prefix: str) -> dict[str, sa.Table]:
    """The table of every entity, by its name."""
    return {entity: _typed(metadata, prefix, entity) for entity in COLUMNS}


def _typed(metadata: sa.MetaData, prefix: str, entity: str) -> sa.Table:
    """An entity's own columns, as :mod:`amocrm_sync._core.sync.projections` describes them, and the JSON as it came."""
    own = [sa.Column(name, _TYPES[kind](), nullable=True) for name, kind in columns(entity).items()]
    groups = ((amo_id_column(entity),), *_LOOKED_UP_BY.get(entity, ()))
    indexes = [sa.Index(f"{prefix}{entity}_{'_'.join(group)}", "tenant_id", *group) for group in groups]
    if entity in LONG:
        # With deleted_at among its columns it has all that a count asks for, which is why SQLite takes it.
        parts = ("tenant_id", "uid", "deleted_at")
        indexes.append(sa.Index(f"{prefix}{entity}_live", *parts, **only("deleted_at IS NULL")))
    return sa.Table(prefix + entity, metadata, tenant_column(), key("uid"), *own, json("raw"), *indexes)
