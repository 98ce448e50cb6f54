"""Bots: they are drawn in the account's pages; the API lists, runs and stops them."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, invalid, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import ListRule, ids, texts
from amocrm_sync.testing.emulator.rules.shapes import object_of, rows_of
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_RUNS: Final = 100
_RULE: Final = ListRule(
    filters={"id": ids("id"), "type_functionality": texts("type_functionality")}, with_=("favorite",)
)
_ENTITIES: Final = ("leads", "contacts", "customers")
_NUMBERS: Final = {1: "contacts", 2: "leads"}
_ACCEPTED: Final = Response(status=202)


def list_bots(visit: Visit) -> Response:
    """One page, under the key ``items``."""
    return tables.page(visit, "items", visit.state.bots, _shown, rule=_RULE)


def get_bot(visit: Visit) -> Response:
    """One bot."""
    return hal.document(_shown(visit, tables.found(visit.state.bots, visit.id)))


def run(visit: Visit) -> Response:
    """Start a bot for one entity."""
    _start(visit, *_target(visit))
    return _ACCEPTED


def run_many(visit: Visit) -> Response:
    """Start bots for several entities."""
    for _, (bot_id, entity, entity_id) in checked(
        rows_of(visit.body, most=MAX_RUNS), lambda body: _check(visit, body, body.get("bot_id"))
    ):
        _start(visit, bot_id, entity, entity_id)
    return _ACCEPTED


def stop(visit: Visit) -> Response:
    """Stop a bot for one entity; one that does not run is no error."""
    visit.state.bot_runs.discard(_target(visit))
    return _ACCEPTED


def run_v2(visit: Visit) -> Response:
    """Start bots the old way: kinds of entities are numbers."""
    rows = rows_of(visit.body, most=MAX_RUNS)
    named = [{**row, "entity_type": _NUMBERS.get(_number(row.get("entity_type")))} for row in rows]
    for _, (bot_id, entity, entity_id) in checked(
        named, lambda body: _check(visit, body, body.get("bot_id"))
    ):
        _start(visit, bot_id, entity, entity_id)
    return hal.plain({"success": True})


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else 0


def _start(visit: Visit, bot_id: int, entity: str, entity_id: int) -> None:
    """The bot begins, and waits at its step that asks a widget."""
    visit.state.bot_runs.add((bot_id, entity, entity_id))
    visit.state.bot_waits.append(("salesbot", str(bot_id), str(entity_id)))


def _target(visit: Visit) -> tuple[int, str, int]:
    if visit.state.bots.live(visit.id) is None:
        raise not_found("Bot not found")
    target, faults = _check(visit, object_of(visit.body), visit.id)
    if faults:
        raise invalid({"0": faults})
    return target


def _check(visit: Visit, body: Row, bot_id: object) -> tuple[tuple[int, str, int], list[Fault]]:
    bot, entity = visit.state.bots.live(bot_id), body.get("entity_type")
    faults: list[Fault] = []
    if bot is None:
        faults.append(Fault("NotSupportedChoice", "bot_id"))
    if entity not in _ENTITIES:
        faults.append(Fault("NotSupportedChoice", "entity_type"))
    elif visit.state.cards[str(entity)].live(body.get("entity_id")) is None:
        faults.append(Fault("EntityNotFound", "entity_id"))
    if faults or bot is None:
        return (0, "", 0), faults
    return (bot["id"], str(entity), int(body["entity_id"])), []


def _shown(visit: Visit, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    if "favorite" in visit.query.with_:
        shown["is_favorite"] = row["_is_favorite"]
    return {**shown, "_links": {"self": hal.link(visit.href(f"/api/v4/bots/{row['id']}"))}}


_PATH: Final = "/api/v4/bots"
ROUTES: Final = (
    Route("bots.list", "GET", _PATH, list_bots),
    Route("bots.get", "GET", f"{_PATH}/{{id}}", get_bot),
    Route("bots.run", "POST", f"{_PATH}/{{id}}/run", run),
    Route("bots.run_many", "POST", f"{_PATH}/run", run_many),
    Route("bots.stop", "POST", f"{_PATH}/{{id}}/stop", stop),
    Route("salesbot.run_v2", "POST", "/api/v2/salesbot/run", run_v2),
)
