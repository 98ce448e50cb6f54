from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.paging import Walk
from amocrm_sync.errors import PagingError

ORIGIN = "https://demo.amocrm.ru"


def test_a_link_is_followed_as_it_is():
    walk = Walk(ORIGIN)
    assert walk.follow(f"{ORIGIN}/api/v4/leads?page=2&filter%5Bid%5D=1") == (
        "/api/v4/leads",
        "page=2&filter%5Bid%5D=1",
    )
    assert walk.follow(None) is None
    assert walk.follow("") is None


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v4/leads?page=2",
        "http://demo.amocrm.ru/api/v4/leads?page=2",
        "https://demo.amocrm.ru:8443/api/v4/leads?page=2",
        "//evil.example/api/v4/leads?page=2",
    ],
)
def test_a_link_to_another_host_is_refused(link):
    with pytest.raises(PagingError, match=r"not to https://demo\.amocrm\.ru"):
        Walk(ORIGIN).follow(link)


def test_a_link_that_does_not_move_on_is_refused():
    walk = Walk(ORIGIN)
    walk.follow("/api/v4/leads?page=1")
    walk.follow(f"{ORIGIN}/api/v4/leads?page=2")
    with pytest.raises(PagingError, match="does not move on"):
        walk.follow(f"{ORIGIN}/api/v4/leads?page=1")


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=6), max_size=8))
def test_every_id_is_given_out_once_and_rows_without_an_id_always(pages):
    walk = Walk(ORIGIN)
    given_out: list[int | None] = []
    for ids in pages:
        fresh = walk.fresh(list(ids))
        given_out += ids if fresh is None else [key for key, new in zip(ids, fresh, strict=True) if new]
    flat = [key for ids in pages for key in ids]
    expected = [key for place, key in enumerate(flat) if key is None or key not in flat[:place]]
    assert given_out == expected
