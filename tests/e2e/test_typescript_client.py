"""The TypeScript client: in step with the OpenAPI document, strict, and it talks to a host."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import typescript_client

from amocrm_sync import AmoCRM
from amocrm_sync.adapters import wsgi
from amocrm_sync.handlers import CRMHandlers, Principal
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator

PROGRAM = """
import { CRM } from "./client.js";
const crm = new CRM(process.argv[2], () => "anna");
const copy = await crm.initial("phone-1");
const fields = { name: "From a phone" };
const edit = { id: 1, entity: "leads", uid: "7d3c0d5e-0000-4000-8000-000000000001", op: "create", fields };
await crm.send("phone-1", [edit]);
const refused = await crm.send("phone-1", [{ ...edit, id: -1 }]).catch((error) => error);
console.log(JSON.stringify({ copy: typeof copy, code: refused.code, status: refused.status }));
"""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def node():
    """The packages of the lock file, on a machine with Node."""
    if shutil.which("npm") is None:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail("Node is not installed: make services")
        pytest.skip("NOT TESTED: Node is not installed (make services)")
    typescript_client.install()
    return typescript_client.FOLDER


def test_the_document_is_that_of_the_handlers():
    assert typescript_client.DOCUMENT.read_bytes() == typescript_client.document()


def test_the_types_are_those_of_the_document(node):
    made = typescript_client.types(typescript_client.DOCUMENT.read_bytes())
    assert typescript_client.TYPES.read_bytes() == made


def test_it_compiles_strictly_and_talks_to_a_host(node, tmp_path):
    build = ["node_modules/.bin/tsc", "--outDir", str(tmp_path)]
    done = subprocess.run(build, cwd=node, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(node / "node_modules")
    (tmp_path / "program.js").write_text(PROGRAM)
    engine, app = host()
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            run = ["node", "program.js", f"http://127.0.0.1:{server.server_port}"]
            said = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        finally:
            server.shutdown()
            thread.join()
    assert said.stdout == '{"copy":"object","code":"invalid","status":422}\n', said.stderr
    assert [lead["name"] for lead in engine.records.leads.list() if lead["name"] == "From a phone"]


def host():
    """An engine, and its routes for a phone."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=8, pipelines=1)
    amo = AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())
    engine = SyncEngine(amo, MemorySyncStore())
    engine.pull()

    def who(request):
        known = request.header("authorization") == "Bearer anna"
        return Principal(id="anna", role="user") if known else None

    handlers = CRMHandlers(engine=engine, shared=True, groups=("offline",), authenticate=who)
    return engine, wsgi.app(handlers)
