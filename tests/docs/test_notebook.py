"""The example notebook runs, cell after cell, as Jupyter would run it: the last expression of a cell is shown.

Jupyter itself is not needed for that, and is not installed: its cells are plain Python.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from source_tree import ROOT

from amocrm_sync.testing import Emulator

NOTEBOOK = ROOT / "examples" / "notebook.ipynb"


def cells() -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(source: str, number: int, names: dict) -> object:
    """Run a cell; the value of its last expression is what it shows."""
    tree = ast.parse(source, f"cell {number}")
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"cell {number}", "exec"), names)
    return (
        None if last is None else eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    )


@pytest.fixture(params=["emulated by itself", "account of the environment"])
def surroundings(request, monkeypatch, tmp_path):
    """Both ways that the first cell knows."""
    monkeypatch.chdir(tmp_path)
    if request.param == "emulated by itself":
        yield
        return
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=60, pipelines=1)
    with emulator.serve() as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_TOKEN", emulator.long_lived_token())
        yield


def test_every_cell_runs_and_shows_a_table(surroundings, tmp_path):
    names: dict = {"__name__": "__main__"}
    shown = [run(source, number, names) for number, source in enumerate(cells(), start=1)]
    tables = [value._repr_html_() for value in shown if hasattr(value, "_repr_html_")]
    assert len(tables) >= 2, "a list of records and a data frame"
    assert all("<table" in table for table in tables)
    assert names["funnel"]["leads"].sum() == len(names["leads"]), (
        "no lead is lost between its pipeline and its stage"
    )
    assert (tmp_path / "leads.csv").stat().st_size > 1000


def test_the_notebook_is_kept_without_its_outputs():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert Path(NOTEBOOK).stat().st_size < 20_000
