"""A host's own similarity: asked only where the lexicon knows nothing, believed with reserve, and named."""

from __future__ import annotations

import pytest

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping import MappingEngine, Stage, Status

LABELLED = {Status.NEW: ["fresh"], Status.CLOSED: ["gone", "over"]}


class Fake:
    """A backend that likes one of the names."""

    def __init__(self, *numbers):
        self.numbers = numbers
        self.asked = []

    def similarities(self, name, others):
        self.asked.append((name, tuple(others)))
        return self.numbers


def test_an_unknown_name_gets_the_status_of_the_most_similar_one():
    backend = Fake(0.2, 0.3, 0.9)
    found = MappingEngine(similarity=backend, similar_to=LABELLED).suggest(["Qwzx"])[0]
    assert (found.suggested_status, found.rule) == (Status.CLOSED, "similar")
    assert backend.asked == [("Qwzx", ("fresh", "gone", "over"))]
    assert any("“over” (0.90), which is CLOSED" in reason for reason in found.reasons)


def test_the_more_alike_the_surer():
    near, far = (
        MappingEngine(similarity=Fake(x, 0, 0), similar_to=LABELLED).suggest(["Qwzx"])[0]
        for x in (0.99, 0.65)
    )
    assert near.confidence > far.confidence


def test_where_nothing_is_alike_the_engine_answers_as_without():
    engine = MappingEngine(similarity=Fake(0.1, 0.2, 0.3), similar_to=LABELLED)
    assert engine.suggest(["Qwzx"]) == MappingEngine().suggest(["Qwzx"])


@pytest.mark.parametrize(
    "stage", [Stage("Отказ клиента"), Stage("Qwzx", 142), Stage("Qwzx", 9, 1, 10, 7), Stage("КП отправлено")]
)
def test_what_the_lexicon_or_the_data_say_is_not_asked(stage):
    backend = Fake(1.0, 0.0, 0.0)
    engine = MappingEngine(similarity=backend, similar_to=LABELLED)
    assert engine.suggest([stage]) == MappingEngine().suggest([stage])
    assert backend.asked == []


def test_a_backend_without_names_is_refused_with_an_example():
    with pytest.raises(ConfigurationError, match=r"similar_to: .*Новая заявка"):
        MappingEngine(similarity=Fake())


def test_a_backend_that_gives_too_few_numbers_is_named():
    with pytest.raises(ConfigurationError, match="gave 1 numbers for 3 names"):
        MappingEngine(similarity=Fake(1.0), similar_to=LABELLED).suggest(["Qwzx"])
