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


BLIND = list(csv.DictReader((HERE / "blind_names.csv").read_text(encoding="utf-8").splitlines()))
"""Four rounds of names, each labelled before the engine was asked; the documentation has the first answers."""


@pytest.mark.parametrize("part", ["first", "second", "third", "fourth"])
def test_names_labelled_before_asking_are_found_and_what_is_sure_is_right(part):
    rows = [row for row in BLIND if row["round"] == part]
    answers = ENGINE.suggest([{"name": row["name"]} for row in rows])
    hits = [answer.suggested_status == row["label"] for answer, row in zip(answers, rows, strict=True)]
    sure = [hit for hit, answer in zip(hits, answers, strict=True) if answer.confidence >= 0.9]
    assert sum(hits) / len(hits) >= 0.98
    assert sum(sure) / len(sure) >= 0.98
    assert len(sure) / len(rows) >= 0.75


def test_the_blind_rounds_are_no_copy_of_the_benchmark_data_or_of_each_other():
    with (ROOT / "benchmarks" / "data" / "stages_dev.csv").open(encoding="utf-8") as file:
        measured = {words(row["name"]) for row in csv.DictReader(file)}
    keys = [words(row["name"]) for row in BLIND]
    assert sum(key in measured for key in keys) < 0.1 * len(keys)
    assert {row["language"] for row in BLIND} == set(LANGUAGES)
    assert len(BLIND) >= 600
