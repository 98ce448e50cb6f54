"""The stores of the wheel keep the contract; the kit notices a store that does not; what is special to each."""

from __future__ import annotations

import json
import os
import stat

import attrs
import pytest

from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.stores import AsyncEncryptedTokenStore, AsyncFileTokenStore, AsyncMemoryTokenStore
from amocrm_sync.testing import ManualClock
from amocrm_sync.testing.token_store_kit import check_async_token_store

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
    memory = AsyncMemoryTokenStore(clock=clock)

    def make():
        inner = (
            AsyncFileTokenStore(tmp_path / "tokens.json", clock=clock) if "file" in request.param else memory
        )
        return AsyncEncryptedTokenStore(inner, keys=[NEW_KEY]) if "encrypted" in request.param else inner

    return make


async def test_a_store_of_the_wheel_keeps_the_contract(make_store, clock):
    await check_async_token_store(make_store, clock=clock)


async def test_reprs_hide_what_is_stored(make_store):
    store = make_store()
    await store.swap(KEY, None, RECORD)
    assert "Store" in repr(store)
    assert not any(secret in repr(store) for secret in ("plain-", NEW_KEY))


# The kit


class _NoComparison(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        current = await self.load(key)
        return await super().swap(key, None if current is None else current.version, new)


class _OverwritesTheFirst(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        if old_version is None:
            await self.delete(key)
        return await super().swap(key, old_version, new)


class _Inserts(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        if await self.load(key) is None:
            old_version = None
        return await super().swap(key, old_version, new)


class _ClearsThePlaceFirst(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        current = await super().load(key)
        if current is None or current.version != old_version:
            return await super().swap(key, old_version, new)
        await super().delete(key)
        if new.version > 2**63:
            raise OverflowError("too large")
        return await super().swap(key, None, new)


class _ForgetsAField(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        return await super().swap(key, old_version, attrs.evolve(new, last_error_at=None))


class _CutsTokens(AsyncMemoryTokenStore):
    async def swap(self, key, old_version, new):
        return await super().swap(key, old_version, attrs.evolve(new, access_token=new.access_token[:4096]))


class _CaseBlind(AsyncMemoryTokenStore):
    async def load(self, key):
        return await super().load(attrs.evolve(key, owner=key.owner.lower()))

    async def swap(self, key, old_version, new):
        return await super().swap(attrs.evolve(key, owner=key.owner.lower()), old_version, new)


class _JoinsKeys(AsyncMemoryTokenStore):
    async def load(self, key):
        return await super().load(TokenKey(str(key), "", ""))

    async def swap(self, key, old_version, new):
        return await super().swap(TokenKey(str(key), "", ""), old_version, new)

    async def delete(self, key):
        await super().delete(TokenKey(str(key), "", ""))


class _KeepsTheDeleted(AsyncMemoryTokenStore):
    async def delete(self, key):
        """Does nothing."""


class _Caches(AsyncMemoryTokenStore):
    """Two stores of one memory, each with a cache of its own."""

    def __init__(self, inner):
        self._inner = inner
        self._cache = {}

    async def load(self, key):
        if self._cache.get(key) is None:
            self._cache[key] = await self._inner.load(key)
        return self._cache[key]

    async def swap(self, key, old_version, new):
        if await self._inner.swap(key, old_version, new):
            self._cache[key] = new
            return True
        return False

    async def delete(self, key):
        self._cache.pop(key, None)
        await self._inner.delete(key)

    async def lease(self, key, ttl):
        return await self._inner.lease(key, ttl)


class _LeasesToAll(AsyncMemoryTokenStore):
    async def lease(self, key, ttl):
        return await super().lease(attrs.evolve(key, owner=os.urandom(8).hex()), ttl)


class _OneLeaseForAllKeys(AsyncMemoryTokenStore):
    async def lease(self, key, ttl):
        return await super().lease(TokenKey("all", "", ""), ttl)


class _NeverEnds(AsyncMemoryTokenStore):
    async def lease(self, key, ttl):
        return await super().lease(key, ttl + 1e9)


class _CarelessLease:
    """Does not look who the holder is."""

    def __init__(self, store, key, lease):
        self._store, self._key, self._lease = store, key, lease
        self.expires_at = lease.expires_at

    async def held(self):
        return await self._lease.held()

    async def release(self):
        await self._store.change(lambda table: table.leases.pop(self._key, None) is not None)


class _ReleasesForOthers(AsyncMemoryTokenStore):
    async def lease(self, key, ttl):
        lease = await super().lease(key, ttl)
        return None if lease is None else _CarelessLease(self, key, lease)


class _BlindLease(_CarelessLease):
    async def held(self):
        return True

    async def release(self):
        await self._lease.release()


class _SaysHeld(AsyncMemoryTokenStore):
    async def lease(self, key, ttl):
        lease = await super().lease(key, ttl)
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
async def test_the_kit_names_the_promise_that_a_store_breaks(store, promise, clock):
    broken = store(clock=clock)
    with pytest.raises(AssertionError, match=promise):
        await check_async_token_store(lambda: broken, clock=clock)


async def test_the_kit_notices_a_cache(clock):
    memory = AsyncMemoryTokenStore(clock=clock)
    with pytest.raises(AssertionError, match="never answered from a cache"):
        await check_async_token_store(lambda: _Caches(memory), clock=clock)


# The file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


async def test_the_file_is_for_its_user_alone(path):
    beside = path.with_name("tokens.json.next")
    beside.write_text("left by a writer that was killed")
    beside.chmod(0o644)
    await AsyncFileTokenStore(path).swap(KEY, None, RECORD)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"tokens.json": 0o600, "tokens.json.lock": 0o600}


async def test_the_file_is_json_that_a_person_can_read(path):
    await AsyncFileTokenStore(path).swap(KEY, None, RECORD)
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
async def test_a_damaged_file_is_an_error_and_stays_as_it_is(path, content, reason):
    path.write_bytes(content)
    store = AsyncFileTokenStore(path)
    for attempt in (
        lambda: store.load(KEY),
        lambda: store.swap(KEY, None, RECORD),
        lambda: store.delete(KEY),
        lambda: store.lease(KEY, 30.0),
    ):
        with pytest.raises(ConfigurationError, match=reason) as caught:
            await attempt()
        assert str(path) in str(caught.value)
        assert "connect again" in str(caught.value)
    assert path.read_bytes() == content


async def test_a_path_that_cannot_work_is_refused_at_once(tmp_path, path):
    with pytest.raises(ConfigurationError, match="does not exist: make it first"):
        AsyncFileTokenStore(tmp_path / "missing" / "tokens.json")
    with pytest.raises(ConfigurationError, match="is a folder"):
        AsyncFileTokenStore(tmp_path)
    path.write_text("")
    with pytest.raises(ConfigurationError, match="does not exist"):
        AsyncFileTokenStore(path / "tokens.json")


async def test_a_link_to_the_file_stays_a_link(tmp_path, path):
    real = tmp_path / "elsewhere"
    real.mkdir()
    path.symlink_to(real / "tokens.json")
    await AsyncFileTokenStore(path).swap(KEY, None, RECORD)
    assert path.is_symlink()
    assert await AsyncFileTokenStore(real / "tokens.json").load(KEY) == RECORD


async def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    store = AsyncFileTokenStore(path)
    await store.swap(KEY, None, RECORD)

    def full(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        await store.swap(KEY, 1, attrs.evolve(RECORD, version=2))
    monkeypatch.undo()
    assert await store.load(KEY) == RECORD
    assert await store.swap(KEY, 1, attrs.evolve(RECORD, version=2))


# Encryption


@pytest.fixture
def inner(clock):
    return AsyncMemoryTokenStore(clock=clock)


async def test_nothing_but_key_version_and_times_is_in_the_clear(path):
    store = AsyncEncryptedTokenStore(AsyncFileTokenStore(path), keys=[NEW_KEY])
    await store.swap(KEY, None, RECORD)
    text = path.read_text()
    assert not any(secret in text for secret in ("plain-access", "plain-refresh", "31000001", NEW_KEY))
    assert await store.load(KEY) == RECORD


async def test_a_wrong_key_is_named(inner):
    await AsyncEncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    store = AsyncEncryptedTokenStore(inner, keys=[NEW_KEY])
    with pytest.raises(ConfigurationError, match=r"keys: none of them opens .* add the key") as caught:
        await store.load(KEY)
    assert NEW_KEY not in str(caught.value)


async def test_keys_are_changed_without_losing_a_record(inner):
    await AsyncEncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    both = AsyncEncryptedTokenStore(inner, keys=[NEW_KEY, OLD_KEY])
    assert await both.load(KEY) == RECORD
    assert await both.rotate(KEY)
    assert not await both.rotate(OTHER)
    assert await AsyncEncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY) == attrs.evolve(RECORD, version=2)
    with pytest.raises(ConfigurationError):
        await AsyncEncryptedTokenStore(inner, keys=[OLD_KEY]).load(KEY)


async def test_a_swap_writes_with_the_newest_key(inner):
    await AsyncEncryptedTokenStore(inner, keys=[OLD_KEY]).swap(KEY, None, RECORD)
    next_record = attrs.evolve(RECORD, version=2)
    assert await AsyncEncryptedTokenStore(inner, keys=[NEW_KEY, OLD_KEY]).swap(KEY, 1, next_record)
    assert await AsyncEncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY) == next_record


async def test_a_row_of_another_owner_does_not_open(inner):
    store = AsyncEncryptedTokenStore(inner, keys=[NEW_KEY])
    await store.swap(KEY, None, RECORD)
    row = await inner.load(KEY)
    assert row is not None
    await inner.swap(OTHER, None, row)
    with pytest.raises(ConfigurationError, match="copied from another row"):
        await store.load(OTHER)


async def test_an_old_row_under_a_new_version_does_not_open(inner):
    store = AsyncEncryptedTokenStore(inner, keys=[NEW_KEY])
    await store.swap(KEY, None, RECORD)
    row = await inner.load(KEY)
    assert row is not None
    await inner.swap(KEY, 1, attrs.evolve(row, version=5))
    with pytest.raises(ConfigurationError, match="altered"):
        await store.load(KEY)


async def test_a_row_that_is_not_encrypted_is_not_taken(inner):
    await inner.swap(KEY, None, RECORD)
    with pytest.raises(ConfigurationError, match="are not encrypted") as caught:
        await AsyncEncryptedTokenStore(inner, keys=[NEW_KEY]).load(KEY)
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
async def test_bad_keys_are_refused_by_position(inner, keys, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        AsyncEncryptedTokenStore(inner, keys=keys)
    assert "too short" not in str(caught.value)


async def test_a_generated_key_works(inner):
    store = AsyncEncryptedTokenStore(inner, keys=[AsyncEncryptedTokenStore.generate_key()])
    await store.swap(KEY, None, RECORD)
    assert await store.load(KEY) == RECORD
