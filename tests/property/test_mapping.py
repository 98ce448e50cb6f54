from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

from amocrm_sync.mapping import MappingEngine, Stage, Status, StatusMapping, auto_apply

ENGINE = MappingEngine()

NAMES = st.sampled_from(
    [
        "Новая заявка", "КП отправлено", "Ещё не закрыто", "Отказ клиента", "Закрыто и не реализовано", "Недозвон",
        "Novo lead", "Reunião agendada", "Não qualificado", "Venda perdida", "Contact made", "Not interested",
        "Cotización enviada", "Cerrado ganado", "Yangi so'rov", "Rad etildi", "Görüş təyin edildi", "İmtina edildi",
        "Зустріч проведена", "Відмова", "Жаңа өтінім", "Бас тартты", "Teklif gönderildi", "Kazanıldı", "Lid", "Xyzzy plugh",
    ]
)  # fmt: skip
TEXT = st.text(max_size=80)
DECORATIONS = st.sampled_from(
    ["{} ✅", "🔥{}🔥", "3. {}", "12) {}", "#5 {}", "[{}]", "— {} —", "  {}\t", "{}!!!", "«{}»", "1_{}"]
)


def status(name):
    return ENGINE.suggest([{"name": name}])[0].suggested_status


@given(NAMES, DECORATIONS, st.booleans())
def test_emoji_numbering_punctuation_and_case_change_no_status(name, decoration, shout):
    written = decoration.format(name.upper() if shout else name.lower())
    assert status(written) == status(name)


@given(NAMES, st.integers(1, 5))
def test_spaces_and_yo_change_no_status(name, spaces):
    assert status((" " * spaces).join(name.split())) == status(name)
    assert status(name.replace("ё", "е").replace("Ё", "Е")) == status(name)


@examples(300)
@given(TEXT)
def test_every_name_gets_a_status_a_confidence_and_a_reason(name):
    found = ENGINE.suggest([{"name": name}])[0]
    assert found.suggested_status in set(Status)
    assert 0 <= found.confidence <= 1
    assert found.reasons
    assert all(reason.endswith(".") for reason in found.reasons)
    assert found.stage_name == name


STAGES = st.lists(
    st.tuples(NAMES | TEXT, st.sampled_from([7, 8]), st.integers(0, 2)), min_size=1, max_size=12
).map(
    lambda rows: [
        Stage(name, 142 if kind == 1 and at == 0 else 1000 + at, 0, 10 * at, pipeline)
        for at, (name, pipeline, kind) in enumerate(rows)
    ]
)


@given(STAGES, st.randoms(use_true_random=False))
def test_the_order_in_which_stages_are_given_changes_nothing(stages, random):
    shuffled = list(stages)
    random.shuffle(shuffled)
    assert set(ENGINE.suggest(shuffled)) == set(ENGINE.suggest(stages))


@given(STAGES)
def test_answers_keep_the_order_and_the_ids_of_the_question(stages):
    found = ENGINE.suggest(stages)
    assert [(s.stage_id, s.pipeline_id, s.stage_name) for s in found] == [
        (s.id, s.pipeline_id, s.name) for s in stages
    ]


@given(STAGES, st.floats(0, 1))
def test_a_mapping_survives_writing_and_reading(stages, limit):
    mapping = StatusMapping.from_suggestions(ENGINE.suggest(stages), limit)
    assert StatusMapping.from_dict(mapping.to_dict()) == mapping


@given(STAGES, st.floats(0, 1))
def test_every_suggestion_is_applied_skipped_or_an_error(stages, limit):
    suggestions = ENGINE.suggest(stages)
    result = auto_apply(suggestions, limit)
    assert sum(result.as_counts().values()) == len(suggestions)
    assert all(
        result.mapping.resolve(s.stage_id, s.pipeline_id) == s.suggested_status for s in result.applied
    )


@given(STAGES, st.data())
def test_what_a_person_says_stays_whatever_comes_later(stages, data):
    mapping = StatusMapping.from_suggestions(ENGINE.suggest(stages))
    chosen = data.draw(st.sampled_from(stages))
    mapping.set(chosen.id, "MINE", pipeline_id=chosen.pipeline_id)
    renamed = [Stage(data.draw(NAMES), s.id, s.type, s.sort, s.pipeline_id) for s in stages]
    mapping.update(ENGINE.suggest(renamed), 0)
    assert mapping.resolve(chosen.id, chosen.pipeline_id) == "MINE"


@pytest.mark.parametrize("name", ["x" * 200, "не " * 200, "я'" * 300, "a.b." * 300, "ь" * 1000, "qx" * 500])
def test_names_that_would_trouble_a_pattern_are_answered(name):
    assert status(name) in set(Status)
