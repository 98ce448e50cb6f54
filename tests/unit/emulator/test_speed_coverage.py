"""That big accounts stay quick, and what of the API is served."""

from __future__ import annotations

import re
import time
from threading import Thread

import pytest
from unit.emulator.desk import Desk

from amocrm_sync.testing.emulator.routes import ROUTES, coverage


@pytest.fixture(scope="module")
def big() -> Desk:
    desk = Desk()
    contact = desk.contact()
    field = desk.field("leads", "text")
    value = [{"field_id": field, "values": [{"value": "x"}]}]
    leads = [
        {"name": f"L{at}", "updated_at": 1_700_000_000 + at * 7919 % 20_000, "custom_fields_values": value}
        for at in range(20_000)
    ]
    leads[0]["_embedded"] = {"contacts": [{"id": contact}]}
    desk.emu.load("/api/v4/leads", leads)
    return desk


def best_of(count, run):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize(
    "path",
    [
        "leads?limit=250&filter[updated_at][from]=1700005000&order[updated_at]=asc&page=20&with=contacts",
        "leads?limit=250&order[id]=desc&page=80&with=contacts",
        "leads?limit=250&filter[updated_at][from]=1700019000&order[id]=asc",
        "leads?limit=250&filter[pipeline_id]=3177727&page=80",
    ],
)
def test_a_page_of_250_out_of_20000_takes_milliseconds(big, path):
    assert len(big.get(path).ids("leads")) > 200
    assert best_of(5, lambda: big.get(path)) < 0.05


def test_an_update_in_a_big_account_does_not_sort_it_again(big):
    lead_id = max(big.emu.leads)

    def change():
        big.clock.advance(1)
        big.patch(f"leads/{lead_id}", {"price": big.now % 1000})

    assert best_of(5, change) < 0.01


def test_ids_are_unique_under_threads():
    desk = Desk()
    threads = [Thread(target=lambda: [desk.lead() for _ in range(30)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.walk("leads?limit=50", "leads")) == len(set(desk.emu.leads)) == 240


def test_every_row_of_the_table_has_a_place_of_its_own():
    places = [(method, template, name) for name, method, template in coverage()]
    assert len(places) == len(set(places)) == len(ROUTES)
    assert len({name for _, _, name in places}) == len(places)
    assert all(re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", name) for _, _, name in places)


def test_paths_are_written_as_in_the_reference_of_the_api():
    written = {name: path for name, _, path in coverage()}
    assert written["leads.list"] == "/api/v4/leads"
    assert written["events.get"] == "/api/v4/events/{id}"
    assert written["notes.get"] == "/api/v4/{entity}/notes/{id}"


def test_the_main_entities_are_served():
    served = {name for name, _, _ in coverage()}
    for entity in ("leads", "contacts", "companies", "tasks"):
        assert {
            f"{entity}.{name}" for name in ("list", "get", "create", "update_many", "update_one")
        } <= served
    assert {"oauth.authorize", "oauth.token", "account.get", "leads.complex", "webhooks.subscribe"} <= served
