"""What comes in and what goes out, free of any framework."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import attrs
import orjson

_SECRET_IN_PATH = re.compile(r"(/(?:webhook|amocrm)/)[^/]+")
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


def _query(value: str | Mapping[str, str | Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Every parameter with all its values."""
    if isinstance(value, str):
        return {name: tuple(found) for name, found in parse_qs(value, keep_blank_values=True).items()}
    return {name: (found,) if isinstance(found, str) else tuple(found) for name, found in value.items()}


def _headers(value: Mapping[str, str]) -> dict[str, str]:
    """Names in lower case: HTTP does not tell them apart."""
    return {name.lower(): text for name, text in value.items()}


def _upper(text: str) -> str:
    return text.upper()


def _masked(path: str) -> str:
    """A path as it may be shown: the secret of a webhook is a segment of it."""
    return repr(_SECRET_IN_PATH.sub(r"\1…", path))


@attrs.frozen
class Request:
    """A request as any framework can give it.

    Attributes:
        method: ``GET``, ``POST`` …, in any case.
        path: The path alone, decoded, e.g. ``/admin/crm/status``.
        query: The query string, or its parameters: name → value, or values.
        headers: Name → value, names in any case.
        body: The body as it came.
        client: Address of the peer, e.g. ``203.0.113.7``; without it nothing that depends on an address is let through.
    """

    method: str = attrs.field(converter=_upper)
    path: str = attrs.field(repr=_masked)
    query: Mapping[str, tuple[str, ...]] = attrs.field(
        factory=dict[str, tuple[str, ...]], converter=_query, repr=False
    )
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], converter=_headers, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    client: str | None = attrs.field(default=None, kw_only=True)

    def header(self, name: str) -> str | None:
        """A header by its name in lower case."""
        return self.headers.get(name)

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    def cookie(self, name: str) -> str | None:
        """The value of a cookie."""
        for part in (self.header("cookie") or "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()


@attrs.frozen
class Response:
    """An answer for any framework: status, headers, body.

    Attributes:
        status: HTTP status.
        headers: Name → value, one each.
        body: The body.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same with further headers; those that are set already stay."""
        return attrs.evolve(self, headers={**headers, **self.headers})


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, {"Content-Type": JSON, **(headers or {})}, orjson.dumps(value))


def redirect(url: str, headers: Mapping[str, str] | None = None) -> Response:
    """Send the browser elsewhere; nothing of it is kept by a cache."""
    return Response(302, {"Location": url, "Cache-Control": "no-store", **(headers or {})})
