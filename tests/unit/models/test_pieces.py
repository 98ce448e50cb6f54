"""A page that is read in pieces gives what the page gives that is read as a whole, whatever is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amocrm_sync.models
from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models import Lead, Model, parse_page
from amocrm_sync.models._pieces import PIECE, cut, read_in_pieces
from amocrm_sync.models.file import with_download_links
from amocrm_sync.models.page import Page

LINK = {"self": {"href": "https://demo.amocrm.ru/api/v4/leads/1"}}
NEXT = "https://demo.amocrm.ru/api/v4/leads?page=2"
LONG = "x" * 2_000


def answer(rows: list[Any], key: str = "leads") -> bytes:
    links = {"self": {"href": NEXT}, "next": {"href": NEXT}}
    return orjson.dumps({"_page": 1, "_total_items": 7, "_links": links, "_embedded": {key: rows}})


def lead(number: int, **more: Any) -> dict[str, Any]:
    row = {"id": number, "name": f"Lead {number}", "note": LONG, "_links": LINK}
    return {**row, "_embedded": {"tags": [], "companies": []}, **more}


def leads(body: bytes) -> Page[Lead]:
    return parse_page(body, "leads", Lead)


def together(body: bytes, read: Callable[[bytes], Page[Lead]] = leads) -> Page[Lead]:
    """All pieces as one page."""
    given_out = list(read_in_pieces(body, read))
    return Page(
        items=[item for page in given_out for item in page.items],
        next_url=given_out[0].next_url,
        total=given_out[0].total,
        quarantined=[row for page in given_out for row in page.quarantined],
    )


def arrays(body: bytes, size: int = PIECE) -> list[bytes]:
    """The rows in pieces; empty where the body is not cut."""
    envelope, *found = cut(body, size)
    assert found or envelope == body
    assert not found or orjson.loads(envelope) == orjson.loads(answer([]))
    return found


def test_a_long_page_comes_in_many_pieces_and_each_is_json():
    rows = [lead(number) for number in range(250)]
    found = arrays(answer(rows))
    assert len(found) > 20
    assert [row for array in found for row in orjson.loads(array)] == rows


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.integers(-5, 5),
        st.text(max_size=8),
        st.sampled_from(['"', "\\", '}},{"id":1,"name":', "}]", '"_embedded":{"leads":[{"id":1,"name":2']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["id", "name", "_links", "_embedded", "leads", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=8,
)
ROWS = st.lists(
    st.one_of(
        VALUES,
        st.builds(
            lambda number, more: {"id": number, "name": "n", "more": more, "_links": LINK},
            st.integers(0, 9),
            VALUES,
        ),
    ),
    max_size=12,
)


@given(ROWS.map(lambda rows: [{"id": 0, "name": "n"}, *rows]), st.integers(0, 60))
@settings(max_examples=60)
def test_wherever_a_piece_ends_what_was_read_before_it_is_right(rows, size):
    read: list[Any] = []
    found = arrays(answer(rows), size)
    for array in found:
        try:
            read += orjson.loads(array)
        except orjson.JSONDecodeError:
            break
        assert read == rows[: len(read)]
    else:
        assert read == (rows if found else [])


@given(ROWS)
@settings(max_examples=40)
def test_pieces_give_the_page(rows):
    body = answer(
        [*(lead(number) for number in range(20)), *rows, *(lead(number) for number in range(20, 40))]
    )
    assert together(body) == leads(body)


def test_records_inside_a_record_are_not_taken_for_rows():
    inside = [{"id": number, "name": LONG, "_links": LINK} for number in range(12)]
    body = answer([lead(number, _embedded={"leads": inside}) for number in range(9)])
    with pytest.raises(orjson.JSONDecodeError):
        [orjson.loads(array) for array in arrays(body)]
    assert together(body) == leads(body)


def test_a_row_that_cannot_be_read_keeps_its_place():
    rows = [
        lead(number, created_at={"not": "a time"}) if number % 40 == 39 else lead(number)
        for number in range(250)
    ]
    found = together(answer(rows))
    assert [row.index for row in found.quarantined] == [39, 79, 119, 159, 199, 239]
    assert found == leads(answer(rows))


def test_bad_rows_on_both_sides_of_a_wrong_cut_come_once():
    inside = [{"id": number, "name": LONG, "_links": LINK} for number in range(12)]
    rows = [lead(number, created_at={} if number % 7 == 3 else None) for number in range(60)]
    rows[30] = lead(30, _embedded={"leads": inside})
    assert together(answer(rows)) == leads(answer(rows))


@pytest.mark.parametrize(
    "body",
    [
        answer([lead(1)]),
        b'{"_embedded": {"leads": ' + orjson.dumps([lead(number) for number in range(50)]) + b"}}",
        orjson.dumps([lead(number, _embedded={"tags": [{"id": 1, "name": LONG}]}) for number in range(50)]),
        orjson.dumps({"_embedded": {"leads": {str(number): lead(number) for number in range(50)}}}),
        b'{"_embedded":[]' + b" " * 100_000 + b"}",
    ],
    ids=["short", "spaces", "bare array", "object for array", "empty"],
)
def test_an_answer_of_another_form_is_read_as_a_whole(body):
    assert [*cut(body)] == [body]
    assert together(body) == leads(body)


def test_two_lists_in_one_answer_are_not_mixed():
    body = orjson.dumps({"_embedded": {"tags": [lead(1)], "leads": [lead(number) for number in range(50)]}})
    assert together(body) == leads(body)


def test_what_comes_before_the_damage_is_given_out():
    body = answer([lead(number) for number in range(250)]).replace(b'"name":"Lead 200"', b'"name":Lead 200"')
    given_out: list[int | None] = []
    with pytest.raises(InvalidResponseError, match="JSON was expected"):
        given_out.extend(item.id for page in read_in_pieces(body, leads) for item in page.items)
    assert 150 < len(given_out) <= 200
    assert given_out == list(range(len(given_out)))


def test_nothing_of_a_page_that_was_cut_off_is_given_out():
    body = answer([lead(number) for number in range(250)])[:-100_000]
    with pytest.raises(InvalidResponseError):
        next(read_in_pieces(body, leads))


def test_half_a_character_costs_no_row():
    body = answer([lead(number) for number in range(250)]).replace(b"Lead 200", b"Lead \xd0")
    found = together(body)
    assert len(found.items) == 250
    assert found.items[200].name == "Lead \N{REPLACEMENT CHARACTER}"


def test_strict_mode_names_the_row_by_its_place_in_the_page():
    rows = [lead(number, price="7" if number == 200 else 7) for number in range(250)]
    with pytest.raises(InvalidResponseError, match=r"item 200: Lead\.price"):
        together(answer(rows), lambda body: parse_page(body, "leads", Lead, strict=True))


def test_download_links_are_found_in_a_bare_array_too():
    row = {"uuid": "u", "_links": {"download": {"href": "https://drive/x"}}}
    whole = orjson.loads(with_download_links(answer([row], "files")))["_embedded"]["files"]
    assert orjson.loads(with_download_links(orjson.dumps([row]))) == whole
    assert whole != [row]


def test_every_model_lets_a_walk_see_whether_it_is_still_held():
    models = [getattr(amocrm_sync.models, name) for name in amocrm_sync.models.__all__]
    records = [one for one in models if isinstance(one, type) and issubclass(one, Model) and one is not Model]
    assert len(records) > 40
    assert all("__weakref__" in dir(model) for model in records)
