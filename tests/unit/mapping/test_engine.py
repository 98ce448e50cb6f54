from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import Calibration, MappingEngine, Rule, Stage, Status

ENGINE = MappingEngine()


def suggest(name, **fields):
    return ENGINE.suggest([{"name": name, **fields}])[0]


def pipeline(*names, start=1000):
    """A pipeline in its order, with unsorted, won and lost around the names."""
    middle = [Stage(name, start + at, 0, 20 + 10 * at, 7) for at, name in enumerate(names)]
    return [
        Stage("Неразобранное", 1, 1, 10, 7),
        *middle,
        Stage("Успех", 142, 0, 10_000, 7),
        Stage("Нет", 143, 0, 11_000, 7),
    ]


def statuses(stages):
    return [str(suggestion.suggested_status) for suggestion in ENGINE.suggest(stages)]


class TestWhatTheDataTell:
    @pytest.mark.parametrize("name", ["Новая заявка", "В работе", "", "ALTA", "Отзыв получен"])
    @pytest.mark.parametrize(("stage_id", "word"), [(142, "won"), (143, "lost")])
    def test_142_and_143_are_closed_whatever_the_name(self, name, stage_id, word):
        found = suggest(name, id=stage_id, type=0)
        assert found.suggested_status == Status.CLOSED
        assert found.confidence > 0.99
        assert word in found.reasons[0]

    def test_type_1_is_unsorted_in_a_pipeline_of_leads_whatever_the_name(self):
        found = suggest("Instagram", id=5, type=1, pipeline_id=7)
        assert (found.suggested_status, found.rule) == (Status.NEW, "unsorted")
        assert found.confidence > 0.98

    def test_type_1_without_a_pipeline_may_be_a_customers_status(self):
        found = suggest("Expected purchase", id=4740025, type=1)
        assert found.suggested_status == Status.IN_PROGRESS
        assert any("no pipeline is given" in reason for reason in found.reasons)

    def test_statuses_of_customers_use_other_types(self):
        customers = [
            {"name": "Ждём покупку", "id": 1, "type": 1},
            {"name": "Xyz", "id": 2, "type": 2},
            {"name": "Xyz", "id": 3, "type": 3},
            {"name": "Xyz", "id": 4, "type": 4},
        ]
        assert statuses(customers) == ["IN_PROGRESS", "IN_PROGRESS", "CLOSED", "IN_PROGRESS"]

    def test_a_clear_name_is_believed_more_than_the_type_of_a_customers_status(self):
        assert suggest("Новая заявка", id=3, type=3).suggested_status == Status.NEW


class TestWhatTheNameTells:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("Закрыто", "CLOSED"),
            ("Не закрыто", "IN_PROGRESS"),
            ("Перед закрытием", "IN_PROGRESS"),
            ("Закрытие сделки", "IN_PROGRESS"),
            ("Оплачен", "IN_PROGRESS"),
            ("Не оплачен", "IN_PROGRESS"),
            ("Реализовано", "CLOSED"),
            ("Не реализовано", "CLOSED"),
            ("Не целевой", "CLOSED"),
            ("Не взят в работу", "NEW"),
            ("Взят в работу", "IN_PROGRESS"),
            ("Проект завершён", "CLOSED"),
            ("Замер завершён", "IN_PROGRESS"),
            ("Успешно", "CLOSED"),
            ("Успешный звонок", "IN_PROGRESS"),
            ("Отказ", "CLOSED"),
            ("Реанимация отказов", "IN_PROGRESS"),
            ("Встреча отменена", "IN_PROGRESS"),
            ("Заказ отменён", "CLOSED"),
            ("Quase fechado", "IN_PROGRESS"),
            ("Fechado", "CLOSED"),
            ("Não fechou ainda", "IN_PROGRESS"),
            ("Lost contact", "IN_PROGRESS"),
            ("Lost", "CLOSED"),
            ("Payment failed", "IN_PROGRESS"),
            ("Not paid", "IN_PROGRESS"),
            ("Новый лид", "NEW"),
            ("Новая встреча", "IN_PROGRESS"),
            ("D+7", "IN_PROGRESS"),
        ],
    )
    def test_negation_completion_and_phrases(self, name, status):
        assert suggest(name).suggested_status == status

    @pytest.mark.parametrize(
        "name", ["novaya zayavka", "Новая зявка", "Hoвaя зaявкa", "НОВАЯ-ЗАЯВКА", "Янги сўров"]
    )
    def test_transliteration_slips_and_mixed_scripts(self, name):
        assert suggest(name).suggested_status == Status.NEW

    def test_portuguese_no_is_no_negation(self):
        assert suggest("Lead novo no WhatsApp").suggested_status == Status.NEW

    def test_unknown_words_are_in_progress_with_low_confidence(self):
        found = suggest("Квакозябра")
        assert (found.suggested_status, found.rule) == (Status.IN_PROGRESS, "unknown")
        assert found.confidence < 0.9

    @pytest.mark.parametrize(
        "name", ["Первичный контакт", "Contato inicial", "Лид", "Возврат", "Доставлено", "Venda"]
    )
    def test_what_people_differ_about_is_left_to_a_person(self, name):
        assert suggest(name).confidence < 0.9

    def test_evidence_against_lowers_the_confidence_and_is_told(self):
        both, alone = suggest("Отказ после встречи"), suggest("Отказ")
        assert both.suggested_status == alone.suggested_status == Status.CLOSED
        assert both.confidence < alone.confidence
        assert any("Less sure because of “встречи”" in reason for reason in both.reasons)

    def test_a_slip_of_the_keyboard_lowers_the_confidence(self):
        assert suggest("Переговры").confidence < suggest("Переговоры").confidence


class TestWhatThePipelineTells:
    def test_the_first_stage_is_new_if_no_other_is(self):
        stages = pipeline("Первичный контакт", "Переговоры", "Договор")[1:]
        assert statuses(stages) == ["NEW", "IN_PROGRESS", "IN_PROGRESS", "CLOSED", "CLOSED"]

    def test_a_first_contact_beside_a_new_stage_is_work(self):
        found = ENGINE.suggest(pipeline("Новая заявка", "Первичный контакт", "Переговоры"))
        assert [str(s.suggested_status) for s in found][1:4] == ["NEW", "IN_PROGRESS", "IN_PROGRESS"]
        assert "Another stage of the pipeline stands for what is new." in found[2].reasons

    def test_delivered_before_other_work_is_not_the_end(self):
        assert statuses(pipeline("Новая заявка", "Доставлено", "Монтаж"))[2] == "IN_PROGRESS"
        assert statuses(pipeline("Новая заявка", "Монтаж", "Доставлено"))[3] == "CLOSED"

    def test_a_lead_behind_stages_in_progress_is_in_progress(self):
        assert statuses(pipeline("Новая заявка", "Переговоры", "Лид"))[3] == "IN_PROGRESS"

    def test_sort_decides_the_order_and_not_the_list(self):
        stages = pipeline("Первичный контакт", "Переговоры", "Доставлено", "Монтаж")
        forward = {s.stage_id: s for s in ENGINE.suggest(stages)}
        backward = {s.stage_id: s for s in ENGINE.suggest(reversed(stages))}
        assert forward == backward

    def test_pipelines_do_not_mix(self):
        one, two = pipeline("Первичный контакт", "Договор"), pipeline("Новая заявка", "Встреча")
        two = [Stage(s.name, s.id, s.type, s.sort, 8) for s in two]
        assert statuses([*one, *two]) == [*statuses(one), *statuses(two)]

    def test_unrelated_names_are_no_pipeline(self):
        names = ["Переговоры", "Договор", "Лид", "Первичный контакт"]
        together = [
            (s.suggested_status, s.confidence) for s in ENGINE.suggest([{"name": name} for name in names])
        ]
        assert together == [(s.suggested_status, s.confidence) for s in (suggest(name) for name in names)]


class TestReasons:
    def test_rule_word_meaning_and_language_stand_in_one_sentence(self):
        (reason,) = suggest("3. КП Отправлено").reasons
        assert reason == (
            "The name is a step of the work: “КП” (a proposal, Russian), “Отправлено” (something was sent, Russian)."
        )

    def test_transliteration_and_slips_are_told(self):
        assert "written in Latin letters" in suggest("peregovory").reasons[0]
        assert "allowing for a slip" in suggest("Переговры").reasons[0]

    def test_what_was_not_understood_is_told(self):
        assert "Not known: “квакозябры”." in suggest("Оплата квакозябры").reasons

    def test_the_language_is_told(self):
        assert [
            suggest(n).language for n in ("В работе", "Shartnoma tayyorlanmoqda", "Reunião agendada")
        ] == ["ru", "uz", "pt"]


class TestInput:
    def test_objects_dicts_stages_and_bare_names_are_the_same(self):
        fields = {"name": "Показ", "id": 5, "type": 0, "sort": 30, "pipeline_id": 7}
        found = ENGINE.suggest([fields, SimpleNamespace(**fields), Stage(**fields)])
        assert found[0] == found[1] == found[2]
        assert ENGINE.suggest(["Показ"])[0].suggested_status == found[0].suggested_status

    def test_numbers_may_be_strings_and_empty(self):
        found = suggest("Показ", id="142", type="", sort=" 20 ", pipeline_id=None)
        assert (found.stage_id, found.stage_type, found.sort, found.pipeline_id) == (142, None, 20, None)

    def test_any_iterable_is_read_once(self):
        assert len(ENGINE.suggest(Stage("Показ") for _ in range(3))) == 3
        assert ENGINE.suggest([]) == []

    @pytest.mark.parametrize(
        ("stages", "message"),
        [
            ([{"id": 1}], r"stages\[0\]\.name"),
            ([{"name": "x"}, {"name": "x", "id": "abc"}], r"stages\[1\]\.id"),
            ("Новая", "iterable of stages"),
            ({"name": "Новая"}, "iterable of stages"),
        ],
    )
    def test_bad_input_names_the_field_and_the_fix(self, stages, message):
        with pytest.raises(ConfigurationError, match=message):
            ENGINE.suggest(stages)

    @pytest.mark.parametrize(
        "name",
        [
            "",
            " " * 10_000_000,
            "я" * 10_000_000,
            "a b " * 2_500_000,
            "\x00\x1b[31m\u202eРаз\u202c",
            "🔥" * 1_000_000,
            "\ud800",
            None,
        ],
        ids=["empty", "spaces", "one word", "many words", "control and RTL", "emoji", "surrogate", "none"],
    )
    def test_a_hostile_name_is_answered_calmly_and_quickly(self, name):
        started = time.process_time()
        found = suggest(name)
        assert time.process_time() - started < 1
        assert found.suggested_status in set(Status)
        assert found.reasons
        assert all(len(reason) < 1000 for reason in found.reasons)


class TestHostRules:
    RULES = (
        Rule("CLOSED", patterns=r"^архив \d+$"),
        Rule("NEW", ids=[77]),
        Rule("CLOSED", patterns=["показ"], pipeline_id=9),
    )

    def _one(self, name, **fields):
        return MappingEngine(rules=self.RULES).suggest([{"name": name, **fields}])[0]

    def test_a_pattern_an_id_and_a_pipeline_decide_before_the_name(self):
        assert self._one("Архив 2024").suggested_status == "CLOSED"
        assert self._one("Переговоры", id=77).suggested_status == "NEW"
        assert self._one("Показ", pipeline_id=9).suggested_status == "CLOSED"
        assert self._one("Показ", pipeline_id=8).suggested_status == "IN_PROGRESS"

    def test_a_rule_is_certain_and_says_so(self):
        found = self._one("Переговоры", id=77)
        assert (found.confidence, found.rule) == (1.0, "rule")
        assert found.reasons == ("A rule of yours says NEW: id 77.",)

    def test_a_rule_beats_142(self):
        assert (
            MappingEngine(rules=[Rule("IN_PROGRESS", ids=[142])]).suggest([{"name": "x", "id": 142}])[0].rule
            == "rule"
        )

    def test_a_broken_pattern_is_refused(self):
        with pytest.raises(ConfigurationError, match="no regular expression"):
            Rule("NEW", patterns="(")


def test_another_calibration_changes_confidence_and_nothing_else():
    doubtful = MappingEngine(calibration=Calibration(1.0, -3.0)).suggest(["Переговоры"])[0]
    usual = suggest("Переговоры")
    assert doubtful.suggested_status == usual.suggested_status
    assert doubtful.confidence < usual.confidence
    assert 0 < Calibration().confidence(0) < Calibration().confidence(1) < 1


def test_the_table_of_a_notebook_shows_status_confidence_reason_and_how_to_override():
    html = ENGINE.suggest([Stage("<b>Показ</b>", 5, 0, 10, 7)])._repr_html_()
    assert "IN_PROGRESS" in html
    assert re.search(r"9\d %<", html)
    assert "a viewing" in html
    assert "mapping.set(" in html
    assert "<b>Показ" not in html
    assert "&lt;b&gt;Показ&lt;/b&gt;" in html


def test_the_table_of_a_notebook_has_a_colour_per_status_and_one_for_what_is_not_sure():
    sure, unsure = (ENGINE.suggest([name])._repr_html_() for name in ("Новая заявка", "Первый контакт"))
    closed = ENGINE.suggest(["Отказ"])._repr_html_()
    assert "background:#2b6cb0" in sure
    assert "background:#2f855a" in closed
    assert "90deg,#2f855a" in sure
    assert "90deg,#c05621" in unsure


def test_an_empty_table_of_a_notebook_still_says_how_to_override():
    assert "mapping.set(" in ENGINE.suggest([])._repr_html_()
