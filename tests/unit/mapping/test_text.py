from __future__ import annotations

import pytest

from amocrm_sync.mapping.text import (
    MAX_WORDS,
    fold,
    is_cyrillic,
    latin_sound,
    shown_words,
    uzbek_cyrillic,
    words,
)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("3. КП отправлено ✅", "кп отправлено"),
        ("  НОВАЯ\u00a0ЗАЯВКА ", "новая заявка"),
        ("Ещё не закрыт", "еще не закрыт"),
        ("К.П. отправлено", "кп отправлено"),
        ("2-AGENDAR", "agendar"),
        ("16_ NAO_DEU_CONTINUIDADE", "não deu continuidade"),
        ("1ª Cadência", "cadencia"),
        ("№5 Показ", "показ"),
        ("Görüş", "GORUS"),
        ("Yangi so‘rov", "yangi so'rov"),
        ("İPTAL", "iptal"),
        ("ıptal", "iptal"),
        ("Hoвaя", "новая"),
        ("пе\u0301рвый", "первый"),
        ("no\u200bvo", "novo"),
    ],
)
def test_ways_of_typing_one_name_are_one_name(typed, same):
    assert words(typed) == words(same)


@pytest.mark.parametrize("typed", ["", "   ", "123", "—", "✅🔥", "\x00\x07", "№ 7"])
def test_a_name_without_letters_has_no_words(typed):
    assert words(typed) == ()


def test_a_cyrillic_word_with_latin_lookalikes_is_cyrillic_and_the_other_way_round():
    assert is_cyrillic(words("зaявкa")[0])
    assert not is_cyrillic(words("lеads")[0])


def test_a_huge_name_is_read_in_part():
    assert len(words("слово " * 1_000_000)) <= MAX_WORDS
    assert len(fold("a" * 10_000_000)) <= 1_000


@pytest.mark.parametrize("spelling", ["zayavka", "zajavka", "zaiavka", "ZAYAVKA"])
def test_transliterations_of_one_word_sound_alike(spelling):
    assert latin_sound(spelling.lower()) == latin_sound("заявка")


def test_uzbek_words_have_a_cyrillic_spelling():
    assert uzbek_cyrillic("yangi so'rov") == "янги суров"
    assert words("Янги сўров") == ("янги", "суров")


def test_reasons_show_words_as_the_name_spells_them():
    assert shown_words("3. Первый Контакт", words("3. Первый Контакт")) == ("Первый", "Контакт")
    assert shown_words("Görüş_təyin", words("Görüş_təyin")) == ("Görüş", "təyin")


def test_where_the_spelling_cannot_be_matched_the_folded_words_are_shown():
    assert shown_words("К.П. отправлено", words("К.П. отправлено")) == ("кп", "отправлено")
