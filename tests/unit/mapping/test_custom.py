from __future__ import annotations

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import CustomStatus, MappingEngine, Status

REAL_ESTATE = {
    "NEW": [],
    "QUALIFIED": [],
    "VIEWING": ["Показ назначен"],
    "CONTRACT": ["договор"],
    "WON": [],
    "LOST": [],
}
ENGINE = MappingEngine(statuses=REAL_ESTATE)


def one(name, engine=ENGINE, **fields):
    return engine.suggest([{"name": name, **fields}])[0]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Новая заявка", "NEW"),
        ("Yangi so'rov", "NEW"),
        ("Квалифицирован", "QUALIFIED"),
        ("Lead qualificado", "QUALIFIED"),
        ("Показ назначен", "VIEWING"),
        ("Просмотр квартиры", "VIEWING"),
        ("Договор подписан", "CONTRACT"),
        ("Contrato assinado", "CONTRACT"),
        ("Продано", "WON"),
        ("Venda ganha", "WON"),
        ("Отказ", "LOST"),
        ("Нецелевой", "LOST"),
    ],
)
def test_names_of_statuses_and_examples_are_understood_in_every_language(name, status):
    found = one(name)
    assert found.suggested_status == status
    assert found.reasons[0].startswith(f"{status}:")


def test_142_and_143_find_the_won_and_the_lost_status():
    assert one("Что угодно", id=142).suggested_status == "WON"
    assert one("Что угодно", id=143).suggested_status == "LOST"


def test_a_name_that_fits_several_statuses_is_left_to_a_person():
    found = one("Квакозябра")
    assert found.suggested_status in REAL_ESTATE
    assert found.confidence < 0.5
    assert "so may" in found.reasons[0]


def test_keywords_meanings_and_examples_in_order_of_trust():
    engine = MappingEngine(
        statuses=[
            CustomStatus("HOT", keywords="горяч~"),
            CustomStatus("TALK", concepts={"call", "message"}),
            CustomStatus("LIKE", examples="Ждём решения банка"),
            CustomStatus("END", base=Status.CLOSED),
        ]
    )
    assert (one("Горячие клиенты", engine).suggested_status, one("Горячие клиенты", engine).rule) == (
        "HOT",
        "keyword",
    )
    assert (one("Telefon zəngi", engine).suggested_status, one("Telefon zəngi", engine).rule) == (
        "TALK",
        "meaning",
    )
    assert (one("Ждем решение банка", engine).suggested_status, one("Ждем решение банка", engine).rule) == (
        "LIKE",
        "example",
    )
    assert one("Отказ", engine).suggested_status == "END"


def test_statuses_may_be_bare_names():
    engine = MappingEngine(statuses=["NEW", "IN_PROGRESS", "WON", "LOST"])
    assert [str(s.suggested_status) for s in engine.suggest(["Новая", "Показ", "Выиграно", "Проиграно"])] == [
        "NEW",
        "IN_PROGRESS",
        "WON",
        "LOST",
    ]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: MappingEngine(statuses=[]), "at least one"),
        (lambda: MappingEngine(statuses=["NEW", "NEW"]), "twice"),
        (lambda: CustomStatus("X", concepts={"nonsense"}), "unknown.*nonsense"),
        (lambda: MappingEngine(statuses=[CustomStatus("X", keywords="12")]), "X, keywords"),
    ],
)
def test_wrong_statuses_are_refused_with_the_field(build, message):
    with pytest.raises(ConfigurationError, match=message):
        build()
