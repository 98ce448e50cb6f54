"""No row is lost, whatever people do between two pages; a process may stop after any page."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples
from sync_world import START, World

from amocrm_sync._core.entities import NOTES, TASKS, Entity
from amocrm_sync._core.sync.cursors import Cursor, abandoned, begin, finish, without_filter
from amocrm_sync._core.sync.keyset import NeverSettled
from amocrm_sync._core.sync.slices import RowKey, SliceNotHonoured

LIMIT = 3
OVERLAP = 5

ROW = st.integers(1, 12)
SOMETHING = st.one_of(
    st.tuples(st.just("change"), ROW),
    st.tuples(st.just("bulk"), st.lists(ROW, min_size=2, max_size=9, unique=True)),
    st.tuples(st.just("add"), st.none()),
    st.tuples(st.just("delete"), ROW),
    st.tuples(st.just("wait"), st.floats(0.05, 3)),
)
BETWEEN_PAGES = st.lists(st.lists(SOMETHING, max_size=4), max_size=25)


@attrs.define
class Reader:
    """The engine's loop without I/O: what a page gives is stored together with the cursor, as text."""

    world: World
    entity: Entity
    stored: dict[int, dict[str, Any]] = attrs.field(factory=dict)
    saved: dict[str, Any] = attrs.field(factory=lambda: Cursor(stream="s").state())

    def pull(self, *, stop_after: int | None = None) -> bool:
        """A pull; ``False`` if it was stopped (killed) after so many pages."""
        pages = 0
        while True:
            before = self._cursor()
            cursor = begin(before, self.entity, full=False, now=self.world.now(), overlap=OVERLAP)
            while cursor.walk is not None:
                if cursor.walk.done:
                    cursor = finish(cursor)
                    self.saved = cursor.state()
                    break
                if pages == stop_after:
                    return False
                pages += 1
                assert pages < 2000, "the walk does not end"
                cursor = self._page(cursor)
            if before.walk is None:
                return True

    def _cursor(self) -> Cursor:
        return Cursor.from_state("s", self.saved, 0.0)

    def _page(self, cursor: Cursor) -> Cursor:
        asked = cursor.walk.query()
        bounds = {} if asked.low is None else {"updated_at": {"from": asked.low, "to": asked.high}}
        limit = asked.limit or LIMIT
        query = {"filter": bounds, "order": asked.order, "page": asked.page, "limit": limit}
        rows, more = self.world.page("s", query)
        try:
            walk = cursor.walk.feed(
                [RowKey(str(row["id"]), row["updated_at"]) for row in rows], more=more or len(rows) >= limit
            )
        except SliceNotHonoured:
            return without_filter(cursor)
        except NeverSettled:
            self.saved = abandoned(cursor).state()
            raise
        self.stored.update({row["id"]: row for row in rows})
        after = attrs.evolve(cursor, walk=walk)
        self.saved = after.state()
        return after


def world_with(history: list[list[tuple[str, Any]]], *, spread: int = 1) -> World:
    """Twelve rows, and a script of what happens before each request."""
    world = World(now_=START, tie_order=lambda row_id: (row_id * 7) % 13)
    for row_id in range(1, 13):
        world.add("s", row_id, updated_at=int(START) - 100 + row_id * spread)
    script = iter(history)

    def between(world: World) -> None:
        for action, argument in next(script, ()):
            happen(world, action, argument)

    world.between = between
    return world


def happen(world: World, action: str, argument: Any) -> None:
    rows = world.rows("s")
    match action:
        case "wait":
            world.now_ += argument
        case "add":
            world.add("s")
        case "bulk":
            for row_id in argument:
                if row_id in rows:
                    world.change("s", row_id, name=f"bulk at {world.now_}")
        case "change" if argument in rows:
            world.change("s", argument, name=f"changed at {world.now_}")
        case "delete" if argument in rows:
            world.delete("s", argument)


def quiet_pull(reader: Reader) -> None:
    """Everybody has gone home; one more pull after the overlap has passed over the last change."""
    reader.world.between = None
    reader.world.now_ += 2
    assert reader.pull()


def holds_everything(reader: Reader) -> bool:
    live = reader.world.rows("s")
    return {row_id: reader.stored.get(row_id) for row_id in live} == live


@given(
    history=BETWEEN_PAGES, spread=st.sampled_from([0, 1, 5]), stops=st.lists(st.integers(0, 6), max_size=4)
)
@examples(300)
def test_keyset_loses_nothing(history, spread, stops):
    reader = Reader(world_with(history, spread=spread), NOTES)
    for stop in stops:
        reader.pull(stop_after=stop)
    reader.pull()
    quiet_pull(reader)
    assert holds_everything(reader)


@given(
    history=BETWEEN_PAGES, spread=st.sampled_from([0, 1, 5]), stops=st.lists(st.integers(0, 6), max_size=4)
)
@examples(200)
def test_a_slice_in_id_order_loses_nothing(history, spread, stops):
    reader = Reader(world_with(history, spread=spread), TASKS)
    for stop in stops:
        reader.pull(stop_after=stop)
    reader.pull()
    quiet_pull(reader)
    assert holds_everything(reader)


@given(history=BETWEEN_PAGES, spread=st.sampled_from([0, 1, 5]))
@examples(100)
def test_without_filters_everything_is_read(history, spread):
    world = world_with(history, spread=spread)
    world.filters_on = False
    reader = Reader(world, NOTES)
    reader.pull()
    quiet_pull(reader)
    assert holds_everything(reader)


@given(history=BETWEEN_PAGES)
@examples(100)
def test_a_first_pull_alone_has_every_row_that_nobody_touched(history):
    reader = Reader(world_with(history), NOTES)
    reader.pull()
    touched = {row for step in history for action, argument in step for row in _rows_of(action, argument)}
    untouched = {
        row_id: row
        for row_id, row in reader.world.rows("s").items()
        if row_id not in touched | set(range(13, 400))
    }
    assert {row_id: reader.stored.get(row_id) for row_id in untouched} == untouched


def _rows_of(action: str, argument: Any) -> set[int]:
    if action == "bulk":
        return set(argument)
    return {argument} if action in {"change", "delete"} else set()


def pages_by_number(world: World) -> dict[int, dict[str, Any]]:
    """What every naive sync does: page 1, 2, 3 … ordered by ``updated_at``."""
    stored: dict[int, dict[str, Any]] = {}
    number, more = 1, True
    while more:
        rows, more = world.page("s", {"order": "updated_at", "page": number, "limit": LIMIT})
        stored.update({row["id"]: row for row in rows})
        number += 1
    return stored


def test_page_numbers_lose_a_row_where_the_chain_does_not():
    """The same schedule for both: a row already read is changed, and the others move up by one."""
    history = [[], [("change", 1)]]
    naive = pages_by_number(world_with(history))
    assert 4 not in naive, "the schedule shows nothing if page numbers survive it"
    reader = Reader(world_with(history), NOTES)
    reader.pull()
    assert set(reader.stored) == set(range(1, 13))


def test_a_second_fuller_than_a_page_is_read_with_pages_that_touch():
    """Reading its pages once loses the row that slips between two pages; pages that touch cannot."""
    history = [[], [], [("change", 1), ("wait", 2)]]
    reader = Reader(world_with(history, spread=0), NOTES)
    reader.pull()
    untouched = set(range(2, 13))
    assert untouched <= set(reader.stored)


@pytest.mark.parametrize("entity", [NOTES, TASKS], ids=["notes", "tasks"])
def test_a_kill_costs_no_more_than_the_page_under_way(entity):
    whole = world_with([])
    Reader(whole, entity).pull()
    world = world_with([])
    reader = Reader(world, entity)
    for _ in range(50):
        if reader.pull(stop_after=1):
            break
    assert holds_everything(reader)
    assert len(world.requests) <= len(whole.requests) + 3
