# Generated from tests/contract/_async/conftest.py by tools/unasync.py: edit that file instead.
"""Fixtures of the sync engine's tests. A module with rows of its own defines ``emulator`` or ``world`` itself."""

from __future__ import annotations

import pytest
from contract._sync.sync_parts import client_of, store_of
from contract._sync.sync_remote import FakeRemote
from sync_world import World

from amocrm_sync.testing import ManualClock


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def amo(emulator, clock):
    """A client of the module's emulator, as its administrator."""
    with client_of(emulator, clock) as client:
        yield client


@pytest.fixture
def world():
    return World()


@pytest.fixture
def remote(world):
    return FakeRemote(world)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    made = store_of(request.param, tmp_path)
    yield made
    made.close()
