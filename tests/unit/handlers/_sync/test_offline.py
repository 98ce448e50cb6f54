# Generated from tests/unit/handlers/_async/test_offline.py by tools/unasync.py: edit that file instead.
"""The offline routes over a real engine: what a device is told to do first comes with all that it needs for that."""

from __future__ import annotations

import orjson
import pytest

from amocrm_sync.handlers import CRMHandlers, Principal, Request
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncEngine

pytestmark = pytest.mark.anyio


@pytest.fixture
def engine():
    with SyncEngine(None, MemorySyncStore()) as engine:
        yield engine


@pytest.fixture
def ask(engine):
    def who(request: Request) -> Principal | None:
        user = request.header("x-user")
        return None if user is None else Principal(id=user, role="user")

    handlers = CRMHandlers(engine=engine, shared=True, groups=("offline",), authenticate=who)

    def ask(method, path, body=None, user="anna"):
        headers = {"X-User": user, "Content-Type": "application/json"}
        sent = b"" if body is None else orjson.dumps(body)
        path, _, query = path.partition("?")
        answer = handlers.handle(Request(method, f"/api/sync/{path}", query, headers, sent))
        return answer.status, answer.json()

    return ask


def create(number, uid):
    return {"id": number, "entity": "leads", "uid": uid, "op": "create", "fields": {"name": uid}}


def test_a_device_fetches_edits_and_hears_of_it(ask):
    status, page = ask("GET", "initial?entities=leads&client_id=phone&limit=10")
    assert status == 200
    status, taken = ask(
        "POST", "outgoing", {"client_id": "phone", "mutations": [create(1, "a"), create(2, "b")]}
    )
    assert (status, [result["status"] for result in taken["results"]]) == (200, ["applied", "applied"])
    status, changes = ask("GET", f"incremental?since={page['cursor']}&limit=1")
    assert (status, changes["has_more"], changes["last_mutation_id"]) == (200, True, 2)
    status, stands = ask("GET", "status?client_id=phone")
    assert (status, stands["client"]["last_mutation_id"]) == (200, 2)


def test_a_void_copy_is_gone_with_the_new_epoch_in_the_same_answer(ask, engine):
    _, page = ask("GET", "initial")
    epoch = engine.offline.new_epoch()
    status, answer = ask("GET", f"incremental?since={page['cursor']}")
    assert (status, answer["code"], answer["must_refetch"], answer["new_epoch"], answer["start"]) == (
        410,
        "must-refetch",
        True,
        epoch,
        "initial",
    )
    status, answer = ask("GET", "watermelon?lastPulledAt=99")
    assert (status, answer["new_epoch"]) == (410, epoch)


def test_a_gap_names_the_edit_that_is_missing(ask):
    status, answer = ask("POST", "outgoing", {"client_id": "phone", "mutations": [create(3, "c")]})
    assert (status, answer["code"], answer["expected"]) == (409, "gap", 1)


def test_a_push_over_what_the_phone_has_not_seen_is_refused(ask, engine):
    lead = engine.records.leads.create(name="a")
    _, pulled = ask("GET", "watermelon?clientId=w&schemaVersion=1&migration=null")
    engine.records.leads.update(lead.uid, name="b")
    row = {"id": lead.uid, "name": "c", "_changed": "name"}
    push = {
        "changes": {"leads": {"created": [], "updated": [row], "deleted": []}},
        "lastPulledAt": pulled["timestamp"],
        "clientId": "w",
    }
    assert (ask("POST", "watermelon", push))[1]["code"] == "pull-first"
    _, pulled = ask("GET", f"watermelon?clientId=w&lastPulledAt={pulled['timestamp']}")
    status, answer = ask("POST", "watermelon", {**push, "lastPulledAt": pulled["timestamp"]})
    assert (status, answer) == (200, {"experimentalRejectedIds": {}})


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("initial?entities=planets", "entities"),
        ("incremental?since=nonsense", "cursor"),
        ("watermelon?migration=[1]", "migration"),
        ("watermelon?migration={", "migration"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(ask, path, word):
    status, answer = ask("GET", path)
    assert status == 422
    assert word in answer["detail"]


def test_a_device_belongs_to_one_user(ask):
    ask("POST", "outgoing", {"client_id": "phone", "mutations": [create(1, "a")]})
    status, answer = ask("GET", "status?client_id=phone", user="boris")
    assert (status, "another user" in answer["detail"]) == (422, True)
