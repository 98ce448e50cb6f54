"""The offline routes answer what the OpenAPI document says, to the last field: real answers of a real engine, held against it.

Each answer must fit its schema, be what the engine said, and fit no longer when a field is taken from it that the schema
does not call optional, or one is added: what a phone's types promise is there, and nothing else.
"""

from __future__ import annotations

import copy
from typing import Any

import attrs
import jsonschema
import orjson
import pytest

from amocrm_sync import AsyncAmoCRM
from amocrm_sync.handlers import AsyncCRMHandlers, Principal, Request
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.sync import AsyncSyncEngine, SyncConfig
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio

RULES = {"leads.price": "remote", "leads.name": "local", "leads.responsible_user_id": "manual"}
OPEN = ("fields", "base", "yours", "theirs")
"""What is in these, the host's data decide."""
MAPS = ("changes",)
"""Their keys are names of entities."""
SURPRISE = "surprise"
OPTIONAL = {"mine", "expected"}
OPTIONAL_OF_RESULTS = {"conflicts", "record", "reason"}
"""Optional in some results; those in which they are not are looked at by themselves."""


@attrs.define
class AsyncPhone:
    """A phone at a host, which looks at every answer through the document."""

    handlers: AsyncCRMHandlers
    engine: AsyncSyncEngine
    document: dict[str, Any]
    number: int = 0

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        """An answer that is as the document says."""
        path, _, query = path.partition("?")
        described = self.document["paths"][f"/api/sync/{path}"][method.lower()]
        if body is not None:
            self.valid(body, described["requestBody"]["content"]["application/json"]["schema"])
        headers = {"Content-Type": "application/json"}
        sent = b"" if body is None else orjson.dumps(body)
        answer = await self.handlers.handle(Request(method, f"/api/sync/{path}", query, headers, sent))
        assert answer.status == status, answer.body
        [content] = described["responses"][str(status)]["content"].values()
        told = answer.json()
        self.valid(told, content["schema"])
        schema = self._validator(content["schema"])
        for name, changed in spoiled(told):
            assert not schema.is_valid(changed), f"{path}: the document does not insist on {name}"
        return told

    async def send(self, *edits: dict[str, Any], status: int = 200) -> dict[str, Any]:
        """Edits of leads, and what has become of them."""
        mutations = [{"entity": "leads", **edit} for edit in edits]
        return await self.ask("POST", "outgoing", {"client_id": "phone", "mutations": mutations}, status)

    def edit(self, op: str, uid: str, fields: Any = None, base: Any = None, **more: Any) -> dict[str, Any]:
        """The next edit."""
        self.number += 1
        given = {name: value for name, value in (("fields", fields), ("base", base)) if value is not None}
        return {"id": self.number, "uid": uid, "op": op, **given, **more}

    def valid(self, told: Any, schema: dict[str, Any]) -> None:
        """Hold something against a schema of the document."""
        self._validator(schema).validate(told)

    def fits(self, told: Any, schema: dict[str, Any]) -> bool:
        """Whether it would pass."""
        return self._validator(schema).is_valid(told)

    def _validator(self, schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator({**schema, "components": self.document["components"]})


def spoiled(told: Any):
    """The same answer with one field too few, for each that no schema calls optional, or with one too many."""
    for path in places(told):
        changed = copy.deepcopy(told)
        node = changed
        for step in path[:-1]:
            node = node[step]
        if path[-1] == SURPRISE:
            node[SURPRISE] = 1
        elif path[-1] in OPTIONAL or (path[0] == "results" and path[-1] in OPTIONAL_OF_RESULTS):
            continue
        else:
            del node[path[-1]]
        yield ".".join(map(str, path)), changed


def places(told: Any, at: tuple[Any, ...] = ()):
    """Where each field of an answer stands, and where a surprise could; of several alike, the first two."""
    if isinstance(told, list):
        for index, item in enumerate(told[:2] if at[0] != "results" else told):
            yield from places(item, (*at, index))
    elif isinstance(told, dict) and (not at or at[-1] not in OPEN):
        is_map = bool(at) and at[-1] in MAPS
        yield from () if is_map else ((*at, name) for name in (*told, SURPRISE))
        for name, value in told.items():
            yield from places(value, (*at, name))


@pytest.fixture
async def phone():
    """A phone at a host that has copied an account of seven leads."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock)
    emulator.seed_account(leads=7, pipelines=1)
    token, http = emulator.long_lived_token(), emulator.http_client()
    config = SyncConfig(entities=("contacts", "leads"), marker=None, conflicts=RULES)
    async with AsyncAmoCRM("demo", token=token, http_client=http, clock=clock) as amo:
        engine = AsyncSyncEngine(amo, AsyncMemorySyncStore(), config=config, clock=clock)
        await engine.pull()
        yield at_host(engine)


def at_host(engine: AsyncSyncEngine) -> AsyncPhone:
    """A phone of Anna's."""
    handlers = AsyncCRMHandlers(
        engine=engine,
        shared=True,
        groups=("offline",),
        authenticate=lambda _: Principal(id="anna", role="user"),
    )
    return AsyncPhone(handlers, engine, handlers.openapi())


async def test_a_snapshot_of_several_pages(phone):
    page, query = None, "initial?client_id=phone&limit=4"
    pages = []
    while page is None or page["next"]:
        page = await phone.ask("GET", query if page is None else f"{query}&page={page['next']}")
        pages.append(page)
    whole = await phone.engine.offline.initial(user="anna", client_id="phone", limit=1000)
    assert len(pages) >= 3
    for entity, part in whole["changes"].items():
        told = [row for page in pages for row in page["changes"].get(entity, {"created": []})["created"]]
        assert told == part["created"], "the rows are the engine's own, with nothing added or taken away"
    assert pages[-1]["cursor"] == whole["cursor"]


async def test_changes_of_every_kind(phone):
    first, second, third = [lead.uid for lead in await phone.engine.records.leads.list(limit=3)]
    nameless = (await phone.ask("GET", "initial?limit=1000"))["cursor"]
    assert (await phone.ask("GET", f"incremental?since={nameless}"))["last_mutation_id"] is None
    cursor = (await phone.ask("GET", "initial?client_id=phone&limit=1000"))["cursor"]
    assert (await phone.ask("GET", f"incremental?since={cursor}"))["last_mutation_id"] == 0
    await phone.send(
        phone.edit("create", "new_1", {"name": "A villa"}), phone.edit("update", first, {"price": 3})
    )
    await phone.engine.records.leads.update(second, price=9)
    await phone.engine.records.leads.create(name="Of somebody else")
    await phone.engine.records.leads.delete(third)
    changes = await phone.ask("GET", f"incremental?since={cursor}")
    part = changes["changes"]["leads"]
    assert {row["uid"]: row.get("mine") for row in part["updated"]} == {
        "new_1": True,
        first: True,
        second: None,
    }
    assert ([row["remote_id"] for row in part["created"]], part["deleted"]) == ([None], [third])
    assert part["updated"][0]["pending"]
    assert changes == await phone.engine.offline.incremental(user="anna", since=cursor, client_id="phone")
    assert (await phone.ask("GET", f"incremental?since={cursor}&limit=1"))["has_more"] is True


async def test_edits_with_every_end_and_their_repetitions(phone):
    first, second, third, fourth = [lead.uid for lead in await phone.engine.records.leads.list(limit=4)]
    await phone.engine.records.leads.update(first, name="b", price=2, responsible_user_id=2)
    await phone.engine.records.leads.delete(second)
    edits = [
        phone.edit("create", "new_1", {"name": "A villa", "price": 100}, at=1.5),
        phone.edit("update", first, {"name": "phone"}, {"name": "a"}),
        phone.edit("update", first, {"price": 9}, {"price": 1}),
        phone.edit("update", first, {"responsible_user_id": 3}, {"responsible_user_id": 1}),
        phone.edit("update", second, {"price": 9}),
        phone.edit("update", third, {"surprise": 9}),
        phone.edit("delete", fourth),
    ]
    ends = ["applied", "merged", "conflict", "held", "conflict", "rejected", "applied"]
    results = (await phone.send(*edits))["results"]
    assert [result["status"] for result in results] == ends
    _, merged, refused, held, gone, rejected, deleted = results
    assert [item["conflicts"][0]["resolution"] for item in (merged, refused, held)] == [
        "local",
        "remote",
        None,
    ]
    assert [item["conflicts"][0]["state"] for item in (merged, refused, held)] == ["auto", "auto", "open"]
    assert (held["conflicts"][0]["yours"], held["conflicts"][0]["theirs"]) == (3, 2)
    assert (gone["record"], "conflicts" in gone) == ({"uid": second, "deleted": True}, False)
    assert ("surprise" in rejected["reason"], rejected["version"]) == (True, 0)
    assert deleted.keys() == {"id", "entity", "uid", "op", "status", "version"}

    again = await phone.send(*edits)
    assert [result["status"] for result in again["results"]] == ["duplicate"] * 7
    assert [result["was"] for result in again["results"]] == ends
    assert again["results"][4]["record"] == gone["record"]
    assert again["results"][5]["reason"] == rejected["reason"]
    own = await phone.engine.offline.outgoing(
        user="anna", client_id="phone", mutations=[{"entity": "leads", **edit} for edit in edits]
    )
    assert again == own


async def test_an_edit_whose_end_is_forgotten(phone):
    edits = [phone.edit("delete", "nobody") for _ in range(501)]
    await phone.engine.offline.outgoing(
        user="anna", client_id="phone", mutations=[{"entity": "leads", **edit} for edit in edits]
    )
    [result] = (await phone.send(edits[0]))["results"]
    assert (result["status"], result["was"]) == ("duplicate", None)


@pytest.mark.parametrize("status", ["merged", "held", "conflict", "rejected"])
async def test_a_result_brings_what_its_end_needs(phone, status):
    """What is optional in one kind of result is not so in another."""
    result = {"id": 1, "entity": "leads", "uid": "u", "op": "update", "status": status, "version": 1}
    row = {"uid": "u", "remote_id": None, "version": 1, "pending": [], "fields": {}}
    parts = {"merged": ("conflicts", "record"), "held": ("conflicts", "record"), "conflict": ("record",)}
    given = {"conflicts": [], "record": row, "reason": "because"}
    needed = parts.get(status, ("reason",))
    schema = {"$ref": "#/components/schemas/OfflineTaken"}

    def told(*names):
        whole = result | {name: given[name] for name in names}
        return {"results": [whole], "last_mutation_id": 1, "version": 1}

    assert phone.fits(told(*needed), schema)
    for name in needed:
        assert not phone.fits(told(*(each for each in needed if each != name)), schema)
    assert not phone.fits(told(*needed, "record" if status == "rejected" else "reason"), schema)


async def test_where_the_data_and_a_device_stand(phone):
    assert (await phone.ask("GET", "status"))["client"] is None
    stranger = (await phone.ask("GET", "status?client_id=phone"))["client"]
    assert (stranger["seen_at"], stranger["version"], stranger["behind"]) == (None, None, None)
    page = await phone.ask("GET", "initial?client_id=phone&limit=1000")
    await phone.send(
        phone.edit("create", "new_1", {"name": "A villa"}), phone.edit("update", "nobody", {"price": 1})
    )
    stands = await phone.ask("GET", "status?client_id=phone")
    assert stands == await phone.engine.offline.status(user="anna", client_id="phone")
    assert (stands["client"]["version"], stands["client"]["last_mutation_id"]) == (page["version"], 2)
    assert [row["state"] for row in stands["client"]["mutations"]] == ["accepted", "rejected"]
    await phone.engine.push()
    sent = (await phone.ask("GET", "status?client_id=phone"))["client"]["outgoing"]
    assert (sent["confirmed"], sent["rejected"]) == (1, 1)


async def test_a_host_without_a_crm():
    async with AsyncSyncEngine(None, AsyncMemorySyncStore()) as engine:
        phone = at_host(engine)
        page = await phone.ask("GET", "initial")
        await phone.send(
            phone.edit("create", "new_1", {"name": "A villa", "a_field_of_ours": {"any": [1, "x"]}})
        )
        changes = await phone.ask("GET", f"incremental?since={page['cursor']}&client_id=other")
        [row] = changes["changes"]["leads"]["created"]
        assert (row["fields"]["a_field_of_ours"], row["remote_id"]) == ({"any": [1, "x"]}, None)
        stands = await phone.ask("GET", "status?client_id=phone")
        assert (stands["initial_done"], stands["lag"]["last_sync"]) == (True, None)


async def test_what_a_device_has_to_do_first(phone):
    page = await phone.ask("GET", "initial")
    gap = await phone.send({"id": 3, "uid": "x", "op": "create"}, status=409)
    assert (gap["code"], gap["expected"]) == ("gap", 1)
    epoch = await phone.engine.offline.new_epoch()
    void = await phone.ask("GET", f"incremental?since={page['cursor']}", status=410)
    assert (void["must_refetch"], void["new_epoch"], void["start"]) == (True, epoch, "initial")
