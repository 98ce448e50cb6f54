"""Each promise of the page of guarantees names a test, and what cannot be promised is there with its reason."""

from __future__ import annotations

import re

from source_tree import ROOT

PAGE = (ROOT / "docs" / "explanation" / "guarantees.md").read_text(encoding="utf-8")


def test_each_promise_names_a_test_that_is_there():
    rows = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line[:2] == "| "]
    promises = [row for row in rows if row[0].strip() != "Promise"]
    assert len(promises) >= 25
    for promise, _, test in promises:
        [path] = re.findall(r"`(tests/\S+\.py)`", test)
        assert (ROOT / path).is_file(), promise
