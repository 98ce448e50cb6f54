# Generated from tests/contract/_async/test_state_stores.py by tools/unasync.py: edit that file instead.
"""State stores keep the contract; the kit notices a store that does not; a flow whose callback reaches another process."""

from __future__ import annotations

import pytest
from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Wire

from amocrm_sync import OAuthFlow
from amocrm_sync._core.callback import PendingConsent, state_digest
from amocrm_sync.errors import ConfigurationError, StateMismatch
from amocrm_sync.stores import FileStateStore, MemoryStateStore, MemoryTokenStore
from amocrm_sync.stores.redis import RedisStateStore
from amocrm_sync.stores.sql import SQLStateStore
from amocrm_sync.testing import ManualClock
from amocrm_sync.testing.state_store_kit import check_state_store

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "file", "sqlite", "sqlite in memory", "postgresql", "redis"])
def make_store(request, tmp_path):
    """Stores of the same data, as processes have them."""
    name = request.param
    if name == "memory":
        states = MemoryStateStore()
        yield lambda: states
    elif name == "file":
        yield lambda: FileStateStore(tmp_path / "states.json")
    elif name == "redis":
        url = request.getfixturevalue("redis_url")
        yield lambda: RedisStateStore(url)
    elif name == "sqlite in memory":
        only = SQLStateStore("sqlite://")
        yield lambda: only
        only.close()
    else:
        on_disk = f"sqlite:///{tmp_path}/states.db"
        url = request.getfixturevalue("postgres_url") if name == "postgresql" else on_disk
        yield lambda: SQLStateStore(url)


def test_it_keeps_the_contract(make_store):
    check_state_store(make_store)


def test_a_callback_may_reach_another_process_once(make_store):
    clock = ManualClock()
    server = OAuthServer(clock)
    tokens = MemoryTokenStore(clock=clock)

    def process() -> OAuthFlow:
        client = Wire(otherwise=server.answer).client()
        return OAuthFlow(
            CLIENT_ID, SECRET, REDIRECT, store=tokens, states=make_store(), http_client=client, clock=clock
        )

    request = process().authorization_url("user-42")
    params = {"code": "good-code", "referer": "demo.amocrm.ru", "state": request.state}
    with pytest.raises(StateMismatch, match="another owner"):
        process().handle_callback(params, owner="user-43")
    with pytest.raises(StateMismatch, match="already used"):
        process().handle_callback(params, owner="user-42")
    request = process().authorization_url("user-42")
    connection = process().handle_callback({**params, "state": request.state}, owner="user-42")
    assert connection.owner == "user-42"
    request = process().authorization_url("user-42")
    clock.advance(20 * 60 + 1)
    with pytest.raises(StateMismatch, match="expired"):
        process().handle_callback({**params, "state": request.state})


def test_what_is_stored_is_of_no_use_to_who_reads_it(redis_url, postgres_url):
    import psycopg
    from redis import Redis

    pending = PendingConsent(owner="user-42", expires_at=4e9)
    RedisStateStore(redis_url).put("the-state", pending, now=4e9 - 60)
    with Redis.from_url(redis_url) as client:
        [key] = client.keys("*")
        assert key == f"amocrm:state:{state_digest('the-state')}".encode()
        assert 0 < client.pttl(key) <= 60_000
    SQLStateStore(postgres_url).put("the-state", pending, now=0.0)
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT * FROM amo_state").fetchall()
    assert rows == [(state_digest("the-state"), "user-42", 4e9)]


def test_a_damaged_file_costs_only_the_consents_under_way(tmp_path):
    path = tmp_path / "states.json"
    for text in (b"\x00", b"[]", b'{"a": 5, "b": {"owner": "x"}}'):
        path.write_bytes(text)
        store = FileStateStore(path)
        assert store.take("a") is None
        store.put("new", PendingConsent(owner="me", expires_at=100.0), now=0.0)
        assert store.take("new") == PendingConsent(owner="me", expires_at=100.0)
    store.put("the-state", PendingConsent(owner="me", expires_at=100.0), now=0.0)
    assert b"the-state" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigurationError, match="does not exist"):
        FileStateStore(tmp_path / "nowhere" / "states.json")


def test_expired_states_leave_the_database(tmp_path):
    store = SQLStateStore(f"sqlite:///{tmp_path}/states.db")
    store.put("old", PendingConsent(owner="a", expires_at=100.0), now=0.0)
    store.put("new", PendingConsent(owner="b", expires_at=300.0), now=100.0)
    assert store.take("old") is None
    assert store.take("new") is not None


def test_reprs_hide_passwords_and_what_is_no_address_is_refused():
    assert "secret" not in repr(SQLStateStore("postgresql://user:secret@db.example/host"))
    assert "secret" not in repr(RedisStateStore("redis://:secret@cache.example"))
    with pytest.raises(ConfigurationError, match="redis: a URL or a client"):
        RedisStateStore(5)  # pyright: ignore[reportArgumentType]  # what is tested


# The kit


class _Keeps(MemoryStateStore):
    def take(self, state):
        return self._pending.get(state)


class _CaseBlind(MemoryStateStore):
    def put(self, state, pending, *, now):
        super().put(state.lower(), pending, now=now)

    def take(self, state):
        return super().take(state.lower())


class _RoundsTheEnd(MemoryStateStore):
    def take(self, state):
        found = super().take(state)
        return found and PendingConsent(owner=found.owner, expires_at=float(int(found.expires_at)))


class _KeepsTheFirst(MemoryStateStore):
    def put(self, state, pending, *, now):
        if state not in self._pending:
            super().put(state, pending, now=now)


class _KeepsOneOnly(MemoryStateStore):
    def put(self, state, pending, *, now):
        self._pending.clear()
        super().put(state, pending, now=now)


class _ProlongsTheExpired(MemoryStateStore):
    def put(self, state, pending, *, now):
        pending = PendingConsent(owner=pending.owner, expires_at=max(pending.expires_at, now + 5))
        super().put(state, pending, now=now)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (_Keeps, "works once"),
        (_CaseBlind, "an owner of its own"),
        (_RoundsTheEnd, "exactly as they were put"),
        (_KeepsTheFirst, "the last owner"),
        (_KeepsOneOnly, "an owner of its own"),
        (_ProlongsTheExpired, "expired"),
    ],
)
def test_the_kit_notices(kind, promise):
    store = kind()
    with pytest.raises(AssertionError, match=promise):
        check_state_store(lambda: store)


def test_the_kit_notices_processes_that_do_not_see_each_other():
    with pytest.raises(AssertionError, match="another store of the same data"):
        check_state_store(MemoryStateStore)
