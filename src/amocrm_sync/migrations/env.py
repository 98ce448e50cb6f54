"""Run by Alembic: the migrations on the connection that :mod:`amocrm_sync._sqlmigrate` gives."""

from __future__ import annotations

from alembic import context

from amocrm_sync._sqlmigrate import PREFIX_KEY
from amocrm_sync._sqlschema import version_table
from amocrm_sync._sqltables import metadata

_given = context.config.attributes
_prefix: str = _given[PREFIX_KEY]

context.configure(
    connection=_given["connection"],
    target_metadata=metadata(_prefix),
    version_table=version_table(_prefix),
    amocrm_sync_prefix=_prefix,
)
with context.begin_transaction():
    context.run_migrations()
