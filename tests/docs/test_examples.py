"""Every example of the documentation works: Python blocks page by page, and the commands that they show."""

from __future__ import annotations

import gc
import shlex
import subprocess
import sys
import types
from pathlib import Path

import pytest
from docs_pages import blocks
from source_tree import ROOT

from amocrm_sync.testing import Emulator

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BINARIES = Path(sys.executable).parent

pytestmark = pytest.mark.timeout(180)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def runnable(page: Path, language: str) -> bool:
    return any(block.language == language for block in blocks(page.read_text(encoding="utf-8")))


@pytest.fixture
def account(monkeypatch, tmp_path):
    """An emulated account in the environment, as a reader has one, and a folder to leave files in."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=60, pipelines=2)
    monkeypatch.chdir(tmp_path)
    with emulator.serve(port=0) as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_TOKEN", emulator.long_lived_token())
        yield emulator
    gc.collect()  # what a page has left open is reported here, and not in the next page's test


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page, "python")], ids=name_of)
def test_the_python_of_a_page_runs(page, account, monkeypatch):
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python":
            code = block.compile(page)
            if block.reason is None:
                exec(code, vars(module))


@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page, "console")], ids=name_of)
def test_the_commands_of_a_page_run(page, account, tmp_path):
    """Only our own command is run; the lines that install things or start servers are the reader's."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "console" or block.reason:
            continue
        for command in block.commands:
            words = shlex.split(command)
            if words[0] == "amocrm-sync":
                run = [str(BINARIES / words[0]), *words[1:]]
                done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
                assert done.returncode == 0, f"{name_of(page)}:{block.line}: {command}\n{done.stderr}"


def test_what_is_not_run_is_little_and_says_why():
    every = [
        block
        for page in PAGES
        for block in blocks(page.read_text(encoding="utf-8"))
        if block.language == "python"
    ]
    skipped = [block for block in every if block.reason]
    assert len(skipped) <= len(every) // 10


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    missing = [
        name_of(page) for page in PAGES[1:] if page.relative_to(ROOT / "docs").as_posix() not in navigation
    ]
    assert not missing
