"""The tables of a SQL sync store, as SQLAlchemy knows them. Both colours of the store use them; nothing here does I/O.

A host with migrations of its own takes :func:`metadata` into its own target metadata, and may map the typed tables
(``amo_leads`` …) with the ORM. Every key begins with the tenant.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa

from amocrm_sync._core.sync.projections import COLUMNS, Kind, amo_id_column, columns

PREFIX = "amo_"
"""Put before every table name, unless the host chooses another."""

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared and sorted by its bytes, everywhere alike; what people read keeps the database's order."""
_TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.TEXT: sa.Text,
    Kind.INT: sa.BigInteger,
    Kind.REAL: sa.Double,
    Kind.BOOL: sa.Boolean,
}
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


@lru_cache(maxsize=8)
def tables(prefix: str = PREFIX) -> Tables:
    """The tables with that prefix; the same objects every time."""
    return Tables(prefix)


def metadata(prefix: str = PREFIX) -> sa.MetaData:
    """The metadata of all tables, for a host's own migrations."""
    return tables(prefix).metadata


def _tenant() -> sa.Column[str]:
    return sa.Column("tenant_id", _KEY, primary_key=True)


def _numbered(name: str) -> tuple[sa.Column[Any], sa.Column[Any]]:
    """A key that the database counts, and the tenant beside it."""
    return (
        sa.Column(name, _ROWID, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", _KEY, nullable=False),
    )


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, _KEY, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _KEY, nullable=nullable)


def _real(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _int(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, JSONText(), nullable=nullable)


class Tables:
    """Every table of the store. ``typed`` holds those that hosts query, by entity."""

    def __init__(self, prefix: str) -> None:
        self.metadata = sa.MetaData()
        self.prefix = prefix
        self.numbers = sa.Sequence(prefix + "numbers", metadata=self.metadata)
        self.tenant = self._table(
            "tenant", _tenant(), _text("account", nullable=True), _text("epoch"), _json("settings")
        )
        self.clock = self._table("clock", _tenant(), _int("version"), _int("number"))
        self.record = self._record()
        self.link = self._link()
        self.cursor = self._table("cursor", _tenant(), _key("stream"), _json("state"), _real("updated_at"))
        self.stage_mapping = self._stage_mapping()
        self.inbox = self._inbox()
        self.work = self._work()
        self.outbox = self._outbox()
        self.sink = self._table(
            "sink",
            *(_tenant(), _key("id"), _text("name"), _json("payload"), _real("at")),
            self._index("sink_at", "tenant_id", "at"),
        )
        self.conflict = self._conflict()
        self.echo = self._echo()
        self.activity = self._activity()
        self.sync_log = self._sync_log()
        self.client = self._client()
        self.mutation = self._mutation()
        self.typed = {entity: self._typed(entity) for entity in COLUMNS}

    def _table(self, name: str, *parts: Any) -> sa.Table:
        return sa.Table(self.prefix + name, self.metadata, *parts)

    def _index(self, name: str, *names: str, unique: bool = False) -> sa.Index:
        return sa.Index(self.prefix + name, *names, unique=unique)

    def _record(self) -> sa.Table:
        """One row a record, of every entity; what amoCRM sent stands in the typed table."""
        return self._table(
            "record",
            _tenant(),
            _key("entity"),
            _key("uid"),
            _text("remote_id", nullable=True),
            _text("local_ref", nullable=True),
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
            self._index("record_ref", "tenant_id", "entity", "local_ref", unique=True),
            self._index("record_version", "tenant_id", "version", "uid", "entity"),
        )

    def _link(self) -> sa.Table:
        """Which record leads to which row of amoCRM."""
        return self._table(
            "link",
            _tenant(),
            _key("from_entity"),
            _key("from_uid"),
            _key("to_entity"),
            _key("to_remote_id"),
            _json("meta"),
            _int("version"),
            sa.Column("deleted", sa.Boolean, nullable=False),
            self._index("link_to", "tenant_id", "to_entity", "to_remote_id"),
            self._index(
                "link_version", "tenant_id", "version", "from_entity", "from_uid", "to_entity", "to_remote_id"
            ),
        )

    def _stage_mapping(self) -> sa.Table:
        """The host's status of each stage."""
        return self._table(
            "stage_mapping",
            _tenant(),
            sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
            _int("pipeline_id", nullable=True),
            _int("stage_id"),
            _text("status"),
            _json("details"),
        )

    def _inbox(self) -> sa.Table:
        """Webhook bodies, as they came."""
        return self._table(
            "inbox",
            *_numbered("id"),
            _real("received_at"),
            _text("dedupe"),
            sa.Column("body", sa.LargeBinary, nullable=False),
            _text("content_type"),
            _json("headers"),
            _text("state"),
            _text("error", nullable=True),
            self._index("inbox_dedupe", "tenant_id", "dedupe", unique=True),
            self._index("inbox_state", "tenant_id", "state", "received_at", "id"),
        )

    def _work(self) -> sa.Table:
        """What waits to be done, one row however often it was marked."""
        return self._table(
            "work",
            _tenant(),
            _key("kind"),
            _key("stream"),
            _key("key"),
            _int("generation"),
            sa.Column("prio", sa.Integer, nullable=False),
            _real("due_at"),
            sa.Column("attempts", sa.Integer, nullable=False),
            _text("error", nullable=True),
            _text("lease_owner", nullable=True),
            _real("lease_until", nullable=True),
            _int("lease_token", nullable=True),
            _int("lease_generation", nullable=True),
            self._index("work_due", "tenant_id", "kind", "prio", "due_at", "generation"),
            self._index("work_stream", "tenant_id", "kind", "stream", "prio", "due_at", "generation"),
        )

    def _outbox(self) -> sa.Table:
        """Local edits on their way to amoCRM."""
        return self._table(
            "outbox",
            *_numbered("seq"),
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
            _text("actor", nullable=True),
            _text("source"),
            _int("mutation_id", nullable=True),
            sa.Column("probes", sa.Integer, nullable=False),
            _real("sent_at", nullable=True),
            _real("first_sent_at", nullable=True),
            self._index("outbox_state", "tenant_id", "state", "seq"),
            self._index("outbox_record", "tenant_id", "entity", "uid", "seq"),
        )

    def _conflict(self) -> sa.Table:
        """Fields changed on both sides."""
        return self._table(
            "conflict",
            *_numbered("id"),
            _text("entity"),
            _text("uid"),
            _text("field"),
            _int("seq", nullable=True),
            _json("base", nullable=True),
            _json("local", nullable=True),
            _json("remote", nullable=True),
            _int("remote_updated_at", nullable=True),
            _text("policy"),
            _text("state"),
            _text("resolution", nullable=True),
            _json("value", nullable=True),
            _text("by", nullable=True),
            _real("opened_at"),
            _real("closed_at", nullable=True),
            self._index("conflict_state", "tenant_id", "state", "id"),
            self._index("conflict_record", "tenant_id", "entity", "uid", "id"),
        )

    def _echo(self) -> sa.Table:
        """Values that we wrote into amoCRM."""
        return self._table(
            "echo",
            _tenant(),
            _key("entity"),
            _key("remote_id"),
            _key("field"),
            _key("value_hash"),
            _real("written_at"),
            self._index("echo_written", "tenant_id", "written_at"),
        )

    def _activity(self) -> sa.Table:
        """Who did what to which record; hosts read it like the typed tables."""
        return self._table(
            "activity",
            *_numbered("id"),
            _text("key", nullable=True),
            _real("at"),
            _text("entity"),
            _text("remote_id", nullable=True),
            _text("uid", nullable=True),
            _text("event"),
            _text("actor"),
            _text("source"),
            _int("account_id", nullable=True),
            _json("before", nullable=True),
            _json("after", nullable=True),
            _json("raw", nullable=True),
            _real("created_at"),
            self._index("activity_key", "tenant_id", "key", unique=True),
            self._index("activity_at", "tenant_id", "at", "id"),
            self._index("activity_record", "tenant_id", "entity", "remote_id", "at"),
        )

    def _sync_log(self) -> sa.Table:
        """What was done, newest last."""
        return self._table(
            "sync_log",
            *_numbered("id"),
            _text("run_id"),
            _real("at"),
            _text("operation"),
            _text("entity"),
            _text("status"),
            _json("details"),
            _real("seconds"),
            self._index("sync_log_tenant", "tenant_id", "id"),
            self._index("sync_log_run", "tenant_id", "run_id"),
        )

    def _client(self) -> sa.Table:
        """Phones and panels that keep copies."""
        return self._table(
            "client",
            _tenant(),
            _key("client_id"),
            _text("user"),
            _text("scope_hash"),
            _int("last_mutation_id"),
            _text("last_cursor", nullable=True),
            _real("seen_at"),
        )

    def _mutation(self) -> sa.Table:
        """What a client was answered about its edits."""
        return self._table(
            "mutation",
            _tenant(),
            _key("client_id"),
            sa.Column("mutation_id", sa.BigInteger, primary_key=True, autoincrement=False),
            _json("result", nullable=True),
            _int("version"),
        )

    def _typed(self, entity: str) -> sa.Table:
        """An entity's own columns, as :mod:`amocrm_sync._core.sync.projections` describes them, and the JSON as it came."""
        own = [
            sa.Column(name, JSONText() if kind is Kind.JSON else _TYPES[kind](), nullable=True)
            for name, kind in columns(entity).items()
        ]
        amo_id = amo_id_column(entity)
        return self._table(
            entity,
            _tenant(),
            _key("uid"),
            *own,
            _json("raw"),
            self._index(f"{entity}_amo_id", "tenant_id", amo_id),
        )
