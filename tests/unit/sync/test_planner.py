"""What a read does to a record: the read fence, tombstones, conflicts."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.sync.echo import echoes_of
from amocrm_sync._core.sync.planner import Outcome, apply, gone, plan, stamped
from amocrm_sync._core.sync.records import ABSENT, LOCAL, TRASH, Incoming, Read, Record, digest

FIRST = Read(100.0, 101.0)
LATER = Read(102.0, 103.0)


def uids():
    numbers = itertools.count(1)
    return lambda: f"uid-{next(numbers)}"


def lead(updated_at: int = 50, **fields) -> Incoming:
    base = {"id": 7, "name": "Kitchen", "price": 100, "updated_at": updated_at, **fields}
    return Incoming(remote_id="7", base=base, updated_at=updated_at)


def seen(item: Incoming | None = None, read: Read = FIRST, **changes) -> Record:
    record = apply(None, item or lead(), read, entity="leads", new_uid=uids()).after
    return attrs.evolve(record, **changes)


def again(record: Record, item: Incoming, read: Read = LATER):
    return apply(record, item, read, entity="leads", new_uid=uids())


def test_an_unknown_row_becomes_a_record():
    step = apply(None, lead(), FIRST, entity="leads", new_uid=uids())
    assert step.outcome is Outcome.CREATED
    assert (step.after.uid, step.after.remote_id, step.after.read_fence) == ("uid-1", "7", 101.0)
    assert step.after.view["name"] == "Kitchen"


def test_the_same_row_again_changes_nothing():
    assert again(seen(), lead()).outcome is Outcome.UNCHANGED


def test_a_change_is_taken():
    step = again(seen(), lead(price=200))
    assert step.outcome is Outcome.UPDATED
    assert step.after.base["price"] == 200
    assert step.after.uid == "uid-1"


def test_a_read_that_began_before_the_last_one_ended_is_stale():
    step = again(seen(), lead(price=200), Read(100.5, 104.0))
    assert step.outcome is Outcome.STALE
    assert not step.changes


def test_a_newer_updated_at_does_not_excuse_a_stale_read():
    """The second may be later while the answer is older than one already applied in other fields."""
    assert again(seen(), lead(updated_at=999), Read(100.5, 104.0)).outcome is Outcome.STALE


def test_a_missing_row_becomes_a_tombstone_that_keeps_its_data():
    step = gone(seen(), "7", LATER, entity="leads", reason=TRASH, new_uid=uids())
    assert step.outcome is Outcome.DELETED
    assert (step.after.deleted_at, step.after.delete_reason, step.after.remote_id) == (103.0, TRASH, "7")
    assert step.after.base["name"] == "Kitchen"
    assert step.after.amo_id is None


def test_a_stale_absence_deletes_nothing():
    assert (
        gone(seen(), "7", Read(99, 104), entity="leads", reason=TRASH, new_uid=uids()).outcome
        is Outcome.STALE
    )


def test_an_id_never_seen_gets_a_tombstone_that_stops_a_slower_reader():
    tombstone = gone(None, "7", LATER, entity="leads", reason=TRASH, new_uid=uids()).after
    assert again(tombstone, lead(), Read(101.0, 104.0)).outcome is Outcome.STALE


def test_the_tombstone_of_an_unknown_row_is_not_counted_as_a_deletion():
    decided = plan({}, [], LATER, entity="leads", new_uid=uids(), missing={"7": TRASH})
    assert decided.counts()["deleted"] == 0
    assert len(decided.steps) == 1


def test_a_row_that_comes_back_is_restored():
    deleted = seen(deleted_at=101.0, delete_reason=TRASH)
    step = again(deleted, lead())
    assert step.outcome is Outcome.RESTORED
    assert step.after.deleted_at is None
    assert step.after.amo_id == 7


def test_a_record_deleted_here_is_not_revived_by_a_read():
    step = again(seen(deleted_at=101.0, delete_reason=LOCAL), lead(price=5))
    assert step.after.deleted_at == 101.0
    assert step.after.base["price"] == 5


def test_a_trashed_row_in_a_list_is_a_deletion():
    item = attrs.evolve(lead(), deleted=True)
    assert again(seen(), item).outcome is Outcome.DELETED


def wrote(seconds_ago: float, **fields):
    """The ledger of a write that long before the later read."""
    return echoes_of("leads", "7", fields, LATER.started - seconds_ago)


def read_again(record, item, *, ledger=(), by_id=False, later=0.0):
    read = Read(LATER.started + later, LATER.ended + later, by_id=by_id)
    return apply(record, item, read, entity="leads", new_uid=uids(), ledger=ledger).outcome


@pytest.mark.parametrize("by_id", [False, True])
def test_a_row_that_is_older_than_our_own_write_of_a_moment_ago_is_behind_it(by_id):
    written, old, ours = seen(lead(updated_at=60, price=300)), lead(updated_at=50), wrote(1, price=300)
    assert read_again(written, old, ledger=ours, by_id=by_id) is Outcome.BEHIND
    assert read_again(written, old, ledger=ours, by_id=by_id, later=60) is Outcome.UPDATED, "what is there"


def test_a_list_is_behind_that_shows_an_older_second_than_another_answer_did_a_moment_ago():
    known, old = seen(lead(updated_at=60, price=300)), lead(updated_at=50)
    assert read_again(known, old) is Outcome.BEHIND
    assert read_again(known, old, by_id=True) is Outcome.UPDATED, "what is there"
    assert read_again(known, old, later=60) is Outcome.UPDATED, "no list is behind for that long"


def test_in_the_second_of_our_own_write_a_list_may_show_what_was_before_it():
    written, old = seen(lead(updated_at=50, price=300)), lead(updated_at=50, price=100)
    assert read_again(written, old, ledger=wrote(1, price=300)) is Outcome.BEHIND
    assert read_again(written, old, ledger=wrote(1, price=300), by_id=True) is Outcome.UPDATED, (
        "as quick as we"
    )
    assert read_again(written, old, ledger=wrote(1, name="ours")) is Outcome.UPDATED, (
        "another field is no sign"
    )
    assert read_again(written, old, ledger=wrote(1, price=300), later=60) is Outcome.UPDATED


def test_a_row_without_a_time_is_older_than_nothing():
    assert read_again(seen(lead(updated_at=60)), lead(updated_at=None, price=5)) is Outcome.UPDATED


def test_a_row_that_we_created_a_moment_ago_is_not_gone_because_no_list_has_it_yet():
    wanted = {"entity": "leads", "new_uid": uids(), "ledger": wrote(1, name="new")}
    assert gone(seen(), "7", LATER, reason=ABSENT, **wanted).outcome is Outcome.BEHIND
    assert gone(seen(), "7", LATER, reason=TRASH, **wanted).outcome is Outcome.DELETED
    wanted["ledger"] = wrote(60, name="new")
    assert gone(seen(), "7", LATER, reason=ABSENT, **wanted).outcome is Outcome.DELETED


def test_a_page_with_a_row_twice_counts_it_once():
    decided = plan({}, [lead(price=1), lead(price=2)], FIRST, entity="leads", new_uid=uids())
    [step] = decided.steps
    assert step.after.base["price"] == 2


def test_a_plan_says_which_records_only_get_a_new_fence_and_which_are_to_be_read_again():
    fresh, late = seen(), attrs.evolve(seen(), remote_id="8", read_fence=500.0)
    items = [lead(), attrs.evolve(lead(), remote_id="8")]
    decided = plan({"7": fresh, "8": late}, items, LATER, entity="leads", new_uid=uids())
    assert decided.touched == ("7",)
    assert decided.stale == ("8",)


def test_a_version_is_stamped_and_the_first_one_kept():
    first = stamped(apply(None, lead(), FIRST, entity="leads", new_uid=uids()), 4).after
    later = stamped(again(first, lead(price=2)), 9).after
    assert (first.version, first.created_version) == (4, 4)
    assert (later.version, later.created_version) == (9, 4)


@pytest.mark.parametrize("key_order", [["a", "b"], ["b", "a"]])
def test_a_hash_does_not_depend_on_the_order_of_keys(key_order):
    assert digest(dict.fromkeys(key_order, 1)) == digest({"a": 1, "b": 1})


@given(
    reads=st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 20), st.floats(0, 1)), min_size=1, max_size=12
    ).flatmap(st.permutations)
)
def test_whatever_order_answers_arrive_in_a_record_never_goes_back_in_time(reads):
    """A read sees the row as it was at some moment between question and answer."""
    record, moment = None, -1.0
    for start, length, share in reads:
        saw = start + length * share
        step = apply(
            record, lead(price=int(saw * 1000)), Read(start, start + length), entity="leads", new_uid=uids()
        )
        if step.after is not None:
            assert saw >= moment
            record, moment = step.after, saw
        elif step.outcome is Outcome.UNCHANGED:
            record = attrs.evolve(record, read_fence=start + length)
    final = apply(record, lead(price=-1), Read(1000, 1001), entity="leads", new_uid=uids())
    assert final.after.base["price"] == -1
