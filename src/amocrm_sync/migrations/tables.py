"""What migrations are written with: tables and indexes under the prefix that the host has chosen."""

from __future__ import annotations

from typing import Any

import attrs
import sqlalchemy as sa
from alembic import op


@attrs.frozen
class IndexOf:
    """An index that begins with the tenant."""

    name: str
    columns: tuple[str, ...]
    unique: bool


def index(name: str, *columns: str, unique: bool = False) -> IndexOf:
    """An index on the tenant and some columns."""
    return IndexOf(name, columns, unique)


def create(name: str, *parts: sa.Column[Any] | IndexOf) -> None:
    """Make a table with its indexes."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    op.create_table(prefixed(name), *columns)
    for part in parts:
        if isinstance(part, IndexOf):
            op.create_index(
                prefixed(part.name), prefixed(name), ["tenant_id", *part.columns], unique=part.unique
            )


def drop(*names: str) -> None:
    """Drop tables."""
    for name in names:
        op.drop_table(prefixed(name))


def prefixed(name: str) -> str:
    """The name with the prefix of this run."""
    prefix: str = op.get_context().opts["amocrm_sync_prefix"]
    return prefix + name
