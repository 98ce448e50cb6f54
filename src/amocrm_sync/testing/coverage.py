"""Which method serves which endpoint, found by really sending each call to a transport that writes it down.

``python -m amocrm_sync.testing.coverage`` prints a table, ``--json`` the rows ``{"id", "method", "http", "path"}``.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import attrs

from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.shapes import is_array
from amocrm_sync._http import in_process_client
from amocrm_sync._sync.client import AmoCRM
from amocrm_sync._sync.flow import OAuthFlow
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.stores import MemoryTokenStore
from amocrm_sync.testing.coverage_calls import CALLS, REASONS, SDK_REASONS, Row

__all__ = ["Covered", "Endpoint", "Recorder", "endpoints", "main", "problems", "sdk_surface", "survey"]

_ENTITY = r"(?:leads|contacts|companies|customers(?:/segments)?|catalogs/\d+)"
_UPLOAD = "{upload_url} then {next_url}"
_DRIVE = "https://drive-b.amocrm.ru"


@attrs.frozen
class Endpoint:
    """One endpoint of the API, as the facts have it."""

    id: str
    http: str
    host: str
    path: str

    def is_reached_by(self, http: str, path: str) -> bool:
        """Whether a request goes to it."""
        if http != self.http:
            return False
        if self.path == _UPLOAD:
            return path.startswith("/v1.0/sessions/upload/")
        return re.fullmatch(_pattern(self.path), path) is not None


@attrs.frozen
class Covered:
    """One endpoint and the method that was seen to reach it."""

    id: str
    method: str
    http: str
    path: str


@attrs.define
class Recorder:
    """A server that takes everything and writes down what came.

    Attributes:
        sent: Method and path of each request.
        has_moved: Whether the account is at another address by now.
    """

    sent: list[tuple[str, str]] = attrs.field(factory=list[tuple[str, str]])
    has_moved: bool = False

    def client(self) -> Any:
        """A client of the HTTP library whose server this is."""
        return in_process_client(self._answer)

    def note(self, http: str, url: str) -> None:
        """Write down a request."""
        self.sent.append((http, urlsplit(url).path))

    def _answer(
        self, method: str, url: str, _headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        self.note(method, url)
        if self.has_moved and url == "https://demo.amocrm.ru/oauth2/access_token":
            return 404, [("content-type", "application/problem+json")], b'{"title": "Account not found"}'
        status = 202 if url.endswith("/oauth2/exchange_api_key") else 200
        return status, [("content-type", "application/json")], json.dumps(_reply(method, url, body)).encode()


def endpoints() -> list[Endpoint]:
    """Every endpoint of the API that the facts have, by id."""
    names = [field.name for field in attrs.fields(Endpoint)]
    rows = [Endpoint(**{name: row[name] for name in names}) for row in _data("endpoints.json")]
    return sorted(rows, key=lambda endpoint: endpoint.id)


def sdk_surface() -> dict[str, Any]:
    """What the official PHP SDK sends."""
    found: dict[str, Any] = _data("sdk_surface.json")
    return found


def survey(rows: Iterable[Row] = CALLS) -> list[Covered]:
    """Send each call and say which endpoint it reached.

    Raises:
        AssertionError: A call reached another endpoint than it claims, or none.
    """
    known = {endpoint.id: endpoint for endpoint in endpoints()}
    covered: list[Covered] = []
    for row in rows:
        recorder = Recorder()
        _call(row, _roots(recorder))
        covered.append(found(row, known, recorder.sent))
    return covered


def found(row: Row, known: dict[str, Endpoint], sent: Sequence[tuple[str, str]]) -> Covered:
    """The endpoint that a call reached.

    Raises:
        AssertionError: It reached another than it claims, or none.
    """
    endpoint = known.get(row.id)
    if endpoint is None:
        raise AssertionError(f"{row.id}: there is no such endpoint")
    if not any(endpoint.is_reached_by(http, path) for http, path in sent):
        raise AssertionError(
            f"{row.id}: {row.method} should send {endpoint.http} {endpoint.path}, it sent {sent}"
        )
    return Covered(row.id, row.method, endpoint.http, endpoint.path)


def problems(covered: Sequence[Covered]) -> list[str]:
    """What is missing, as lines for people."""
    have = {row.id for row in covered}
    every = endpoints()
    lines = [f"{item.id}: no method and no reason" for item in every if item.id not in have | REASONS.keys()]
    lines += [f"{key}: has a method and a reason against one" for key in REASONS.keys() & have]
    lines += [
        f"{key}: a reason for an endpoint that is not known" for key in REASONS.keys() - {e.id for e in every}
    ]
    for line in sdk_surface()["endpoints"]:
        if line not in SDK_REASONS and _of_sdk(line, every) is None:
            lines.append(f"official SDK, {line}: not among the endpoints, and no reason")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the coverage; 1 where something is missing."""
    parser = argparse.ArgumentParser(prog="python -m amocrm_sync.testing.coverage")
    parser.add_argument("--json", action="store_true", help="rows of id, method, http, path")
    chosen = parser.parse_args(arguments)
    logging.getLogger("amocrm_sync").addHandler(logging.NullHandler())  # the account that moves is meant to
    covered = survey()
    if chosen.json:
        print(json.dumps([attrs.asdict(row) for row in covered], indent=1))  # noqa: T201 - its purpose
    else:
        for row in covered:
            print(f"{row.id:32} {row.http:6} {row.path:60} {row.method}")  # noqa: T201 - its purpose
    missing = problems(covered)
    for line in missing:
        print(line)  # noqa: T201 - its purpose
    return 1 if missing else 0


def call_of(root: Any, row: Row) -> Callable[[], Any]:
    """The method of a row on its root, with its arguments."""
    target = root
    for name in row.method.split(".")[0 if _is_of_client(row) else 1 :]:
        target = getattr(target, name)
    return lambda: target(*row.args, **row.kwargs)


def _is_of_client(row: Row) -> bool:
    return row.method.partition(".")[0] not in ("OAuthFlow", "amojo")


def _call(row: Row, roots: Callable[[str], Any]) -> None:
    root = row.method.partition(".")[0]
    result = call_of(roots(root), row)()
    if isinstance(result, Pager):
        result.first()
    elif isinstance(result, BatchResult):
        result.raise_for_failures()


def _roots(recorder: Recorder) -> Callable[[str], Any]:
    """The client, its chats API, and the OAuth flow, each talking to the recorder."""
    options: dict[str, Any] = {"http_client": recorder.client()}

    def root(name: str) -> Any:
        if name == "OAuthFlow":
            return _Flow(recorder, options)
        client = AmoCRM("demo", token="t", limiter=None, retry=None, **options)  # noqa: S106 - no secret
        return client.amojo("channel", "secret") if name == "amojo" else client

    return root


class _Flow:
    """The OAuth flow; an address for a browser counts as sent, for nobody but a browser sends it."""

    def __init__(self, recorder: Recorder, options: dict[str, Any]) -> None:
        self._recorder = recorder
        self._flow = OAuthFlow("id", "secret", "https://example.com/cb", store=MemoryTokenStore(), **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._flow, name)

    def authorization_url(self, **options: Any) -> Any:
        """The address of the consent page."""
        request = self._flow.authorization_url(**options)
        self._recorder.note("GET", request.url)
        return request

    def refresh(self, owner: str) -> Any:
        """Renew the tokens of an account that has moved: then it is looked for."""
        self._flow.set_tokens(_ON_SHARD, "old", expires_in=86400, account="demo.amocrm.ru", owner=owner)
        self._recorder.has_moved = True
        return self._flow.refresh(owner)


_ON_SHARD = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"none"}', b'{"api_domain":"api-a.amocrm.ru"}', b"no signature")
)
"""A token that names the account's shard."""


def _reply(method: str, url: str, body: bytes) -> Any:
    """An answer that any method can read: rows come back as they went, with ids; else one object with everything."""
    path = urlsplit(url).path
    if path == "/v1.0/sessions":
        return {"session_id": 1, "upload_url": f"{_DRIVE}/v1.0/sessions/upload/t", "max_part_size": 1000}
    given = json.loads(body) if body[:1] in (b"[", b"{") else None
    if is_array(given) and method != "PUT" and urlsplit(url).hostname == "demo.amocrm.ru":
        rows: list[dict[str, Any]] = [{"id": 100 + place, **row} for place, row in enumerate(given)]
        return [{"id": row["id"]} for row in rows] if path.endswith("/complex") else rows
    return {
        "id": 1,
        "uuid": "f-1",
        "name": "x",
        "bonus_points": 5,
        "access_token": "a",
        "refresh_token": "r",
        "token_type": "Bearer",
        "expires_in": 86400,
        "server_time": 1_700_000_000,
        "drive_url": _DRIVE,
        "amojo_id": "account",
        "domain": "moved.amocrm.ru",
        "new_message": {"msgid": "m-1"},
    }


def _pattern(path: str) -> str:
    parts = re.split(r"(\{\w+\})", path)
    return "".join(
        _ENTITY if part == "{entity}" else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in parts
    )


def _of_sdk(line: str, every: Sequence[Endpoint]) -> Endpoint | None:
    """The endpoint that a line of the SDK's list means."""
    if line.startswith("POST <upload_url"):
        return next(item for item in every if item.path == _UPLOAD)
    http, _, rest = line.partition(" ")
    place = re.match(r"(?:https://\{[^}]*\})?/*(\S+)", rest)
    path = "/" + place[1] if place else ""
    path = path.replace("{entity_type}", "leads").replace("{id}", "1")
    return next((item for item in every if item.path != _UPLOAD and item.is_reached_by(http, path)), None)


def _data(name: str) -> Any:
    return json.loads(files("amocrm_sync.testing").joinpath(name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    raise SystemExit(main())
