"""Every example of the documentation works: page by page, its files, its Python and its commands, from top to bottom."""

from __future__ import annotations

import gc
import io
import os
import re
import shlex
import sys
import types
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from alembic.config import main as alembic
from docs_pages import Block, blocks
from source_tree import ROOT

from amocrm_sync.cli.app import run
from amocrm_sync.testing import Emulator

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

pytestmark = pytest.mark.timeout(180)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def is_runnable(page: Path) -> bool:
    return any(block.language in ("python", "console") for block in blocks(page.read_text(encoding="utf-8")))


@pytest.fixture
def account(monkeypatch, tmp_path):
    """An emulated account in the environment, as a reader has one, and a folder to leave files in."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=60, pipelines=2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with emulator.serve(port=0) as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_TOKEN", emulator.long_lived_token())
        before, loaded = dict(os.environ), set(sys.modules)
        yield emulator
    os.environ.clear()
    os.environ.update(before)
    for name in set(sys.modules) - loaded:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]  # a page's own files; those of the next page may have the same names
    gc.collect()  # what a page has left open is reported here, and not in the next page's test


def follow(page: Path, names: dict) -> None:
    """Do what a page says, from top to bottom: save its files, run its Python, type its commands."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "python":
            code = block.compile(page)
        if block.reason is not None:
            continue
        if block.file is not None:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(code, names)
        elif block.language == "console":
            type_in(block, page)


def type_in(block: Block, page: Path) -> None:
    """Only these commands are run; the lines that install things or start servers are the reader's."""
    for command in block.commands:
        words = shlex.split(command)
        if words[0] in COMMANDS:
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said):
                code = COMMANDS[words[0]](words[1:])
            assert code == 0, f"{name_of(page)}:{block.line}: {command}\n{said.getvalue()}"


COMMANDS = {"amocrm-sync": run, "alembic": lambda words: alembic(words) or 0}
"""Run in this process: an interpreter for each would cost more than what it does."""


@pytest.mark.parametrize("page", [page for page in PAGES if is_runnable(page)], ids=name_of)
def test_a_page_does_what_it_says(page, account, monkeypatch):
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    follow(page, vars(module))


EXTRAS = {
    "sql": r"stores\.sql\b|(?:import|from) sqlalchemy|(?:import|from) alembic|^\$ alembic",
    "cli": r"^\$ amocrm-sync ",
    "fastapi": r"adapters import .*\bfastapi\b|from fastapi",
    "redis": r"Redis\w+\(",
    "celery": r"adapters\.celery",
    "pandas": r"to_dataframe\(\)",
    "polars": r"polars",
    "parquet": r"parquet",
}
"""What shows that a page needs an extra."""


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name in ("how-to", "tutorials")], ids=name_of
)
def test_a_page_says_what_to_install(page):
    text = page.read_text(encoding="utf-8")
    shown = "".join(block.text for block in blocks(text) if block.language in ("python", "console"))
    needed = {extra for extra, sign in EXTRAS.items() if re.search(sign, shown, re.MULTILINE)}
    named = ",".join(re.findall(r'"amocrm-sync\[([a-z,]+)\]"', text)).split(",")
    assert needed <= {*named}


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
