# Generated from tests/contract/_async/test_group_commit.py by tools/unasync.py: edit that file instead.
"""Group commit: many callers, few commits; each hears of its own item, and one who leaves takes nobody along."""

from __future__ import annotations

import pytest

from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.sync.group import GroupCommit

pytestmark = pytest.mark.anyio


class Ledger:
    """Stores what it is given, and remembers in which groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.errors: list[BaseException] = []

    def commit(self, items):
        self.groups.append(list(items))
        if self.errors:
            raise self.errors.pop()
        return [item * 10 for item in items]


def test_a_caller_alone_is_stored_at_once():
    ledger = Ledger()
    group = GroupCommit(ledger.commit)
    assert [group.add(1), group.add(2)] == [10, 20]
    assert ledger.groups == [[1], [2]]


def test_everybody_hears_of_his_own_item():
    ledger = Ledger()
    group = GroupCommit(ledger.commit)
    answers = bounded_map(group.add, range(40), limit=40)
    assert answers == [number * 10 for number in range(40)]
    assert sorted(item for items in ledger.groups for item in items) == list(range(40)), "each is stored once"


def test_an_error_is_told_to_those_whose_items_were_in_it():
    ledger = Ledger()
    group = GroupCommit(ledger.commit)
    ledger.errors = [OSError("disk full")]
    with pytest.raises(OSError, match="disk full"):
        group.add(1)
    assert group.add(2) == 20
    assert ledger.groups == [[1], [2]], "what failed is not stored by somebody else"


def test_what_a_caller_leaves_behind_when_it_is_stopped_is_its_own_item_only():
    ledger = Ledger()
    group = GroupCommit(ledger.commit)
    ledger.errors = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        group.add(1)
    assert group.add(2) == 20
    assert ledger.groups == [[1], [2]]
