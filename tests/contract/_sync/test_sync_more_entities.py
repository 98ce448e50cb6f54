# Generated from tests/contract/_async/test_sync_more_entities.py by tools/unasync.py: edit that file instead.
"""Customers, products, links and communications, over the real client and the emulator."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from contract._sync.sync_parts import client_of, engine_with

from amocrm_sync._core.call import Priority
from amocrm_sync.testing import Emulator
from amocrm_sync.testing.emulator.emulator import View

pytestmark = pytest.mark.anyio


class Turns:
    """A limiter that lets everybody go, and notes down who asked."""

    def __init__(self):
        self.seen: list[Priority] = []

    def acquire(self, key, *, priority=Priority.INTERACTIVE):
        self.seen.append(priority)

    def penalize(self, key, *, retry_after=None):
        raise AssertionError("no 429 here")


@pytest.fixture
def emulator(clock):
    emulator = Emulator(seed=1, clock=clock, rate_limit=False)
    emulator.seed_account(leads=30, pipelines=1, customers=12, elements=40)
    return emulator


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def amo(emulator, clock, turns):
    with client_of(emulator, clock, limiter=turns) as client:
        yield client


def engine_of(amo, clock, *entities):
    config = {"entities": entities} if entities else {}
    return engine_with(amo, clock, page_size=25, **config)


def asked(emulator, before, path):
    return [request for request in emulator.requests[before:] if request.path.startswith(path)]


def elements(emulator):
    """The elements of all lists, without the trash."""
    return View(emulator.state.cards["catalog_elements"])


def rename(amo, row, name):
    path = f"/api/v4/catalogs/{row['catalog_id']}/elements/{row['id']}"
    amo.request("PATCH", path, json={"name": name})


class TestCustomers:
    def test_they_are_pulled_once_and_then_only_what_changed(self, amo, clock, emulator):
        with engine_of(amo, clock, "customers") as engine:
            first = engine.pull()
            assert first.ok
            assert first.entities["customers"].created == len(emulator.customers) == 12
            clock.advance(100)
            chosen = min(emulator.customers)
            emulator.ui.edit("customers", chosen, name="Known for years")
            clock.advance(5)
            second = engine.pull()
            assert second.entities["customers"].updated == 1
            assert second.entities["customers"].requests == 1
            assert (engine.records.customers.get(chosen))["name"] == "Known for years"

    def test_an_account_without_them_is_no_failure(self, amo, clock, emulator):
        emulator.state.settings.customers_mode = "disabled"
        with engine_of(amo, clock) as engine:
            report = engine.pull()
            assert report.ok
            assert set(report.without) == {"customers"}
            assert (engine.status()).last_sync_at is not None
            assert engine.records.leads.count() == 30

    def test_a_tariff_without_them_does_not_stop_the_rest(self, amo, clock, emulator):
        emulator.state.settings.customers_mode = "unavailable"
        with engine_of(amo, clock) as engine:
            report = engine.pull()
            assert report.ok
            assert set(report.without) == {"customers"}
            assert engine.records.tasks.count() == len(emulator.tasks)


class TestProducts:
    def test_every_element_is_there_with_its_catalog(self, amo, clock, emulator):
        with engine_of(amo, clock, "products") as engine:
            report = engine.pull()
            assert report.ok
            stored = engine.records.products.list()
            assert len(stored) == len(elements(emulator)) == 40
            for record in stored:
                row = elements(emulator)[record["amo_product_id"]]
                assert (record["name"], record["catalog_id"]) == (row["name"], row["catalog_id"])

    def test_a_change_and_a_deletion_arrive_with_the_next_pull(self, amo, clock, emulator):
        with engine_of(amo, clock, "products") as engine:
            engine.pull()
            gone, kept = sorted(elements(emulator))[:2]
            clock.advance(10)
            emulator.ui.delete_element(gone)
            rename(amo, elements(emulator)[kept], "A newer name")
            clock.advance(10)
            part = (engine.pull()).entities["products"]
            assert (part.updated, part.deleted) == (1, 1)
            assert (engine.records.products.get(kept))["name"] == "A newer name"
            assert engine.records.products.count() == 39

    def test_rights_lost_to_a_list_delete_nothing(self, amo, clock, emulator):
        with engine_of(amo, clock, "products") as engine:
            engine.pull()
            for element in sorted(elements(emulator))[:30]:
                emulator.ui.delete_element(element)
            report = engine.pull()
            assert "30 of 40 products" in report.problems[0].message
            assert engine.records.products.count() == 40

    def test_a_webhook_names_the_element_to_read_again(self, amo, clock, emulator):
        with engine_of(amo, clock, "products") as engine:
            engine.pull()
            chosen = min(elements(emulator))
            row = elements(emulator)[chosen]
            rename(amo, row, "Renamed")
            body = {
                "catalogs[update][0][id]": chosen,
                "catalogs[update][0][catalog_id]": row["catalog_id"],
                "catalogs[update][0][name]": "not believed",
            }
            engine.receive(urlencode(body))
            engine.process_inbox()
            assert (engine.records.products.get(chosen))["name"] == "Renamed"


class TestLinks:
    def test_contacts_companies_and_products_of_a_lead(self, amo, clock, emulator):
        with engine_of(amo, clock) as engine:
            engine.pull()
            leads = engine.records.leads.list()
            with engine._context.tx(write=False) as tx:
                links = tx.links.of("leads", [lead.uid for lead in leads])
            stored = {(link.from_uid, link.to_entity, link.to_remote_id) for link in links}
            wanted = {
                (lead.uid, name, str(item["id"]))
                for lead in leads
                for name in ("contacts", "companies")
                for item in lead.raw["_embedded"].get(name) or ()
            }
            assert wanted
            assert {link for link in stored if link[1] != "products"} == wanted

    def test_a_link_that_is_gone_stays_as_deleted(self, amo, clock):
        with engine_of(amo, clock, "leads") as engine:
            engine.pull()
            lead = next(lead for lead in engine.records.leads.list() if lead["contact_ids"])
            contact = lead["contact_ids"][0]
            amo.leads.unlink(int(lead.remote_id), {"to_entity_type": "contacts", "to_entity_id": contact})
            clock.advance(10)
            engine.reconcile()
            with engine._context.tx(write=False) as tx:
                links = tx.links.of("leads", [lead.uid], "contacts", deleted=True)
            assert {link.to_remote_id: link.deleted for link in links}[str(contact)] is True


MESSAGE = {
    "message[add][0][id]": "5d9f0c9a-0000-4000-8000-000000000001",
    "message[add][0][chat_id]": "c-1",
    "message[add][0][talk_id]": "77",
    "message[add][0][contact_id]": "501",
    "message[add][0][text]": "Is it still free?",
    "message[add][0][created_at]": "1767225000",
    "message[add][0][type]": "incoming",
    "message[add][0][author][name]": "Anna",
    "message[add][0][element_type]": "2",
    "message[add][0][element_id]": "9001",
}


class TestCommunications:
    def test_a_message_is_kept_as_it_came_and_once(self, amo, clock):
        with engine_of(amo, clock, "communications") as engine:
            heard = []
            engine.on("communication.created", heard.append)
            body = urlencode(MESSAGE)
            for _ in range(2):
                engine.receive(body)
                report = engine.process_inbox()
                assert report.ok
            [stored] = engine.records.communications.list()
            assert (stored["kind"], stored["direction"], stored["text"]) == (
                "message",
                "incoming",
                "Is it still free?",
            )
            assert (stored["author"], stored["talk_id"], stored["contact_id"]) == ("Anna", "77", 501)
            assert stored["amo_created_at"] == 1767225000
            assert stored.raw["payload"]["chat_id"] == "c-1"
            assert len(heard) == 1

    def test_a_later_body_with_the_same_message_changes_nothing(self, amo, clock):
        with engine_of(amo, clock, "communications") as engine:
            engine.receive(urlencode(MESSAGE))
            engine.receive(urlencode({**MESSAGE, "message[add][0][text]": "forged"}))
            engine.process_inbox()
            [stored] = engine.records.communications.list()
            assert stored["text"] == "Is it still free?"

    def test_every_change_of_a_talk_is_a_row(self, amo, clock):
        with engine_of(amo, clock, "communications") as engine:
            for action, stamp in (("add", 10), ("update", 20), ("update", 20), ("update", 30)):
                body = {
                    f"talk[{action}][0][talk_id]": "77",
                    f"talk[{action}][0][updated_at]": str(1767225000 + stamp),
                }
                engine.receive(urlencode(body))
            engine.process_inbox()
            stored = engine.records.communications.list({"kind": "talk"})
            assert [record["text"] for record in stored] == ["add", "update", "update"]
            assert {record["amo_communication_id"] for record in stored} == {77}

    def test_notes_and_calls_that_are_read_are_in_the_stream(self, amo, clock, emulator):
        with engine_of(amo, clock, "notes", "communications") as engine:
            report = engine.pull()
            assert report.ok
            notes = engine.records.notes.list()
            stored = {record.remote_id: record for record in engine.records.communications.list()}
            assert stored.keys() == {f"note:{note.remote_id}" for note in notes}
            kinds = {note.remote_id: note["note_type"] for note in notes}
            for remote_id, kind in kinds.items():
                expected = "call" if kind in ("call_in", "call_out") else "note"
                assert stored[f"note:{remote_id}"]["kind"] == expected

    def test_without_the_entity_nothing_is_kept(self, amo, clock):
        with engine_of(amo, clock, "leads") as engine:
            engine.receive(urlencode(MESSAGE))
            engine.process_inbox()
            assert engine.records.communications.count() == 0


class TestPriority:
    def test_whole_lists_go_last_hints_before_and_writes_first(self, amo, clock, emulator, turns):
        with engine_of(amo, clock, "leads") as engine:
            engine.pull()
            assert set(turns.seen) >= {Priority.BACKGROUND}
            assert min(turns.seen) >= Priority.INCREMENTAL
            turns.seen.clear()
            clock.advance(60)
            engine.pull()
            assert set(turns.seen) == {Priority.INCREMENTAL}
            turns.seen.clear()
            lead = min(emulator.leads)
            engine.receive(urlencode({"leads[update][0][id]": lead}))
            engine.process_inbox()
            assert turns.seen == [Priority.WEBHOOK]
            turns.seen.clear()
            clock.advance(60)
            engine.records.leads.update(lead, price=4321)
            engine.push()
            assert set(turns.seen) == {Priority.INTERACTIVE}
