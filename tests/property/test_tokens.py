"""Tokens, account names and stores under any input."""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from property_depth import examples

from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import AccountHost, parse_account
from amocrm_sync._core.jwt import Hints, jwt_hints
from amocrm_sync._core.oauth import TokenPair, read_token_reply
from amocrm_sync._core.token_life import Stage, stage
from amocrm_sync._core.token_table import LeaseRow, TokenTable
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import AmoCRMError, ConfigurationError
from amocrm_sync.stores import EncryptedTokenStore, FileTokenStore, MemoryTokenStore
from amocrm_sync.testing import ManualClock

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.floats(0, 4e9)
keys = st.builds(TokenKey, text, text, text)
records = st.builds(
    TokenRecord,
    access_token=text,
    refresh_token=st.none() | text,
    expires_at=st.none() | moments,
    version=st.integers(1, 2**31),
    created_at=moments,
    updated_at=moments,
    domain=st.none() | text,
    account_id=st.none() | st.integers(0, 2**53),
    scopes=st.lists(text, max_size=3).map(tuple),
    last_error=st.none() | text,
    last_error_at=st.none() | moments,
)
leases = st.builds(LeaseRow, text, moments)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
)


@given(st.dictionaries(keys, records, max_size=5), st.dictionaries(keys, leases, max_size=3))
def test_a_table_survives_its_text_form(tokens, held):
    assert TokenTable.from_bytes(TokenTable(tokens, held).to_bytes()) == TokenTable(tokens, held)


@given(st.dictionaries(keys, records, min_size=1, max_size=3), st.data())
def test_a_cut_file_is_never_taken_for_a_whole_one(tokens, data):
    whole = TokenTable(tokens).to_bytes().rstrip()
    with pytest.raises(ValueError, match=r"^it is |^a row"):
        TokenTable.from_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_a_named_problem(content):
    with pytest.raises(ValueError, match=r"^it is |^a row"):
        TokenTable.from_bytes(content)


@given(text | st.text("ab.:/@www-amocrmkommo12 ?#[]", max_size=40))
def test_any_text_is_an_account_or_a_configuration_error(name):
    try:
        account = parse_account(name)
    except ConfigurationError:
        return
    assert isinstance(account, AccountHost)
    assert parse_account(account.base_url) == account
    assert account.base_url.endswith(account.host)
    assert not set(account.host) & set(" /?#@")


@given(text | st.lists(st.text("eyJhbGciOiJ9_-=", max_size=20), min_size=3, max_size=3).map(".".join))
def test_hints_never_fail(token):
    assert isinstance(jwt_hints(token), Hints)


@given(st.integers(100, 599), st.binary(max_size=50) | json_values.map(lambda value: repr(value).encode()))
def test_an_answer_is_a_pair_or_an_error(status, body):
    read = read_token_reply(Reply(status=status, body=body), 0.0, "refresh_token", "demo.amocrm.ru")
    assert isinstance(read, (TokenPair, AmoCRMError))
    assert not isinstance(read, TokenPair) or status == 200


@given(st.floats(1, 1e7), st.lists(st.floats(0, 2e7), min_size=2, max_size=6))
def test_a_token_only_grows_older(life, ages):
    record = TokenRecord(access_token="a", updated_at=100.0, expires_at=100.0 + life)
    order = [Stage.FRESH, Stage.AHEAD, Stage.DUE, Stage.OVER]
    seen = [order.index(stage(record, 100.0 + age)) for age in sorted(ages)]
    assert seen == sorted(seen)


KEYS = [TokenKey("i", "a.amocrm.ru", owner) for owner in ("", "x")]
FERNET = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="


class StoreMachine(RuleBasedStateMachine):
    """A store against the simplest thing that could be one: two dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.records: dict[TokenKey, TokenRecord] = {}
        self.held: dict[TokenKey, tuple[object, float]] = {}
        self.leases: list[tuple[TokenKey, object]] = []
        self.store = self.make_store()

    def make_store(self):
        return MemoryTokenStore(clock=self.clock)

    @rule(key=st.sampled_from(KEYS), old=st.none() | st.integers(1, 4), new=records)
    def swap(self, key, old, new):
        current = self.records.get(key)
        expected = (None if current is None else current.version) == old
        new = attrs.evolve(new, version=(old or 0) + 1)
        assert self.store.swap(key, old, new) is expected
        if expected:
            self.records[key] = new

    @rule(key=st.sampled_from(KEYS))
    def delete(self, key):
        self.store.delete(key)
        self.records.pop(key, None)

    @rule(key=st.sampled_from(KEYS), ttl=st.floats(1, 60))
    def lease(self, key, ttl):
        free = key not in self.held or self.held[key][1] <= self.clock.now()
        lease = self.store.lease(key, ttl)
        assert (lease is not None) is free
        if lease is not None:
            self.held[key] = (lease, lease.expires_at)
            self.leases.append((key, lease))

    @rule(data=st.data())
    def release(self, data):
        if self.leases:
            key, lease = data.draw(st.sampled_from(self.leases))
            lease.release()
            if self.held.get(key, (None,))[0] is lease:
                del self.held[key]

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds):
        self.clock.advance(seconds)

    @invariant()
    def what_is_stored_is_what_was_stored(self):
        for key in KEYS:
            assert self.store.load(key) == self.records.get(key)

    @invariant()
    def one_holder_at_most(self):
        for key, lease in self.leases:
            holder, until = self.held.get(key, (None, 0.0))
            assert lease.held() is (holder is lease and until > self.clock.now())


class FileMachine(StoreMachine):
    """The file store, opened anew before every step as another process would."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        super().__init__()

    def make_store(self):
        return FileTokenStore(Path(self.folder.name) / "tokens.json", clock=self.clock)

    @rule()
    def restart(self):
        self.store = self.make_store()

    def teardown(self):
        self.folder.cleanup()


class EncryptedMachine(StoreMachine):
    """The encrypted store over a memory store."""

    def make_store(self):
        return EncryptedTokenStore(MemoryTokenStore(clock=self.clock), keys=[FERNET])


def _case(machine, count):
    case = machine.TestCase
    case.settings = settings(examples(count), stateful_step_count=25)
    return case


TestMemoryStore = _case(StoreMachine, 60)
TestFileStore = _case(FileMachine, 25)
TestEncryptedStore = _case(EncryptedMachine, 40)
