"""amoCRM's side of a history: the emulator behind a wire that is slow, lossy and a little behind, and what it saw."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
import orjson
from simulation.loop import VirtualClock
from simulation.plan import Plan

from amocrm_sync._http import family
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.http import Request, Response

HOOK = "http://127.0.0.1:9/hook"
SETTINGS = [
    f"{action}_{entity}"
    for entity in ("lead", "contact", "task")
    for action in ("add", "update", "delete", "restore")
    if (entity, action) != ("task", "restore")
]
FIELDS = ("name", "price", "first_name", "text")
"""What is changed and compared."""
MARKER = "EXT_UID"
TIMEOUT = 30.0
_LOOKS = ("id]", "custom_fields_values", "query=", "filter[name]")
"""What a question has in it that looks for rows, or for their marks."""
_KEPT = 40.0
"""Seconds for which it is remembered what rows were like before."""


@attrs.define
class Write:
    """One row of a write request."""

    at: float
    by: str
    kind: str
    entity: str
    key: str
    fields: dict[str, Any]
    is_executed: bool = False
    is_answered: bool = False
    executed_at: float = 0.0
    before: dict[str, Any] = attrs.field(factory=dict)


@attrs.define
class Refresh:
    """One exchange of a refresh token."""

    at: float
    by: str
    token: str
    ended: float | None = None
    is_exchanged: bool = False
    is_answered: bool = False


class Account:
    """The emulator, and everything that ever happened to its rows."""

    def __init__(self, plan: Plan, clock: VirtualClock) -> None:
        self.plan = plan
        self.clock = clock
        self.random = Random(f"wire:{plan.seed}")
        self.emulator = Emulator(
            seed=plan.seed + 1,
            clock=clock,
            rate_limit=False,
            access_ttl=plan.token_life,
            filters_enabled=plan.filters,
        )
        self.is_rough = False
        self.banned_until = 0.0
        self.sent: list[float] = []
        self.writes: list[Write] = []
        self.refreshes: list[Refresh] = []
        self.looked_at: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self.titles: dict[tuple[str, Any], list[tuple[int, float]]] = {}
        self.values: dict[tuple[str, int, str], list[tuple[float, Any]]] = {}
        self.first_gone: dict[tuple[str, int], float] = {}
        self.last_gone: dict[tuple[str, int], float] = {}
        self._raw: dict[int, tuple[Any, Any]] = {}
        self._pasts: list[tuple[float, Any, int, dict[str, Any] | None]] = []
        self._long = self.emulator.long_lived_token()
        self.tables = {
            "leads": self.emulator.state.cards["leads"],
            "contacts": self.emulator.state.cards["contacts"],
            "tasks": self.emulator.state.tasks,
        }
        for entity, table in self.tables.items():
            self._watch(entity, table)
        for table in self.emulator.state.tags.values():
            self._watch_new(table)

    # the account's own people and machines

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A request of somebody else; it is answered at once."""
        answer = self.emulator.handle(
            Request(
                method=method,
                url=f"https://demo.amocrm.ru{path}",
                headers={"authorization": f"Bearer {self._long}", "content-type": "application/json"},
                body=b"" if body is None else orjson.dumps(body),
            )
        )
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return orjson.loads(answer.body) if answer.body else None

    def live(self, entity: str) -> dict[int, dict[str, Any]]:
        """The rows that are there, by id."""
        return {row["id"]: row for row in self.tables[entity].all()}

    def row(self, entity: str, row_id: int) -> dict[str, Any] | None:
        """A row as the API gives it by its address; ``None`` if it is gone."""
        return self.call("GET", f"/api/v4/{entity}/{row_id}") if row_id in self.live(entity) else None

    def count(self, what: str) -> None:
        """One more of something."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def merged(self, entity: str, lost: int, kept: int) -> None:
        """A person has made one row of two: what the lost one had was to be seen, and lives on as the other's past."""
        for field in FIELDS:
            had = self.values.get((entity, lost, field), [])
            self.values.setdefault((entity, kept, field), []).extend(had)

    # the past

    def _watch(self, entity: str, table: Any) -> None:
        """Remember what rows were like, for lists that are behind and for the checks."""
        add, change, drop = table.add, table.change, table.drop
        self._raw[id(table)] = (add, drop)

        def adding(row: Any) -> Any:
            if row["id"] not in table.rows:
                self._before(table, row["id"])
                title = row.get("name") or row.get("text")
                self.titles.setdefault((entity, title), []).append((row["id"], self.clock.now()))
            added = add(row)
            self._after(entity, table, row["id"])
            return added

        def changing(row_id: int, changes: Any) -> Any:
            self._before(table, row_id)
            row = change(row_id, changes)
            self._after(entity, table, row_id)
            return row

        def dropping(row_id: int) -> Any:
            self._before(table, row_id)
            row = drop(row_id)
            self._after(entity, table, row_id)
            return row

        table.add, table.change, table.drop = adding, changing, dropping

    def _watch_new(self, table: Any) -> None:
        """Remember when tags came up: their directory is behind as well."""
        add = table.add
        self._raw[id(table)] = (add, table.drop)

        def adding(row: Any) -> Any:
            self._before(table, row["id"])
            return add(row)

        table.add = adding

    def _before(self, table: Any, row_id: int) -> None:
        now = self.clock.now()
        self._pasts.append((now, table, row_id, copy.deepcopy(table.rows.get(row_id))))
        while self._pasts[0][0] < now - _KEPT:
            self._pasts.pop(0)

    def _after(self, entity: str, table: Any, row_id: int) -> None:
        row, now = table.live(row_id), self.clock.now()
        if row is None:
            self.last_gone[entity, row_id] = float("inf")
            self.first_gone.setdefault((entity, row_id), now)
            return
        if self.last_gone.get((entity, row_id)) == float("inf"):
            self.last_gone[entity, row_id] = now
        for field in FIELDS:
            if field in row:
                self.values.setdefault((entity, row_id, field), []).append((now, row[field]))

    @contextmanager
    def _as_of(self, moment: float) -> Iterator[None]:
        """The tables as they were at a moment of the last seconds."""
        first: dict[tuple[int, int], tuple[Any, dict[str, Any] | None]] = {}
        for at, table, row_id, row in self._pasts:
            if at > moment:
                first.setdefault((id(table), row_id), (table, row))
        now: list[tuple[Any, int, dict[str, Any] | None]] = []
        for (_, row_id), (table, row) in first.items():
            now.append((table, row_id, table.rows.get(row_id)))
            self._put(table, row_id, copy.deepcopy(row))
        try:
            yield
        finally:
            for table, row_id, row in now:
                self._put(table, row_id, row)

    def _put(self, table: Any, row_id: int, row: dict[str, Any] | None) -> None:
        add, drop = self._raw[id(table)]
        if row_id in table.rows:
            drop(row_id)
        if row is not None:
            add(row)

    # the wire

    def draw(self, path: str) -> str:
        """What happens to a request."""
        plan, chance = self.plan, self.random.random()
        if not self.is_rough:
            return ""
        if path.startswith("/oauth2/"):
            return "lose" if chance < plan.lose_refresh else ""
        for name in ("refuse", "unsent", "lose", "late_error", "limited", "ban"):
            rate = getattr(plan, name)
            if chance < rate:
                return name
            chance -= rate
        return ""

    def execute(self, request: Request, fault: str) -> Response | None:
        """The server's side of a request; ``None`` where no answer is sent."""
        now = self.clock.now()
        if fault == "ban" and self.banned_until <= now:
            self.banned_until = now + self.random.uniform(5.0, 20.0)
            self.count("bans")
        if self.banned_until > now and self.is_rough and not request.path.startswith("/oauth2/"):
            return Response(status=403, headers=(("content-type", "text/html"),), body=b"<h1>403</h1>")
        if fault == "refuse":
            self.count("refused")
            return Response(
                status=self.random.choice((500, 502, 503, 504)),
                headers=(("content-type", "text/html"),),
                body=b"<h1>gone</h1>",
            )
        if fault == "limited":
            self.count("limited")
            return Response(status=429, headers=(("retry-after", "1"),), body=b"")
        lag = self._lag(request)
        with self._as_of(now - lag) if lag else nullcontext():
            answer = self._handle(request)
        if fault == "lose":
            self.count("lost answers")
            return None
        if fault == "late_error":
            self.count("lost answers")
            return Response(status=502, headers=(("content-type", "text/html"),), body=b"<h1>502</h1>")
        return answer

    def _handle(self, request: Request) -> Response:
        """The emulator's answer; where creates are marked by a tag, it lets nobody make a field."""
        if self.plan.mark == "tag" and request.method == "POST" and request.path.endswith("/custom_fields"):
            return Response(status=403, headers=(("content-type", "application/problem+json"),), body=b"{}")
        return self.emulator.handle(request)

    def _lag(self, request: Request) -> float:
        """How far a list is behind: by filters and pages it is, by ids and addresses not."""
        if request.method != "GET" or not self.is_rough or not self.plan.list_lag:
            return 0.0
        if request.path.rpartition("/")[2] not in (*self.tables, "tags") or "filter[id]" in _readable(
            request.query
        ):
            return 0.0
        return self.random.uniform(0.0, self.plan.list_lag)


class Wire(family().AsyncClient):  # type: ignore[misc]  # the base is chosen at run time
    """The HTTP client of one machine. A request that is on its way arrives even if its sender is dead by then."""

    def __init__(self, account: Account, machine: Any) -> None:
        super().__init__(transport=family().MockTransport(self._unused))
        self._account = account
        self._machine = machine

    @staticmethod
    def _unused(_request: Any) -> Any:
        raise AssertionError("every request is answered before it comes to a transport")

    async def request(self, method, url, *, headers, content, extensions, **_options):
        account, machine = self._account, self._machine
        path = urlsplit(url).path
        is_refresh = path.startswith("/oauth2/")
        if not is_refresh:
            account.sent.append(account.clock.now())
        await machine.point("send", may_stall=not is_refresh)
        if "trace" in extensions:
            await extensions["trace"]("http11.send_request_headers.started", {})
        asked = Request(
            method=method,
            url=url,
            headers={name.lower(): value for name, value in headers.items()},
            body=content or b"",
        )
        fault = account.draw(path)
        machine.tell(f"{method} {_readable(url).partition('.ru')[2][:160]} {fault}")
        if fault == "unsent":
            raise family().ConnectError("the server could not be reached")
        answer = await self._answer(asked, fault)
        await machine.point("answer")
        if answer is None:
            raise family().ReadTimeout("no answer")
        machine.tell(f"  {answer.status}")
        return _Answer(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)

    async def _answer(self, asked: Request, fault: str) -> Response | None:
        account, loop = self._account, asyncio.get_running_loop()
        there, back = (account.random.uniform(0.01, account.plan.latency / 2) for _ in range(2))
        if fault == "lose":
            back = TIMEOUT
        notes = _noted(account, asked, self._machine.name)
        arrived: asyncio.Future[Response | None] = loop.create_future()

        def arrive() -> None:
            for note in notes:
                _look_before(account, note)
            answer = account.execute(asked, fault)
            for note in notes:
                _executed(account, note, answer, fault)
            loop.call_later(back, come_back, answer)

        def come_back(answer: Response | None) -> None:
            if not arrived.done():
                arrived.set_result(answer)

        loop.call_later(there, arrive)
        answer = await arrived
        for note in notes:
            note.is_answered = answer is not None and answer.status < 500
            if isinstance(note, Refresh):
                note.ended = account.clock.now()
        return answer


class _Answer(NamedTuple):
    """What is read of an answer; the HTTP library's own takes ten times as long to make."""

    status_code: int
    headers: dict[str, str]
    content: bytes


def _readable(url: str) -> str:
    return unquote(url) if "%" in url else url


def _noted(account: Account, asked: Request, by: str) -> list[Any]:
    """What the checks must know of a request, noted as it leaves."""
    path, now = asked.path, account.clock.now()
    if path.startswith("/oauth2/"):
        note = Refresh(now, by, orjson.loads(asked.body).get("refresh_token", ""))
        account.refreshes.append(note)
        return [note]
    entity = path.rpartition("/")[2]
    if asked.method == "GET":
        query = _readable(asked.query)
        if any(word in query for word in _LOOKS):
            for name, values in parse_qs(query).items():
                if any(word.rstrip("=") in name for word in _LOOKS):
                    account.looked_at.update((value.removeprefix(f"{MARKER} "), now) for value in values)
        if entity.isdigit():
            account.looked_at[entity] = now
        return []
    if asked.method not in ("POST", "PATCH") or entity not in account.tables:
        return []
    found = []
    for item in orjson.loads(asked.body):
        fields = {name: item[name] for name in FIELDS if name in item}
        marks = [value["values"][0]["value"] for value in item.get("custom_fields_values") or ()]
        marks += [tag["name"].removeprefix(f"{MARKER} ") for tag in item.get("tags_to_add") or ()]
        key = str(item["id"]) if asked.method == "PATCH" else (marks or [""])[0]
        found.append(Write(now, by, asked.method, entity, key, fields))
    account.writes += found
    return found


def _look_before(account: Account, note: Any) -> None:
    """What a write is about to replace."""
    if isinstance(note, Write) and note.kind == "PATCH":
        row = account.tables[note.entity].live(int(note.key)) or {}
        note.before = {name: row.get(name) for name in note.fields}


def _executed(account: Account, note: Any, answer: Response | None, fault: str) -> None:
    took = fault in ("lose", "late_error") or (answer is not None and answer.status < 300)
    if isinstance(note, Refresh):
        note.is_exchanged = took
    else:
        note.is_executed = took
        note.executed_at = account.clock.now()
