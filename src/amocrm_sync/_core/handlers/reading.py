"""From bytes to what a route takes: every limit first, then the types, then a problem that names each wrong field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_origin

import orjson
from pydantic import BaseModel, ValidationError

from amocrm_sync._core.handlers.guard import is_too_deep
from amocrm_sync._core.handlers.message import Request
from amocrm_sync._core.handlers.problem import FieldError, Problem
from amocrm_sync._core.handlers.route import Route


def check_size(route: Route, request: Request) -> None:
    """Refuse a body that is longer than the route takes.

    Raises:
        Problem: 413.
    """
    if len(request.body) > route.limit:
        raise Problem(413, "too-large", f"the body is over {route.limit} bytes")


def check_media(route: Route, request: Request) -> None:
    """Refuse a body of a kind that the route does not take.

    Raises:
        Problem: 415.
    """
    if request.content_type not in route.media:
        raise Problem(415, "media-type", f"send {' or '.join(route.media)}")


def read_body(route: Route, request: Request) -> BaseModel | None:
    """The body as the route's model; ``None`` where the route takes none, or it was left out.

    Raises:
        Problem: 400: no JSON, or nested too deep; 415; 422 with every wrong field.
    """
    if route.body is None:
        return None
    if not request.body:
        if route.body_required:
            raise Problem(400, "no-body", "a body in JSON is needed")
        return None
    check_media(route, request)
    if is_too_deep(request.body):
        raise Problem(400, "too-deep", "the body is nested too deep")
    try:
        orjson.loads(request.body)  # stricter than pydantic: no NaN, no broken text
    except orjson.JSONDecodeError:
        raise Problem(400, "no-json", "the body is no JSON") from None
    try:
        return route.body.model_validate_json(request.body)
    except ValidationError as error:
        raise invalid(error, "the body is wrong; see errors") from None


def read_query(route: Route, request: Request) -> BaseModel | None:
    """The parameters as the route's model.

    Raises:
        Problem: 422 with every wrong parameter.
    """
    model = route.query
    if model is None:
        return None
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        wire = field.alias or name
        found: Sequence[str] = request.query.get(wire, ())
        if found:
            values[wire] = list(found) if get_origin(field.annotation) is list else found[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error, "a parameter is wrong; see errors") from None


def record_id(text: str, name: str = "id") -> int:
    """A number in a path.

    Raises:
        Problem: 422.
    """
    if text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63 and len(text) <= 19:  # noqa: PLR2004 - digits of 2**63
        return int(text)
    detail = f"{name}: a positive number is needed"
    raise Problem(422, "invalid", detail, errors=(FieldError(name, "a positive number is needed"),))


def invalid(error: ValidationError, detail: str) -> Problem:
    """What pydantic found, without the values that came."""
    wrong = tuple(
        FieldError(".".join(map(str, item["loc"])) or "body", item["msg"])
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return Problem(422, "invalid", detail, errors=wrong)
