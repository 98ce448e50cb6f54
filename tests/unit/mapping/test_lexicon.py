from __future__ import annotations

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import Lexicon, MappingEngine, Status
from amocrm_sync.mapping.concepts import CONCEPTS
from amocrm_sync.mapping.lexicon import ENTRIES, LANGUAGES
from amocrm_sync.mapping.patterns import parse_pattern
from amocrm_sync.mapping.text import words


def _matches(pattern, language, word):
    return parse_pattern(pattern, language)[0].matches(words(word)[0])


@pytest.mark.parametrize("language", ENTRIES)
def test_every_entry_has_a_known_meaning_and_can_be_read(language):
    assert language in LANGUAGES
    assert set(ENTRIES[language]) <= set(CONCEPTS)
    for patterns in ENTRIES[language].values():
        for pattern in patterns.replace("\n", " ").split(","):
            assert parse_pattern(pattern.strip(), language)


@pytest.mark.parametrize("language", ENTRIES)
def test_no_pattern_of_a_language_has_two_meanings(language):
    meanings: dict[str, set[str]] = {}
    for concept, patterns in ENTRIES[language].items():
        for pattern in patterns.replace("\n", " ").split(","):
            meanings.setdefault(" ".join(pattern.split()), set()).add(concept)
    assert {pattern: found for pattern, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", ENTRIES)
def test_every_language_can_say_the_essentials(language):
    essential = {
        "new",
        "incoming",
        "request",
        "won",
        "lost",
        "refused",
        "closed",
        "spam",
        "in_work",
        "waiting",
        "meeting",
    }
    essential |= {
        "proposal",
        "contract",
        "payment",
        "unanswered",
        "call",
        "negotiation",
        "deferred",
        "nontarget",
        "done",
    }
    assert essential <= set(ENTRIES[language])


@pytest.mark.parametrize(
    ("pattern", "language", "word", "expected"),
    [
        ("спам", "ru", "спам", True),
        ("спам", "ru", "спамер", False),
        ("лид~", "ru", "лидов", True),
        ("лид~", "ru", "лидер", False),
        ("закрыт*", "ru", "закрытые", True),
        ("подписан~", "ru", "подписано", True),
        ("подписан~", "ru", "подписание", False),
        ("perdid~", "pt", "perdidas", True),
        ("lead~", "en", "leads", True),
        ("lead~", "en", "leadership", False),
    ],
)
def test_a_pattern_matches_the_forms_it_promises(pattern, language, word, expected):
    assert _matches(pattern, language, word) is expected


@pytest.mark.parametrize("pattern", ["~", "*", "12", "b2b"])
def test_a_pattern_without_letters_is_refused_by_name(pattern):
    with pytest.raises(ConfigurationError) as caught:
        MappingEngine(lexicon={"ru": {"spam": f"мусор, {pattern}"}})
    assert "ru" in caught.value.message
    assert "spam" in caught.value.message
    assert repr(pattern) in caught.value.message


def test_a_lexicon_of_the_wrong_shape_is_refused_with_an_example():
    with pytest.raises(ConfigurationError, match="language code → concept → patterns"):
        MappingEngine(lexicon={"ru": ["мусор"]})


def test_a_host_adds_words_to_the_built_in_lexicon():
    name = {"name": "Квакозябра"}
    assert MappingEngine().suggest([name])[0].suggested_status == Status.IN_PROGRESS
    added = MappingEngine(lexicon={"ru": {"refused": "квакозябр~"}})
    assert added.suggest([name])[0].suggested_status == Status.CLOSED
    assert added.suggest([{"name": "Новая заявка"}])[0].suggested_status == Status.NEW


def test_a_host_replaces_the_lexicon():
    engine = MappingEngine(lexicon=Lexicon({"xx": {"won": "bingo"}}))
    assert engine.suggest(["Bingo"])[0].suggested_status == Status.CLOSED
    assert engine.suggest(["Lost"])[0].suggested_status == Status.IN_PROGRESS


def test_a_language_of_the_hosts_own_is_named_in_the_reason():
    engine = MappingEngine(lexicon={"pl": {"lost": "przegran~"}})
    found = engine.suggest(["Przegrane"])[0]
    assert found.suggested_status == Status.CLOSED
    assert "pl" in found.reasons[0]
