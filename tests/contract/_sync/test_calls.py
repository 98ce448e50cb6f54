# Generated from tests/contract/_async/test_calls.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

from typing import Any

import pytest
from wire import Answer, Wire

from amocrm_sync import AmbiguousWriteError, AmoCRM, ValidationError

pytestmark = pytest.mark.anyio

CALL = {"direction": "inbound", "duration": 10, "source": "pbx", "phone": "+7 900"}


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def answer(stored: list[Any], errors: list[Any]) -> Answer:
    rows = [{"id": 9, "entity_id": 4, "entity_type": "contact", "request_id": key} for key in stored]
    return Answer(json={"_total_items": len(rows), "errors": errors, "_embedded": {"calls": rows}})


def test_a_call_lands_on_a_record(connect):
    wire = Wire(answer(["0"], []))
    call = connect(wire).calls.create(**CALL, call_responsible="Ann")
    assert (call.id, call.entity_id, call.entity_type, call.duration) == (9, 4, "contact", 10)
    assert wire.sent[0].json == [{**CALL, "call_responsible": "Ann", "request_id": "0"}]


@pytest.mark.parametrize(
    "errors",
    [
        [{"request_id": "1", "code": "NotFound", "detail": "no such phone"}],
        [{"request_id": "1", "errors": [{"code": "NotFound", "path": "phone", "detail": "no such phone"}]}],
        [{"request_id": "1", "errors": {"code": "NotFound", "detail": "no such phone"}}],
        [{"index": 1, "title": "no such phone"}],
        [{"detail": "no such phone"}],
        ["no such phone"],
    ],
)
def test_an_answer_of_200_with_errors_inside_is_a_failure(connect, errors):
    wire = Wire(answer(["0", "2"], errors))
    result = connect(wire).calls.create_many([CALL, CALL, CALL])
    assert len(result.succeeded) == 2
    assert result.ambiguous == []
    [failure] = result.failed
    assert failure.index == 1
    assert isinstance(failure.error, ValidationError)
    assert "no such phone" in str(failure.error)


def test_one_call_that_nobody_takes_raises(connect):
    wire = Wire(answer([], [{"request_id": "0", "detail": "no such phone"}]))
    with pytest.raises(ValidationError, match="not stored: no such phone") as caught:
        connect(wire).calls.create(**CALL)
    [item] = caught.value.items
    assert item.request_id == "0"


def test_a_call_that_the_answer_forgets_is_ambiguous(connect):
    wire = Wire(answer(["0"], [{"request_id": "2", "detail": "no such phone"}]), answer([], []))
    calls = connect(wire).calls
    result = calls.create_many([CALL, CALL, CALL])
    assert [failure.index for failure in result.ambiguous] == [1]
    assert [failure.index for failure in result.failed] == [2]
    with pytest.raises(AmbiguousWriteError):
        calls.create(**CALL)


def test_a_pop_up_is_shown_to_some_or_all(connect):
    row = {"element_id": None, "element_type": None, "uid": "u", "phone_number": "+7 900"}
    wire = Wire(*[Answer(json={"_embedded": {"items": [row]}})] * 2)
    calls = connect(wire).calls
    [notice] = calls.notify("+7 900", users=[1, 2])
    calls.notify("+7 900")
    assert notice.element_id is None
    assert wire.sent[0].path == "/api/v2/events/"
    assert wire.sent[0].json == {"add": [{"type": "phone_call", "phone_number": "+7 900", "users": [1, 2]}]}
    assert wire.sent[1].json == {"add": [{"type": "phone_call", "phone_number": "+7 900"}]}
