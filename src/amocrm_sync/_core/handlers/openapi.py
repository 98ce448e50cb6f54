"""OpenAPI 3.1 from the table of routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from amocrm_sync._core.handlers.message import JSON, PROBLEM_JSON
from amocrm_sync._core.handlers.route import Group, Need, Rate, Route, Router
from amocrm_sync._core.handlers.shapes import ProblemAnswer

_TEXT: Mapping[str, Any] = {"type": "string", "minLength": 1}
_NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
REFERENCE = "#/components/schemas/{model}"
SECURITY_SCHEMES: Mapping[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "amo_session"},
}


def openapi(router: Router, *, title: str, version: str) -> dict[str, Any]:
    """The document of the routes that are mounted."""
    paths: dict[str, dict[str, Any]] = {}
    for route in router.routes:
        paths.setdefault(router.path_of(route), {})[route.method.lower()] = operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {"schemas": schemas(router.routes), "securitySchemes": dict(SECURITY_SCHEMES)},
    }


def operation(route: Route) -> dict[str, Any]:
    """What the document says of one route."""
    described: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.group.value],
        "summary": route.summary,
        "description": _description(route),
    }
    parameters = [*_path_parameters(route), *_query_parameters(route)]
    if parameters:
        described["parameters"] = parameters
    body = _request_body(route)
    if body:
        described["requestBody"] = body
    described["responses"] = responses(route)
    if not route.is_public:
        described["security"] = [{name: []} for name in SECURITY_SCHEMES]
    return described


def answers(route: Route) -> dict[int, type[BaseModel] | None]:
    """Every status that a route answers with on purpose, and the model of its body."""
    found: dict[int, type[BaseModel] | None] = {route.status: route.answer, **route.others}
    refusals = {413, 429, 500}
    if not route.is_public:
        refusals |= {401, 403}
    if route.body is not None:
        refusals |= {400, 415, 422}
    if route.query is not None:
        refusals |= {422}
    if route.parameters:
        refusals |= {404, 422}
    if route.development or route.group is Group.PAGE:
        refusals |= {404}
    if route.needs is not Need.NOTHING:
        refusals |= {404, 409, 502, 503}
    if route.feature:
        refusals |= {501}
    if route.handler == "webhook:receive":
        refusals |= {400, 403, 404, 415, 503}
    if route.rate is Rate.AUTH:
        refusals |= {400, 403, 404, 409, 502, 503}
    return {**found, **{status: ProblemAnswer for status in sorted(refusals) if status not in found}}


def responses(route: Route) -> dict[str, Any]:
    """The answers of a route."""
    described: dict[str, Any] = {}
    for status, model in sorted(answers(route).items()):
        entry: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        if model is not None and issubclass(model, ProblemAnswer):
            entry["content"] = {PROBLEM_JSON: {"schema": _reference(model)}}
        elif model is not None:
            entry["content"] = {JSON: {"schema": _reference(model)}}
        elif route.produces:
            entry["content"] = {route.produces: {"schema": {"type": "string"}}}
        described[str(status)] = entry
    return described


def schemas(routes: Iterable[Route]) -> dict[str, Any]:
    """The models of all answers, by name."""
    models = {model.__name__: model for route in routes for model in answers(route).values() if model}
    _, document = models_json_schema(
        [(model, "serialization") for _, model in sorted(models.items())], ref_template=REFERENCE
    )
    return {name: _resolved(schema, {}) for name, schema in document.get("$defs", {}).items()}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _description(route: Route) -> str:
    who = "Public." if route.is_public else f"Roles: {', '.join(sorted(role.value for role in route.roles))}."
    return f"{who} Development only: off unless switched on." if route.development else who


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": dict(_NUMBER if name in route.numbers else _TEXT),
        }
        for name in route.parameters
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=REFERENCE)
    required = set(schema.get("required", ()))
    found: list[dict[str, Any]] = []
    for name, part in schema["properties"].items():
        plain = _without_null({key: value for key, value in part.items() if key != "title"})
        entry: dict[str, Any] = {"name": name, "in": "query", "required": name in required}
        words = plain.pop("description", None)
        if words:
            entry["description"] = words
        found.append({**entry, "schema": plain})
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out, never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **kinds[0]}


def _request_body(route: Route) -> dict[str, Any] | None:
    if route.body is None:
        if route.handler != "webhook:receive":
            return None
        content: dict[str, Any] = {media: {"schema": {"type": "object"}} for media in route.media}
        return {"required": True, "content": content}
    return {"required": route.body_required, "content": {JSON: {"schema": inline(route.body)}}}


def inline(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a body with everything in place: small, and the same in every framework's document."""
    schema = model.model_json_schema(ref_template=REFERENCE)
    resolved: dict[str, Any] = _resolved(schema, schema.pop("$defs", {}))
    return resolved


def _resolved(schema: Any, known: Mapping[str, Any]) -> Any:
    """With what it refers to in place, if that is given, and without defaults of null, which say nothing."""
    if isinstance(schema, list):
        return [_resolved(item, known) for item in schema]  # pyright: ignore[reportUnknownVariableType] - JSON
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] - JSON
    if isinstance(reference, str) and known:
        return _resolved(known[reference.rpartition("/")[2]], known)
    return {key: _resolved(value, known) for key, value in schema.items() if value is not None}  # pyright: ignore[reportUnknownVariableType] - JSON
