"""Answers that say no: problem documents, and the exception that carries one out of any depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import attrs
import orjson

from amocrm_sync.testing.emulator.http import Response

PROBLEM = (("Content-Type", "application/problem+json"),)

_DETAILS = {
    "NotSupportedChoice": "The value you selected is not a valid choice.",
    "FieldNotExpected": "This field was not expected.",
    "FieldMissing": "This field is missing.",
    "EntityNotFound": "Entity not found",
}


@attrs.frozen
class Fault:
    """One line of a validation report: what is wrong, and where."""

    code: str
    path: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """The fault as the wire has it."""
        return {
            "code": self.code,
            "path": self.path,
            "detail": self.detail or _DETAILS.get(self.code, self.code),
        }


def wrong_type(path: str, expected: str) -> Fault:
    """The fault of a value of the wrong JSON type."""
    return Fault("InvalidType", path, f"This value should be of type {expected}.")


class Refusal(Exception):  # noqa: N818 - an answer, not an accident
    """The server says no; :meth:`response` is what it says."""

    def __init__(self, status: int, detail: str, **extra: Any) -> None:
        """Take the status, the sentence and further members of the problem document."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra

    def response(self) -> Response:
        """The problem document as a response."""
        body = {
            **self.extra,
            "title": HTTPStatus(self.status).phrase,
            "type": f"https://httpstatus.es/{self.status}",
            "status": self.status,
            "detail": self.detail,
        }
        return Response(status=self.status, headers=PROBLEM, body=orjson.dumps(body))


class NothingFound(Exception):  # noqa: N818 - an answer, not an accident
    """The server has nothing to show: 204 without a body."""


def invalid(faults: Mapping[str, Iterable[Fault]]) -> Refusal:
    """A validation report: faults by the ``request_id`` (or index) of the row they are in."""
    report = [
        {"request_id": request_id, "errors": [fault.as_dict() for fault in found]}
        for request_id, found in faults.items()
    ]
    return Refusal(400, "Request validation failed", **{"validation-errors": report})


def bad_request(detail: str) -> Refusal:
    """The body is not what the method takes at all."""
    return Refusal(400, detail)


def not_found(detail: str = "Entity not found") -> Refusal:
    """No such thing."""
    return Refusal(404, detail)


def forbidden(detail: str = "Insufficient rights") -> Refusal:
    """The user behind the token may not do this."""
    return Refusal(403, detail)


def impossible(detail: str) -> Refusal:
    """Understood, but it cannot be done."""
    return Refusal(422, detail)
