from __future__ import annotations

import inspect
import pickle

import pytest

from amocrm_sync import errors
from amocrm_sync._core.call import Reply
from amocrm_sync._core.problem import error_from

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
CONTEXT = errors.ErrorContext(
    method="POST", path="/api/v4/leads/{id}", account="demo.amocrm.ru", attempts=4, request_id="abc"
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_pickles_with_all_it_says(kind):
    error = kind("what happened", context=CONTEXT, status=418)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), again.context, again.status) == (str(error), CONTEXT, 418)


def test_the_message_says_where():
    text = str(errors.ServerError("503 busy", context=CONTEXT))
    assert text == "503 busy (POST /api/v4/leads/{id}, demo.amocrm.ru, 4 attempts, request id abc)"


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = [
        line.strip("│├└─ ").split()[0]
        for line in errors.__doc__.splitlines()
        if "──" in line or line.startswith("    Amo")
    ]
    assert set(drawn) == {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ValidationError),
        (401, errors.AmoCRMTokenExpired),
        (402, errors.PaymentRequiredError),
        (403, errors.ForbiddenError),
        (404, errors.NotFoundError),
        (405, errors.AmoCRMAPIError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableError),
        (429, errors.RateLimitedError),
        (500, errors.ServerError),
        (504, errors.ServerError),
    ],
)
def test_each_status_has_its_class(status, kind):
    reply = Reply(status=status, headers={"content-type": "text/html"}, body=b"<html>oops</html>")
    error = error_from(reply, CONTEXT)
    assert type(error) is kind
    assert error.status == status
    assert "oops" in error.detail


def test_validation_errors_are_flat_and_named():
    body = (
        b'{"validation-errors":[{"request_id":"0","errors":[{"code":"NotSupportedChoice",'
        b'"path":"custom_fields_values.0.field_id","detail":"The value you selected is not a valid choice."}]}],'
        b'"title":"Bad Request","type":"https://httpstatus.es/400","status":400,"detail":"Request validation failed"}'
    )
    error = error_from(
        Reply(status=400, headers={"content-type": "application/problem+json"}, body=body), CONTEXT
    )
    [item] = error.items
    assert (item.request_id, item.code, item.path) == (
        "0",
        "NotSupportedChoice",
        "custom_fields_values.0.field_id",
    )
    assert "custom_fields_values.0.field_id NotSupportedChoice" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"validation-errors": 5}',
        b'{"validation-errors": [5, {"errors": [1]}]}',
        b"\xff\xfe",
    ],
)
def test_no_body_breaks_the_reader(body):
    error = error_from(Reply(status=400, headers={"content-type": "application/json"}, body=body), CONTEXT)
    assert isinstance(error, errors.ValidationError)
    assert error.items == ()


def test_a_token_in_an_error_body_is_not_repeated():
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    body = f'{{"detail": "token {secret} is dead"}}'.encode()
    error = error_from(Reply(status=400, headers={"content-type": "application/json"}, body=body), CONTEXT)
    assert secret not in repr(error) + str(error) + repr(error.__dict__)
