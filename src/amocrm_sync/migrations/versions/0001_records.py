"""What is synced: tenants, records, links, cursors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from amocrm_sync._sqlcolumns import integer, json, key, real, tenant_column, text
from amocrm_sync.migrations.tables import create, drop, index, prefixed

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence(prefixed("numbers"))))
    create("tenant", tenant_column(), text("account", nullable=True), text("epoch"), json("settings"))
    create("clock", tenant_column(), integer("version"), integer("number"))
    create(
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
        index("record_ref", "entity", "local_ref", unique=True),
        index("record_remote", "entity", "remote_id", unique=True),
        index("record_version", "version", "uid", "entity"),
    )
    create(
        "link",
        tenant_column(),
        key("from_entity"),
        key("from_uid"),
        key("to_entity"),
        key("to_remote_id"),
        json("meta"),
        integer("version"),
        sa.Column("deleted", sa.Boolean, nullable=False),
        index("link_to", "to_entity", "to_remote_id"),
        index("link_version", "version", "from_entity", "from_uid", "to_entity", "to_remote_id"),
    )
    create("cursor", tenant_column(), key("stream"), json("state"), real("updated_at"))
    create(
        "stage_mapping",
        tenant_column(),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        integer("pipeline_id", nullable=True),
        integer("stage_id"),
        text("status"),
        json("details"),
    )


def downgrade() -> None:
    """Drop them."""
    drop("stage_mapping", "cursor", "link", "record", "clock", "tenant")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.DropSequence(sa.Sequence(prefixed("numbers"))))
