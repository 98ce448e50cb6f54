"""Words that the lexicon does not hold: cognates, negating prefixes, negated verbs."""

from __future__ import annotations

import pytest

from amocrm_sync.mapping import Lexicon, MappingEngine, Status
from amocrm_sync.mapping.cognates import skeleton, skeletons
from amocrm_sync.mapping.index import default_lexicon
from amocrm_sync.mapping.reading import Reader
from amocrm_sync.mapping.text import words


def _folded(word):
    return words(word)[0]


@pytest.mark.parametrize(
    ("one", "other", "family"),
    [
        ("yeni", "yangi", "turkic"),
        ("yangi", "жаңа", "turkic"),
        ("цільовий", "целевой", "slavic"),
        ("ganhado", "ganado", "romance"),
        ("negociação", "negociación", "romance"),
    ],
)
def test_cognates_have_one_skeleton(one, other, family):
    first, second = skeleton(_folded(one), family), skeleton(_folded(other), family)
    shorter = min(len(first), len(second)) - 1
    assert first[:shorter] == second[:shorter]


@pytest.mark.parametrize(("one", "other"), [("yeni", "geldi"), ("novo", "velho"), ("закрыт", "открыт")])
def test_other_words_have_another(one, other):
    assert not set(skeletons(_folded(one))) & set(skeletons(_folded(other)))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ({"uz": {"new": "yangi~"}}, "Yeni sorğu"),
        ({"az": {"new": "yeni~"}}, "Yangi so'rov"),
        ({"kk": {"new": "жаңа~"}}, "Yeni başvuru"),
    ],
)
def test_a_word_of_one_language_is_found_in_another_of_its_family(source, name):
    found = MappingEngine(lexicon=Lexicon(source)).suggest([name])[0]
    assert found.suggested_status == Status.NEW
    assert "like a related word" in found.reasons[0]


def test_a_cognate_is_trusted_less_than_the_word_itself():
    lexicon = Lexicon({"uz": {"new": "yangi~"}})
    itself, cognate = MappingEngine(lexicon=lexicon).suggest(["Yangi", "Yeni"])
    assert itself.confidence > cognate.confidence


def test_a_cognate_needs_a_word_of_its_family_beside_it():
    engine = MappingEngine(lexicon=Lexicon({"uz": {"new": "yangi~"}, "pt": {"client": "cliente~"}}))
    assert engine.suggest(["Cliente yeni"])[0].suggested_status == Status.IN_PROGRESS


def test_what_stands_as_written_is_not_looked_up_by_likeness():
    engine = MappingEngine(lexicon=Lexicon({"uz": {"new": "yangi~"}, "az": {"meeting": "yenilik"}}))
    assert engine.suggest(["Yenilik yeni"])[0].suggested_status == Status.IN_PROGRESS


@pytest.mark.parametrize(
    ("source", "name", "status"),
    [
        ({"pt": {"success": "sucesso"}}, "Insucesso", Status.CLOSED),
        ({"ru": {"qualification": "целев~"}}, "Нецелевой", Status.CLOSED),
        ({"ru": {"closed": "закрыт~"}}, "Незакрыто", Status.IN_PROGRESS),
    ],
)
def test_a_prefix_negates_a_known_word(source, name, status):
    found = MappingEngine(lexicon=Lexicon(source)).suggest([name])[0]
    assert found.suggested_status == status
    assert "by its prefix" in found.reasons[0]


@pytest.mark.parametrize(
    "name", ["Ishlov berilmagan", "İşlənməmiş", "Өңделмеген", "İşlenmemiş", "Не обработано"]
)
def test_what_is_not_being_worked_on_is_new(name):
    assert MappingEngine().suggest([name])[0].suggested_status == Status.NEW


def test_every_way_of_reading_a_name_is_known_to_the_ablation():
    lexicon = Lexicon({"uz": {"new": "yangi~"}, "az": {"new": "yeni~"}, "tr": {"incoming": "yenni~"}})
    reached = Reader(lexicon).reachable("Yeni")
    assert {entry.pattern for entry in reached} == {"yangi~", "yeni~", "yenni~"}
    assert {entry.pattern for entry in Reader(lexicon).entries("Yeni", related=False)} == {"yeni~"}


def test_the_built_in_lexicon_finds_no_cognates_for_noise():
    assert default_lexicon().as_cognate("zzzzzzzz") == []
    assert default_lexicon().as_cognate("a" * 500) == []


@pytest.mark.parametrize(
    ("known", "name"),
    [("logró", "Logrado"), ("perdió", "Perdidas"), ("converteu", "Convertidos"), ("fechad~", "Fecharam")],
)
def test_one_completed_form_of_a_romance_verb_tells_the_others(known, name):
    [found] = MappingEngine(lexicon=Lexicon({"pt": {"won": known}})).suggest([{"name": name}])
    assert (found.suggested_status, found.rule) == ("CLOSED", "ended")
    assert found.confidence < 0.95


@pytest.mark.parametrize(("known", "name"), [("logro", "Logrado"), ("viu", "Vido")])
def test_a_noun_or_a_short_verb_tells_no_other_form(known, name):
    [found] = MappingEngine(lexicon=Lexicon({"pt": {"won": known}})).suggest([{"name": name}])
    assert found.suggested_status == "IN_PROGRESS"
