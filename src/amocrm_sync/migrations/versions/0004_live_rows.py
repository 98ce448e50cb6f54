"""Indexes of the rows that are live, and of what is over and will be forgotten."""

from __future__ import annotations

from amocrm_sync.migrations.tables import add, index, remove

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LONG = ("leads", "contacts", "companies", "customers", "tasks", "notes", "products", "communications")


def upgrade() -> None:
    """Make the indexes."""
    add("record", index("record_deleted", "deleted_at", where="deleted_at IS NOT NULL"))
    add("conflict", index("conflict_closed", "closed_at", where="closed_at IS NOT NULL"))
    for name in _LONG:
        add(name, index(f"{name}_live", "uid", "deleted_at", where="deleted_at IS NULL"))


def downgrade() -> None:
    """Drop them."""
    for name in _LONG:
        remove(name, f"{name}_live")
    remove("conflict", "conflict_closed")
    remove("record", "record_deleted")
