"""The time-keyset chain and the scan, step by step."""

from __future__ import annotations

import orjson
import pytest

from amocrm_sync._core.entities import LEADS, NOTES, TASKS
from amocrm_sync._core.sync.cursors import Cursor, abandoned, begin, finish, judged, without_filter
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.keyset import Keyset, NeverSettled, Passes, Scan, walk_from_dict
from amocrm_sync._core.sync.slices import RowKey, Slice, SliceNotHonoured
from amocrm_sync._core.sync.sweep import Sweep
from amocrm_sync._core.sync.windows import Window


def rows(*seconds: int, first_id: int = 1) -> list[RowKey]:
    return [RowKey(str(first_id + place), second) for place, second in enumerate(seconds)]


def test_a_full_page_moves_the_lower_bound_to_its_last_second():
    chain = Keyset(low=0, high=100).feed(rows(3, 5, 8), more=True)
    assert chain.query() == Slice(low=8, high=100, order="updated_at", page=1)


def test_the_last_page_ends_the_chain():
    assert Keyset(low=0, high=100).feed(rows(3, 5), more=False).done


def test_an_empty_page_ends_the_chain_even_if_more_is_promised():
    assert Keyset(low=0, high=100).feed([], more=True).done


def test_a_page_within_one_second_is_read_by_page_numbers_in_id_order():
    chain = Keyset(low=5, high=100).feed(rows(5, 5, 5), more=True)
    assert chain.query() == Slice(low=5, high=5, order="id", page=1)
    chain = chain.feed(rows(5, 5, 5), more=True)
    assert chain.query() == Slice(low=5, high=5, order="id", page=2)


def test_the_chain_leaves_a_crowded_second_when_its_pages_touch():
    chain, seen, size = Keyset(low=5, high=100).feed(rows(5, 5), more=True), set(), 2
    while chain.low == 5:
        asked = chain.query()
        assert (asked.low, asked.high, asked.order) == (5, 5, "id")
        limit = asked.limit or size
        begin = (asked.page - 1) * limit
        page = rows(*[5] * 7)[begin : begin + limit]
        seen |= {row.id for row in page}
        chain = chain.feed(page, more=begin + limit < 7)
    assert seen == {row.id for row in rows(*[5] * 7)}
    assert chain.query() == Slice(low=6, high=100, order="updated_at")


def test_two_passes_that_differ_are_not_enough():
    first = Passes().feed(["1", "2"], more=True).feed(["3"], more=False)
    second = first.feed(["1", "3"], more=True).feed(["4"], more=False)
    assert second is not None
    third = second.feed(["1", "3"], more=True).feed(["4"], more=False)
    assert third is None


def test_a_crowded_last_second_ends_the_chain():
    chain = Keyset(low=100, high=100).feed(rows(100, 100), more=True)
    assert chain.feed(rows(100, 100), more=False).done


def test_passes_that_never_agree_are_an_error():
    passes = Passes(maximum=4)
    for number in range(3):
        passes = passes.feed([str(number)], more=True).feed(["9"], more=False)
    with pytest.raises(NeverSettled, match="4 passes"):
        passes.feed(["3"], more=True).feed(["9"], more=False)


@pytest.mark.parametrize("second", [9, 101])
def test_a_row_that_was_not_asked_for_means_that_the_filter_is_ignored(second):
    with pytest.raises(SliceNotHonoured, match=str(second)):
        Keyset(low=10, high=100).feed(rows(second), more=False)


def test_a_wrong_order_is_noticed():
    with pytest.raises(SliceNotHonoured, match="order"):
        Keyset(low=0, high=100).feed(rows(8, 3), more=True)


def test_a_scan_of_one_page_is_complete_at_once():
    assert Scan(low=None, high=None).feed(rows(1, 2), more=False).done


def test_a_scan_of_two_pages_needs_a_second_pass():
    scan = Scan(low=0, high=10).feed(rows(1, 2), more=True).feed(rows(3, first_id=3), more=False)
    assert not scan.done
    scan = scan.feed(rows(1, 2), more=True).feed(rows(3, first_id=3), more=False)
    assert scan.done


@pytest.mark.parametrize(
    "walk",
    [
        Keyset(low=3, high=9),
        Keyset(low=3, high=9, tie=Descent(low=3, high=3, page=2, before=1, size=4)),
        Scan(low=None, high=None, passes=Passes(page=4)),
        Scan(low=1, high=2, done=True),
    ],
)
def test_a_walk_survives_being_saved(walk):
    assert walk_from_dict(orjson.loads(orjson.dumps(walk.to_dict()))) == walk


def test_a_chain_taken_up_later_reads_to_the_present():
    resumed = Keyset(low=50, high=100).resumed(high=900, overlap=5)
    assert (resumed.low, resumed.high) == (50, 900)


def test_a_chain_that_had_come_close_to_its_end_goes_back_by_the_overlap():
    assert Keyset(low=99, high=100).resumed(high=900, overlap=5).low == 95


def test_a_first_pull_sweeps_the_whole_list_where_its_completeness_can_be_proven():
    cursor = begin(Cursor(stream="leads"), LEADS, full=False, now=1000.7, overlap=5)
    assert cursor.walk == Sweep(high=1000, began=1000.7, lag=5)
    assert cursor.full
    assert begin(cursor, LEADS, full=False, now=2000.0, overlap=5) == cursor, "it is taken up as it was left"
    assert Cursor.from_state("leads", cursor.state(), 0.0) == cursor


def test_a_first_pull_begins_at_zero_and_claims_nothing_of_the_open_second():
    cursor = begin(Cursor(stream="notes:leads"), NOTES, full=False, now=1000.7, overlap=5)
    assert cursor.walk == Keyset(low=0, high=1000)
    assert cursor.full
    assert finish(cursor).reached == 999


def test_an_incremental_pull_begins_with_the_overlap():
    cursor = begin(Cursor(stream="notes:leads", reached=900), NOTES, full=False, now=1000.0, overlap=5)
    assert cursor.walk == Keyset(low=895, high=1000)
    assert not cursor.full


def test_a_full_pull_begins_at_zero_whatever_was_reached():
    cursor = begin(Cursor(stream="notes:leads", reached=900), NOTES, full=True, now=1000.0, overlap=5)
    assert cursor.walk == Keyset(low=0, high=1000)


def test_a_full_pull_replaces_an_incremental_one_that_was_cut_off():
    cut = Cursor(stream="notes:leads", reached=900, walk=Keyset(low=950, high=990))
    assert begin(cut, NOTES, full=True, now=1000.0, overlap=5).walk == Keyset(low=0, high=1000)


def test_a_full_pull_that_was_cut_off_goes_on_where_it_stopped():
    cut = Cursor(stream="leads", reached=900, walk=Keyset(low=500, high=990), full=True, started=990.0)
    resumed = begin(cut, LEADS, full=True, now=1000.0, overlap=5)
    assert resumed.walk == Keyset(low=500, high=1000)
    assert resumed.started == 990.0


def test_tasks_are_read_in_id_order_within_the_slice():
    cursor = begin(Cursor(stream="tasks", reached=900), TASKS, full=False, now=1000.0, overlap=5)
    assert cursor.walk.query() == Slice(low=895, high=1000, order="id", page=1)


def test_a_whole_list_is_swept_only_where_events_tell_what_has_left_it():
    def walk_of(**told):
        return begin(Cursor(stream="leads"), LEADS, full=True, now=1000.0, overlap=5, **told).walk

    assert isinstance(walk_of(), Sweep)
    assert walk_of(is_told=False) == Keyset(low=0, high=1000)


@pytest.mark.parametrize("full", [True, False])
def test_an_account_without_filters_is_read_whole_and_looks_for_the_unseen_only_where_that_was_asked_for(
    full,
):
    cursor = begin(Cursor(stream="leads", reached=500), LEADS, full=full, now=1000.0, overlap=5)
    unfiltered = without_filter(cursor)
    assert unfiltered.walk.query() == Slice(low=None, high=None, order="id", page=1)
    assert unfiltered.full is full
    assert finish(unfiltered).reached == 999


def test_a_sweep_that_is_shaken_again_and_again_is_given_up_for_the_order_of_change():
    window = Window(low=0, high=99, began=1.0, ended=50.0)
    sweep = Sweep(high=99, began=1.0, frontier=None, closed=(window,), shaken=(0,), rounds=19)
    cursor = Cursor(stream="leads", walk=sweep, full=True, started=1.0)
    after, losses = judged(cursor, Cursor(stream="leads:trash", doubt=sweep), sweep, 200.0)
    assert after == Cursor(stream="leads", walk=Keyset(low=0, high=200), full=True, started=1.0)
    assert losses.doubt is None


def test_passes_over_a_long_list_are_fewer():
    passes = Passes()
    for number in range(2):
        for page in range(199):
            passes = passes.feed([f"{number}.{page}"], more=True)
        passes = passes.feed(["9"], more=False)
    for page in range(199):
        passes = passes.feed([f"2.{page}"], more=True)
    with pytest.raises(NeverSettled, match="3 passes"):
        passes.feed(["9"], more=False)


def test_an_abandoned_walk_leaves_what_was_reached():
    cursor = Cursor(stream="tasks", reached=7, walk=Scan(low=1, high=2), full=True)
    assert abandoned(cursor) == Cursor(stream="tasks", reached=7)


def test_a_cursor_survives_being_saved():
    cursor = Cursor(
        stream="leads", reached=7, walk=Keyset(low=1, high=2), full=True, started=1.5, updated_at=9.0
    )
    state = orjson.loads(orjson.dumps(cursor.state()))
    assert Cursor.from_state("leads", state, 9.0) == cursor


def test_a_cursor_of_a_newer_version_is_read():
    assert Cursor.from_state("leads", {"reached": 7, "invented": 1, "walk": None}, 0.0).reached == 7
