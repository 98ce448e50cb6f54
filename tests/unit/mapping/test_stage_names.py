"""The names that people use, in nine languages, without ids, types or neighbours."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import pytest

from amocrm_sync.mapping import MappingEngine
from amocrm_sync.mapping.lexicon import LANGUAGES
from amocrm_sync.mapping.text import words

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
ENGINE = MappingEngine()


def _load(path: Path, name: str):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LABELLED = _load(HERE / "stage_names.py", "labelled_stage_names")


@pytest.mark.parametrize("language", LABELLED.NAMES)
def test_every_name_gets_the_status_that_a_speaker_gives_it(language):
    rows = [(status, name) for code, status, name in LABELLED.rows() if code == language]
    suggested = ENGINE.suggest([{"name": name} for _, name in rows])
    wrong = [
        f"{name}: {suggestion.suggested_status} instead of {status} ({suggestion.rule})"
        for (status, name), suggestion in zip(rows, suggested, strict=True)
        if suggestion.suggested_status != status
    ]
    assert wrong == []


def test_every_language_of_the_lexicon_has_names_of_every_status():
    assert set(LABELLED.NAMES) == set(LANGUAGES)
    assert all(set(statuses) == {"NEW", "IN_PROGRESS", "CLOSED"} for statuses in LABELLED.NAMES.values())


def test_the_names_are_no_copy_of_the_benchmark_data():
    with (ROOT / "benchmarks" / "data" / "stages_dev.csv").open(encoding="utf-8") as file:
        measured = {words(row["name"]) for row in csv.DictReader(file)}
    own = [words(name) for _, _, name in LABELLED.rows()]
    assert sum(name in measured for name in own) < 0.2 * len(own)


UNSEEN = _load(HERE / "unseen_names.py", "unseen_stage_names")


@pytest.mark.parametrize("language", UNSEEN.NAMES)
def test_names_labelled_before_the_engine_saw_them_stay_right(language):
    rows = [(status, name) for code, status, name in UNSEEN.rows() if code == language]
    suggested = ENGINE.suggest([{"name": name} for _, name in rows])
    wrong = [
        f"{name}: {suggestion.suggested_status} instead of {status} ({suggestion.rule})"
        for (status, name), suggestion in zip(rows, suggested, strict=True)
        if suggestion.suggested_status != status
    ]
    assert wrong == []


def test_there_are_enough_unseen_names_and_each_stands_once():
    rows = list(UNSEEN.rows())
    assert len(rows) >= 400
    assert len({(code, name) for code, _, name in rows}) == len(rows)
    assert {code for code, _, _ in rows} == set(LANGUAGES)
