"""How many examples a property gets: few in the suite, ``DEPTH`` times as many in ``make property``."""

from __future__ import annotations

import os

from hypothesis import settings

DEPTH = int(os.environ.get("DEPTH", "1"))


def examples(count: int) -> settings:
    """So many for each pass of the suite."""
    return settings(max_examples=count * DEPTH)
