"""Webhooks under load for ten seconds, by an outside tool; `make load` takes a minute and writes the page."""

from __future__ import annotations

import importlib.util
import os
import shutil

import pytest
from source_tree import ROOT

pytestmark = [pytest.mark.alone, pytest.mark.slow]

RATE, SECONDS = 1000, 10


@pytest.fixture
def load():
    """The script behind `make load`."""
    if shutil.which("wrk") is None:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail("wrk is not installed: make services")
        pytest.skip("NOT TESTED: wrk is not installed (make services)")
    spec = importlib.util.spec_from_file_location("load", ROOT / "benchmarks" / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_of_a_thousand_webhooks_a_second_none_that_was_acknowledged_is_lost(load, tmp_path):
    """What is promised whatever else the machine does; how fast it is, `make load` measures and holds."""
    steady, killed = load.measure(tmp_path, RATE, SECONDS, kill_seconds=4)
    print(load.table(steady, killed))
    assert (steady["lost"], killed["lost"]) == (0, 0)
    assert steady["acknowledged"] > 0.5 * RATE * SECONDS
    assert killed["acknowledged"] > 0
    assert (steady["refused"], steady["broken"], killed["refused"]) == (0, 0, 0)
