"""From the last page to the first: whatever leaves the list meanwhile, no row that stays is missed."""

from __future__ import annotations

import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import RowKey, SliceNotHonoured

PAGE = 3


@examples(200)
@given(
    count=st.integers(0, 90),
    leaving=st.floats(0, 3),
    seed=st.integers(0, 10**6),
    restart=st.booleans(),
)
def test_every_row_that_stays_is_read(count: int, leaving: float, seed: int, restart: bool) -> None:
    dice = random.Random(seed)
    rows = list(range(1, count + 1))
    walk, seen, requests = Descent(low=None, high=None), set[int](), 0
    while not walk.done:
        start = (walk.query().page - 1) * PAGE
        page = rows[start : start + PAGE]
        seen |= set(page)
        walk = walk.feed([RowKey(str(row), 0) for row in page], more=len(rows) > start + PAGE)
        requests += 1
        while rows and dice.random() < leaving / (1 + leaving):
            rows.remove(dice.choice(rows))
        rows += [count + requests] if dice.random() < 0.2 else []  # ids are never given again
        if restart:
            walk = Descent.from_dict(orjson.loads(orjson.dumps(walk.to_dict())))
    assert {row for row in rows if row <= count} <= seen
    assert requests <= count / PAGE + 2 * max(1, count).bit_length() + 2


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
