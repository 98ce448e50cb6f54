"""From an error answer to a typed error. Survives HTML, empty bodies and every shape of problem seen.

Source: the API page ``error-codes``; validation errors are ``{"validation-errors": [{request_id, errors: [...]}]}``.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import orjson

from amocrm_sync._core.call import Reply
from amocrm_sync._core.redact import scrub
from amocrm_sync._core.shapes import as_array, as_object, is_object
from amocrm_sync.errors import (
    AmoCRMAPIError,
    AmoCRMTokenExpired,
    ConflictError,
    ErrorContext,
    ForbiddenError,
    ItemError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    ServerError,
    UnprocessableError,
    ValidationError,
)

SNIPPET = 300
"""Characters of a body that an error may quote."""

_CLASSES: dict[int, type[AmoCRMAPIError]] = {
    400: ValidationError,
    401: AmoCRMTokenExpired,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableError,
    429: RateLimitedError,
}


def error_from(
    reply: Reply, context: ErrorContext, kind: type[AmoCRMAPIError] | None = None
) -> AmoCRMAPIError:
    """The typed error of an answer with an error status."""
    problem = read_problem(reply)
    items = item_errors(problem)
    title = _text(problem, "title", "error") or f"HTTP {reply.status}"
    detail = _text(problem, "detail", "error_description", "hint", "message") or snippet(reply)
    chosen = kind or _CLASSES.get(reply.status) or _other(reply.status)
    code = problem.get("code", problem.get("error_code"))
    return chosen(
        _message(reply.status, title, detail, items),
        context=context,
        status=reply.status,
        title=title,
        detail=detail,
        code=code if isinstance(code, int) else None,
        items=items,
        retry_after=retry_after_of(reply),
    )


def _other(status: int) -> type[AmoCRMAPIError]:
    return ServerError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else AmoCRMAPIError


def read_problem(reply: Reply) -> dict[str, Any]:
    """The body as a problem object; ``{}`` where it is anything else."""
    if reply.body[:1] != b"{" and not reply.is_json:
        return {}
    try:
        data = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return {}
    return as_object(data)


def item_errors(problem: dict[str, Any]) -> tuple[ItemError, ...]:
    """The per-item list of a validation problem, flat; sources call it ``errors``, with one object in each row."""
    found: list[ItemError] = []
    rows = as_array(problem.get("validation-errors")) or as_array(problem.get("errors"))
    for row in map(as_object, rows):
        request_id = str(row.get("request_id", ""))
        given = row.get("errors")
        errors = [given] if is_object(given) else as_array(given)
        found += [_item(request_id, error) for error in errors if is_object(error)]
    return tuple(found)


def _item(request_id: str, error: dict[str, Any]) -> ItemError:
    code, path, detail = (str(error.get(name, "")) for name in ("code", "path", "detail"))
    return ItemError(request_id, code, path, scrub(detail))


def retry_after_of(reply: Reply) -> float | None:
    """Seconds to wait as the server asks: the ``Retry-After`` header, else ``retry_after`` in the body."""
    header = reply.headers.get("retry-after", "").strip()
    seconds = _seconds(header)
    if seconds is None and header:
        seconds = _seconds_until(header, reply.headers.get("date", ""))
    if seconds is None and reply.status in (429, 503):
        seconds = _seconds(read_problem(reply).get("retry_after"))
    return seconds


def snippet(reply: Reply) -> str:
    """The first characters of a body, scrubbed, for a message."""
    text = reply.body[: SNIPPET * 4].decode("utf-8", "replace").strip()
    return scrub(" ".join(text.split()))[:SNIPPET]


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None


def _seconds_until(moment: str, now: str) -> float | None:
    """A ``Retry-After`` date, measured from the answer's own ``Date`` (no clock is read here)."""
    try:
        wait = (parsedate_to_datetime(moment) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError):
        return None
    return max(0.0, wait)


def _text(problem: dict[str, Any], *names: str) -> str:
    for name in names:
        value = problem.get(name)
        if isinstance(value, str) and value:
            return scrub(value)
    return ""


def _message(status: int, title: str, detail: str, items: tuple[ItemError, ...]) -> str:
    text = f"{status} {title}" if not title.endswith(str(status)) else title
    if detail and detail != title:
        text += f": {detail}"
    shown = [f"item {item.request_id}: {item.path} {item.code} {item.detail}".strip() for item in items[:3]]
    if len(items) > len(shown):
        shown.append(f"and {len(items) - len(shown)} more")
    return "; ".join([text, *shown])
