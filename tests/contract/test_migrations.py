"""The migrations make what the store makes, under any prefix; tables of another version are refused with a way out."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from typer.testing import CliRunner

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._sqldatabase import database_url
from amocrm_sync._sqlmigrate import alembic_config, upgrade
from amocrm_sync._sqlschema import HEAD, version_table
from amocrm_sync.cli.app import app, run
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores.sql import SQLSyncStore, metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path}/amo.db"


@contextmanager
def connected(url: str):
    engine = sa.create_engine(database_url(url, "sqlite"))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def prepare(url: str, prefix: str) -> None:
    with closing(SQLSyncStore(url, prefix=prefix)) as store:
        store.prepare()


def migrate(url: str, prefix: str) -> None:
    assert upgrade(url, prefix=prefix) == (None, HEAD)


def schema(connection: sa.Connection) -> dict[str, object]:
    """All that a database says of its tables, names of constraints included."""
    inspector = sa.inspect(connection)
    found: dict[str, object] = {}
    if connection.dialect.supports_sequences:
        found |= dict.fromkeys(inspector.get_sequence_names(), "sequence")
    for name in inspector.get_table_names():
        columns = [
            (column["name"], repr(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(name)
        ]
        indexes = sorted(
            (str(index["name"]), tuple(index["column_names"]), bool(index["unique"]), _rows_of(index))
            for index in inspector.get_indexes(name)
        )
        found[name] = columns, indexes, inspector.get_pk_constraint(name)
    return found


def _rows_of(index) -> list[str]:
    """The condition of an index of some rows only."""
    return [str(text) for name, text in index["dialect_options"].items() if name.endswith("_where")]


@pytest.mark.parametrize("prefix", ["amo_", "crm_"])
@pytest.mark.parametrize("make", [prepare, migrate])
def test_what_is_made_is_what_the_metadata_say(url, prefix, make):
    make(url, prefix)
    with connected(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "version_table": version_table(prefix)}
        )
        assert compare_metadata(context, metadata(prefix)) == []


def test_the_store_makes_what_the_migrations_make(url):
    prepare(url, "a_")
    migrate(url, "b_")
    with connected(url) as connection:
        found = schema(connection)
    made = {name: parts for name, parts in found.items() if name.startswith("a_")}
    migrated = {name: parts for name, parts in found.items() if name.startswith("b_")}
    assert len(made) > len(metadata().tables)
    assert re.sub(r"\ba_", "b_", repr(sorted(made.items()))) == repr(sorted(migrated.items()))


def test_the_newest_migration_is_the_version_that_the_store_works_with(tmp_path):
    with connected(f"sqlite:///{tmp_path}/a.db") as connection:
        scripts = ScriptDirectory.from_config(alembic_config(connection, "amo_"))
    assert scripts.get_heads() == [HEAD]


def test_migrated_tables_are_used_by_the_store(url):
    migrate(url, "amo_")
    with closing(SQLSyncStore(url)) as store:
        with store.tx("t") as tx:
            tx.cursors.save(Cursor(stream="leads", reached=5))
        with store.tx("t", write=False) as tx:
            assert tx.cursors.load("leads").reached == 5


def test_upgrading_twice_changes_nothing(url):
    migrate(url, "amo_")
    assert upgrade(url) == (HEAD, HEAD)


def test_older_tables_are_refused_until_they_are_upgraded(url):
    migrate(url, "crm_")
    with connected(url) as connection:
        command.downgrade(alembic_config(connection, "crm_"), "0002")
    with closing(SQLSyncStore(url, prefix="crm_")) as store:
        with pytest.raises(ConfigurationError, match=r"amocrm-sync db upgrade --url … --prefix crm_"):
            store.prepare()
        assert upgrade(url, prefix="crm_") == ("0002", HEAD)
        store.prepare()


def test_tables_go_back_to_nothing(url):
    migrate(url, "amo_")
    with connected(url) as connection:
        command.downgrade(alembic_config(connection, "amo_"), "base")
    with connected(url) as connection:
        left = schema(connection)
    assert set(left) == {version_table("amo_")}
    migrate(url, "amo_")


def test_newer_tables_are_refused(url):
    prepare(url, "amo_")
    with connected(url) as connection:
        connection.execute(sa.text("UPDATE amo_schema_version SET version_num = '9999'"))
    with (
        closing(SQLSyncStore(url)) as store,
        pytest.raises(ConfigurationError, match="newer than this package"),
    ):
        store.prepare()
    with pytest.raises(ConfigurationError, match="install the newer amocrm-sync"):
        upgrade(url)


def test_tables_that_somebody_else_made_are_not_touched(url):
    """A host whose own migrations make the tables says so; nothing is guessed."""
    with connected(url) as connection:
        metadata().create_all(connection)
    with closing(SQLSyncStore(url)) as store, pytest.raises(ConfigurationError, match="create=False"):
        store.prepare()
    with pytest.raises(ConfigurationError, match="create=False"):
        upgrade(url)
    with closing(SQLSyncStore(url, create=False)) as store, store.tx("t") as tx:
        assert tx.clock.next() == 1


def test_the_command_upgrades_and_says_what_it_did(url):
    first = CliRunner().invoke(app, ["db", "upgrade", "--url", url, "--prefix", "crm_", "--json"])
    assert (first.exit_code, first.stdout) == (0, f'{{"prefix":"crm_","before":null,"now":"{HEAD}"}}\n')
    again = CliRunner().invoke(app, ["db", "upgrade", "--url", url, "--prefix", "crm_"])
    assert again.stdout == f"the tables crm_… have version {HEAD} already\n"


def test_the_command_refuses_another_database(capsys):
    assert run(["db", "upgrade", "--url", "mysql://localhost/amo"]) == 2
    assert "SQLite and PostgreSQL" in capsys.readouterr().err


def test_no_migration_is_written_against_tables_that_change():
    """A migration that asks the metadata of today would make something else tomorrow."""
    folder = Path(upgrade.__code__.co_filename).parent / "migrations" / "versions"
    for path in folder.glob("0*.py"):
        assert "_sqltables" not in path.read_text(), path.name
