"""What migrations are written with: tables and indexes under the prefix that the host has chosen."""

from __future__ import annotations

from typing import Any

import attrs
import sqlalchemy as sa
from alembic import op

from amocrm_sync._sqlcolumns import only


@attrs.frozen
class IndexOf:
    """An index that begins with the tenant."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    where: str | None = None


def index(name: str, *columns: str, unique: bool = False, where: str | None = None) -> IndexOf:
    """An index on the tenant and some columns, of all rows or of some."""
    return IndexOf(name, columns, unique, where)


def create(name: str, *parts: sa.Column[Any] | IndexOf) -> None:
    """Make a table with its indexes."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    op.create_table(prefixed(name), *columns)
    add(name, *(part for part in parts if isinstance(part, IndexOf)))


def add(name: str, *indexes: IndexOf) -> None:
    """Make indexes of a table that is there."""
    for made in indexes:
        columns = ["tenant_id", *made.columns]
        op.create_index(prefixed(made.name), prefixed(name), columns, unique=made.unique, **only(made.where))


def remove(name: str, *indexes: str) -> None:
    """Drop indexes of a table."""
    for dropped in indexes:
        op.drop_index(prefixed(dropped), prefixed(name))


def drop(*names: str) -> None:
    """Drop tables."""
    for name in names:
        op.drop_table(prefixed(name))


def prefixed(name: str) -> str:
    """The name with the prefix of this run."""
    prefix: str = op.get_context().opts["amocrm_sync_prefix"]
    return prefix + name
