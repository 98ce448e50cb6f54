"""The TypeScript client: in step with the OpenAPI document, strict, and it talks to a host."""

from __future__ import annotations

import json
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
import { CRM, Refused, type Mutation, type Result, type Row, type Snapshot, type Standing } from "./client.js";

declare const process: { argv: string[] };
const crm = new CRM(process.argv[2] ?? "", () => "anna");

const rows = new Map<string, Row>();
let page: Snapshot = await crm.initial("phone-1", { limit: 5 });
let pages = 1;
for (;;) {
  for (const part of Object.values(page.changes)) for (const row of part.created) rows.set(row.uid, row);
  if (page.next === null) break;
  page = await crm.initial("phone-1", { page: page.next, limit: 5 });
  pages += 1;
}

const uid = "7d3c0d5e-0000-4000-8000-000000000001";
const made: Mutation = { id: 1, entity: "leads", uid, op: "create", fields: { name: "From a phone" } };
const wrong: Mutation = { id: 2, entity: "leads", uid, op: "update", fields: { surprise: 1 } };
const { results } = await crm.send("phone-1", [made, wrong]);
const [again] = (await crm.send("phone-1", [made])).results;

// Each kind of result brings what it needs, and nothing has to be guessed.
function ended(result: Result): string {
  switch (result.status) {
    case "applied":
      return result.op;
    case "merged":
    case "held":
      return String(result.record.fields["price"] ?? result.conflicts.length);
    case "conflict":
      return "deleted" in result.record ? "deleted" : String(result.record.version);
    case "rejected":
      return result.reason;
    case "duplicate":
      return `was ${result.was ?? "forgotten"}`;
  }
}

const changes = await crm.changes("phone-1", page.cursor ?? "");
const mine: (true | undefined)[] = Object.values(changes.changes).flatMap((part) => part.updated.map((row) => row.mine));
const standing = await crm.standing("phone-1");
const accepted: number | undefined = standing.client?.outgoing.accepted;
const gap: unknown = await crm.send("phone-1", [{ ...made, id: 9 }]).catch((error: unknown) => error);
const refused: unknown = await crm.send("phone-1", [{ ...made, id: -1 }]).catch((error: unknown) => error);
if (!(gap instanceof Refused && refused instanceof Refused)) throw new Error("nothing was refused");
const told = [...results, again].map((result) => (result === undefined ? "" : ended(result)));
const codes = [gap.status, gap.code, gap.problem.expected, refused.status, refused.code];
console.log(JSON.stringify({ rows: rows.size, pages, told, mine, accepted, codes }));

// What must not compile: a field that there is not, one that may be null or absent, a word that is none.
export function wrongly(page: Snapshot, result: Result, standing: Standing, edit: Mutation): void {
  // @ts-expect-error
  void page.rows;
  // @ts-expect-error
  void page.next.length;
  // @ts-expect-error
  void result.reason;
  // @ts-expect-error
  void standing.client.seen_at;
  // @ts-expect-error
  edit.op = "destroy";
}
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
    shutil.copytree(node / "src", tmp_path / "src")
    (tmp_path / "src" / "program.ts").write_text(PROGRAM)
    shutil.copy(node / "tsconfig.json", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(node / "node_modules")
    done = subprocess.run(
        ["node_modules/.bin/tsc"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    engine, app = host()
    stored = sum(engine.status().counts.values())
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            run = ["node", "dist/program.js", f"http://127.0.0.1:{server.server_port}"]
            said = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        finally:
            server.shutdown()
            thread.join()
    assert said.returncode == 0, said.stderr
    told = json.loads(said.stdout)
    assert told["rows"] == stored
    assert told["pages"] == stored // 5 + 1
    assert told["told"][0::2] == ["create", "was applied"]
    assert "surprise" in told["told"][1]
    assert (told["mine"], told["accepted"]) == ([True], 1)
    assert told["codes"] == [409, "gap", 3, 422, "invalid"]
    assert [lead["name"] for lead in engine.records.leads.list() if lead["name"] == "From a phone"]


def host():
    """An engine, and its routes for a phone."""
    emulator = Emulator(seed=1, rate_limit=False)
    emulator.seed_account(leads=8, pipelines=1)
    token, http = emulator.long_lived_token(), emulator.http_client()
    amo = AmoCRM("demo", token=token, http_client=http, limiter=None)
    engine = SyncEngine(amo, MemorySyncStore())
    engine.pull()

    def who(request):
        known = request.header("authorization") == "Bearer anna"
        return Principal(id="anna", role="user") if known else None

    handlers = CRMHandlers(engine=engine, shared=True, groups=("offline",), authenticate=who)
    return engine, wsgi.app(handlers)
