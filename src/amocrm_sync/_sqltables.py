"""The tables of a SQL sync store, as SQLAlchemy knows them. Both colours of the store use them; nothing here does I/O.

A host with migrations of its own takes :func:`metadata` into its own target metadata, and may map the typed tables
(``amo_leads`` …) with the ORM. Every key begins with the tenant.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from amocrm_sync._core.sync.projections import COLUMNS, Kind, amo_id_column, columns

PREFIX = "amo_"
"""Put before every table name, unless the host chooses another."""

_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.TEXT: sa.Text,
    Kind.INT: sa.BigInteger,
    Kind.REAL: sa.Double,
    Kind.BOOL: sa.Boolean,
}
_ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""SQLite counts by itself only in a column called INTEGER."""
_JSON = sa.JSON(none_as_null=True)


@lru_cache(maxsize=8)
def tables(prefix: str = PREFIX) -> Tables:
    """The tables with that prefix; the same objects every time."""
    return Tables(prefix)


def metadata(prefix: str = PREFIX) -> sa.MetaData:
    """The metadata of all tables, for a host's own migrations."""
    return tables(prefix).metadata


def _tenant() -> sa.Column[str]:
    return sa.Column("tenant_id", sa.Text, primary_key=True)


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable, primary_key=primary_key)


def _real(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _JSON, nullable=nullable)


class Tables:
    """Every table of the store. ``typed`` holds those that hosts query, by entity."""

    def __init__(self, prefix: str) -> None:
        self.metadata = sa.MetaData()
        self.prefix = prefix
        self.tenant = self._table("tenant", _tenant(), _text("account"))
        self.record = self._record()
        self.cursor = self._table(
            "cursor", _tenant(), _text("stream", primary_key=True), _json("state"), _real("updated_at")
        )
        self.inbox = self._inbox()
        self.work = self._work()
        self.outbox = self._outbox()
        self.sync_log = self._sync_log()
        self.clock = self._table("clock", _tenant(), _int("version"), _int("generation"))
        self.stage_mapping = self._table(
            "stage_mapping",
            _tenant(),
            sa.Column("place", sa.Integer, primary_key=True),
            _int("pipeline_id", nullable=True),
            _int("stage_id"),
            _text("status"),
            _json("details"),
        )
        self.typed = {entity: self._typed(entity) for entity in COLUMNS}

    def _table(self, name: str, *parts: Any) -> sa.Table:
        return sa.Table(self.prefix + name, self.metadata, *parts)

    def _index(self, name: str, *names: str, unique: bool = False, where: Any = None) -> sa.Index:
        return sa.Index(self.prefix + name, *names, unique=unique, sqlite_where=where, postgresql_where=where)

    def _record(self) -> sa.Table:
        """One row a record, of every entity."""
        return self._table(
            "record",
            _tenant(),
            _text("entity", primary_key=True),
            _text("uid", primary_key=True),
            _text("remote_id", nullable=True),
            _json("base"),
            _text("base_hash"),
            _json("local", nullable=True),
            _int("remote_updated_at", nullable=True),
            _real("read_fence"),
            _real("deleted_at", nullable=True),
            _text("delete_reason", nullable=True),
            _int("version"),
            _int("created_version"),
            _real("created_at"),
            _real("updated_at"),
            self._index("record_remote", "tenant_id", "entity", "remote_id", unique=True),
            self._index("record_version", "tenant_id", "version", "uid"),
        )

    def _inbox(self) -> sa.Table:
        """Webhook bodies, as they came."""
        return self._table(
            "inbox",
            sa.Column("id", _ROWID, primary_key=True, autoincrement=True),
            sa.Column("tenant_id", sa.Text, nullable=False),
            _real("received_at"),
            _text("dedupe"),
            sa.Column("body", sa.LargeBinary, nullable=False),
            _text("content_type"),
            _json("headers"),
            _text("state"),
            _text("error", nullable=True),
            self._index("inbox_dedupe", "tenant_id", "dedupe", unique=True),
            self._index("inbox_state", "tenant_id", "state", "id"),
        )

    def _work(self) -> sa.Table:
        """Rows to be read again, each once however many hints came."""
        return self._table(
            "work",
            _tenant(),
            _text("stream", primary_key=True),
            _text("remote_id", primary_key=True),
            _int("generation"),
            sa.Column("attempts", sa.Integer, nullable=False),
            _real("due_at"),
            _text("error", nullable=True),
            self._index("work_due", "tenant_id", "due_at"),
        )

    def _outbox(self) -> sa.Table:
        """Local edits on their way to amoCRM."""
        return self._table(
            "outbox",
            sa.Column("seq", _ROWID, primary_key=True, autoincrement=True),
            sa.Column("tenant_id", sa.Text, nullable=False),
            _text("entity"),
            _text("uid"),
            _text("kind"),
            _json("fields"),
            _json("base_fields"),
            _real("made_at"),
            _text("state"),
            sa.Column("attempts", sa.Integer, nullable=False),
            _real("due_at"),
            _text("error", nullable=True),
            self._index("outbox_state", "tenant_id", "state", "seq"),
            self._index("outbox_record", "tenant_id", "entity", "uid", "seq"),
        )

    def _sync_log(self) -> sa.Table:
        """What was done, newest last."""
        return self._table(
            "sync_log",
            sa.Column("id", _ROWID, primary_key=True, autoincrement=True),
            sa.Column("tenant_id", sa.Text, nullable=False),
            _text("run_id"),
            _real("at"),
            _text("operation"),
            _text("entity"),
            _text("status"),
            _json("details"),
            _real("seconds"),
            self._index("sync_log_tenant", "tenant_id", "id"),
        )

    def _typed(self, entity: str) -> sa.Table:
        """An entity's own columns, as :mod:`amocrm_sync._core.sync.projections` describes them."""
        own = [
            sa.Column(name, _JSON if kind is Kind.JSON else _TYPES[kind](), nullable=True)
            for name, kind in columns(entity).items()
        ]
        amo_id = amo_id_column(entity)
        return self._table(
            entity,
            _tenant(),
            sa.Column("uid", sa.Text, primary_key=True),
            *own,
            self._index(f"{entity}_amo_id", "tenant_id", amo_id),
        )
