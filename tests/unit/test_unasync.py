"""The generator of the sync half: what it translates, and that nothing out of step goes unseen."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys

import pytest
from source_tree import ROOT

specification = importlib.util.spec_from_file_location("unasync", ROOT / "tools" / "unasync.py")
unasync = importlib.util.module_from_spec(specification)
specification.loader.exec_module(unasync)

SOURCE = '''"""Async pages, given by AsyncPager."""

from amocrm_sync._async._primitives import Lock
from amocrm_sync._async.engine import AsyncEngine


class AsyncPager:
    """Walk with ``async for page in pager``; see :class:`AsyncEngine`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.lock = Lock()

    async def __anext__(self) -> str:
        # await the answer under the lock
        async with self.lock:
            page = await self.engine.send(call())
            if page is None:
                raise StopAsyncIteration
            await self.engine.clock.asleep(1)
            return f"page {await page.name()} of AsyncEngine"

    async def first(self) -> list[str]:
        return [name async for name in self if name]
'''


@pytest.fixture
def tree(tmp_path):
    """A repository in small, in step."""
    folder = tmp_path / "src/amocrm_sync/_async"
    folder.mkdir(parents=True)
    (folder / "pager.py").write_text(SOURCE, encoding="utf-8")
    (folder / "_primitives.py").write_text("Lock = object\n", encoding="utf-8")
    tests = tmp_path / "tests/contract/_async"
    tests.mkdir(parents=True)
    (tests / "test_pager.py").write_text("async def test_pager(): await go()\n", encoding="utf-8")
    assert unasync.main([], root=tmp_path) == 0
    return tmp_path


def check(root) -> list[str]:
    return unasync.run(root, check=True)


def test_this_repository_is_in_step():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/unasync.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_tree_just_written_is_in_step(tree, capsys):
    assert check(tree) == []
    assert unasync.main(["--check"], root=tree) == 0
    assert capsys.readouterr().err == ""


def test_a_changed_source_makes_its_twin_stale(tree, capsys):
    source = tree / "src/amocrm_sync/_async/pager.py"
    source.write_text(SOURCE.replace("asleep(1)", "asleep(2)"), encoding="utf-8")
    assert check(tree) == ["stale: src/amocrm_sync/_sync/pager.py"]
    assert unasync.main(["--check"], root=tree) == 1
    assert "stale: src/amocrm_sync/_sync/pager.py" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["\n", "extra = 1\n", "# edited by hand\n", " "])
def test_a_line_appended_to_a_generated_file_is_found(tree, line):
    target = tree / "src/amocrm_sync/_sync/pager.py"
    target.write_text(target.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert check(tree) == ["stale: src/amocrm_sync/_sync/pager.py"]


def test_a_line_taken_from_a_generated_file_is_found(tree):
    target = tree / "tests/contract/_sync/test_pager.py"
    lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
    target.write_text("".join(lines[:-1]), encoding="utf-8")
    assert check(tree) == ["stale: tests/contract/_sync/test_pager.py"]


def test_a_missing_twin_is_found(tree):
    (tree / "src/amocrm_sync/_sync/pager.py").unlink()
    assert check(tree) == ["missing: src/amocrm_sync/_sync/pager.py"]


@pytest.mark.parametrize("folder", ["src/amocrm_sync/_sync", "tests/contract/_sync"])
def test_an_orphan_is_found_even_when_writing(tree, folder):
    orphan = tree / folder / "left_behind.py"
    orphan.write_text("", encoding="utf-8")
    assert check(tree) == [f"orphan: {folder}/left_behind.py"]
    assert unasync.main([], root=tree) == 1


def test_writing_repairs_what_checking_found(tree):
    target = tree / "src/amocrm_sync/_sync/pager.py"
    before = target.read_text(encoding="utf-8")
    target.write_text("broken", encoding="utf-8")
    assert unasync.main([], root=tree) == 0
    assert target.read_text(encoding="utf-8") == before


def test_hand_written_files_have_no_twin(tree):
    assert not (tree / "src/amocrm_sync/_sync/_primitives.py").exists()


def test_the_twin_is_sync_code_that_names_its_source(tree):
    text = (tree / "src/amocrm_sync/_sync/pager.py").read_text(encoding="utf-8")
    assert text.startswith("# Generated from src/amocrm_sync/_async/pager.py")
    kinds = {type(node) for node in ast.walk(ast.parse(text))}
    assert not kinds & {ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await}
    for line in [
        "class Pager:",
        "def __next__(self) -> str:",
        "raise StopIteration",
        "self.engine.clock.sleep(1)",
        'return f"page {page.name()} of Engine"',
        "return [name for name in self if name]",
        "from amocrm_sync._sync.engine import Engine",
        "see :class:`Engine`",
        "``for page in pager``",
    ]:
        assert line in text, f"{line!r} is missing from:\n{text}"


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("AsyncAmoCRM", "AmoCRM"),
        ("_AsyncLease", "_Lease"),
        ("__aenter__", "__enter__"),
        ("aclose", "close"),
        ("AsyncIterator", "Iterator"),
        ("Asynchronous", "Asynchronous"),
        ("Async", "Async"),
        ("asyncio", "asyncio"),
        ("lead", "lead"),
    ],
)
def test_names_change_by_the_table_and_the_rule(name, twin):
    assert unasync.sync_name(name) == twin
