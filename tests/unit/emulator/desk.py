"""A desk to test the emulator from: an account with a clock of its own, and requests in one line."""

from __future__ import annotations

from typing import Any

import attrs
import orjson

from amocrm_sync._core.form import parse_brackets
from amocrm_sync.testing import Emulator, ManualClock
from amocrm_sync.testing.emulator.http import Request

ORIGIN = "https://demo.amocrm.ru"


@attrs.frozen
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def rows(self, key: str) -> list[dict[str, Any]]:
        assert self.status in (200, 201), self.body
        return self.json["_embedded"][key]

    def ids(self, key: str) -> list[int]:
        return [] if self.status == 204 else [row["id"] for row in self.rows(key)]

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """Validation faults: request_id, path, code."""
        assert self.status == 400, (self.status, self.body)
        return [
            (report["request_id"], fault["path"], fault["code"])
            for report in self.json["validation-errors"]
            for fault in report["errors"]
        ]


class Desk:
    """An emulator without rate limit and an administrator's token."""

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.emu = Emulator(**{"clock": self.clock, "rate_limit": False, **options})
        self.token = self.emu.long_lived_token()
        self.origin = ORIGIN

    @property
    def now(self) -> int:
        return int(self.clock.now())

    def send(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        named = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = raw if raw is not None else b"" if body is None else orjson.dumps(body)
        url = path if "://" in path else self.origin + path
        response = self.emu.handle(Request(method=method, url=url, headers=named, body=data))
        return Answer(response.status, {key.lower(): value for key, value in response.headers}, response.body)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", f"/api/v4/{path}", **headers)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", f"/api/v4/{path}", body)

    def patch(self, path: str, body: Any) -> Answer:
        return self.send("PATCH", f"/api/v4/{path}", body)

    def delete(self, path: str, body: Any = None) -> Answer:
        return self.send("DELETE", f"/api/v4/{path}", body)

    def make(self, path: str, *bodies: dict[str, Any]) -> list[int]:
        """Create rows by POST; their ids."""
        return self.post(path, list(bodies)).ids(path.rpartition("/")[2])

    def lead(self, **fields: Any) -> int:
        return self.make("leads", fields)[0]

    def contact(self, **fields: Any) -> int:
        return self.make("contacts", fields)[0]

    def company(self, **fields: Any) -> int:
        return self.make("companies", fields)[0]

    def field(self, entity: str, kind: str, **more: Any) -> int:
        body = {"name": kind, "type": kind, **more}
        return self.make(f"{entity}/custom_fields", body)[0]

    def walk(self, path: str, key: str) -> list[int]:
        """Every id of a list, by following ``_links.next``."""
        found: list[int] = []
        answer = self.get(path)
        while answer.status == 200:
            found += answer.ids(key)
            following = answer.json["_links"].get("next")
            if following is None:
                break
            answer = self.send("GET", following["href"])
        return found

    def subscribe(self, *settings: str, destination: str = "http://127.0.0.1:9/hook") -> None:
        assert self.post("webhooks", {"destination": destination, "settings": list(settings)}).status == 201

    def hooks(self) -> list[tuple[str, dict[str, Any]]]:
        """Webhooks that wait: setting and decoded body."""
        return [(item.event, parse_brackets(item.body)) for item in self.emu.webhooks.drain()]
