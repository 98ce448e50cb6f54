"""What only the async colour has: cancellation, trio, several event loops."""

from __future__ import annotations

import asyncio
from threading import Thread

import anyio
import pytest
from contract._async.token_fakes import KEY, AsyncWire, manager
from oauth_server import CLIENT_ID, DAY, REDIRECT, SECRET, OAuthServer

from amocrm_sync import AsyncOAuthFlow
from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync.stores import AsyncEncryptedTokenStore, AsyncFileTokenStore, AsyncMemoryTokenStore
from amocrm_sync.testing import ManualClock
from amocrm_sync.testing.token_store_kit import check_async_token_store

EXPIRED = DAY + 1


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request) -> str:
    return request.param


@pytest.mark.anyio
async def test_a_cancelled_caller_still_saves_the_pair_and_gives_the_lease_back():
    clock = ManualClock()
    server, store = OAuthServer(clock), AsyncMemoryTokenStore(clock=clock)
    old = server.record(age=EXPIRED)
    await store.swap(KEY, None, old)
    sending, go_on = anyio.Event(), anyio.Event()

    async def slow(sent):
        sending.set()
        await go_on.wait()
        return server.answer(sent)

    tokens = manager(store, AsyncWire(server, slow), clock)
    async with anyio.create_task_group() as group:
        group.start_soon(tokens.token)
        await sending.wait()
        group.cancel_scope.cancel()
        go_on.set()
    new = await store.load(KEY)
    assert new is not None
    assert new.refresh_token in server.live
    assert await store.lease(KEY, 1) is not None


@pytest.mark.parametrize("ends", ["by a deadline", "with its loop"])
def test_the_cancellation_of_asyncio_waits_for_the_save_too(ends):
    clock = ManualClock()
    server, store = OAuthServer(clock), AsyncMemoryTokenStore(clock=clock)
    asyncio.run(store.swap(KEY, None, server.record(age=EXPIRED)))

    async def main() -> None:
        sending, go_on = asyncio.Event(), asyncio.Event()

        async def slow(sent):
            answer = server.answer(sent)
            sending.set()
            await go_on.wait()
            return answer

        task = asyncio.create_task(manager(store, AsyncWire(server, slow), clock).token())
        await sending.wait()
        if ends == "with its loop":
            asyncio.get_running_loop().call_later(0.01, go_on.set)
            return  # asyncio.run() now cancels every task that it finds
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    new = asyncio.run(store.load(KEY))
    assert new is not None
    assert new.refresh_token in server.live
    assert asyncio.run(store.lease(KEY, 1)) is not None


def test_a_cancelled_code_still_connects():
    server, store = OAuthServer(), AsyncMemoryTokenStore()

    async def main() -> None:
        sending = asyncio.Event()

        class Slow(AsyncWire):
            async def send(self, *arguments, **options):
                sending.set()
                await asyncio.sleep(0.01)
                return await super().send(*arguments, **options)

        flow = AsyncOAuthFlow(CLIENT_ID, SECRET, REDIRECT, store=store, clock=server.clock)
        flow._http = Slow(server)
        task = asyncio.create_task(flow.exchange_code("good-code", account="demo"))
        await sending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await flow.status()).state == "connected"

    asyncio.run(main())


@pytest.mark.anyio
async def test_who_waits_for_another_holder_can_be_cancelled():
    clock = ManualClock()
    server, store = OAuthServer(clock), AsyncMemoryTokenStore()
    await store.swap(KEY, None, server.record(age=EXPIRED))
    assert await store.lease(KEY, 3600) is not None
    tokens = manager(store, AsyncWire(server), clock)
    polls = 0

    def stop_after_five() -> None:
        nonlocal polls
        polls += 1
        if polls == 5:
            scope.cancel()

    clock.watch(stop_after_five)
    with anyio.CancelScope() as scope:
        await tokens.token()
    assert scope.cancelled_caught
    assert (polls, server.refreshes) == (5, 0)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["memory", "file", "encrypted"])
async def test_memory_and_file_stores_run_on_trio_as_well(kind, tmp_path):
    clock = ManualClock()
    memory = AsyncMemoryTokenStore(clock=clock)

    def make():
        if kind == "memory":
            return memory
        file = AsyncFileTokenStore(tmp_path / "tokens.json", clock=clock)
        key = "b2xkLW9sZC1vbGQtb2xkLW9sZC1vbGQtb2xkLW9sZC0="
        return file if kind == "file" else AsyncEncryptedTokenStore(file, keys=[key])

    await check_async_token_store(make, clock=clock)


@pytest.mark.anyio
async def test_twenty_tasks_refresh_once(tmp_path):
    clock = ManualClock()
    server, store = OAuthServer(clock), AsyncFileTokenStore(tmp_path / "tokens.json", clock=clock)
    await store.swap(KEY, None, server.record(age=EXPIRED))
    wire = AsyncWire(server, latency=0.02)
    got: list[str] = []

    async def call() -> None:
        got.append(await manager(store, wire, clock).token())

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(call)
    assert len(got) == 20
    assert len(set(got)) == 1
    assert (server.refreshes, server.refusals) == (1, 0)


def test_event_loops_that_share_a_store_refresh_once():
    # By the system's clock: polls move a manual one on, and would outlast the lease of the loop that works.
    server = OAuthServer(SYSTEM_CLOCK)
    store = AsyncMemoryTokenStore()
    asyncio.run(store.swap(KEY, None, server.record(age=EXPIRED)))
    wire = AsyncWire(server, latency=0.02)
    got: list[str] = []

    async def several() -> None:
        tokens = manager(store, wire, server.clock)
        got.extend(await asyncio.gather(*[tokens.token() for _ in range(5)]))

    threads = [Thread(target=asyncio.run, args=(several(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 20
    assert len(set(got)) == 1
    assert (server.refreshes, server.refusals) == (1, 0)


def test_one_client_serves_one_event_loop_after_another():
    server = OAuthServer()
    store = AsyncMemoryTokenStore(clock=server.clock)
    asyncio.run(store.swap(KEY, None, server.record(age=EXPIRED)))
    tokens = manager(store, AsyncWire(server), server.clock)
    first = asyncio.run(tokens.token())
    server.clock.advance(EXPIRED)
    assert asyncio.run(tokens.token()) != first
    assert server.refreshes == 2
