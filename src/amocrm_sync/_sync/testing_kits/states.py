# Generated from src/amocrm_sync/_async/testing_kits/states.py by tools/unasync.py: edit that file instead.
"""What every state store has to do, as a function to call from any test runner."""

from __future__ import annotations

from collections.abc import Callable

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.callback import PendingConsent
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.protocols import StateStore

RACERS = 8
LIFE = 1200.0


def check_state_store(make_store: Callable[[], StateStore], *, clock: Clock = SYSTEM_CLOCK) -> None:
    """Hold an implementation of ``StateStore`` against its contract.

    The store is left with no states of the kit.

    Args:
        make_store: Gives a store; every store that it gives sees the same data, as two processes would.
        clock: The clock whose time the store follows, if it follows one.

    Raises:
        AssertionError: Names the promise that was broken.
    """
    now = clock.now()
    _gives_back_what_was_put_once(make_store, now)
    _states_do_not_mix(make_store, now)
    _the_last_put_counts(make_store, now)
    _one_of_many_takers_wins(make_store, now)
    _what_has_not_expired_is_kept(make_store, now)
    _what_has_expired_is_never_given_as_valid(make_store, now)


def _gives_back_what_was_put_once(make_store: Callable[[], StateStore], now: float) -> None:
    pending = PendingConsent(owner="пользователь|1 'quoted' %s", expires_at=now + LIFE + 0.25)
    state = "S-" + "x" * 500
    _require(make_store().take(state) is None, "take gives None for a state that nobody put")
    make_store().put(state, pending, now=now)
    _require(
        make_store().take(state) == pending,
        "another store of the same data gives owner and end exactly as they were put",
    )
    _require(make_store().take(state) is None, "a state works once")


def _states_do_not_mix(make_store: Callable[[], StateStore], now: float) -> None:
    store = make_store()
    states = ["state", "STATE", "state ", "state|1", "state:1", "состояние"]
    for state in states:
        store.put(state, _pending(f"owner of {state}", now), now=now)
    for state in reversed(states):
        found = store.take(state)
        _require(
            found is not None and found.owner == f"owner of {state}", f"{state!r} keeps an owner of its own"
        )


def _the_last_put_counts(make_store: Callable[[], StateStore], now: float) -> None:
    store = make_store()
    store.put("again", _pending("first", now), now=now)
    store.put("again", _pending("second", now), now=now)
    _require(store.take("again") == _pending("second", now), "a state put again belongs to the last owner")
    _require(store.take("again") is None, "a state put twice still works once")


def _one_of_many_takers_wins(make_store: Callable[[], StateStore], now: float) -> None:
    for number in range(4):
        state = f"raced-{number}"
        make_store().put(state, _pending("racer", now), now=now)

        def take(_: int, state: str = state) -> PendingConsent | None:
            return make_store().take(state)

        found = bounded_map(take, range(RACERS), limit=RACERS)
        won = sum(pending is not None for pending in found)
        _require(won == 1, f"of {RACERS} who take one state at once exactly one gets it, not {won}")


def _what_has_not_expired_is_kept(make_store: Callable[[], StateStore], now: float) -> None:
    store = make_store()
    store.put("waiting", _pending("patient", now), now=now)
    for number in range(20):
        store.put(f"passing-{number}", _pending("other", now), now=now + number)
    _require(store.take("waiting") == _pending("patient", now), "a put drops no state that may still be used")
    for number in range(20):
        store.take(f"passing-{number}")


def _what_has_expired_is_never_given_as_valid(make_store: Callable[[], StateStore], now: float) -> None:
    store = make_store()
    over = PendingConsent(owner="late", expires_at=now - 1)
    store.put("over", over, now=now)
    store.put("next", _pending("next", now), now=now)
    _require(
        store.take("over") in (None, over),
        "a state that has expired is dropped, or given with its true end so that it can be refused",
    )
    store.take("next")


def _pending(owner: str, now: float) -> PendingConsent:
    return PendingConsent(owner=owner, expires_at=now + LIFE)


def _require(kept: bool, promise: str) -> None:
    if not kept:
        raise AssertionError(f"broken promise: {promise}")
