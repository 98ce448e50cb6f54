"""A scripted server for tests of the client: answers from a list, and remembers what arrived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

from amocrm_sync._http import NoAnswerError, in_process_client


@attrs.frozen
class Sent:
    """One request as it arrived."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        return self.headers["authorization"].removeprefix("Bearer ")


@attrs.frozen
class Answer:
    """What the server says."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = attrs.field(factory=dict)

    def render(self) -> tuple[int, list[tuple[str, str]], bytes]:
        content = (
            self.body
            if self.body is not None
            else b""
            if self.json is None
            else json.dumps(self.json).encode()
        )
        kind = "application/json" if self.status < 400 else "application/problem+json"
        headers = {"content-type": kind, **self.headers}
        return self.status, list(headers.items()), content


LOST = object()
"""The server takes the request and its answer never arrives."""


class Wire:
    """A server that gives the scripted answers in turn; a function decides where the script has ended."""

    def __init__(self, *script: Any, otherwise: Callable[[Sent], Answer] | None = None) -> None:
        self.script = list(script)
        self.otherwise = otherwise
        self.sent: list[Sent] = []

    def client(self, family: str | None = None) -> Any:
        return in_process_client(self._answer, family)

    def _answer(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        sent = Sent(method, url, headers, body)
        self.sent.append(sent)
        if self.script:
            answer = self.script.pop(0)
        elif self.otherwise is not None:
            answer = self.otherwise(sent)
        else:
            raise AssertionError(f"nobody expected {method} {url}")
        if answer is LOST:
            raise NoAnswerError("the answer was lost")
        if callable(answer):
            answer = answer(sent)
        return answer.render()


def hal(key: str, rows: Iterable[dict[str, Any]], *, next_url: str | None = None) -> dict[str, Any]:
    """A HAL page."""
    links: dict[str, Any] = {"self": {"href": "https://demo.amocrm.ru/"}}
    if next_url is not None:
        links["next"] = {"href": next_url}
    return {"_page": 1, "_links": links, "_embedded": {key: list(rows)}}


def problem(status: int, detail: str = "no", **more: Any) -> Answer:
    """A problem+json answer."""
    return Answer(status, {"title": f"Problem {status}", "status": status, "detail": detail, **more})
