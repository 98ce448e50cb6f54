"""What waits, and what happened: webhooks, work, edits, events, conflicts, the log, clients."""

from __future__ import annotations

import sqlalchemy as sa

from amocrm_sync._sqlcolumns import integer, json, key, numbered, real, tenant_column, text
from amocrm_sync.migrations.tables import create, drop, index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    create(
        "inbox",
        *numbered("id"),
        real("received_at"),
        text("dedupe"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        text("content_type"),
        json("headers"),
        text("state"),
        text("error", nullable=True),
        index("inbox_dedupe", "dedupe", unique=True),
        index("inbox_state", "state", "received_at", "id"),
    )
    create(
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
        index("work_due", "kind", "prio", "due_at", "generation"),
        index("work_stream", "kind", "stream", "prio", "due_at", "generation"),
    )
    create(
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
        index("outbox_record", "entity", "uid", "seq"),
        index("outbox_state", "state", "seq"),
    )
    create(
        "sink", tenant_column(), key("id"), text("name"), json("payload"), real("at"), index("sink_at", "at")
    )
    create(
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
        index("conflict_record", "entity", "uid", "id"),
        index("conflict_state", "state", "id"),
    )
    create(
        "echo",
        tenant_column(),
        key("entity"),
        key("remote_id"),
        key("field"),
        key("value_hash"),
        real("written_at"),
        index("echo_written", "written_at"),
    )
    create(
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
        index("activity_at", "at", "id"),
        index("activity_key", "key", unique=True),
        index("activity_record", "entity", "remote_id", "at"),
    )
    create(
        "sync_log",
        *numbered("id"),
        text("run_id"),
        real("at"),
        text("operation"),
        text("entity"),
        text("status"),
        json("details"),
        real("seconds"),
        index("sync_log_run", "run_id"),
        index("sync_log_tenant", "id"),
    )
    create(
        "client",
        tenant_column(),
        key("client_id"),
        text("user"),
        text("scope_hash"),
        integer("last_mutation_id"),
        text("last_cursor", nullable=True),
        real("seen_at"),
    )
    create(
        "mutation",
        tenant_column(),
        key("client_id"),
        sa.Column("mutation_id", sa.BigInteger, primary_key=True, autoincrement=False),
        json("result", nullable=True),
        integer("version"),
    )


def downgrade() -> None:
    """Drop them."""
    drop("mutation", "client", "sync_log", "activity", "echo", "conflict", "sink", "outbox", "work", "inbox")
