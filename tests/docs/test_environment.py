"""The page of environment variables has every one that the source reads, and no other."""

from __future__ import annotations

import re

from source_tree import ROOT

NAME = re.compile(r"\bAMOCRM_[A-Z][A-Z_]*[A-Z]\b")
PAGE = ROOT / "docs" / "reference" / "environment.md"


def test_the_page_names_what_the_source_reads():
    source = ROOT / "src" / "amocrm_sync"
    read = {name for path in source.rglob("*.py") for name in NAME.findall(path.read_text(encoding="utf-8"))}
    assert read == set(NAME.findall(PAGE.read_text(encoding="utf-8")))


def test_the_first_file_of_a_reader_has_known_names_only():
    block = PAGE.read_text(encoding="utf-8").split("```")[1]
    rows = {
        line.split("|")[1].strip(" `")
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line[:3] == "| `"
    }
    assert {line.partition("=")[0] for line in block.split()} <= rows
