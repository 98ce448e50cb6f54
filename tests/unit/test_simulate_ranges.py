"""Which seeds of a range ``tools/simulate.py`` still has to run: each one that is left, once."""

from __future__ import annotations

import importlib.util

from hypothesis import given
from hypothesis import strategies as st
from source_tree import ROOT

specification = importlib.util.spec_from_file_location("simulate", ROOT / "tools" / "simulate.py")
simulate = importlib.util.module_from_spec(specification)
specification.loader.exec_module(simulate)

SEEDS = st.integers(0, 300)


@given(SEEDS, SEEDS, st.lists(st.tuples(SEEDS, SEEDS), max_size=4))
def test_what_is_left_of_a_range_is_run_once(first, last, ranges):
    done = simulate._joined([[min(pair), max(pair)] for pair in ranges])
    chunks = simulate._missing(first, last, done)
    run = [seed for low, high in chunks for seed in range(low, high)]
    known = {seed for low, high in done for seed in range(low, high)}
    assert sorted(run) == [seed for seed in range(first, last) if seed not in known]
    assert all(0 < high - low <= simulate.CHUNK for low, high in chunks)
