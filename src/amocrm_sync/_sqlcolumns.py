"""What the columns of the store's tables are made of."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared and sorted by its bytes, everywhere alike; what people read keeps the database's order."""
_ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite counts by itself only in a column called INTEGER."""


class JSONText(sa.TypeDecorator[Any]):
    """JSON, and ``None`` as NULL. SQLite's own JSON columns would turn a number's text into a number."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """``JSON`` on PostgreSQL, ``TEXT`` elsewhere."""
        is_postgresql = dialect.name == "postgresql"
        return dialect.type_descriptor(sa.JSON(none_as_null=True) if is_postgresql else sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """To text, where the driver does not do it."""
        return value if value is None or dialect.name == "postgresql" else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """From text, where the driver does not do it."""
        return value if value is None or dialect.name == "postgresql" else orjson.loads(value)


def tenant_column() -> sa.Column[str]:
    """Whose row it is: the beginning of every key."""
    return sa.Column("tenant_id", KEY, primary_key=True)


def numbered(name: str) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """A key that the database counts, and the tenant beside it."""
    return (
        sa.Column(name, _ROWID, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", KEY, nullable=False),
    )


def only(where: str | None) -> dict[str, Any]:
    """What makes an index one of some rows only, wherever the store runs: small, and nothing to pay for the others."""
    return {} if where is None else {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}


def key(name: str) -> sa.Column[Any]:
    """Text that is part of the primary key."""
    return sa.Column(name, KEY, primary_key=True)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Text for machines: states, ids, names of fields."""
    return sa.Column(name, KEY, nullable=nullable)


def real(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A moment in unix seconds, or another number."""
    return sa.Column(name, sa.Double, nullable=nullable)


def integer(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A whole number."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """JSON."""
    return sa.Column(name, JSONText(), nullable=nullable)
