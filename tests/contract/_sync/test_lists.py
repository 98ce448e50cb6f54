# Generated from tests/contract/_async/test_lists.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import orjson
import pytest
from wire import Answer, Sent, Wire, hal

from amocrm_sync import AmoCRM, ConfigurationError, InvalidResponseError, LeadFilter, PagingError

pytestmark = pytest.mark.anyio

BASE = "https://demo.amocrm.ru/api/v4/leads"


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def rows(*ids: int) -> list[dict]:
    return [{"id": key, "name": f"Lead {key}"} for key in ids]


def page(*ids: int, next_page: int | None = None) -> Answer:
    link = f"{BASE}?page={next_page}&limit=250" if next_page else None
    return Answer(json=hal("leads", rows(*ids), next_url=link))


def test_nothing_is_requested_before_it_is_needed(connect):
    wire = Wire()
    connect(wire).leads.list(filter=LeadFilter(ids=[1]))
    assert wire.sent == []


def test_the_first_request_asks_for_full_pages(connect):
    wire = Wire(page(1))
    connect(wire).leads.list(with_=["contacts"], order={"id": "asc"}).to_list()
    assert wire.sent[0].query == [("page", "1"), ("limit", "250"), ("with", "contacts"), ("order[id]", "asc")]


def test_a_short_page_is_not_the_end(connect):
    wire = Wire(page(1, 2, next_page=2), page(3, next_page=3), page(4, 5))
    assert [lead.id for lead in connect(wire).leads.list()] == [1, 2, 3, 4, 5]


def test_an_empty_page_with_a_next_link_is_not_the_end(connect):
    wire = Wire(page(1, next_page=2), page(next_page=3), page(4))
    assert [lead.id for lead in connect(wire).leads.list().to_list()] == [1, 4]


def test_a_next_link_on_the_last_page_ends_in_204(connect):
    wire = Wire(page(1, next_page=2), Answer(204))
    assert [lead.id for lead in connect(wire).leads.list().to_list()] == [1]


def test_a_row_that_moved_between_pages_comes_once(connect):
    wire = Wire(page(1, 2, next_page=2), page(2, 3))
    pages = [[lead.id for lead in one.items] for one in connect(wire).leads.list().pages()]
    assert pages == [[1, 2], [3]]


def test_a_foreign_host_is_not_followed(connect):
    evil = Answer(json=hal("leads", rows(1), next_url="https://evil.example/api/v4/leads?page=2"))
    wire = Wire(evil)
    with pytest.raises(PagingError, match="evil"):
        connect(wire).leads.list().to_list()
    assert len(wire.sent) == 1


def test_a_link_that_does_not_move_on_ends_the_walk_loudly(connect):
    wire = Wire(page(1, next_page=2), page(2, next_page=2))
    with pytest.raises(PagingError, match="does not move on"):
        connect(wire).leads.list().to_list()


def test_first_and_max_items_read_no_more_than_they_need(connect):
    wire = Wire(page(1, 2, next_page=2), page(1, 2, next_page=2))
    leads = connect(wire).leads
    first = leads.list().first()
    assert first is not None
    assert first.id == 1
    assert [lead.id for lead in leads.list().to_list(max_items=1)] == [1]
    assert leads.list().to_list(max_items=0) == []
    assert len(wire.sent) == 2


def test_a_pager_can_be_walked_twice(connect):
    wire = Wire(page(1, next_page=2), page(2), page(1, next_page=2), page(2))
    pager = connect(wire).leads.list()
    assert [lead.id for lead in pager] == [lead.id for lead in pager] == [1, 2]


def test_one_bad_row_is_set_aside_and_its_neighbours_arrive(connect):
    bad = {"id": 2, "name": "x", "created_at": {"not": "a moment"}}
    wire = Wire(Answer(json=hal("leads", [*rows(1), bad, *rows(3)])))
    pager = connect(wire).leads.list()
    assert [lead.id for lead in pager] == [1, 3]
    [quarantined] = pager.quarantined
    assert quarantined.index == 1
    assert "created_at" in quarantined.reason


def long_page(*ids: int, next_page: int | None = None) -> Answer:
    """A page of records that are long enough to be read in pieces."""
    link = {"self": {"href": BASE}}
    records = [{**row, "note": "x" * 2_000, "_links": link} for row in rows(*ids)]
    next_url = f"{BASE}?page={next_page}" if next_page else None
    return Answer(body=orjson.dumps(hal("leads", records, next_url=next_url)))


def damaged(answer: Answer, number: int) -> Answer:
    return Answer(body=answer.body.replace(b'"name":"Lead %d"' % number, b'"name":Lead %d"' % number))


def note_ids(leads, into: list[int]) -> None:
    for lead in leads:
        into.append(lead.id)  # noqa: PERF401 - what came before an error must stay


def long_list(*last: Answer) -> Wire:
    return Wire(long_page(*range(60), next_page=2), long_page(*range(50, 120), next_page=3), *last)


def test_rows_that_are_dropped_and_rows_that_are_kept_are_the_same(connect):
    bad = Answer(body=long_page(*range(120, 180)).body.replace(b'"name":"Lead 150"', b'"created_at":{}'))
    pager = connect(long_list(bad)).leads.list()
    dropped = [(lead.id, lead.name) for lead in pager]
    places = [row.index for row in pager.quarantined]
    kept = [lead for lead in connect(long_list(bad)).leads.list()]
    assert dropped == [(lead.id, lead.name) for lead in kept]
    assert [key for key, _ in dropped] == [key for key in range(180) if key != 150]
    assert places == [30]


def test_rows_that_are_dropped_come_before_the_page_is_read_to_its_end(connect):
    pager = connect(long_list(damaged(long_page(*range(120, 180)), 170))).leads.list()
    dropped: list[int] = []
    with pytest.raises(InvalidResponseError) as info:
        note_ids(pager, dropped)
    assert 130 < len(dropped) <= 170
    assert dropped == list(range(len(dropped)))
    assert info.value.context.path == "/api/v4/leads"
    assert info.value.context.account == "demo.amocrm.ru"


def test_whole_pages_are_whole_and_so_are_those_whose_rows_are_kept(connect):
    pager = connect(long_list(damaged(long_page(*range(120, 180)), 170))).leads.list()
    rows_of_three_pages = iter(pager)
    kept = [next(rows_of_three_pages) for _ in range(120)]
    with pytest.raises(InvalidResponseError):
        next(rows_of_three_pages)
    assert [lead.id for lead in kept] == list(range(120))
    pages = connect(long_list(long_page(*range(120, 180)))).leads.list().pages()
    assert [len(page.items) for page in pages] == [60, 60, 60]


def test_a_limit_that_the_endpoint_does_not_have_is_refused(connect):
    with pytest.raises(ConfigurationError, match="limit"):
        connect(Wire()).leads.list(limit=251)


def by_ids(sent: Sent) -> Answer:
    asked = [int(value) for name, value in sent.query if name == "filter[id][]"]
    return Answer(json=hal("leads", rows(*[key for key in asked if key % 10])))


def test_many_ids_are_read_in_batches(connect):
    wire = Wire(otherwise=by_ids)
    ids = list(range(1, 601))
    found = connect(wire).leads.get_many([*ids, 5, 5])
    assert list(found) == [key for key in ids if key % 10]
    assert len(wire.sent) == 3
    assert all(len(sent.url) < 8_000 for sent in wire.sent)


def test_an_ignored_filter_is_noticed_and_ids_are_read_one_by_one(connect):
    def server(sent: Sent) -> Answer:
        if sent.path == "/api/v4/leads":
            return page(900, 901)
        key = int(sent.path.rpartition("/")[2])
        return Answer(204) if key == 2 else Answer(json=rows(key)[0])

    wire = Wire(otherwise=server)
    found = connect(wire).leads.get_many([1, 2, 3])
    assert sorted(found) == [1, 3]
