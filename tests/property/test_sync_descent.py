"""From the last page to the first: whatever leaves the list meanwhile, no row that stays is missed."""

from __future__ import annotations

import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync._core.sync.descent import Descent, _limit_at
from amocrm_sync._core.sync.slices import RowKey, SliceNotHonoured


@examples(400)
@given(seed=st.integers(0, 10**9), restart=st.booleans())
def test_every_row_that_stays_is_read(seed: int, restart: bool) -> None:
    """Each page comes from a server that may be some changes behind, another one each time."""
    dice = random.Random(seed)
    size, rows = dice.choice([2, 3, 5, 25]), dice.randint(0, 90)
    leaving, behind = dice.uniform(0, 2), dice.choice([0, 1, 5])
    known = [list(range(1, rows + 1))]
    low, high = (0, 9) if behind else (None, None)
    walk, seen, requests = Descent(low=low, high=high), set[int](), 0
    while not walk.done:
        asked = walk.query()
        limit = asked.limit or size
        start = (asked.page - 1) * limit
        server = known[max(0, len(known) - 1 - dice.randint(0, behind))]
        page = server[start : start + limit]
        seen |= set(page)
        walk = walk.feed([RowKey(str(row), 5) for row in page], more=len(server) > start + limit)
        requests += 1
        while known[-1] and dice.random() < leaving / (1 + leaving):
            gone = dice.choice(known[-1])
            known.append([row for row in known[-1] if row != gone])
        if dice.random() < 0.2:
            known.append([*known[-1], rows + len(known)])  # ids are never given again
        if restart:
            walk = Descent.from_dict(orjson.loads(orjson.dumps(walk.to_dict())))
        assert requests < 1000, "it does not end"
    assert {row for row in known[-1] if row <= rows} <= seen


@examples(300)
@given(start=st.integers(1, 2_000_000), doublings=st.integers(0, 3))
def test_a_page_that_fits_is_found_wherever_it_has_to_end(start: int, doublings: int) -> None:
    overlap = 10 * 2**doublings
    limit = _limit_at(start, overlap, 250)
    begin = (start + overlap - 1) // limit * limit
    assert limit <= 250
    assert begin < start
    assert start + overlap <= begin + limit


def test_a_long_list_costs_few_requests_more_than_it_has_pages() -> None:
    walk, requests = Descent(low=None, high=None), 0
    while not walk.done:
        asked = walk.query()
        limit = asked.limit or 250
        start = (asked.page - 1) * limit
        ids = range(start + 1, min(20_000, start + limit) + 1)
        walk = walk.feed([RowKey(str(row_id), 0) for row_id in ids], more=start + limit < 20_000)
        requests += 1
    assert requests <= 102


def test_a_list_of_one_page_is_one_request() -> None:
    assert Descent(low=0, high=9).feed([RowKey("1", 5)], more=False).done
    assert Descent(low=0, high=9).feed([], more=False).done


def test_another_order_is_noticed() -> None:
    with pytest.raises(SliceNotHonoured, match="order of id"):
        Descent(low=None, high=None).feed([RowKey("2", 5), RowKey("1", 5)], more=False)


def test_a_page_that_begins_again_below_the_one_before_it_is_in_another_order() -> None:
    walk = Descent(low=None, high=None).feed([RowKey("8", 5), RowKey("9", 5)], more=True)
    with pytest.raises(SliceNotHonoured, match="order of id"):
        walk.feed([RowKey("3", 5)], more=False)


def test_a_server_that_keeps_to_its_own_page_size_is_noticed() -> None:
    walk = Descent(low=None, high=None).feed([RowKey(str(row), 5) for row in range(1, 11)], more=True)
    walk = walk.feed([RowKey(str(row), 5) for row in range(11, 15)], more=False)
    assert walk.query().limit != 10
    with pytest.raises(SliceNotHonoured, match="10 rows"):
        walk.feed([RowKey(str(row), 5) for row in range(1, 11)], more=True)
