"""The tables of a SQL sync store, as SQLAlchemy knows them. Both colours of the store use them; nothing here does I/O.

A host with migrations of its own takes :func:`metadata` into its own target metadata, and may map the typed tables
(``amo_leads`` …) with the ORM. Every key begins with the tenant.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from amocrm_sync._sqlcolumns import integer, json, key, numbered, only, real, tenant_column, text
from amocrm_sync._sqltyped import typed_tables

PREFIX = "amo_"
"""Put before every table name, unless the host chooses another."""


@lru_cache(maxsize=8)
def tables(prefix: str = PREFIX) -> Tables:
    """The tables with that prefix; the same objects every time."""
    return Tables(prefix)


def metadata(prefix: str = PREFIX) -> sa.MetaData:
    """The metadata of all tables, for a host's own migrations."""
    return tables(prefix).metadata


class Tables:
    """Every table of the store. ``typed`` holds those that hosts query, by entity."""

    def __init__(self, prefix: str) -> None:
        self.metadata = sa.MetaData()
        self.prefix = prefix
        self.numbers = sa.Sequence(prefix + "numbers", metadata=self.metadata)
        self.tenant = self._table(
            "tenant", tenant_column(), text("account", nullable=True), text("epoch"), json("settings")
        )
        self.clock = self._table("clock", tenant_column(), integer("version"), integer("number"))
        self.record = self._record()
        self.link = self._link()
        self.cursor = self._table("cursor", tenant_column(), key("stream"), json("state"), real("updated_at"))
        self.stage_mapping = self._stage_mapping()
        self.inbox = self._inbox()
        self.work = self._work()
        self.outbox = self._outbox()
        self.sink = self._table(
            "sink",
            *(tenant_column(), key("id"), text("name"), json("payload"), real("at")),
            self._index("sink_at", "tenant_id", "at"),
        )
        self.conflict = self._conflict()
        self.echo = self._echo()
        self.activity = self._activity()
        self.sync_log = self._sync_log()
        self.client = self._client()
        self.mutation = self._mutation()
        self.typed = typed_tables(self.metadata, prefix)

    def _table(self, name: str, *parts: Any) -> sa.Table:
        return sa.Table(self.prefix + name, self.metadata, *parts)

    def _index(self, name: str, *names: str, unique: bool = False, where: str | None = None) -> sa.Index:
        return sa.Index(self.prefix + name, *names, unique=unique, **only(where))

    def _record(self) -> sa.Table:
        """One row a record, of every entity; what amoCRM sent stands in the typed table."""
        return self._table(
            "record",
            tenant_column(),
            key("entity"),
            key("uid"),
            text("remote_id", nullable=True),
            text("local_ref", nullable=True),
            text("base_hash"),
            json("local", nullable=True),
            integer("remote_updated_at", nullable=True),
            real("read_fence"),
            real("deleted_at", nullable=True),
            text("delete_reason", nullable=True),
            integer("version"),
            integer("created_version"),
            real("created_at"),
            real("updated_at"),
            self._index("record_remote", "tenant_id", "entity", "remote_id", unique=True),
            self._index("record_ref", "tenant_id", "entity", "local_ref", unique=True),
            self._index("record_version", "tenant_id", "version", "uid", "entity"),
            self._index("record_deleted", "tenant_id", "deleted_at", where="deleted_at IS NOT NULL"),
        )

    def _link(self) -> sa.Table:
        """Which record leads to which row of amoCRM."""
        return self._table(
            "link",
            tenant_column(),
            key("from_entity"),
            key("from_uid"),
            key("to_entity"),
            key("to_remote_id"),
            json("meta"),
            integer("version"),
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
            tenant_column(),
            sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
            integer("pipeline_id", nullable=True),
            integer("stage_id"),
            text("status"),
            json("details"),
        )

    def _inbox(self) -> sa.Table:
        """Webhook bodies, as they came."""
        return self._table(
            "inbox",
            *numbered("id"),
            real("received_at"),
            text("dedupe"),
            sa.Column("body", sa.LargeBinary, nullable=False),
            text("content_type"),
            json("headers"),
            text("state"),
            text("error", nullable=True),
            self._index("inbox_dedupe", "tenant_id", "dedupe", unique=True),
            self._index("inbox_state", "tenant_id", "state", "received_at", "id"),
        )

    def _work(self) -> sa.Table:
        """What waits to be done, one row however often it was marked."""
        return self._table(
            "work",
            tenant_column(),
            key("kind"),
            key("stream"),
            key("key"),
            integer("generation"),
            sa.Column("prio", sa.Integer, nullable=False),
            real("due_at"),
            sa.Column("attempts", sa.Integer, nullable=False),
            text("error", nullable=True),
            text("lease_owner", nullable=True),
            real("lease_until", nullable=True),
            integer("lease_token", nullable=True),
            integer("lease_generation", nullable=True),
            self._index("work_due", "tenant_id", "kind", "prio", "due_at", "generation"),
            self._index("work_stream", "tenant_id", "kind", "stream", "prio", "due_at", "generation"),
        )

    def _outbox(self) -> sa.Table:
        """Local edits on their way to amoCRM."""
        return self._table(
            "outbox",
            *numbered("seq"),
            text("entity"),
            text("uid"),
            text("kind"),
            json("fields"),
            json("base_fields"),
            real("made_at"),
            text("state"),
            sa.Column("attempts", sa.Integer, nullable=False),
            real("due_at"),
            text("error", nullable=True),
            text("actor", nullable=True),
            text("source"),
            integer("mutation_id", nullable=True),
            sa.Column("probes", sa.Integer, nullable=False),
            real("sent_at", nullable=True),
            real("first_sent_at", nullable=True),
            self._index("outbox_state", "tenant_id", "state", "seq"),
            self._index("outbox_record", "tenant_id", "entity", "uid", "seq"),
        )

    def _conflict(self) -> sa.Table:
        """Fields changed on both sides."""
        return self._table(
            "conflict",
            *numbered("id"),
            text("entity"),
            text("uid"),
            text("field"),
            integer("seq", nullable=True),
            json("base", nullable=True),
            json("local", nullable=True),
            json("remote", nullable=True),
            integer("remote_updated_at", nullable=True),
            text("policy"),
            text("state"),
            text("resolution", nullable=True),
            json("value", nullable=True),
            text("by", nullable=True),
            real("opened_at"),
            real("closed_at", nullable=True),
            self._index("conflict_state", "tenant_id", "state", "id"),
            self._index("conflict_record", "tenant_id", "entity", "uid", "id"),
            self._index("conflict_closed", "tenant_id", "closed_at", where="closed_at IS NOT NULL"),
        )

    def _echo(self) -> sa.Table:
        """Values that we wrote into amoCRM."""
        return self._table(
            "echo",
            tenant_column(),
            key("entity"),
            key("remote_id"),
            key("field"),
            key("value_hash"),
            real("written_at"),
            self._index("echo_written", "tenant_id", "written_at"),
        )

    def _activity(self) -> sa.Table:
        """Who did what to which record; hosts read it like the typed tables."""
        return self._table(
            "activity",
            *numbered("id"),
            text("key", nullable=True),
            real("at"),
            text("entity"),
            text("remote_id", nullable=True),
            text("uid", nullable=True),
            text("event"),
            text("actor"),
            text("source"),
            integer("account_id", nullable=True),
            json("before", nullable=True),
            json("after", nullable=True),
            json("raw", nullable=True),
            integer("amo_created_at"),
            integer("amo_updated_at"),
            real("created_at"),
            real("updated_at"),
            self._index("activity_key", "tenant_id", "key", unique=True),
            self._index("activity_at", "tenant_id", "at", "id"),
            self._index("activity_record", "tenant_id", "entity", "remote_id", "at"),
        )

    def _sync_log(self) -> sa.Table:
        """What was done, newest last."""
        return self._table(
            "sync_log",
            *numbered("id"),
            text("run_id"),
            real("at"),
            text("operation"),
            text("entity"),
            text("status"),
            json("details"),
            real("seconds"),
            self._index("sync_log_tenant", "tenant_id", "id"),
            self._index("sync_log_run", "tenant_id", "run_id"),
        )

    def _client(self) -> sa.Table:
        """Phones and panels that keep copies."""
        return self._table(
            "client",
            tenant_column(),
            key("client_id"),
            text("user"),
            text("scope_hash"),
            integer("last_mutation_id"),
            text("last_cursor", nullable=True),
            real("seen_at"),
        )

    def _mutation(self) -> sa.Table:
        """What a client was answered about its edits."""
        return self._table(
            "mutation",
            tenant_column(),
            key("client_id"),
            sa.Column("mutation_id", sa.BigInteger, primary_key=True, autoincrement=False),
            json("result", nullable=True),
            integer("version"),
        )
