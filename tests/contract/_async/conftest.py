"""Fixtures of the sync engine's tests. A module with rows of its own defines ``emulator`` or ``world`` itself."""

from __future__ import annotations

import pytest
from contract._async.sync_parts import client_of, store_of
from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync.testing import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def amo(emulator, clock):
    """A client of the module's emulator, as its administrator."""
    async with client_of(emulator, clock) as client:
        yield client


@pytest.fixture
def world():
    return World()


@pytest.fixture
def remote(world):
    return AsyncFakeRemote(world)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    made = store_of(request.param, tmp_path)
    yield made
    await made.aclose()
