"""What only tasks show: those who come while a commit runs go together in the next one."""

from __future__ import annotations

import anyio
import pytest

from amocrm_sync._async.sync.group import AsyncGroupCommit

pytestmark = pytest.mark.anyio


async def test_those_who_come_during_a_commit_share_the_next_one():
    groups, running, go = [], anyio.Event(), anyio.Event()

    async def commit(items):
        groups.append(list(items))
        running.set()
        await go.wait()
        return items

    group = AsyncGroupCommit(commit)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(group.add, 0)
        await running.wait()
        for number in range(1, 6):
            tasks.start_soon(group.add, number)
        await anyio.wait_all_tasks_blocked()
        go.set()
    assert groups == [[0], [1, 2, 3, 4, 5]]


async def test_one_who_is_cancelled_in_the_middle_of_a_commit_leaves_the_others_items_to_be_stored():
    groups, running = [], anyio.Event()

    async def commit(items):
        groups.append(list(items))
        if len(groups) == 2:
            running.set()
            await anyio.sleep_forever()
        return items

    group, answers = AsyncGroupCommit(commit), []

    async def add(number):
        answers.append(await group.add(number))

    leader = anyio.CancelScope()

    async def lead():
        with leader:
            await group.add(1)

    async with group._turn:  # somebody commits: the next two wait
        tasks = anyio.create_task_group()
        await tasks.__aenter__()
        tasks.start_soon(lead)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(add, 2)
        await anyio.wait_all_tasks_blocked()
        groups.append([])
    await running.wait()
    leader.cancel()
    await tasks.__aexit__(None, None, None)
    assert groups == [[], [1, 2], [2]]
    assert answers == [2]
