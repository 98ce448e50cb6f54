"""What every token store has to do, as a function to call from any test runner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._async.protocols import AsyncTokenStore
from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.tokens import TokenKey, TokenRecord

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
ACCOUNT = "kit.amocrm.ru"
RACERS = 8
SHORT_LEASE = 0.5

MakeStore: TypeAlias = Callable[[], AsyncTokenStore]


class Check(Protocol):
    """One promise of a store."""

    async def __call__(self, make_store: MakeStore, key: TokenKey, /) -> None:
        """Raise ``AssertionError`` where the store breaks it."""
        ...


async def check_async_token_store(
    make_store: Callable[[], AsyncTokenStore], *, clock: Clock = SYSTEM_CLOCK
) -> None:
    """Hold an implementation of ``AsyncTokenStore`` against its contract.

    The store must be empty at the beginning and is left with no records of the kit.

    Args:
        make_store: Gives a store; every store that it gives sees the same data, as two processes would.
        clock: The clock whose time the store's leases follow; the check of their end waits by it.

    Raises:
        AssertionError: Names the promise that was broken.
    """
    checks: list[Check] = [
        _keeps_every_field,
        _first_write_needs_an_empty_place,
        _swap_compares_the_version,
        _a_failed_save_loses_nothing,
        _keys_do_not_mix,
        _delete_forgets_one_record,
        _writes_are_seen_at_once,
        _one_of_many_swaps_wins,
        _one_of_many_leases_wins,
        _a_lease_excludes_until_released,
        _leases_of_keys_are_apart,
    ]
    for number, check in enumerate(checks):
        key = TokenKey(CLIENT_ID, ACCOUNT, f"user-{number}")
        await check(make_store, key)
        await make_store().delete(key)
    await _a_lease_ends_by_itself(make_store, TokenKey(CLIENT_ID, ACCOUNT, "lease"), clock)


async def _keeps_every_field(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    _require(await store.load(key) is None, "load gives None where nothing was stored")
    full = TokenRecord(
        access_token="a" * 9000,
        refresh_token="r-" + "é" * 40,
        expires_at=1_900_000_000.25,
        version=1,
        created_at=1_700_000_000.5,
        updated_at=1_700_000_001.5,
        domain="moved.kommo.com",
        api_domain="api-b.kommo.com",
        account_id=31_000_001,
        user_id=9_000_000_000,
        scopes=("crm", "notifications"),
        last_error="тест 'кавычки' \"quotes\" \\ %s",
        last_error_at=1_700_000_002.5,
    )
    bare = TokenRecord(access_token="opaque", version=2)  # noqa: S106 - not a secret
    _require(await store.swap(key, None, full), "swap(None) stores into an empty place")
    _require(
        await store.load(key) == full, "load gives every field as it was stored (long and non-Latin text too)"
    )
    _require(await store.swap(key, 1, bare), "swap replaces the version that is stored")
    _require(await store.load(key) == bare, "absent fields come back as None, not as what was there before")


async def _first_write_needs_an_empty_place(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    _require(not await store.swap(key, 1, _record(2)), "swap with a version fails where nothing is stored")
    _require(await store.load(key) is None, "a failed swap stores nothing")
    await store.swap(key, None, _record(1, "first"))
    _require(
        not await store.swap(key, None, _record(1, "second")), "swap(None) fails where something is stored"
    )
    _require(await store.load(key) == _record(1, "first"), "a failed swap(None) changes nothing")


async def _swap_compares_the_version(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    await store.swap(key, None, _record(1))
    _require(await store.swap(key, 1, _record(2, "new")), "swap succeeds with the stored version")
    for wrong in (1, 3, 0, -1):
        _require(not await store.swap(key, wrong, _record(9, "late")), "swap fails with any other version")
    _require(await store.load(key) == _record(2, "new"), "an old pair is never written over a newer one")


async def _a_failed_save_loses_nothing(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    former, odd = _record(1, "former"), _record(2**70, "odd")
    await store.swap(key, None, former)
    try:
        saved = await store.swap(key, 1, odd)
    except Exception:  # noqa: BLE001 - how a store refuses a number that is too large for it is its own business
        saved = False
    left = await make_store().load(key)
    _require(left == (odd if saved else former), "a save that fails leaves the pair that was there")


async def _keys_do_not_mix(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    keys = [
        key,
        TokenKey(CLIENT_ID, ACCOUNT, ""),
        TokenKey(CLIENT_ID, ACCOUNT, key.owner.upper()),
        TokenKey(CLIENT_ID, ACCOUNT, f"{key.owner} "),
        TokenKey(CLIENT_ID, ACCOUNT, "пользователь|1"),
        TokenKey(CLIENT_ID, "other.amocrm.ru", key.owner),
        TokenKey("other", ACCOUNT, key.owner),
        TokenKey("a|b", "c", "d"),
        TokenKey("a", "b|c", "d"),
    ]
    for index, one in enumerate(keys):
        _require(await store.swap(one, None, _record(1, f"token-{index}")), f"{one!r} has a place of its own")
    for index, one in enumerate(keys):
        _require(await store.load(one) == _record(1, f"token-{index}"), f"{one!r} keeps its own record")
    for one in keys:
        await store.delete(one)


async def _delete_forgets_one_record(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    other = TokenKey(CLIENT_ID, ACCOUNT, "neighbour")
    await store.delete(key)
    await store.swap(key, None, _record(1))
    await store.swap(other, None, _record(1, "neighbour"))
    await store.delete(key)
    await store.delete(key)
    _require(await store.load(key) is None, "delete forgets the record")
    _require(await store.load(other) == _record(1, "neighbour"), "delete leaves other records alone")
    _require(await store.swap(key, None, _record(1, "again")), "after delete the place is empty")
    await store.delete(other)


async def _writes_are_seen_at_once(make_store: MakeStore, key: TokenKey) -> None:
    writer, reader = make_store(), make_store()
    await writer.swap(key, None, _record(1))
    _require(await reader.load(key) == _record(1), "another store of the same data sees a write at once")
    await writer.swap(key, 1, _record(2, "next"))
    _require(await reader.load(key) == _record(2, "next"), "load is never answered from a cache")
    _require(
        not await reader.swap(key, 1, _record(2)), "swap compares what is stored, not what was read before"
    )


async def _one_of_many_swaps_wins(make_store: MakeStore, key: TokenKey) -> None:
    for version in range(4):
        old = version or None

        async def swap(racer: int, old: int | None = old, new: int = version + 1) -> bool:
            return await make_store().swap(key, old, _record(new, f"racer-{racer}"))

        won = await bounded_map(swap, range(RACERS), limit=RACERS)
        _require(
            won.count(True) == 1, f"of {RACERS} swaps of one version exactly one wins, not {won.count(True)}"
        )
        stored = await make_store().load(key)
        _require(
            stored == _record(version + 1, f"racer-{won.index(True)}"), "what the winner wrote is stored"
        )


async def _one_of_many_leases_wins(make_store: MakeStore, key: TokenKey) -> None:
    leases = await bounded_map(lambda _: make_store().lease(key, 30.0), range(RACERS), limit=RACERS)
    taken = [lease for lease in leases if lease is not None]
    _require(len(taken) == 1, f"of {RACERS} who ask at once exactly one gets the lease, not {len(taken)}")
    await taken[0].release()


async def _a_lease_excludes_until_released(make_store: MakeStore, key: TokenKey) -> None:
    store, other = make_store(), make_store()
    first = await store.lease(key, 30.0)
    if first is None:
        raise AssertionError("a free lease is given, also where no record is stored yet")
    _require(await first.held(), "a holder is told that the lease is held")
    _require(await other.lease(key, 30.0) is None, "a second holder is refused at once")
    await store.swap(key, None, _record(1))
    _require(await first.held(), "writing the record does not end the lease")
    await first.release()
    _require(not await first.held(), "a released lease is not held")
    second = await other.lease(key, 30.0)
    if second is None:
        raise AssertionError("a released lease can be taken by another")
    await first.release()
    _require(await second.held(), "releasing twice does not take the lease from its next holder")
    await second.release()


async def _leases_of_keys_are_apart(make_store: MakeStore, key: TokenKey) -> None:
    store = make_store()
    one = await store.lease(key, 30.0)
    two = await store.lease(TokenKey(CLIENT_ID, ACCOUNT, "neighbour"), 30.0)
    if one is None or two is None:
        raise AssertionError("the lease of one key does not hinder another key")
    await one.release()
    _require(await two.held(), "releasing one lease leaves the others alone")
    await two.release()


async def _a_lease_ends_by_itself(make_store: MakeStore, key: TokenKey, clock: Clock) -> None:
    dead = await make_store().lease(key, SHORT_LEASE)
    if dead is None:
        raise AssertionError("a free lease is given")
    await clock.asleep(SHORT_LEASE * 1.5)
    _require(not await dead.held(), "a holder is told that its lease has run out")
    heir = await make_store().lease(key, 30.0)
    if heir is None:
        raise AssertionError("the lease of a dead holder ends by itself")
    _require(heir.expires_at > dead.expires_at, "expires_at says when the lease ends")
    await dead.release()
    _require(await heir.held(), "a late release does not take the lease from its next holder")
    await heir.release()


def _record(version: int, access_token: str = "token") -> TokenRecord:  # noqa: S107 - not a secret
    return TokenRecord(access_token=access_token, refresh_token=f"refresh-{access_token}", version=version)


def _require(kept: bool, promise: str) -> None:
    if not kept:
        raise AssertionError(f"broken promise: {promise}")
