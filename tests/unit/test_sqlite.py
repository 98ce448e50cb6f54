"""Opening one new file from several connections at once."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from amocrm_sync._sqlite import BUSY_SECONDS, set_up


class Watched:
    """A cursor that tells when it has met a lock for the first time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.has_met_lock = threading.Event()
        self._connection = connection

    def execute(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except sqlite3.OperationalError:
            self.has_met_lock.set()
            raise


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new.db"


def test_who_comes_second_waits_for_the_first(path):
    first = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE t (a)")
    second = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    watched = Watched(second)
    opening = threading.Thread(target=set_up, args=(watched,))
    opening.start()
    assert watched.has_met_lock.wait(20), "SQLite waits by itself: there is nothing to do here"
    first.execute("COMMIT")
    first.close()
    opening.join(20)
    assert second.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    second.close()


def test_a_lock_that_stays_is_an_error(path):
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    first.execute("CREATE TABLE t (a)")
    second = sqlite3.connect(path, timeout=0.01, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        set_up(second)
    second.close()
    first.close()
