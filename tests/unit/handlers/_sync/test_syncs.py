# Generated from tests/unit/handlers/_async/test_syncs.py by tools/unasync.py: edit that file instead.
"""Syncs over the routes: counts, limits, those that take long, and edits that survive an amoCRM out of reach."""

from __future__ import annotations

import pytest
from unit.handlers._sync.world import OWNER, world

from amocrm_sync._sync._primitives import Event
from amocrm_sync.errors import AccountBlockedError

pytestmark = pytest.mark.anyio


def test_a_sync_with_a_limit_reads_so_many():
    host = world()
    limited = host.ask("POST", "/integrations/amo-crm/sync-leads?limit=3")
    assert limited.json() == {"synced": 3, "errors": 0}
    assert (host.ask("POST", "/integrations/amo-crm/sync-leads?limit=0")).status == 200
    wrong = host.ask("POST", "/integrations/amo-crm/sync-leads?limit=-1")
    assert (wrong.status, wrong.json()["errors"][0]["field"]) == (422, "limit")


def test_a_sync_that_takes_long_is_told_about():
    host = world(patience=0.01)
    engine = host.engine()
    go_on, pull = Event(), engine.pull

    def slow(names, **more):
        go_on.wait()
        return pull(names, **more)

    engine.pull = slow
    begun = host.ask("POST", "/integrations/amo-crm/sync-users")
    assert begun.status == 202
    where = f"/admin/crm/sync/runs/{begun.json()['runId']}"
    assert (host.ask("GET", where)).json()["status"] == "running"
    assert (host.ask("GET", where, "other")).status == 404
    go_on.set()
    host.handlers.runs.find(begun.json()["runId"], OWNER).job.wait(10)
    told = (host.ask("GET", where)).json()
    assert (told["status"], told["report"]["users"]["errors"]) == ("done", 0)
    assert [(item["entity"], item["done"]) for item in told["progress"]] in ([("users", True)], [])


def test_a_sync_that_fails_says_why_and_keeps_the_words_inside():
    host = world()
    engine = host.engine()

    def blocked(*_, **__):
        raise AccountBlockedError("403 from 10.0.0.7", status=403, retry_after=120)

    engine.pull = blocked
    answer = host.ask("POST", "/integrations/amo-crm/sync-users")
    assert (answer.status, answer.json()["code"]) == (503, "account-blocked")
    assert answer.headers["Retry-After"] == "120"
    assert b"10.0.0.7" not in answer.body


def test_only_the_id_of_a_hint_is_believed():
    host = world()
    client = (host.connections.get(OWNER)).client
    client.leads.update(10000001, name="said by amoCRM")
    body = {"lead": {"id": 10000001, "name": "said by somebody"}}
    assert (host.ask("POST", "/integrations/amo-crm/sync-lead", "own", body)).status == 200
    kept = host.ask("GET", "/admin/crm/records/leads/10000001")
    assert kept.json()["data"]["name"] == "said by amoCRM"


@pytest.mark.parametrize(
    "lead", [{}, {"id": None}, {"id": True}, {"id": -1}, {"id": "1 OR 1"}, {"id": [1]}, {"id": "1"}]
)
def test_a_hint_without_an_id_is_named(lead):
    host = world()
    answer = host.ask("POST", "/integrations/amo-crm/sync-lead", "own", {"lead": lead})
    assert answer.status == 422
    assert answer.json()["errors"][0]["field"] == "lead.id"


def test_a_lead_is_created_in_amocrm_at_once():
    host = world()
    body = {"leadData": {"name": "From the site", "price": 500}}
    made = (host.ask("POST", "/integrations/amo-crm/create-lead", "service", body)).json()
    assert host.emulator.leads[made["amoLeadId"]]["name"] == "From the site"


def test_a_lead_is_kept_while_amocrm_is_out_of_reach_and_sent_later():
    host = world()
    engine = host.engine()
    push = engine.push

    def blocked(**_):
        raise AccountBlockedError("stopped", status=403)

    engine.push = blocked
    body = {"leadData": {"name": "Kept"}}
    made = host.ask("POST", "/integrations/amo-crm/create-lead", "own", body)
    assert (made.status, made.json()) == (200, {"amoLeadId": None})
    engine.push = push
    host.handlers.work_once()
    assert "Kept" in {lead["name"] for lead in host.emulator.leads.values()}


def test_the_worker_delivers_events_though_amocrm_is_out_of_reach():
    host = world()
    engine = host.engine()
    told = []

    class Sink:
        name = "elsewhere"

        def deliver(self, key, payload):
            told.append(payload["remote_id"])

    def blocked(**_):
        raise AccountBlockedError("stopped", status=403)

    engine.add_sink(Sink())
    engine.push = blocked
    host.emulator.ui.edit("leads", 10000001, name="Edited")
    host.clock.advance(10)
    engine.pull()
    assert told == []
    host.handlers.work_once()
    assert told == ["10000001"]


def test_a_field_that_cannot_be_set_is_named():
    host = world()
    body = {"leadData": {"surprise": 1}}
    answer = host.ask("POST", "/integrations/amo-crm/create-lead", "own", body)
    assert answer.status == 422
    assert "surprise" in answer.json()["detail"]


def test_a_task_is_closed_in_amocrm_with_its_result():
    host = world()
    (task,) = host.emulator.load("/api/v4/tasks", [{"text": "Call", "complete_till": 1_800_000_000}])
    task_id = task["id"]
    host.ask("POST", "/integrations/amo-crm/sync-tasks")
    done = host.ask(
        "PATCH", f"/integrations/amo-crm/tasks/{task_id}/complete", "own", {"result_text": "agreed"}
    )
    assert done.json() == {"message": "the task is closed", "status": "completed"}
    assert host.emulator.tasks[task_id]["is_completed"] is True


def test_a_stage_that_stands_everywhere_needs_its_pipeline():
    host = world()
    body = {"mappedStatus": "CLOSED"}
    answer = host.ask("PUT", "/integrations/amo-crm/stages/142/mapping", "own", body)
    assert (answer.status, answer.json()["code"]) == (409, "ambiguous")
    pipeline = next(iter(host.emulator.pipelines))
    one = host.ask("PUT", "/integrations/amo-crm/stages/142/mapping", "own", {**body, "pipelineId": pipeline})
    assert (one.status, one.json()["data"]["mapped_status"]) == (200, "CLOSED")
    shown = host.ask("GET", "/admin/crm/mapping")
    assert [(row["stage_id"], row["source"]) for row in shown.json()["data"]] == [(142, "person")]


def test_suggestions_have_reasons_and_what_is_in_force():
    host = world()
    host.ask("POST", "/integrations/amo-crm/mapping/auto-apply?minConfidence=0.9")
    rows = (host.ask("GET", "/integrations/amo-crm/mapping/suggestions")).json()["data"]
    sure = [row for row in rows if row["confidence"] >= 0.9]
    assert sure
    assert all(row["reasons"] and row["mappedStatus"] == row["suggestedStatus"] for row in sure)


@pytest.mark.parametrize(("limit", "offset"), [(3, 0), (3, 3), (3, 2), (3, 7), (250, 1)])
def test_a_live_list_begins_at_any_offset(limit, offset):
    host = world()
    every = list(host.emulator.leads)
    answer = host.ask("GET", f"/admin/crm/leads?limit={limit}&offset={offset}")
    found = answer.json()
    ids = [lead["id"] for lead in found["_embedded"]["leads"]]
    assert len(ids) == min(limit, len(every) - offset)
    assert set(ids) <= set(every)
    assert found["has_more"] is (offset + limit < len(every))
    if offset == 0:
        rest = host.ask("GET", f"/admin/crm/leads?limit={limit}&offset={limit}")
        assert not set(ids) & {lead["id"] for lead in rest.json()["_embedded"]["leads"]}


def test_what_an_engine_does_not_offer_is_said():
    host = world()
    engine = host.engine()
    engine.offline = None
    answer = host.ask("GET", "/api/sync/initial")
    assert (answer.status, answer.json()["code"]) == (501, "not-offered")


def test_a_conflict_is_decided_in_the_name_of_who_is_signed_in():
    host = world()
    listed = host.ask("GET", "/admin/crm/conflicts?state=resolved")
    assert listed.json()["data"][0]["state"] == "resolved"
    done = host.ask("POST", "/admin/crm/conflicts/1/resolve", "own", {"choice": "remote"})
    assert done.status == 200
    assert (host.engine()).conflicts.resolved == [(1, "remote", OWNER)]


def test_the_engines_own_conflicts_and_activity_are_shown():
    host = world()
    engine = (host.engine()).inner
    engine.records.leads.update(10000001, price=5)
    engine.push()
    for path, rows in (("conflicts", 0), ("activity", 1)):
        with_fakes, host.handlers.connections = host.handlers.connections, host.connections.inner
        found = host.ask("GET", f"/admin/crm/{path}?limit=1")
        host.handlers.connections = with_fakes
        assert found.status == 200, found.body
        assert len(found.json()["data"]) == rows
    missing = host.ask("POST", "/admin/crm/conflicts/0/resolve", "own", {"choice": "remote"})
    assert missing.status == 422


def test_a_device_is_served_as_the_user_who_is_signed_in():
    host = world()
    host.ask("GET", "/api/sync/incremental?since=c9&limit=10")
    engine = host.engine()
    assert engine.offline.asked == [
        ("incremental", {"user": OWNER, "since": "c9", "limit": 10, "client_id": None})
    ]


def test_records_are_filtered_by_their_columns():
    host = world()
    pipeline = next(iter(host.emulator.pipelines))
    found = host.ask("GET", f"/admin/crm/records/stages?pipeline_id={pipeline}&limit=2")
    assert len(found.json()["data"]) == 2
    assert found.json()["count"] > 2
    wrong = host.ask("GET", "/admin/crm/records/stages?surprise=1")
    assert wrong.status == 422
    for name in ("__class__", "of", "_context", "surprise"):
        assert (host.ask("GET", f"/admin/crm/records/{name}")).json()["code"] == "no-entity"


def test_the_openapi_is_served_and_valid():
    host = world(connected=False)
    document = (host.ask("GET", "/openapi.json", None)).json()
    assert document["openapi"] == "3.1.0"
    assert document == host.handlers.openapi()
