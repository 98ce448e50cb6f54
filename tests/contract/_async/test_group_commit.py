"""Group commit: many callers, few commits; each hears of its own item, and one who leaves takes nobody along."""

from __future__ import annotations

import pytest

from amocrm_sync._async._primitives import bounded_map
from amocrm_sync._async.sync.group import AsyncGroupCommit

pytestmark = pytest.mark.anyio


class AsyncLedger:
    """Stores what it is given, and remembers in which groups."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.errors: list[BaseException] = []

    async def commit(self, items):
        self.groups.append(list(items))
        if self.errors:
            raise self.errors.pop()
        return [item * 10 for item in items]


async def test_a_caller_alone_is_stored_at_once():
    ledger = AsyncLedger()
    group = AsyncGroupCommit(ledger.commit)
    assert [await group.add(1), await group.add(2)] == [10, 20]
    assert ledger.groups == [[1], [2]]


async def test_everybody_hears_of_his_own_item():
    ledger = AsyncLedger()
    group = AsyncGroupCommit(ledger.commit)
    answers = await bounded_map(group.add, range(40), limit=40)
    assert answers == [number * 10 for number in range(40)]
    assert sorted(item for items in ledger.groups for item in items) == list(range(40)), "each is stored once"


async def test_an_error_is_told_to_those_whose_items_were_in_it():
    ledger = AsyncLedger()
    group = AsyncGroupCommit(ledger.commit)
    ledger.errors = [OSError("disk full")]
    with pytest.raises(OSError, match="disk full"):
        await group.add(1)
    assert await group.add(2) == 20
    assert ledger.groups == [[1], [2]], "what failed is not stored by somebody else"


async def test_what_a_caller_leaves_behind_when_it_is_stopped_is_its_own_item_only():
    ledger = AsyncLedger()
    group = AsyncGroupCommit(ledger.commit)
    ledger.errors = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await group.add(1)
    assert await group.add(2) == 20
    assert ledger.groups == [[1], [2]]
