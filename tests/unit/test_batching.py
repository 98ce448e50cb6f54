from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.batching import (
    MAX_QUERY_BYTES,
    BatchFailure,
    BatchResult,
    chunks,
    entries,
    id_chunks,
    match,
    refused,
)
from amocrm_sync.errors import BatchError, ItemError, ServerError, ValidationError


@given(st.lists(st.integers(1, 10**12), unique=True, max_size=1200), st.integers(1, 250))
def test_ids_are_split_under_both_limits_and_none_is_lost(ids, size):
    parts = list(id_chunks(ids, size=size))
    assert [key for part in parts for key in part] == ids
    for part in parts:
        assert 0 < len(part) <= size
        assert sum(len(f"&filter[id][]={key}") for key in part) <= MAX_QUERY_BYTES


@given(st.lists(st.integers(), max_size=300), st.integers(1, 60))
def test_chunks_keep_order_and_size(items, size):
    parts = list(chunks(items, size))
    assert [item for part in parts for item in part] == items
    assert all(0 < len(part) <= size for part in parts)


def test_answers_are_matched_by_request_id_whatever_their_order():
    sent = entries([{"name": "a"}, {"name": "b"}, {"name": "c", "request_id": "mine"}], dict)
    rows = [{"id": 3, "request_id": "mine"}, {"id": 1, "request_id": "0"}, {"id": 2, "request_id": "1"}]
    assert {index: row["id"] for index, row in match(sent, rows, by_id=False).items()} == {0: 1, 1: 2, 2: 3}


def test_a_row_that_is_missing_in_the_answer_stays_unmatched():
    sent = entries([{"name": "a"}, {"name": "b"}], dict)
    assert list(match(sent, [{"id": 2, "request_id": "1"}], by_id=False)) == [1]


def test_updates_are_matched_by_id():
    sent = entries([{"id": 7}, {"id": 9}], dict)
    rows = [{"id": 9, "updated_at": 5}, {"id": 7, "updated_at": 6}]
    assert {index: row["updated_at"] for index, row in match(sent, rows, by_id=True).items()} == {0: 6, 1: 5}


def test_without_request_ids_equal_counts_are_matched_by_place():
    sent = entries([{"name": "a"}, {"name": "b"}], dict)
    assert match(sent, [{"id": 1}, {"id": 2}], by_id=False)[1] == {"id": 2}
    assert match(sent, [{"id": 1}], by_id=False) == {}


def test_a_refusal_names_its_items_by_request_id_or_by_place():
    sent = entries([{"name": "a"}, {"name": "b"}, {"name": "c"}], dict)[1:]
    named = ValidationError("no", items=(ItemError("2", "Bad", "name", "too long"),))
    failures, rest = refused(sent, named)
    assert [failure.index for failure in failures] == [2]
    assert [entry.index for entry in rest] == [1]
    assert "name Bad: too long" in str(failures[0].error)
    by_place, _ = refused(sent, ValidationError("no", items=(ItemError("0", "Bad", "name", "x"),)))
    assert [failure.index for failure in by_place] == [1]


def test_the_result_raises_with_every_failure_and_pickles():
    error = ServerError("503", status=503)
    result: BatchResult[int] = BatchResult(
        [1], [BatchFailure(2, {"n": 2}, error)], [], [BatchFailure(3, {}, error)]
    )
    assert not result.ok
    with pytest.raises(BatchError, match="2 of 3 items were not stored") as caught:
        result.raise_for_failures()
    again = pickle.loads(pickle.dumps(caught.value))
    assert [index for index, _ in again.failures] == [2, 3]
    BatchResult([1]).raise_for_failures()


class TestStoredLater:
    def test_records_are_made_once_when_they_are_looked_at_and_in_order(self):
        made = []
        result: BatchResult[int] = BatchResult([1])
        for number in (2, 3):
            result.add_stored(lambda number=number: made.append(number) or [number], 1)
        assert result.ok
        result.raise_for_failures()
        assert (result.stored_count, made) == (3, [])
        assert result.succeeded == [1, 2, 3]
        assert result.succeeded is result.succeeded
        assert (result.stored_count, made) == (3, [2, 3])

    def test_what_cannot_be_read_is_not_forgotten(self):
        result: BatchResult[int] = BatchResult()
        result.add_stored(lambda: [1], 1)
        result.add_stored(lambda: [1 // 0], 1)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                _ = result.succeeded
            assert result.stored_count == 2

    def test_a_result_shows_and_pickles_what_was_not_looked_at(self):
        result: BatchResult[int] = BatchResult()
        result.add_stored(lambda: [1, 2], 2)
        assert repr(result) == "BatchResult(succeeded=[1, 2], failed=[], ambiguous=[], not_sent=[])"
        result.add_stored(lambda: [3], 1)
        assert pickle.loads(pickle.dumps(result)).succeeded == [1, 2, 3]
