from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.limiter import DEFAULT_RATE, MISSED, Pace


def test_slots_are_evenly_spaced_and_first_come_first_served():
    pace = Pace()
    slots = [pace.reserve(100.0).at for _ in range(20)]
    assert slots[0] == 100.0
    gaps = [later - earlier for earlier, later in itertools.pairwise(slots)]
    assert gaps == pytest.approx([1 / DEFAULT_RATE] * 19)


def test_no_calendar_second_gets_more_than_seven():
    pace = Pace()
    slots = [pace.reserve(0.0).at for _ in range(680)]
    seconds = [int(slot) for slot in slots]
    assert max(seconds.count(second) for second in set(seconds)) <= 7


def test_idle_time_is_not_saved_up():
    pace = Pace()
    pace.reserve(0.0)
    assert pace.reserve(1000.0).at == 1000.0
    assert pace.reserve(1000.0).at == pytest.approx(1000.0 + 1 / DEFAULT_RATE)


def test_a_slot_that_was_slept_through_is_no_good():
    pace = Pace()
    slot = pace.reserve(10.0)
    assert pace.still_good(slot, 10.0 + MISSED)
    assert not pace.still_good(slot, 10.0 + MISSED + 0.001)


def test_a_429_pauses_everybody_and_slows_down_once_for_a_burst():
    pace = Pace()
    waiting = pace.reserve(0.0)
    for _ in range(10):
        pace.penalize(0.1, None)
    assert not pace.still_good(waiting, 0.15)
    assert pace.reserve(0.2).at == pytest.approx(1.1)
    assert pace.current_rate(1.1) == pytest.approx(DEFAULT_RATE * 0.8)


def test_a_slot_that_is_given_back_goes_to_the_next():
    pace = Pace()
    first, second, third = (pace.reserve(0.0) for _ in range(3))
    pace.give_back(second)
    assert pace.backlog(0.0) == pytest.approx(second.at)
    assert pace.reserve(first.at) == second
    assert pace.reserve(first.at).at > third.at


def test_a_slot_that_comes_back_too_late_or_after_a_penalty_is_lost():
    pace = Pace()
    late = pace.reserve(0.0)
    pace.give_back(late)
    assert pace.reserve(1.0).at == 1.0
    void = pace.reserve(1.0)
    pace.penalize(1.0, None)
    pace.give_back(void)
    assert pace.reserve(1.0).at == 2.0


def test_a_penalty_voids_slots_behind_its_pause_too():
    pace = Pace()
    far = [pace.reserve(0.0) for _ in range(20)][-1]
    pace.penalize(0.1, None)
    assert not pace.still_good(far, far.at)
    assert pace.reserve(0.2).at == pytest.approx(1.1), "nobody waits for slots that nobody will use"


def test_the_servers_own_wait_is_kept():
    pace = Pace()
    pace.penalize(0.0, 30.0)
    assert pace.reserve(1.0).at == 30.0


def test_the_rate_grows_back_by_one_per_cent_a_minute():
    pace = Pace()
    pace.penalize(0.0, None)
    assert pace.current_rate(1.0 + 600) == pytest.approx(DEFAULT_RATE * 0.9)
    assert pace.current_rate(1.0 + 1200) == pytest.approx(DEFAULT_RATE)
    assert pace.current_rate(1e6) == DEFAULT_RATE


@given(st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["reserve", "penalize"])), max_size=60))
def test_whatever_happens_two_slots_are_never_closer_than_the_rate_allows(steps):
    pace, now, slots = Pace(), 0.0, []
    for wait, action in steps:
        now += wait
        if action == "penalize":
            pace.penalize(now, None)
            slots = [slot for slot in slots if slot <= now]  # the rest are void
        else:
            slots.append(pace.reserve(now).at)
    for earlier, later in itertools.pairwise(slots):
        assert later - earlier >= 1 / DEFAULT_RATE - 1e-9
    assert pace.rate * pace.factor >= 0.5
