# Generated from tests/contract/_async/test_sync_offline.py by tools/unasync.py: edit that file instead.
"""The offline protocol from a device's side: with a CRM behind it and without, over memory and SQLite."""

from __future__ import annotations

import pytest
from contract._sync.sync_remote import FakeRemote

from amocrm_sync.errors import ConfigurationError, MustRefetch, MutationGap, PullFirst
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import (
    OfflineRules,
    OpState,
    SyncConfig,
    SyncEngine,
    close_deleted,
    tag_deleted,
)

pytestmark = pytest.mark.anyio

OWN = {"leads": {"responsible_user_id": [7]}, "contacts": {}}


@pytest.fixture
def store():
    return MemorySyncStore()


@pytest.fixture(params=["memory", "sqlite"])
def any_store(request, tmp_path):
    """For what depends on how a store orders, filters and rolls back."""
    if request.param == "memory":
        yield MemorySyncStore()
        return
    store = SQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    yield store
    store.close()


def edit(number, op, uid, *fields_and_base, **more):
    fields, base = (*fields_and_base, None, None)[:2]
    return {
        "id": number,
        "entity": "leads",
        "uid": uid,
        "op": op,
        "fields": fields or {},
        "base": base,
        **more,
    }


def local(store, world, **config):
    return SyncEngine(None, store, config=SyncConfig(**config), clock=world)


def connected(store, world, **config):
    settings = SyncConfig(entities=("contacts", "leads"), marker=None, **config)
    return SyncEngine(None, store, config=settings, clock=world, remote=FakeRemote(world))


def parts(answer, entity="leads"):
    part = answer["changes"].get(entity, {"created": [], "updated": [], "deleted": []})
    return [row["uid"] for row in part["created"]], [row["uid"] for row in part["updated"]], part["deleted"]


def statuses(engine, *edits, client_id="phone"):
    answer = engine.offline.outgoing(client_id=client_id, mutations=edits)
    return [result["status"] for result in answer["results"]]


def test_a_snapshot_comes_in_pages_and_its_changes_after_it(any_store, world):
    engine = local(any_store, world)
    for number in range(7):
        engine.records.leads.create(name=f"lead {number}")
    page = engine.offline.initial(entities=["leads"], limit=3)
    seen, sizes = [], []
    engine.records.leads.create(name="made meanwhile")
    while True:
        created, _, _ = parts(page)
        seen += created
        sizes.append(len(created))
        assert (page["next"] is None) != (page["cursor"] is None)
        if page["cursor"]:
            break
        page = engine.offline.initial(page=page["next"], limit=3)
    assert max(sizes) == 3
    assert len(set(seen)) == len(seen) == 8
    changes = engine.offline.incremental(since=page["cursor"])
    assert len(parts(changes)[0]) == 1
    assert (engine.offline.incremental(since=changes["cursor"]))["changes"] == {}


def test_a_transaction_is_never_torn_by_a_page(any_store, world):
    for number in range(9):
        world.add("leads", responsible_user_id=number)
    engine = connected(any_store, world)
    start = (engine.offline.initial(entities=["leads"]))["cursor"]
    engine.pull(["leads"])
    engine.records.leads.update(1, price=5)
    answer = engine.offline.incremental(since=start, limit=2)
    assert len(parts(answer)[0]) == 8  # the pull's one transaction, but for the lead changed since
    assert answer["has_more"]
    answer = engine.offline.incremental(since=answer["cursor"], limit=2)
    assert len(parts(answer)[0]) == 1
    assert not answer["has_more"]


def test_each_edit_is_taken_once_and_known_as_ones_own(any_store, world):
    engine = local(any_store, world)
    start = (engine.offline.initial(client_id="phone"))["cursor"]
    create = edit(1, "create", "my-lead_1", {"name": "A villa", "price": 1})
    assert statuses(engine, create) == ["applied"]
    assert statuses(engine, create, edit(2, "update", "my-lead_1", {"price": 2}, {"price": 1})) == [
        "duplicate",
        "applied",
    ]
    changes = engine.offline.incremental(since=start)
    [row] = changes["changes"]["leads"]["updated"]
    assert (row["uid"], row["mine"], row["fields"]["price"]) == ("my-lead_1", True, 2)
    assert changes["last_mutation_id"] == 2
    other = engine.offline.incremental(since=start, client_id="phone")
    assert parts(other)[0] == []
    with pytest.raises(MutationGap) as caught:
        statuses(engine, edit(4, "delete", "my-lead_1"))
    assert caught.value.expected == 3
    assert (engine.records.leads.get("my-lead_1"))["price"] == 2


def test_what_both_sides_changed_is_decided_by_the_hosts_rules(store, world):
    rules = {"leads.price": "remote", "leads.name": "local", "leads.pipeline_id": "manual"}
    engine = local(store, world, conflicts=rules)
    statuses(engine, edit(1, "create", "x", {"name": "a", "price": 1, "pipeline_id": 1}))
    engine.records.leads.update("x", name="b", price=2, pipeline_id=2)
    answer = engine.offline.outgoing(
        client_id="phone",
        mutations=[
            edit(2, "update", "x", {"name": "phone"}, {"name": "a"}),
            edit(3, "update", "x", {"price": 9}, {"price": 1}),
            edit(4, "update", "x", {"pipeline_id": 9}, {"pipeline_id": 1}),
            edit(5, "update", "x", {"price": 3}, {"price": 2}),
        ],
    )
    assert [result["status"] for result in answer["results"]] == ["merged", "conflict", "held", "applied"]
    assert answer["results"][1]["record"]["fields"]["price"] == 2
    [held] = engine.conflicts.list("open")
    assert (held.local, held.remote) == (9, 2)
    engine.conflicts.resolve(held.id, "local", by="anna")
    record = engine.records.leads.get("x")
    assert (record["name"], record["price"], record["pipeline_id"]) == ("phone", 3, 9)
    assert [item.state for item in engine.conflicts.list()] == ["auto", "auto", "resolved"]


def test_the_later_edit_wins_by_default(store, world):
    engine = local(store, world)
    statuses(engine, edit(1, "create", "x", {"price": 1}))
    made = world.now()
    world.sleep(60)
    engine.records.leads.update("x", price=2)
    assert statuses(engine, edit(2, "update", "x", {"price": 3}, {"price": 1}, at=made)) == ["conflict"]
    world.sleep(60)
    assert statuses(engine, edit(3, "update", "x", {"price": 4}, {"price": 1}, at=world.now())) == ["merged"]
    assert (engine.records.leads.get("x"))["price"] == 4


def test_what_cannot_be_done_is_rejected_with_the_reason_and_holds_up_nothing(store, world):
    engine = connected(store, world)
    answer = engine.offline.outgoing(
        client_id="phone",
        mutations=[
            edit(1, "update", "nobody", {"price": 1}),
            edit(2, "create", "a lead", {"price": 1}),
            edit(3, "create", "x", {"surprise": 1}),
            edit(4, "create", "u", {"name": "x"}, entity="users"),
            edit(5, "create", "p", {"name": "x"}, entity="planets"),
            edit(6, "create", "good", {"price": 1}),
        ],
    )
    assert [result["status"] for result in answer["results"]] == ["rejected"] * 5 + ["applied"]
    reasons = [result["reason"] for result in answer["results"][:5]]
    for word, reason in zip(("no such record", "uid", "surprise", "users", "planets"), reasons, strict=True):
        assert word in reason
    assert answer["last_mutation_id"] == 6


def test_a_lead_of_a_phone_reaches_amocrm_and_its_number_comes_back(store, world):
    engine = connected(store, world)
    start = (engine.offline.initial(client_id="phone"))["cursor"]
    statuses(engine, edit(1, "create", "x", {"name": "A villa", "price": 33}))
    status = engine.offline.status(client_id="phone")
    assert status["client"]["outgoing"]["accepted"] == 1
    assert (engine.push()).ok
    [row] = world.rows("leads").values()
    assert (row["name"], row["price"]) == ("A villa", 33)
    [told] = (engine.offline.incremental(since=start))["changes"]["leads"]["updated"]
    assert (told["remote_id"], told["pending"], told["fields"]["price"]) == (str(row["id"]), [], 33)
    status = engine.offline.status(client_id="phone")
    assert status["client"]["outgoing"]["confirmed"] == 1
    assert status["client"]["mutations"] == [{"id": 1, "status": "applied", "state": "confirmed"}]
    statuses(engine, edit(2, "update", "x", {"stage_id": 44}, {"stage_id": told["fields"]["stage_id"]}))
    assert (engine.push()).ok
    assert world.rows("leads")[row["id"]]["status_id"] == 44


@pytest.mark.parametrize(
    ("rule", "field", "value"),
    [
        (tag_deleted("Gone"), "tags_to_add", [{"name": "Gone"}]),
        (close_deleted(), "status_id", 143),
        (None, "price", 5),
    ],
)
def test_a_deletion_reaches_amocrm_as_the_host_decides(store, world, rule, field, value):
    world.add("leads", 1, price=5)
    engine = connected(store, world, on_local_delete=rule)
    engine.pull()
    record = engine.records.leads.get(1)
    assert statuses(engine, edit(1, "delete", record.uid), edit(2, "delete", record.uid)) == ["applied"] * 2
    assert (engine.push()).ok
    assert world.rows("leads")[1][field] == value
    assert engine.outbox(OpState.DEAD, OpState.PENDING) == []
    world.change("leads", 1, name="changed there")
    engine.pull()
    assert engine.records.leads.list() == []


def test_the_first_of_several_numbers_is_the_phones(store, world):
    numbers = [{"value": "+1", "enum_code": "WORK"}, {"value": "+2", "enum_code": "MOB"}]
    world.add("contacts", 1, custom_fields_values=[{"field_id": 5, "field_code": "PHONE", "values": numbers}])
    engine = connected(store, world)
    engine.pull()
    uid = (engine.records.contacts.get(1)).uid
    assert statuses(engine, edit(1, "update", uid, {"phone": "+9"}, {"phone": "+1"}, entity="contacts")) == [
        "applied"
    ]
    [values] = [field["values"] for field in (engine.records.contacts.get(1)).raw["custom_fields_values"]]
    assert [value["value"] for value in values] == ["+9", "+2"]


def test_nobody_sees_or_changes_what_is_outside_of_their_rights(any_store, world):
    rights = {"anna": OWN, "boris": None}
    engine = local(any_store, world, offline=OfflineRules(scope=rights.get))
    theirs = engine.records.leads.create(name="theirs", responsible_user_id=8)
    mine = engine.records.leads.create(name="mine", responsible_user_id=7)
    engine.records.tasks.create(text="of nobody's concern")
    page = engine.offline.initial(user="anna", client_id="phone")
    assert (parts(page)[0], set(page["changes"])) == ([mine.uid], {"leads"})
    answer = engine.offline.outgoing(
        user="anna",
        client_id="phone",
        mutations=[
            edit(1, "update", theirs.uid, {"name": "stolen"}),
            edit(2, "delete", theirs.uid),
            edit(3, "create", theirs.uid, {"name": "stolen"}),
            edit(4, "create", "x", {"name": "for another", "responsible_user_id": 8}),
            edit(5, "update", mine.uid, {"responsible_user_id": 8}),
        ],
    )
    assert [result["status"] for result in answer["results"]] == ["rejected"] * 4 + ["applied"]
    assert (engine.records.leads.get(theirs.uid))["name"] == "theirs"
    changes = engine.offline.incremental(user="anna", since=page["cursor"])
    assert parts(changes) == ([], [], [mine.uid])  # handed over, so out of sight
    with pytest.raises(ConfigurationError, match="another user"):
        engine.offline.outgoing(user="boris", client_id="phone", mutations=[])


def test_a_change_of_rights_brings_what_enters_and_takes_what_leaves(any_store, world):
    rights = {"anna": OWN}
    engine = local(any_store, world, offline=OfflineRules(scope=rights.get))
    made = {
        owner: (engine.records.leads.create(name=str(owner), responsible_user_id=owner)).uid
        for owner in (7, 8, 9)
    }
    page = engine.offline.initial(user="anna")
    rights["anna"] = {"leads": {"responsible_user_id": [8, 9]}}
    entering, leaving, cursor, more = [], [], page["cursor"], True
    while more:
        answer = engine.offline.incremental(user="anna", since=cursor, limit=1)
        created, _, deleted = parts(answer)
        entering, leaving = entering + created, leaving + deleted
        cursor, more = answer["cursor"], answer["has_more"]
    assert (sorted(entering), leaving) == (sorted([made[8], made[9]]), [made[7]])
    assert (engine.offline.incremental(user="anna", since=cursor))["changes"] == {}


def test_a_void_copy_is_told_to_begin_anew_at_once(store, world):
    engine = local(store, world, offline=OfflineRules(kept=1000))
    cursor = (engine.offline.initial())["cursor"]
    epoch = engine.offline.new_epoch()
    with pytest.raises(MustRefetch, match="reset") as caught:
        engine.offline.incremental(since=cursor)
    assert caught.value.new_epoch == epoch
    cursor = (engine.offline.initial())["cursor"]
    world.sleep(1001)
    with pytest.raises(MustRefetch, match="too long"):
        engine.offline.incremental(since=cursor)
    cursor = (engine.offline.initial())["cursor"]
    changed = local(store, world, offline=OfflineRules(schema=2))
    with pytest.raises(MustRefetch, match="shape"):
        changed.offline.incremental(since=cursor)
    body, _, signature = cursor.partition(".")
    for forged in (body, f"{body}.", "", "ä.b"):
        with pytest.raises(ConfigurationError, match="no cursor"):
            engine.offline.incremental(since=forged)
    with pytest.raises(MustRefetch, match="another store") as caught:
        engine.offline.incremental(since=f"{body[:-4]}AAAA.{signature}")
    assert caught.value.new_epoch == epoch


def test_watermelondb_is_given_rows_by_version_and_gives_back_what_changed(any_store, world):
    engine = local(any_store, world)
    engine.records.leads.create(name="old", price=1)
    first = engine.offline.watermelon_pull(client_id="w")
    [old] = first["changes"]["leads"]["created"]
    push = {
        "leads": {
            "created": [{"id": "new", "name": "new", "price": 0, "_status": "created", "_changed": ""}],
            "updated": [{"id": old["id"], "price": 7, "name": "not meant", "_changed": "price"}],
            "deleted": [],
        }
    }
    for _ in range(2):  # the first answer was lost
        answer = engine.offline.watermelon_push(
            changes=push, last_pulled_at=first["timestamp"], client_id="w"
        )
        assert answer == {"experimentalRejectedIds": {}}
    second = engine.offline.watermelon_pull(last_pulled_at=first["timestamp"], client_id="w")
    told = second["changes"]["leads"]
    assert (told["created"], sorted(row["id"] for row in told["updated"])) == ([], sorted(["new", old["id"]]))
    record = engine.records.leads.get(old["id"])
    assert (record["name"], record["price"]) == ("old", 7)
    engine.records.leads.update(old["id"], price=8)
    with pytest.raises(PullFirst):
        engine.offline.watermelon_push(changes=push, last_pulled_at=second["timestamp"], client_id="w")
    gone = {"leads": {"created": [], "updated": [], "deleted": ["new", "unknown"]}}
    assert engine.offline.watermelon_push(
        changes=gone, last_pulled_at=second["timestamp"], client_id="w"
    ) == {"experimentalRejectedIds": {}}
    third = engine.offline.watermelon_pull(last_pulled_at=second["timestamp"], client_id="w")
    assert third["changes"]["leads"]["deleted"] == ["new"]
    assert third["timestamp"] > second["timestamp"]


def test_watermelondb_learns_of_changed_rights_also_when_an_answer_is_lost(store, world):
    rights = {"anna": OWN}
    engine = local(store, world, offline=OfflineRules(scope=rights.get))
    mine = engine.records.leads.create(responsible_user_id=7)
    theirs = engine.records.leads.create(responsible_user_id=8)
    with pytest.raises(ConfigurationError, match="clientId"):
        engine.offline.watermelon_pull(user="anna")
    at = (engine.offline.watermelon_pull(user="anna", client_id="w"))["timestamp"]
    rights["anna"] = {"leads": {"responsible_user_id": 8}}
    for _ in range(2):
        answer = engine.offline.watermelon_pull(user="anna", client_id="w", last_pulled_at=at)
        told = answer["changes"]["leads"]
        assert ([row["id"] for row in told["created"]], told["deleted"]) == ([theirs.uid], [mine.uid])
    answer = engine.offline.watermelon_pull(user="anna", client_id="w", last_pulled_at=answer["timestamp"])
    assert answer["changes"] == {}


def test_a_migration_of_the_app_brings_the_new_table_whole(store, world):
    engine = local(store, world)
    engine.records.leads.create(name="a")
    contact = engine.records.contacts.create(name="b")
    at = (engine.offline.watermelon_pull(client_id="w"))["timestamp"]
    answer = engine.offline.watermelon_pull(
        client_id="w", last_pulled_at=at, migration={"from": 1, "tables": ["contacts"], "columns": []}
    )
    assert [row["id"] for row in answer["changes"]["contacts"]["created"]] == [contact.uid]
    assert set(answer["changes"]) == {"contacts"}
    engine.offline.new_epoch()
    with pytest.raises(MustRefetch):
        engine.offline.watermelon_pull(client_id="w", last_pulled_at=at)
