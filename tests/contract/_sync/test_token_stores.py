# Generated from tests/contract/_async/test_token_stores.py by tools/unasync.py: edit that file instead.
"""The stores of the wheel keep the contract; the kit notices a store that does not; what is special to each."""

from __future__ import annotations

import json
import os
import stat

import attrs
import pytest

from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores import EncryptedTokenStore, FileTokenStore, MemoryTokenStore
from amocrm_sync.testing import ManualClock
from amocrm_sync.testing.token_store_kit import check_token_store

pytestmark = pytest.mark.anyio

KEY = TokenKey("integration", "demo.amocrm.ru", "user-1")
OTHER = TokenKey("integration", "demo.amocrm.ru", "user-2")
RECORD = TokenRecord(
    access_token="plain-access",
    refresh_token="plain-refresh",
    expires_at=1_900_000_000.0,
    domain="demo.amocrm.ru",
    account_id=31_000_001,
)
DAMAGED_ROW = b"""{"format": "amocrm-sync tokens", "version": 1, "leases": [], "tokens": [
    {"client_id": "c", "account": "a", "owner": "o", "record": {"access_token": 5}}]}"""
OLD_KEY = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
NEW_KEY = "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0="


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "file", "encrypted memory", "encrypted file"])
def make_store(request, clock, tmp_path):
    memory = MemoryTokenStore(clock=clock)

    def make():
        inner = FileTokenStore(tmp_path / "tokens.json", clock=clock) if "file" in request.param else memory
        return EncryptedTokenStore(inner, keys=[NEW_KEY]) if "encrypted" in request.param else inner

    return make


def test_a_store_of_the_wheel_keeps_the_contract(make_store, clock):
    check_token_store(make_store, clock=clock)


def test_reprs_hide_what_is_stored(make_store):
    store = make_store()
    store.swap(KEY, None, RECORD)
    assert "Store" in repr(store)
    assert not any(secret in repr(store) for secret in ("plain-", NEW_KEY))


# The kit


class _NoComparison(MemoryTokenStore):
    def swap(self, key, old_version, new):
        current = self.load(key)
        return super().swap(key, None if current is None else current.version, new)


class _OverwritesTheFirst(MemoryTokenStore):
    def swap(self, key, old_version, new):
        if old_version is None:
            self.delete(key)
        return super().swap(key, old_version, new)


class _Inserts(MemoryTokenStore):
    def swap(self, key, old_version, new):
        if self.load(key) is None:
            old_version = None
        return super().swap(key, old_version, new)


class _ClearsThePlaceFirst(MemoryTokenStore):
    def swap(self, key, old_version, new):
        current = super().load(key)
        if current is None or current.version != old_version:
            return super().swap(key, old_version, new)
        super().delete(key)
        if new.version > 2**63:
            raise OverflowError("too large")
        return super().swap(key, None, new)


class _ForgetsAField(MemoryTokenStore):
    def swap(self, key, old_version, new):
        return super().swap(key, old_version, attrs.evolve(new, last_error_at=None))


class _CutsTokens(MemoryTokenStore):
    def swap(self, key, old_version, new):
        return super().swap(key, old_version, attrs.evolve(new, access_token=new.access_token[:4096]))


class _CaseBlind(MemoryTokenStore):
    def load(self, key):
        return super().load(attrs.evolve(key, owner=key.owner.lower()))

    def swap(self, key, old_version, new):
        return super().swap(attrs.evolve(key, owner=key.owner.lower()), old_version, new)


class _JoinsKeys(MemoryTokenStore):
    def load(self, key):
        return super().load(TokenKey(str(key), "", ""))

    def swap(self, key, old_version, new):
        return super().swap(TokenKey(str(key), "", ""), old_version, new)

    def delete(self, key):
        super().delete(TokenKey(str(key), "", ""))


class _KeepsTheDeleted(MemoryTokenStore):
    def delete(self, key):
        """Does nothing."""


class _Caches(MemoryTokenStore):
    """Two stores of one memory, each with a cache of its own."""

    def __init__(self, inner):
        self._inner = inner
        self._cache = {}

    def load(self, key):
        if self._cache.get(key) is None:
            self._cache[key] = self._inner.load(key)
        return self._cache[key]

    def swap(self, key, old_version, new):
        if self._inner.swap(key, old_version, new):
            self._cache[key] = new
            return True
        return False

    def delete(self, key):
        self._cache.pop(key, None)
        self._inner.delete(key)

    def lease(self, key, ttl):
        return self._inner.lease(key, ttl)


class _LeasesToAll(MemoryTokenStore):
    def lease(self, key, ttl):
        return super().lease(attrs.evolve(key, owner=os.urandom(8).hex()), ttl)


class _OneLeaseForAllKeys(MemoryTokenStore):
    def lease(self, key, ttl):
        return super().lease(TokenKey("all", "", ""), ttl)


class _NeverEnds(MemoryTokenStore):
    def lease(self, key, ttl):
        return super().lease(key, ttl + 1e9)


class _CarelessLease:
    """Does not look who the holder is."""

    def __init__(self, store, key, lease):
        self._store, self._key, self._lease = store, key, lease
        self.expires_at = lease.expires_at

    def held(self):
        return self._lease.held()

    def release(self):
        self._store.change(lambda table: table.leases.pop(self._key, None) is not None)


class _ReleasesForOthers(MemoryTokenStore):
    def lease(self, key, ttl):
        lease = super().lease(key, ttl)
        return None if lease is None else _CarelessLease(self, key, lease)


class _BlindLease(_CarelessLease):
    def held(self):
        return True

    def release(self):
        self._lease.release()


class _SaysHeld(MemoryTokenStore):
    def lease(self, key, ttl):
        lease = super().lease(key, ttl)
        return None if lease is None else _BlindLease(self, key, lease)


@pytest.mark.parametrize(
    ("store", "promise"),
    [
        (_NoComparison, "swap with a version fails where nothing is stored"),
        (_OverwritesTheFirst, r"swap\(None\) fails where something is stored"),
        (_Inserts, "fails where nothing is stored"),
        (_ClearsThePlaceFirst, "a save that fails leaves the pair that was there"),
        (_ForgetsAField, "every field"),
        (_CutsTokens, "every field"),
        (_CaseBlind, "has a place of its own"),
        (_JoinsKeys, "has a place of its own"),
        (_KeepsTheDeleted, "delete forgets the record"),
        (_LeasesToAll, "exactly one gets the lease"),
        (_OneLeaseForAllKeys, "does not hinder another key"),
        (_NeverEnds, "has run out"),
        (_ReleasesForOthers, "does not take the lease from its next holder"),
        (_SaysHeld, "a released lease is not held"),
    ],
)
def test_the_kit_names_the_promise_that_a_store_breaks(store, promise, clock):
    broken = store(clock=clock)
    with pytest.raises(AssertionError, match=promise):
        check_token_store(lambda: broken, clock=clock)


def test_the_kit_notices_a_cache(clock):
    memory = MemoryTokenStore(clock=clock)
    with pytest.raises(AssertionError, match="never answered from a cache"):
        check_token_store(lambda: _Caches(memory), clock=clock)


# The file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


def test_the_file_is_for_its_user_alone(path):
    beside = path.with_name("tokens.json.next")
    beside.write_text("left by a writer that was killed")
    beside.chmod(0o644)
    FileTokenStore(path).swap(KEY, None, RECORD)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"tokens.json": 0o600, "tokens.json.lock": 0o600}


def test_the_file_is_json_that_a_person_can_read(path):
    FileTokenStore(path).swap(KEY, None, RECORD)
    document = json.loads(path.read_text())
    assert (document["format"], document["version"]) == ("amocrm-sync tokens", 1)
    [row] = document["tokens"]
    assert (row["client_id"], row["account"], row["owner"]) == ("integration", "demo.amocrm.ru", "user-1")
    assert row["record"]["refresh_token"] == "plain-refresh"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b'{"format": "amocrm-sync tokens", "vers', "not the JSON of a token file"),
        (b"[]", "not the JSON of a token file"),
        (b'{"access_token": "somebody else\'s file"}', "not the JSON of a token file"),
        (b'{"format": "amocrm-sync tokens", "version": 9}', "version 9"),
        (b'{"format": "amocrm-sync tokens", "version": 1, "tokens": [{}], "leases": []}', "damaged"),
        (
            DAMAGED_ROW,
            "damaged",
        ),
    ],
)
def test_a_damaged_file_is_an_error_and_stays_as_it_is(path, content, reason):
    path.write_bytes(content)
    store = FileTokenStore(path)
    for attempt in (
        lambda: store.load(KEY),
        lambda: store.swap(KEY, None, RECORD),
        lambda: store.delete(KEY),
        lambda: store.lease(KEY, 30.0),
    ):
        with pytest.raises(ConfigurationError, match=reason) as caught:
            attempt()
        assert str(path) in str(caught.value)
        assert "connect again" in str(caught.value)
    assert path.read_bytes() == content


def test_a_path_that_cannot_work_is_refused_at_once(tmp_path, path):
    with pytest.raises(ConfigurationError, match="does not exist: make it first"):
        FileTokenStore(tmp_path / "missing" / "tokens.json")
    with pytest.raises(ConfigurationError, match="is a folder"):
        FileTokenStore(tmp_path)
    path.write_text("")
    with pytest.raises(ConfigurationError, match="does not exist"):
        FileTokenStore(path / "tokens.json")


def test_a_link_to_the_file_stays_a_link(tmp_path, path):
    real = tmp_path / "elsewhere"
    real.mkdir()
    path.symlink_to(real / "tokens.json")
    FileTokenStore(path).swap(KEY, None, RECORD)
    assert path.is_symlink()
    assert FileTokenStore(real / "tokens.json").load(KEY) == RECORD


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    store = FileTokenStore(path)
    store.swap(KEY, None, RECORD)

    def full(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        store.swap(KEY, 1, attrs.evolve(RECORD, version=2))
    monkeypatch.undo()
    assert store.load(KEY) == RECORD
    assert store.swap(KEY, 1, attrs.evolve(RECORD, version=2))


# Encryption


@pytest.fixture
def inner(clock):
    return MemoryTokenStore(clock=clock)


def test_nothing_but_key_version_and_times_is_in_the_clear(path):
    store = EncryptedTokenStore(FileTokenStore(path), keys=[NEW_KEY])
    store.swap(KEY, None, RECORD)
    text = path.read_text()
    assert not any(secret in text for secret in ("plain-access", "plain-refresh", "31000001", NEW_KEY))
    assert store.load(KEY) == RECORD


def test_a_wrong_key_is_named(inner):
    EncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    store = EncryptedTokenStore(inner, keys=[NEW_KEY])
    with pytest.raises(ConfigurationError, match=r"keys: none of them opens .* add the key") as caught:
        store.load(KEY)
    assert NEW_KEY not in str(caught.value)


def test_keys_are_changed_without_losing_a_record(inner):
    EncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    both = EncryptedTokenStore(inner, keys=[NEW_KEY, OLD_KEY])
    assert both.load(KEY) == RECORD
    assert both.rotate(KEY)
    assert not both.rotate(OTHER)
    assert EncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY) == attrs.evolve(RECORD, version=2)
    with pytest.raises(ConfigurationError):
        EncryptedTokenStore(inner, keys=[OLD_KEY]).load(KEY)


def test_a_swap_writes_with_the_newest_key(inner):
    EncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    next_record = attrs.evolve(RECORD, version=2)
    assert EncryptedTokenStore(inner, keys=[NEW_KEY, OLD_KEY]).swap(KEY, 1, next_record)
    assert EncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY) == next_record


def test_a_row_of_another_owner_does_not_open(inner):
    store = EncryptedTokenStore(inner, keys=[NEW_KEY])
    store.swap(KEY, None, RECORD)
    row = inner.load(KEY)
    assert row is not None
    inner.swap(OTHER, None, row)
    with pytest.raises(ConfigurationError, match="copied from another row"):
        store.load(OTHER)


def test_an_old_row_under_a_new_version_does_not_open(inner):
    store = EncryptedTokenStore(inner, keys=[NEW_KEY])
    store.swap(KEY, None, RECORD)
    row = inner.load(KEY)
    assert row is not None
    inner.swap(KEY, 1, attrs.evolve(row, version=5))
    with pytest.raises(ConfigurationError, match="altered"):
        store.load(KEY)


def test_a_row_that_is_not_encrypted_is_not_taken(inner):
    inner.swap(KEY, None, RECORD)
    with pytest.raises(ConfigurationError, match="are not encrypted") as caught:
        EncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY)
    assert "plain-" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "at least one"),
        (NEW_KEY, "a list"),
        ([NEW_KEY, "too short"], r"keys\[1\].*generate_key"),
        ([None], r"keys\[0\]"),
    ],
)
def test_bad_keys_are_refused_by_position(inner, keys, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        EncryptedTokenStore(inner, keys=keys)
    assert "too short" not in str(caught.value)


def test_a_generated_key_works(inner):
    store = EncryptedTokenStore(inner, keys=[EncryptedTokenStore.generate_key()])
    store.swap(KEY, None, RECORD)
    assert store.load(KEY) == RECORD
