"""Answers that say no: problem+json (RFC 9457) with the words that a caller needs, and nothing of what is inside."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import attrs

from amocrm_sync._core.handlers.message import PROBLEM_JSON, Response, json_response
from amocrm_sync.errors import (
    AccountBlockedError,
    AmoCRMAPIError,
    AmoCRMError,
    AmoCRMTokenExpired,
    AuthorizationLost,
    ForbiddenError,
    NotConnectedError,
    NotFoundError,
    OAuthError,
    PaymentRequiredError,
    RateLimitedError,
    StateMismatch,
    TransportError,
    UnprocessableError,
    ValidationError,
)


@attrs.frozen
class FieldError:
    """What is wrong with one field of a request: where it is (``config.subdomain``) and what to do."""

    field: str
    message: str


class Problem(Exception):  # noqa: N818 - it is an answer, named as in the RFC
    """A refusal; raised anywhere below a route, answered as problem+json.

    Args:
        status: HTTP status.
        code: A word for programs, e.g. ``not-connected``.
        detail: A sentence for people. It goes out as it is: nothing secret, nothing from inside.
        errors: Fields that are wrong.
        headers: Further headers, e.g. ``Retry-After``.
        more: Further members of the answer, for a program to go by.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    @property
    def response(self) -> Response:
        """The answer."""
        content: dict[str, Any] = {
            "type": f"urn:amocrm-sync:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }
        if self.errors:
            content["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return json_response(content, self.status, {**self.headers, "Content-Type": PROBLEM_JSON})


def not_offered(what: str) -> Problem:
    """The engine of this host cannot do it."""
    return Problem(501, "not-offered", f"{what}: not offered by this engine")


def wrong_field(field: str, message: str) -> Problem:
    """One field is wrong."""
    return Problem(422, "invalid", f"{field}: {message}", errors=(FieldError(field, message),))


def too_many(wait: float) -> Problem:
    """Ask again after so many seconds."""
    seconds = max(1, int(wait) + (wait > int(wait)))
    return Problem(
        429, "too-many-requests", f"ask again in {seconds} s", headers={"Retry-After": str(seconds)}
    )


INTERNAL = Problem(500, "internal", "something failed here; the log of the service says what")

_CONNECT = "the account is not connected, or its tokens are refused: connect it (again)"
_KNOWN: tuple[tuple[type[AmoCRMError], int, str, str | None], ...] = (
    (StateMismatch, 403, "state", None),
    (OAuthError, 403, "oauth", None),
    (NotConnectedError, 409, "not-connected", _CONNECT),
    (AuthorizationLost, 409, "not-connected", _CONNECT),
    (AmoCRMTokenExpired, 409, "not-connected", _CONNECT),
    (AccountBlockedError, 503, "account-blocked", "amoCRM has stopped the account's traffic"),
    (PaymentRequiredError, 502, "payment-required", "the amoCRM account's subscription has ended"),
    (RateLimitedError, 503, "crm-busy", "amoCRM asks to slow down; ask again later"),
    (ForbiddenError, 502, "crm-forbids", "amoCRM does not allow this call to the connected user"),
    (NotFoundError, 404, "not-found", "there is no such record"),
    (TransportError, 502, "crm-unreachable", "amoCRM cannot be reached now"),
)
_SAFE_WORDS = (ValidationError, UnprocessableError)


def problem_of(error: AmoCRMError) -> Problem:
    """The answer to an error of the library. Words from amoCRM go on only where they are about the caller's input."""
    for kind, status, code, words in _KNOWN:
        if isinstance(error, kind):
            headers = _retry_after(error) if status == HTTPStatus.SERVICE_UNAVAILABLE else None
            return Problem(status, code, words or error.message, headers=headers)
    if isinstance(error, _SAFE_WORDS):
        items = tuple(FieldError(item.path or item.request_id, item.detail) for item in error.items)
        return Problem(422, "crm-refuses", error.detail or "amoCRM refuses these values", errors=items)
    if isinstance(error, AmoCRMAPIError):
        return Problem(502, "crm-error", "amoCRM answered with an error")
    return INTERNAL


def _retry_after(error: AmoCRMError) -> dict[str, str]:
    wait = error.retry_after if isinstance(error, AmoCRMAPIError) else None
    return {"Retry-After": str(max(1, int(wait or 30)))}
