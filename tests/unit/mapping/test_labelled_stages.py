"""The figures that the documentation promises, measured on the labelled stages of real accounts."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from amocrm_sync.mapping.calibration import DEFAULT

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "mapping.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("mapping_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules["mapping_benchmark"] = module  # attrs looks its classes up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["mapping_benchmark"]


@pytest.fixture(scope="module")
def ablated(bench):
    rows = bench.load()
    return bench.ablated(rows)(rows)


def _share(answers):
    return sum(answer.right for answer in answers) / len(answers)


def test_with_single_supports_switched_off_the_engine_is_right(bench, ablated):
    assert _share(bench.of(ablated, "sure")) >= 0.97
    assert _share(bench.of(ablated, "sure", "likely")) >= 0.93


def test_it_beats_the_keyword_list_where_that_list_fails(bench, ablated):
    def closed(answers):
        return _share([x for x in bench.of(answers, "sure", "likely") if x.row.label == "CLOSED"])

    assert closed(ablated) >= 0.9
    assert closed(bench.keyword_list(bench.load())) < 0.6


def test_what_is_suggested_at_0_9_can_be_applied_without_a_person(bench, ablated):
    chosen = bench.of(ablated, "sure", "likely")
    confident = [answer for answer in chosen if answer.confidence >= 0.9]
    assert _share(confident) >= 0.99
    assert len(confident) / len(chosen) >= 0.8


def test_confidence_is_a_frequency(bench, ablated):
    assert bench.calibration_error(bench.of(ablated, "sure", "likely")) <= 0.05
    assert bench.calibration_error(ablated) <= 0.05


def test_without_ids_the_names_that_tell_an_end_are_found(bench):
    rows = bench.load()
    without_ids = [bench.attrs.evolve(row, stage=bench.Stage(row.stage.name)) for row in rows]
    for ask in (bench.plain, bench.ablated(rows)):
        telling = bench.telling(ask(without_ids))
        assert len(telling) >= 25
        assert _share(telling) >= 0.9


def test_the_shipped_calibration_is_the_fitted_one(bench):
    rows = bench.load()
    fitted = bench.fit(bench.strengths(rows, bench.ablation(rows)))
    assert fitted.slope == pytest.approx(DEFAULT.slope, abs=0.05)
    assert fitted.shift == pytest.approx(DEFAULT.shift, abs=0.05)


def test_wilson_bounds_hold_the_share_and_widen_with_little_data(bench):
    low, high = bench.wilson(9, 10)
    assert 0.55 < low < 0.9 < high < 1
    assert bench.wilson(0, 0) == (0.0, 1.0)
    assert bench.wilson(900, 1000)[0] > low


def test_each_class_is_found_with_single_supports_switched_off(bench, ablated):
    for status in ("NEW", "IN_PROGRESS", "CLOSED"):
        assert _share([x for x in bench.of(ablated, "sure") if x.row.label == status]) >= 0.93, status


def test_the_ablation_is_no_easier_for_a_lexicon_that_says_everything_twice(bench, monkeypatch):
    """A misprint of every word beside the word: it would be read where the word itself is switched off."""
    name = "Insucesso"
    rows = [row for row in bench.load() if row.stage.name in {name, "Новая заявка", "Reunião"}]
    doubled = bench.Lexicon({"pt": {"lost": "insucesso, insucess~, insuceso"}})
    monkeypatch.setattr(bench, "default_lexicon", lambda: doubled)
    assert {entry.pattern for entry in bench.ablation(rows)[name]} == {"insucesso", "insucess~", "insuceso"}


def test_the_ablation_leaves_relatives_unless_it_is_strict(bench, monkeypatch):
    name = "Insucesso"
    rows = [row for row in bench.load() if row.stage.name in {name, "Новая заявка", "Reunião"}]
    lexicon = bench.Lexicon({"pt": {"lost": "insucesso", "success": "sucesso"}})
    monkeypatch.setattr(bench, "default_lexicon", lambda: lexicon)
    assert {entry.pattern for entry in bench.ablation(rows)[name]} == {"insucesso"}
    assert {entry.pattern for entry in bench.ablation(rows, strictly=True)[name]} == {"insucesso", "sucesso"}


def test_the_ablation_leaves_what_another_row_says(bench):
    rows = bench.load()
    without = bench.ablation(rows)
    reader = bench.Reader(bench.default_lexicon())
    elsewhere = [
        e for row in rows for e in reader.entries(row.stage.name, related=False) if row.stage.name != "ganado"
    ]
    assert without["ganado"]
    assert without["ganado"].isdisjoint(elsewhere)
