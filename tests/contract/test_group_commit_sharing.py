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
    groups, running = [], [anyio.Event(), anyio.Event()]

    async def commit(items):
        groups.append(list(items))
        if len(groups) <= 2:
            running[len(groups) - 1].set()
            await anyio.sleep_forever()
        return items

    group, answers, scopes = AsyncGroupCommit(commit), [], {}

    async def add(number):
        with anyio.CancelScope() as scopes[number]:
            answers.append(await group.add(number))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(add, 1)
        await running[0].wait()
        for number in (2, 3, 4):
            tasks.start_soon(add, number)
            await anyio.wait_all_tasks_blocked()
        scopes[3].cancel()  # while it waits
        await anyio.wait_all_tasks_blocked()
        scopes[1].cancel()  # while it commits: 2 leads
        await running[1].wait()
        scopes[2].cancel()  # while it commits for 4 as well
    assert groups == [[1], [2, 4], [4]]
    assert answers == [4]


async def test_in_a_crowd_the_next_commit_gathers_those_who_are_about_to_come():
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
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(group.add, 6)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(group.add, 7)
    assert groups == [[0], [1, 2, 3, 4, 5], [6, 7]]
    assert await group.add(8) == 8
    assert groups[-1] == [8]
