"""A real WatermelonDB under Node against the offline routes over HTTP: with an account behind them, and with none."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.handlers import Allowance, Rate
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "watermelondb"
TOKEN = "phone-token"
DELETED = "Deleted on a phone"
PATIENCE = 60.0
"""Seconds after which a process of Node that hangs is ended."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or shutil.which("npm") is None,
    reason="Node and npm are not installed: python tools/services.py (as root) installs them",
)


@pytest.fixture(scope="module")
def example():
    """The example's host; its packages are installed, and its TypeScript is compiled, strictly, with our client's."""
    packages = FOLDER / "node_modules"
    if not all((packages / name).exists() for name in ("@nozbe/watermelondb", "openapi-fetch", ".bin/tsc")):
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER, check=True, timeout=180
        )
    built = subprocess.run(
        [packages / ".bin" / "tsc"], cwd=FOLDER, capture_output=True, text=True, timeout=180, check=False
    )
    assert built.returncode == 0, built.stdout
    spec = importlib.util.spec_from_file_location("watermelondb_server", FOLDER / "server.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Account:
    """An account of the emulator, its people, and the engine that keeps a copy of it."""

    def __init__(self, config):
        self.emulator = Emulator(seed=3, rate_limit=False)
        self.emulator.seed_account(leads=6, pipelines=1)
        token = self.emulator.long_lived_token()
        self.client = AmoCRM("demo", token=token, http_client=self.emulator.http_client(), limiter=None)
        self.engine = SyncEngine(self.client, MemorySyncStore(), config=config)
        self.engine.pull()

    def edit(self, lead_id, **fields):
        """Somebody changes a lead in amoCRM's own pages."""
        remote_id = int(self.engine.records.leads.get(lead_id).remote_id)
        self.emulator.ui.edit("leads", remote_id, **fields)
        self.engine.reconcile(["leads"])

    def delete(self, lead_id):
        self.emulator.ui.delete_lead(int(self.engine.records.leads.get(lead_id).remote_id))
        self.engine.reconcile(["leads"])

    def settle(self):
        """What phones have done goes to amoCRM."""
        report = self.engine.push()
        assert report.ok, report.problems

    def check_deleted(self, lead_id):
        """A deletion on a phone is a tag there, as the host has decided."""
        remote_id = int(self.engine.records.leads.get(lead_id).remote_id)
        assert DELETED in [tag.name for tag in self.client.leads.get(remote_id).tags]

    def truth(self):
        """The leads of the account itself, by name; those that were deleted on a phone are still there."""
        live = [lead for lead in self.client.leads.list() if DELETED not in [tag.name for tag in lead.tags]]
        return {lead.name: lead.price for lead in live}

    def close(self):
        self.client.close()


class NoAccount:
    """The same without any CRM: the other side are people at the host's panel."""

    def __init__(self, config):
        self.engine = SyncEngine(None, MemorySyncStore(), config=config)
        for number in range(6):
            self.engine.records.leads.create(name=f"lead {number}", price=number)

    def edit(self, lead_id, **fields):
        self.engine.records.leads.update(lead_id, fields)

    def delete(self, lead_id):
        self.engine.records.leads.delete(lead_id)

    def settle(self):
        pass

    def check_deleted(self, lead_id):
        assert self.engine.records.leads.get(lead_id).delete_reason == "local"

    def truth(self):
        return {record["name"]: record["price"] for record in self.engine.records.leads.list()}

    def close(self):
        pass


class Phones:
    """Real WatermelonDBs in one process of Node."""

    def __init__(self, url):
        self.process = subprocess.Popen(
            ["node", "dist/watermelondb/phones.js", url, TOKEN],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.watch = threading.Timer(PATIENCE, self.process.kill)
        self.watch.start()

    def ask(self, order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def do(self, phone, do, **more):
        answer = self.ask({"phone": phone, "do": do, **more})
        assert "error" not in answer, answer
        return answer["ok"]

    def leads(self, phone):
        return {row["id"]: row for row in self.do(phone, "rows", table="leads")}

    def close(self):
        self.watch.cancel()
        self.process.communicate(timeout=10)


@pytest.fixture(params=[Account, NoAccount], ids=["account", "local"])
def world(request, example):
    side = request.param(example.CONFIG)
    handlers = example.handlers_of(side.engine, {TOKEN: "anna"}, rates={Rate.DEVICE: Allowance(10_000)})
    server = example.server_of(handlers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    phones = Phones(f"http://127.0.0.1:{server.server_port}")
    yield side, phones
    phones.close()
    server.shutdown()
    server.server_close()
    thread.join()
    side.close()


def by_name(rows):
    return {row["name"]: row["price"] for row in rows.values()}


def test_a_phone_and_everybody_else_see_each_others_work(world):
    side, phones = world
    phones.do("anna", "sync")
    phones.do("boris", "sync")
    assert by_name(phones.leads("anna")) == side.truth()
    changed, removed, dropped = sorted(phones.leads("anna"))[:3]

    villa = phones.do("anna", "create", table="leads", fields={"name": "A villa", "price": 100})
    phones.do("anna", "update", table="leads", id=changed, fields={"price": 4242})
    phones.do("anna", "delete", table="leads", id=removed)
    phones.do("anna", "sync")
    side.settle()
    side.edit(villa, price=150)
    side.delete(dropped)
    phones.do("boris", "sync")
    seen = phones.leads("boris")
    assert seen[changed]["price"] == 4242
    assert seen[villa]["price"] == 150
    assert not {removed, dropped} & set(seen)
    side.check_deleted(removed)
    assert by_name(seen) == side.truth()

    phones.do("anna", "sync")
    assert by_name(phones.leads("anna")) == side.truth()
    assert {row["_status"] for row in phones.leads("anna").values()} == {"synced"}


def test_what_was_done_without_a_network_arrives_when_it_is_back(world):
    side, phones = world
    phones.do("anna", "sync")
    both, other = sorted(phones.leads("anna"))[:2]
    phones.do("anna", "network", on=False)
    phones.do("anna", "update", table="leads", id=both, fields={"price": 777})
    phones.do("anna", "update", table="leads", id=other, fields={"price": 333})
    phones.do("anna", "create", table="contacts", fields={"name": "Ivan", "phone": "+15550100"})
    assert phones.ask({"phone": "anna", "do": "sync"}) == {"error": "no network"}
    side.edit(both, price=555, name="Renamed meanwhile")
    side.edit(other, name="Also renamed")

    phones.do("anna", "network", on=True)
    phones.do("anna", "sync")
    side.settle()
    [contact] = [item for item in side.engine.records.contacts.list() if item["name"] == "Ivan"]
    assert contact["phone"] == "+15550100"
    # the phone's own field and everybody else's fields: both are kept
    truth = side.truth()
    assert (truth["Renamed meanwhile"], truth["Also renamed"]) == (777, 333)
    phones.do("anna", "sync")
    assert by_name(phones.leads("anna")) == truth


def test_ten_phones_at_once_converge(world):
    side, phones = world
    names = [f"phone{number}" for number in range(10)]
    phones.ask([{"phone": name, "do": "sync"} for name in names])
    common = min(phones.leads(names[0]))
    orders = [
        [
            {"phone": name, "do": "create", "table": "leads", "fields": {"name": f"by {name}", "price": 1}}
            for name in names
        ],
        [
            {"phone": name, "do": "update", "table": "leads", "id": common, "fields": {"price": number}}
            for number, name in enumerate(names)
        ],
    ]
    for order in orders:
        assert all("ok" in answer for answer in phones.ask(order))
    left = names
    for _ in names:  # each round at least one phone gets through
        answers = phones.ask([{"phone": name, "do": "sync"} for name in left])
        left = [name for name, answer in zip(left, answers, strict=True) if "error" in answer]
        assert all("409 pull-first" in answer.get("error", "409 pull-first") for answer in answers)
    assert left == []
    side.settle()
    assert all("ok" in answer for answer in phones.ask([{"phone": name, "do": "sync"} for name in names]))
    views = [by_name(phones.leads(name)) for name in names]
    assert views == [side.truth()] * 10
    assert {f"by {name}" for name in names} <= set(views[0])
