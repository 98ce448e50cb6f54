"""The desk that the emulator's tests sit at."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
