"""The engine over a small world: what is stored after people, crashes and lost answers have done their part."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode

import pytest
from contract._async.sync_parts import engine_over
from contract._async.sync_remote import AsyncFakeRemote
from sync_world import World

from amocrm_sync.errors import (
    AccountBlockedError,
    AmbiguousWriteError,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RequestNotSent,
    ServerError,
)
from amocrm_sync.mapping import Status, StatusMapping
from amocrm_sync.stores import AsyncMemorySyncStore
from amocrm_sync.stores.sql import AsyncSQLSyncStore
from amocrm_sync.sync import OpState

pytestmark = pytest.mark.anyio

LEADS = ("leads",)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    made = (
        AsyncMemorySyncStore()
        if request.param == "memory"
        else AsyncSQLSyncStore(f"sqlite:///{tmp_path}/amo.db")
    )
    yield made
    await made.aclose()


engine_of = partial(engine_over, entities=LEADS, page_size=3)


@pytest.fixture
def engine(remote, store):
    return engine_of(remote, store)


async def ids(engine, entity="leads"):
    return sorted(int(record.remote_id) for record in await engine.records.of(entity).list())


def hook(action: str, *lead_ids: int) -> bytes:
    return urlencode(
        {f"leads[{action}][{place}][id]": str(number) for place, number in enumerate(lead_ids)}
    ).encode()


FORM = "application/x-www-form-urlencoded"


class TestPull:
    async def test_everything_the_first_time_and_nothing_the_second(self, engine, world):
        for _ in range(8):
            world.add("leads")
            world.now_ += 20
        first = await engine.pull()
        assert (first.entities["leads"].fetched, first.entities["leads"].created) == (8, 8)
        assert first.as_counts() == {"synced": 8, "errors": 0}
        second = await engine.pull()
        part = second.entities["leads"]
        assert (part.fetched, part.created, part.updated) == (0, 0, 0)
        assert await ids(engine) == list(range(1, 9))

    async def test_a_change_a_new_row_and_a_deletion(self, engine, world):
        for _ in range(5):
            world.add("leads")
        await engine.pull()
        world.now_ += 100
        world.change("leads", 2, name="changed")
        world.delete("leads", 3)
        world.add("leads")
        report = await engine.pull()
        part = report.entities["leads"]
        assert (part.updated, part.deleted, part.created) == (1, 1, 1)
        assert await ids(engine) == [1, 2, 4, 5, 6]
        assert (await engine.records.leads.get(2))["name"] == "changed"
        gone = await engine.records.leads.get(3)
        assert (gone.remote_id, gone.delete_reason, gone["amo_lead_id"]) == ("3", "trash", None)

    async def test_a_change_within_the_present_second_is_pulled_at_once_and_its_successor_too(
        self, engine, world
    ):
        world.add("leads")
        world.latency = 0.0
        await engine.pull()
        world.change("leads", 1, name="later in the same second")
        await engine.pull()
        assert (await engine.records.leads.get(1))["name"] == "later in the same second"

    async def test_rows_that_are_read_twice_are_counted_once(self, engine, world):
        for _ in range(10):
            world.add("leads", updated_at=int(world.now_) - 50)
        part = (await engine.pull()).entities["leads"]
        assert (part.fetched, part.created, part.unchanged) == (10, 10, 0)

    async def test_a_restored_row_is_alive_again(self, engine, world):
        world.add("leads")
        await engine.pull()
        uid = (await engine.records.leads.get(1)).uid
        world.now_ += 10
        world.delete("leads", 1)
        await engine.pull()
        assert await ids(engine) == []
        world.now_ += 10
        world.restore("leads", 1)
        await engine.pull()
        assert (await engine.records.leads.get(1)).uid == uid
        assert (await engine.records.leads.get(1))["amo_lead_id"] == 1

    async def test_what_lay_in_the_trash_before_the_first_pull_is_no_news(self, engine, world):
        world.add("leads")
        world.delete("leads", 1)
        world.now_ += 100
        report = await engine.pull()
        assert report.entities["leads"].deleted == 0
        assert await engine.records.leads.count(deleted=True) == 0

    async def test_a_pull_that_breaks_goes_on_where_it_stopped(self, engine, remote, world):
        for _ in range(12):
            world.add("leads", updated_at=int(world.now_) - 500 + world.next_id)
        remote.before = [None, None, ServerError("down", status=502)]
        broken = await engine.pull()
        assert [problem.operation for problem in broken.problems] == ["sync_leads"]
        stored = await ids(engine)
        assert stored in ([1, 2, 3], [1, 2, 3, 4, 5, 6]), (
            "a page that was under way with the broken one may go with it"
        )
        before = len(world.requests)
        report = await engine.pull()
        assert report.ok
        assert await ids(engine) == list(range(1, 13))
        assert report.entities["leads"].created == 12 - len(stored)
        assert world.requests[before][1]["page"] == len(stored) // 3 + 1

    async def test_a_forbidden_list_is_reported_and_the_rest_goes_on(self, remote, store, world):
        remote.forbidden["users"] = ForbiddenError("administrators only", status=403)
        world.add("leads")
        engine = engine_of(remote, store, entities=("users", "leads"))
        report = await engine.pull()
        assert report.entities["users"].errors == 1
        assert report.entities["leads"].created == 1
        assert report.as_counts() == {"synced": 1, "errors": 1}
        [entry] = [entry for entry in await engine.log() if entry.entity == "users"]
        assert (entry.status, "administrators" in entry.details["error"]) == ("error", True)

    async def test_a_blocked_account_stops_everything(self, remote, store):
        remote.forbidden["users"] = AccountBlockedError("blocked", status=403)
        engine = engine_of(remote, store, entities=("users", "leads"))
        with pytest.raises(AccountBlockedError):
            await engine.pull()
        assert remote.world.requests == []

    async def test_a_partial_pull_moves_no_cursor_and_deletes_nothing(self, engine, world):
        for _ in range(7):
            world.add("leads")
        report = await engine.pull(limit=4)
        assert report.entities["leads"].fetched == 4
        assert (await engine.status()).cursors == {}
        await engine.pull()
        cursors = (await engine.status()).cursors
        world.now_ += 50
        world.delete("leads", 1)
        await engine.pull(filter={"id": [2, 3]})
        assert (await engine.status()).cursors == cursors
        assert await ids(engine) == list(range(1, 8))
        await engine.pull(limit=0)
        assert await ids(engine) == list(range(2, 8))

    async def test_lists_are_compared_whole_and_stages_come_with_their_pipelines(self, remote, store, world):
        def stages(*numbers):
            return {"statuses": [{"id": number, "name": f"stage {number}"} for number in numbers]}

        world.add("pipelines", 10, _embedded=stages(1, 142, 143))
        world.add("pipelines", 20, _embedded=stages(2, 142, 143))
        for number in range(1, 8):
            world.add("users", number)
        engine = engine_of(remote, store, entities=("pipelines", "users"))
        await engine.pull()
        assert (await engine.status()).counts == {"pipelines": 2, "stages": 6, "users": 7}
        world.rows("pipelines")[20]["_embedded"] = stages(142, 143)
        world.rows("users").pop(4)
        del world.rows("pipelines")[10]
        report = await engine.pull()
        assert (await engine.status()).counts == {"pipelines": 1, "stages": 2, "users": 6}
        assert report.entities["users"].deleted == 1
        stage = (await engine.records.stages.list())[0]
        assert (stage["pipeline_id"], stage["amo_stage_id"]) == (20, 142)

    async def test_an_empty_list_of_users_is_not_believed(self, remote, store, world):
        world.add("users")
        engine = engine_of(remote, store, entities=("users",))
        await engine.pull()
        world.rows("users").clear()
        report = await engine.pull()
        assert report.entities["users"].errors == 1
        assert await engine.records.users.count() == 1

    async def test_tasks_and_notes(self, remote, store, world):
        for _ in range(7):
            world.add("tasks", text="call")
        world.add("notes:leads", 1, params={"text": "on a lead"}, entity_id=5)
        world.add("notes:contacts", 1, params={"text": "on a contact"}, entity_id=6)
        engine = engine_of(remote, store, entities=("tasks", "notes"))
        report = await engine.pull()
        assert report.entities["tasks"].created == 7
        assert report.entities["tasks"].fetched == 7
        notes = await engine.records.notes.list()
        assert {note["text"]: note["entity_type"] for note in notes} == {
            "on a lead": "leads",
            "on a contact": "contacts",
        }

    async def test_an_account_without_filters_is_read_whole_and_nothing_is_deleted_wrongly(
        self, engine, world
    ):
        world.filters_on = False
        for _ in range(7):
            world.add("leads", updated_at=int(world.now_) - 900 + world.next_id)
        report = await engine.pull()
        assert report.entities["leads"].created == 7
        world.now_ += 100
        world.change("leads", 2, name="changed")
        await engine.pull(full=True)
        assert await ids(engine) == list(range(1, 8))
        assert (await engine.records.leads.get(2))["name"] == "changed"

    async def test_bounds_that_leave_themselves_out(self, remote, store, world):
        world.exclusive = True
        for _ in range(9):
            world.add("leads", updated_at=int(world.now_) - 30 + world.next_id // 2)
        engine = engine_of(remote, store, exclusive_bounds=True)
        await engine.pull()
        assert await ids(engine) == list(range(1, 10))

    async def test_progress_is_told_after_each_page(self, engine, world):
        for number in range(7):
            world.add("leads", updated_at=int(world.now_) - 100 + number * 10)
        told = []
        await engine.pull(progress=told.append)
        assert [step.fetched for step in told] == sorted(step.fetched for step in told)
        assert told[-1].fetched == 7
        assert told[-1].done
        shares = [step.fraction for step in told if step.fraction is not None]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    async def test_two_tenants_of_one_store_do_not_mix(self, remote, store, world):
        world.add("leads")
        other = AsyncFakeRemote(World(), account="other.amocrm.ru")
        other.world.add("leads", 99)
        mine, theirs = engine_of(remote, store), engine_of(other, store)
        await mine.pull()
        await theirs.pull()
        assert (await ids(mine), await ids(theirs)) == ([1], [99])

    async def test_a_tenant_is_not_filled_from_another_account(self, remote, store, world):
        await engine_of(remote, store, tenant="shop").pull()
        other = AsyncFakeRemote(World(), account="other.amocrm.ru")
        with pytest.raises(ConfigurationError, match=r"demo\.amocrm\.ru"):
            await engine_of(other, store, tenant="shop").pull()


class TestFullPull:
    async def test_rows_that_vanished_without_a_trace_are_found(self, remote, store, world):
        for _ in range(5):
            world.add("tasks")
        engine = engine_of(remote, store, entities=("tasks",))
        await engine.pull()
        world.now_ += 100
        del world.rows("tasks")[2]
        assert (await engine.pull()).entities["tasks"].deleted == 0
        report = await engine.reconcile()
        assert report.entities["tasks"].deleted == 1
        assert (await engine.records.tasks.get(2)).delete_reason == "absent"

    async def test_a_mass_deletion_is_reported_instead(self, remote, store, world):
        for _ in range(240):
            world.add("tasks")
        engine = engine_of(remote, store, entities=("tasks",), page_size=250)
        await engine.pull()
        world.now_ += 100
        for number in range(1, 121):
            del world.rows("tasks")[number]
        report = await engine.pull(full=True)
        assert report.entities["tasks"].deleted == 0
        assert "120 of 240" in report.problems[0].message
        assert await engine.records.tasks.count() == 240


class TestInbox:
    async def test_a_webhook_is_a_hint_and_its_payload_is_not_believed(self, engine, world):
        world.add("leads", name="real")
        body = hook("update", 1) + b"&leads[update][0][name]=forged"
        receipt = await engine.receive(body, FORM, {"X": "y"})
        assert (receipt.processed, receipt.errors, receipt.duplicate) == (1, 0, False)
        assert await engine.records.leads.count() == 0
        report = await engine.process_inbox()
        assert report.entities["leads"].created == 1
        assert (await engine.records.leads.get(1))["name"] == "real"
        assert (await engine.status()).inbox == {"parsed": 1, "hints": 0}

    async def test_many_hooks_of_many_leads_are_one_request(self, engine, world):
        for _ in range(20):
            world.add("leads")
        for number in range(1, 21):
            await engine.receive(hook("update", number), FORM)
            await engine.receive(hook("status", number), FORM)
        before = len(world.requests)
        await engine.process_inbox()
        assert len(world.requests) - before == 1
        assert await engine.records.leads.count() == 20

    async def test_the_same_body_again_reads_the_row_again(self, engine, world):
        """Two changes within one second may have equal bodies: to drop the second would lose a change."""
        world.add("leads")
        await engine.receive(hook("update", 1), FORM)
        await engine.process_inbox()
        world.change("leads", 1, name="second change")
        receipt = await engine.receive(hook("update", 1), FORM)
        assert receipt.duplicate
        await engine.process_inbox()
        assert (await engine.records.leads.get(1))["name"] == "second change"

    async def test_a_deletion_is_confirmed_by_the_trash(self, engine, world):
        world.add("leads")
        world.add("leads")
        await engine.pull()
        world.delete("leads", 1)
        world.rows("leads").pop(2)
        world.now_ += 1
        await engine.receive(hook("delete", 1, 2), FORM)
        report = await engine.process_inbox()
        assert report.entities["leads"].deleted == 2
        reasons = {
            record.remote_id: record.delete_reason for record in await engine.records.leads.list(deleted=True)
        }
        assert reasons == {"1": "trash", "2": "absent"}

    async def test_a_false_deletion_deletes_nothing(self, engine, world):
        world.add("leads")
        await engine.pull()
        await engine.receive(hook("delete", 1), FORM)
        await engine.process_inbox()
        assert await ids(engine) == [1]

    async def test_without_filters_each_row_is_asked_for_by_itself(self, engine, remote, world):
        for _ in range(5):
            world.add("leads")
        await engine.pull()
        world.filters_on = False
        world.rows("leads").pop(4)
        world.now_ += 1
        await engine.receive(hook("update", 2, 4), FORM)
        await engine.process_inbox()
        assert remote.singles == [2, 4]
        assert await ids(engine) == [1, 2, 3, 5]

    async def test_when_amocrm_is_down_the_hints_stay(self, engine, remote, world):
        world.add("leads")
        await engine.receive(hook("add", 1), FORM)
        remote.before = [ServerError("down", status=502)]
        report = await engine.process_inbox()
        assert report.entities["leads"].errors == 1
        assert (await engine.status()).inbox["hints"] == 1
        world.now_ += 1000
        assert (await engine.process_inbox()).ok
        assert await ids(engine) == [1]

    async def test_a_body_that_cannot_be_read_is_kept(self, engine):
        receipt = await engine.receive(b'{"broken', "application/json")
        assert (receipt.processed, receipt.errors) == (0, 1)
        report = await engine.process_inbox()
        assert not report.ok
        assert (await engine.status()).inbox == {"bad": 1, "hints": 0}

    async def test_an_answer_that_was_overtaken_is_not_applied_but_read_again(self, engine, world):
        """While a hint's answer is under way, a pull asks later and is stored earlier."""
        world.add("leads", name="old")
        await engine.pull()
        world.now_ += 10
        world.change("leads", 1, name="new")
        await engine.pull()
        fresh = await engine.records.leads.get(1)
        context = engine._context
        async with context.tx() as tx:
            await tx.records.touch("leads", ["1"], world.now_ + 60)
        await engine.receive(hook("update", 1), FORM)
        world.now_ += 1

        def later(world):
            world.now_ += 100
            world.between = None

        world.between = later
        before = len(world.requests)
        await engine.process_inbox()
        assert len(world.requests) - before == 2, "the late answer was dropped, and the row asked for again"
        assert (await engine.records.leads.get(1)).version == fresh.version
        assert (await engine.status()).inbox["hints"] == 0


class TestPush:
    @pytest.fixture
    async def filled(self, remote, store, world):
        """What fails first is the write: nothing is read before it."""
        engine = engine_of(remote, store, preread_after=None)
        for _ in range(4):
            world.add("leads", price=1)
        await engine.pull()
        world.now_ += 10
        return engine

    async def test_only_changed_fields_are_sent(self, filled, remote, world):
        await filled.records.leads.update(1, price=5, name="row 1")
        record = await filled.records.leads.get(1)
        assert (record["price"], record.pending) == (5, ("price",))
        report = await filled.push()
        assert remote.writes == [("update", [{"id": 1, "price": 5, "request_id": "0"}])]
        assert report.entities["leads"].pushed == 1
        record = await filled.records.leads.get(1)
        assert (record["price"], record.pending) == (5, ())
        assert world.rows("leads")[1]["price"] == 5

    async def test_edits_of_a_record_go_together_and_records_in_batches(self, filled, remote):
        for price in (2, 3):
            await filled.records.leads.update(1, price=price)
        await filled.records.leads.update(2, name="two")
        await filled.push()
        [(kind, items)] = remote.writes
        assert kind == "update"
        assert [(item["id"], item.get("price")) for item in items] == [(1, 3), (2, None)]
        assert (await filled.status()).outbox == {"done": 3}

    async def test_what_is_as_it_should_be_is_not_sent(self, filled, remote, world):
        await filled.records.leads.update(1, price=5)
        world.change("leads", 1, price=5)
        await filled.pull()
        await filled.push()
        assert remote.writes == []
        assert (await filled.status()).outbox == {"done": 1}

    async def test_own_echoes_cause_no_event(self, filled, world):
        told = []
        filled.on("*", told.append)
        await filled.records.leads.update(1, price=5)
        await filled.push()
        await filled.process_inbox()
        await filled.pull()
        assert told == []

    async def test_a_new_record_is_created_once_and_gets_its_id(self, filled, remote, world):
        made = await filled.records.leads.create(name="Made here", price=7)
        assert made.remote_id is None
        await filled.records.leads.update(made.uid, price=8)
        await filled.push()
        assert remote.writes == [("create", [{"name": "Made here", "price": 8, "request_id": "0"}])]
        record = await filled.records.leads.get(made.uid)
        assert (record.remote_id, record["amo_lead_id"], record.pending) == ("5", 5, ())
        await filled.process_inbox()
        assert (await filled.records.leads.get(made.uid))["stage_id"] == 1
        await filled.pull()
        assert await filled.records.leads.count() == 5

    async def test_a_pull_that_meets_our_new_row_first_makes_no_second_record(self, filled, remote, world):
        made = await filled.records.leads.create(name="Made here")
        remote.after = [AmbiguousWriteError("no answer")]
        await filled.push()
        world.now_ += 10
        await filled.pull()
        assert await filled.records.leads.count() == 6, "a twin that nobody can know for ours yet"
        [held] = await filled.outbox(OpState.HELD)
        remote.world.rows("leads").pop(5)
        await filled.requeue(held.seq)
        remote.world.next_id = 5
        await filled.push()
        record = await filled.records.leads.get(5)
        assert record.uid == made.uid
        assert await filled.records.leads.count() == 5

    async def test_a_lost_answer_to_a_patch_is_settled_by_reading(self, filled, remote):
        await filled.records.leads.update(1, price=5)
        remote.after = [AmbiguousWriteError("no answer")]
        report = await filled.push()
        assert len(remote.writes) == 1, "it had arrived, so it is not sent again"
        assert (await filled.status()).outbox == {"done": 1}
        assert report.ok

    async def test_a_patch_that_did_not_arrive_is_sent_again(self, filled, remote, world):
        await filled.records.leads.update(1, price=5)
        remote.before = [AmbiguousWriteError("no answer")]
        await filled.push()
        assert (await filled.status()).outbox == {"pending": 1}
        world.now_ += 1000
        await filled.push()
        assert len(remote.writes) == 2
        assert world.rows("leads")[1]["price"] == 5

    async def test_a_create_of_unknown_outcome_is_never_resent_by_itself(self, filled, remote, world):
        await filled.records.leads.create(name="Once")
        remote.after = [AmbiguousWriteError("no answer")]
        report = await filled.push()
        assert "suspected duplicate" in report.problems[0].message
        assert "engine.requeue" in report.problems[0].message
        for _ in range(3):
            world.now_ += 10_000
            await filled.push()
        assert len(remote.writes) == 1
        [held] = await filled.outbox(OpState.HELD)
        await filled.discard(held.seq)
        assert (await filled.push()).ok

    async def test_a_crash_while_sending_is_settled_like_a_lost_answer(self, filled, remote, store, world):
        await filled.records.leads.update(1, price=5)

        class Killed(BaseException):
            pass

        remote.after = [Killed()]
        with pytest.raises(Killed):
            await filled.push()
        assert (await filled.status()).outbox == {"inflight": 1}
        again = engine_of(remote, store)
        assert (await again.push()).ok
        assert (await again.status()).outbox == {"inflight": 1}, "the dead process still has its lease"
        world.now_ += 11
        assert (await again.push()).ok
        assert len(remote.writes) == 1
        assert (await again.status()).outbox == {"done": 1}

    async def test_a_create_that_was_being_sent_when_the_process_died_is_held(
        self, filled, remote, store, world
    ):
        await filled.records.leads.create(name="Once")

        class Killed(BaseException):
            pass

        remote.after = [Killed()]
        with pytest.raises(Killed):
            await filled.push()
        again = engine_of(remote, store)
        world.now_ += 10_000
        report = await again.push()
        assert "unknown" in report.problems[0].message
        world.now_ += 10_000
        assert (await again.push()).ok, "a person has been told once"
        assert len(remote.writes) == 1
        assert (await again.status()).outbox == {"held": 1}

    async def test_one_wrong_row_does_not_hold_up_the_others(self, filled, remote, world):
        remote.refuse = {"wrong"}
        await filled.records.leads.update(1, price=5)
        await filled.records.leads.update(2, name="wrong")
        await filled.records.leads.update(3, price=6)
        report = await filled.push()
        assert (world.rows("leads")[1]["price"], world.rows("leads")[3]["price"]) == (5, 6)
        [dead] = await filled.outbox(OpState.DEAD)
        assert "wrong name" in dead.error
        assert report.entities["leads"].errors == 1
        assert (await filled.records.leads.get(2))["name"] == "row 2", "the record shows what amoCRM has"

    async def test_a_dead_letter_can_be_requeued(self, filled, remote, world):
        remote.refuse = {"wrong"}
        await filled.records.leads.update(2, name="wrong")
        await filled.push()
        [dead] = await filled.outbox(OpState.DEAD)
        remote.refuse = set()
        await filled.requeue(dead.seq)
        assert (await filled.records.leads.get(2))["name"] == "wrong"
        await filled.push()
        assert world.rows("leads")[2]["name"] == "wrong"
        with pytest.raises(ConfigurationError, match="no dead or held edit"):
            await filled.requeue(dead.seq)

    @pytest.mark.parametrize("error", [RateLimitedError("slow", status=429), RequestNotSent("no network")])
    async def test_what_was_not_sent_is_not_counted_against_the_edit(self, filled, remote, world, error):
        await filled.records.leads.update(1, price=5)
        remote.before = [error]
        report = await filled.push()
        assert report.entities["leads"].errors == 1
        [op] = await filled.outbox(OpState.PENDING)
        assert op.attempts == 0
        world.now_ += 100
        await filled.push()
        assert world.rows("leads")[1]["price"] == 5

    async def test_an_edit_is_given_up_after_its_attempts(self, remote, store, world):
        engine = engine_of(remote, store, max_attempts=3, preread_after=None)
        world.add("leads", price=1)
        await engine.pull()
        await engine.records.leads.update(1, price=5)
        for _ in range(6):
            remote.before = [ServerError("down", status=502)]
            await engine.push()
            world.now_ += 10_000
            remote.before = []
        assert len(remote.writes) == 3
        assert (await engine.status()).outbox == {"dead": 1}

    async def test_an_edit_of_a_lead_that_is_gone_is_a_dead_letter(self, filled, remote, world):
        await filled.records.leads.update(1, price=5)
        world.delete("leads", 1)
        await filled.pull()
        report = await filled.push()
        assert remote.writes == []
        assert "deleted" in report.problems[0].message

    async def test_a_dry_run_sends_nothing_and_says_what_it_would(self, filled, remote):
        await filled.records.leads.update(1, price=5)
        report = await filled.push(dry_run=True)
        [planned] = report.planned
        assert (planned["operation"], planned["fields"], planned["before"]) == (
            "patch",
            {"price": 5},
            {"price": 1},
        )
        assert remote.writes == []

    async def test_a_pull_does_not_overwrite_a_pending_edit_and_tells_the_conflict(self, filled, world):
        told = []
        filled.on("lead.conflict", told.append)
        world.change("leads", 1, price=9)
        world.now_ += 2
        await filled.records.leads.update(1, price=5)
        report = await filled.pull()
        assert report.entities["leads"].conflicts == 1
        assert (await filled.records.leads.get(1))["price"] == 5
        assert [event.changed for event in told] == [("price",)]
        [entry] = [entry for entry in await filled.log() if entry.operation == "conflict"]
        assert (entry.details["base"], entry.details["local"], entry.details["remote"]) == (1, 5, 9)
        [conflict] = await filled.conflicts.list()
        assert (conflict.state, conflict.resolution) == ("auto", "local")
        assert (await filled.status()).conflicts == 0, "none waits for a person"


class TestRecords:
    async def test_reading(self, engine, world):
        for number in range(1, 6):
            world.add("leads", price=number % 2)
        await engine.pull()
        leads = engine.records.leads
        assert engine.records.deals is leads
        assert await leads.count() == 5
        assert await leads.count({"price": 1}) == 3
        assert [record.remote_id for record in await leads.list({"price": 1}, limit=2, offset=1)] == [
            "3",
            "5",
        ]
        record = await leads.get(3)
        assert await leads.get(record.uid) == record
        assert await leads.get("3") == record
        with pytest.raises(NotFoundError, match="lead 99"):
            await leads.get(99)
        with pytest.raises(ConfigurationError, match="colour"):
            await leads.list({"colour": 1})

    async def test_a_field_that_amocrm_would_ignore_is_refused(self, engine, world):
        world.add("leads")
        await engine.pull()
        with pytest.raises(ConfigurationError, match="created_at"):
            await engine.records.leads.update(1, created_at=5)
        assert await engine.outbox() == []

    async def test_a_record_deleted_here_is_not_brought_back_by_a_pull(self, engine, world):
        world.add("leads")
        await engine.pull()
        await engine.records.leads.delete(1)
        world.now_ += 10
        world.change("leads", 1, name="still there")
        await engine.pull()
        assert await ids(engine) == []
        with pytest.raises(NotFoundError):
            await engine.records.leads.update(1, name="x")

    async def test_an_engine_without_a_crm_keeps_records_of_its_own(self, store):
        engine = engine_of(None, store)
        made = await engine.records.leads.create(name="Mine", colour="red")
        await engine.records.leads.update(made.uid, name="Still mine")
        assert [record["name"] for record in await engine.records.leads.list()] == ["Still mine"]
        assert (await engine.records.leads.get(made.uid)).raw["colour"] == "red"
        await engine.records.leads.delete(made.uid)
        assert await engine.records.leads.count() == 0
        assert await engine.outbox() == []
        with pytest.raises(ConfigurationError, match="client"):
            await engine.pull()


class TestEventsAndMapping:
    async def test_events_come_after_the_commit_and_their_errors_stop_nothing(self, engine, world, caplog):
        seen = []

        async def look(event):
            seen.append((event.name, (await engine.records.leads.get(int(event.remote_id)))["name"]))

        def explode(event):
            raise RuntimeError("host's fault")

        engine.on("lead.created", explode)
        off = engine.on("leads.add", look)
        world.add("leads", name="Kitchen")
        await engine.pull()
        assert seen == [("lead.created", "Kitchen")]
        assert "host's fault" in caplog.text
        off()
        world.add("leads")
        await engine.pull()
        assert len(seen) == 1

    async def test_a_lead_that_moves_tells_the_status_on_both_sides(self, remote, store, world):
        mapping = StatusMapping()
        mapping.set(1, Status.NEW, pipeline_id=5)
        mapping.set(142, Status.CLOSED)
        engine = engine_of(remote, store, mapping=mapping)
        world.add("leads", status_id=1, pipeline_id=5)
        await engine.pull()
        assert (await engine.records.leads.get(1))["status"] == "NEW"
        told = []
        engine.on("leads.status", told.append)
        world.now_ += 10
        world.change("leads", 1, status_id=142)
        await engine.pull()
        assert [(event.previous_status, event.status) for event in told] == [("NEW", "CLOSED")]

    async def test_a_changed_mapping_projects_onto_stored_leads_and_is_kept(
        self, engine, remote, store, world
    ):
        world.add("leads", status_id=1, pipeline_id=5)
        world.add("leads", status_id=2, pipeline_id=5)
        await engine.pull()
        before = (await engine.status()).version
        mapping = StatusMapping()
        mapping.set(1, Status.IN_PROGRESS, pipeline_id=5)
        assert await engine.set_mapping(mapping) == 1
        assert await engine.records.leads.count({"status": "IN_PROGRESS"}) == 1
        assert (await engine.status()).version == before + 1
        later = engine_of(remote, store)
        world.now_ += 10
        world.change("leads", 2, status_id=1)
        await later.pull()
        assert await later.records.leads.count({"status": "IN_PROGRESS"}) == 2

    async def test_sure_suggestions_are_applied(self, remote, store, world):
        statuses = [
            {"id": 142, "name": "Успешно реализовано"},
            {"id": 143, "name": "Закрыто и не реализовано"},
        ]
        world.add("pipelines", 5, _embedded={"statuses": statuses})
        world.add("leads", 1, status_id=142, pipeline_id=5)
        engine = engine_of(remote, store, entities=("pipelines", "leads"))
        await engine.pull()
        result = await engine.auto_apply(min_confidence=0.9)
        assert result.as_counts() == {"applied": 2, "skipped": 0, "errors": 0}
        assert (await engine.records.leads.get(1))["status"] == "CLOSED"
        assert await engine.records.stages.count({"mapped_status": "CLOSED"}) == 2


class TestRun:
    async def test_one_round_of_everything(self, engine, remote, world):
        world.add("leads", price=1)
        await engine.pull()
        world.now_ += 10
        await engine.records.leads.update(1, price=5)
        world.add("leads")
        await engine.receive(hook("add", 2), FORM)
        report = await engine.run()
        assert report.ok
        assert world.rows("leads")[1]["price"] == 5
        assert await ids(engine) == [1, 2]
        status = await engine.status()
        assert (status.outbox, status.inbox["hints"]) == ({"done": 1}, 1)
        assert status.last_sync_at is not None

    async def test_the_log_tells_what_was_done(self, engine, world):
        world.add("leads")
        await engine.pull()
        await engine.records.leads.update(1, price=5)
        await engine.push()
        rows = await engine.log()
        assert [row.operation for row in rows] == ["push", "update_lead", "sync_leads"]
        assert rows[0].details.keys() == {
            "pushed",
            "errors",
            "requests",
            "limit_time",
            "wall",
            "efficiency",
        }
        assert len(await engine.log(limit=1)) == 1
