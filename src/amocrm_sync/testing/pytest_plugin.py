"""Fixtures for suites that talk to amoCRM: an emulator and clients of it, in process, new for every test.

Loaded by pytest as soon as the package is installed; nothing else is imported until a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from amocrm_sync import AmoCRM, AsyncAmoCRM
    from amocrm_sync.testing import Emulator


@pytest.fixture
def amo_emulator() -> Emulator:
    """An amoCRM account of its own for this test: empty but for what every account has, and without a rate limit."""
    from amocrm_sync.testing import Emulator

    return Emulator(seed=1, rate_limit=False)


@pytest.fixture
def amo_client(amo_emulator: Emulator) -> Iterator[AmoCRM]:
    """A client of :func:`amo_emulator`, in process, with a long-lived token."""
    from amocrm_sync import AmoCRM

    with AmoCRM(
        "demo", token=amo_emulator.long_lived_token(), http_client=amo_emulator.http_client(), limiter=None
    ) as amo:
        yield amo


@pytest.fixture
async def async_amo_client(amo_emulator: Emulator) -> AsyncIterator[AsyncAmoCRM]:
    """The same for tasks; needs anyio's plugin (``@pytest.mark.anyio``) or another that runs async fixtures."""
    from amocrm_sync import AsyncAmoCRM

    async with AsyncAmoCRM(
        "demo", token=amo_emulator.long_lived_token(), http_client=amo_emulator.http_client(), limiter=None
    ) as amo:
        yield amo
