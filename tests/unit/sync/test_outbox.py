"""Edits on their way: what is sent together, what has to wait, when an edit of unknown outcome is looked for."""

from __future__ import annotations

import attrs
import pytest

from amocrm_sync._core.sync.outbox import (
    PROBES,
    Op,
    OpKind,
    OpState,
    Parcel,
    backoff,
    batches,
    by_record,
    is_exhausted,
    next_due,
    next_parcel,
    probe_due,
    probed,
    put_back,
    taken,
)
from amocrm_sync._core.sync.references import referenced, resolved


def op(seq: int, *, uid: str = "a", kind: OpKind = OpKind.PATCH, **more) -> Op:
    own = {field.name for field in attrs.fields(Op)} - {"fields"}
    fields = {name: value for name, value in more.items() if name not in own}
    settings = {name: value for name, value in more.items() if name in own}
    return Op(seq=seq, entity="leads", uid=uid, kind=kind, fields=fields, made_at=0.0, **settings)


def parcel(*ops: Op, now: float = 0.0) -> Parcel:
    found = next_parcel(ops, now=now)
    assert found is not None
    return found


class TestParcels:
    def test_consecutive_edits_go_as_one_and_the_later_wins(self):
        assert parcel(op(2, price=2), op(1, price=1, name="a")).fields == {"price": 2, "name": "a"}

    def test_what_was_there_before_is_that_of_the_first_edit(self):
        found = parcel(op(1, price=1, base_fields={"price": 0}), op(2, price=2, base_fields={"price": 1}))
        assert found.base_fields == {"price": 0}

    def test_a_custom_field_that_is_emptied_is_sent_empty(self):
        def edit(seq: int, values: list) -> Op:
            return op(seq, custom_fields_values=[{"field_id": 5, "values": values}])

        found = parcel(edit(1, [{"value": "x"}]), edit(2, []))
        assert found.fields == {"custom_fields_values": [{"field_id": 5, "values": []}]}

    def test_edits_of_a_record_that_is_not_created_yet_go_with_its_creation(self):
        found = parcel(op(1, kind=OpKind.CREATE, name="a"), op(2, price=5))
        assert (found.kind, found.fields) == (OpKind.CREATE, {"name": "a", "price": 5})

    @pytest.mark.parametrize(
        "first",
        [
            op(1, state=OpState.UNKNOWN, price=1),
            op(1, state=OpState.INFLIGHT, price=1),
            op(1, due_at=9.0, price=1),
            op(1, state=OpState.HELD, kind=OpKind.CREATE, price=1),
        ],
    )
    def test_nothing_is_sent_past_an_edit_that_has_to_wait(self, first):
        assert next_parcel([first, op(2, name="b")], now=5.0) is None

    def test_a_held_edit_holds_up_its_own_fields_only(self):
        held = op(1, state=OpState.HELD, price=1)
        found = parcel(held, op(2, price=2, name="x"), op(3, name="b"), op(4, status_id=7))
        assert [item.seq for item in found.ops] == [4], "name waits as well: an earlier edit of it waits"

    def test_batches_are_of_one_kind_and_not_too_large(self):
        ops = [op(n, uid=str(n), kind=OpKind.CREATE if n == 3 else OpKind.PATCH, x=1) for n in range(1, 7)]
        items = [parcel(*own) for own in by_record(ops).values()]
        found = [[item.uid for item in batch] for batch in batches(items, 2)]
        assert found == [["1", "2"], ["4", "5"], ["6"], ["3"]]


class TestTimes:
    def test_waits_double_up_to_the_cap_with_full_jitter(self):
        assert [backoff(n, base=2, cap=30, random=1.0) for n in range(1, 6)] == [4, 8, 16, 30, 30]
        assert backoff(3, base=2, cap=30, random=0.25) == 4
        assert backoff(100_000, base=2, cap=30, random=1.0) == 30

    def test_a_create_is_looked_for_four_times_and_then_sent_again(self):
        sent = attrs.evolve(taken(op(1, kind=OpKind.CREATE), 100.0), state=OpState.UNKNOWN)
        dues = []
        while sent.state is OpState.UNKNOWN:
            dues.append(probe_due(sent) - 100.0)
            sent = probed(sent)
        assert dues == list(PROBES) == [1, 3, 10, 30]
        assert sent.state is OpState.PENDING

    def test_the_next_thing_to_do_about_a_record(self):
        unknown_create = op(1, kind=OpKind.CREATE, state=OpState.UNKNOWN, sent_at=100.0)
        assert next_due([unknown_create], now=50.0) == 101.0
        assert next_due([op(1, state=OpState.INFLIGHT)], now=50.0) == 50.0
        assert next_due([op(1, due_at=70.0)], now=50.0) == 70.0
        assert next_due([op(1, due_at=20.0)], now=50.0) == 50.0
        assert next_due([op(1, due_at=70.0), op(2)], now=50.0) == 70.0  # not past the first
        assert next_due([op(1, state=OpState.HELD, price=1), op(2, price=2)], now=50.0) is None
        assert next_due([op(1, state=OpState.HELD, price=1), op(2, name="x")], now=50.0) == 50.0
        assert next_due([], now=50.0) is None

    def test_an_edit_is_given_up_after_attempts_or_after_a_day(self):
        tried = taken(taken(op(1), 10.0), 20.0)
        assert (tried.attempts, tried.first_sent_at, tried.sent_at) == (2, 10.0, 20.0)
        assert is_exhausted(tried, now=30.0, attempts=2, horizon=100.0)
        assert not is_exhausted(tried, now=30.0, attempts=3, horizon=100.0)
        assert is_exhausted(tried, now=110.0, attempts=3, horizon=100.0)

    def test_a_send_that_stored_nothing_counts_nothing(self):
        assert put_back(taken(op(1), 10.0), None) == attrs.evolve(op(1), sent_at=10.0)


class TestReferences:
    def test_our_ids_are_named_and_replaced(self):
        lead = {
            "name": "x",
            "_embedded": {"contacts": [{"uid": "c-1", "is_main": True}, {"id": 5}], "tags": [{"name": "t"}]},
        }
        assert referenced(lead) == {("contacts", "c-1")}
        assert resolved(lead, {"c-1": 9})["_embedded"] == {
            "contacts": [{"is_main": True, "id": 9}, {"id": 5}],
            "tags": [{"name": "t"}],
        }

    def test_a_task_names_what_it_is_about(self):
        task = {"text": "call", "entity_type": "leads", "entity_uid": "l-1"}
        assert referenced(task) == {("leads", "l-1")}
        assert resolved(task, {"l-1": 4}) == {"text": "call", "entity_type": "leads", "entity_id": 4}

    def test_an_edit_without_references_stays(self):
        assert referenced({"name": "x"}) == set()
        assert resolved({"name": "x"}, {}) == {"name": "x"}
