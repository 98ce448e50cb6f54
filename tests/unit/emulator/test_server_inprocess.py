"""The emulator without a socket, and the fixtures that the pytest plugin gives."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

from amocrm_sync import AmoCRM, AsyncAmoCRM
from amocrm_sync.errors import AmbiguousWriteError
from amocrm_sync.testing import Emulator, Faults, ManualClock

ORIGIN = "https://demo.amocrm.ru"


@pytest.fixture
def emulator():
    return Emulator(seed=1, clock=ManualClock(), rate_limit=False)


@pytest.fixture(params=["httpx", "httpx2"])
def family(request):
    return pytest.importorskip(request.param, reason=f"NOT RUN: {request.param} is not installed")


def headers(emulator: Emulator) -> dict[str, str]:
    return {"Authorization": f"Bearer {emulator.long_lived_token()}"}


def test_a_request_and_its_answer_pass_through(emulator, family):
    with emulator.http_client(family.__name__) as client:
        made = client.post(f"{ORIGIN}/api/v4/leads", headers=headers(emulator), json=[{"name": "Заявка"}])
        (lead_id,) = emulator.leads
        assert made.json()["_embedded"]["leads"][0]["id"] == lead_id
        read = client.get(
            f"{ORIGIN}/api/v4/leads", headers=headers(emulator), params={"filter[id][]": lead_id}
        )
        assert read.json()["_embedded"]["leads"][0]["name"] == "Заявка"
        assert read.headers["content-type"] == "application/hal+json"
        assert read.json()["_links"]["self"]["href"].startswith(ORIGIN)


def test_nothing_found_has_no_body(emulator, family):
    with emulator.http_client(family.__name__) as client:
        answer = client.get(f"{ORIGIN}/api/v4/leads/1", headers=headers(emulator))
        assert (answer.status_code, answer.content) == (204, b"")


def test_a_lost_answer_is_a_read_timeout_of_the_family(emulator, family):
    emulator.faults = faults = Faults()
    fault = faults.next(lose_answer=True, match="POST /api/v4/leads")
    with emulator.http_client(family.__name__) as client, pytest.raises(family.ReadTimeout) as lost:
        client.post(f"{ORIGIN}/api/v4/leads?secret=1", headers=headers(emulator), json=[{"name": "taken"}])
    assert fault.hits == len(emulator.leads) == 1
    assert "secret" not in str(lost.value)


def test_one_client_serves_both_colours(emulator):
    client = emulator.http_client()
    amo = AmoCRM("demo", token=emulator.long_lived_token(), http_client=client, limiter=None)
    lead = amo.leads.create(name="one")
    assert amo.leads.get(lead.id).name == "one"
    assert isinstance(AsyncAmoCRM("demo", token="x", http_client=client), AsyncAmoCRM)


def test_a_lost_write_is_ambiguous_and_is_not_sent_again(emulator):
    emulator.faults = faults = Faults()
    faults.next(lose_answer=True, match="POST /api/v4/leads", times=5)
    amo = AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client(), limiter=None)
    with pytest.raises(AmbiguousWriteError):
        amo.leads.create(name="once")
    assert [lead["name"] for lead in emulator.leads.values()] == ["once"]


def test_the_plugin_s_client_talks_to_the_plugin_s_emulator(amo_emulator, amo_client):
    lead = amo_client.leads.create(name="from the fixture")
    assert amo_emulator.leads[lead.id]["name"] == "from the fixture"


@pytest.mark.anyio
async def test_the_plugin_s_async_client_talks_to_the_same_emulator(amo_emulator, async_amo_client):
    lead = await async_amo_client.leads.create(name="from a task")
    assert amo_emulator.leads[lead.id]["name"] == "from a task"


def test_the_plugin_s_clients_are_not_slowed_down(amo_emulator, amo_client):
    for _ in range(30):
        amo_client.account.get()
    assert amo_emulator.stats.rate_limited == 0


def imported_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_plugin_costs_nothing_until_it_is_used():
    loaded = imported_by("amocrm_sync.testing.pytest_plugin")
    assert not loaded & {"httpx", "httpx2", "pydantic", "h11", "amocrm_sync.testing.emulator"}


def test_the_tools_need_no_pytest():
    names = importlib.import_module("amocrm_sync.testing").__all__
    code = f"import sys, amocrm_sync.testing as t; [getattr(t, n) for n in {names}]; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_unknown_tool_is_an_attribute_error():
    testing: Any = importlib.import_module("amocrm_sync.testing")
    with pytest.raises(AttributeError, match="NoSuchTool"):
        _ = testing.NoSuchTool
