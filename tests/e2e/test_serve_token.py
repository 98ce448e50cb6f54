"""``amocrm-sync serve`` with a long-lived token: the page's routes answer of that account, and the token is told to nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.testing import Emulator

COMMAND = str(Path(sys.executable).with_name("amocrm-sync"))
LEADS = 6

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def account():
    """An emulated account behind a socket, and a long-lived token of it."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=LEADS, pipelines=1)
    with emulator.serve() as server:
        yield emulator, server.base_url, emulator.long_lived_token()


@contextmanager
def serving(folder: Path, account: str, token: str):
    """The command with the token in its environment: its first line, and a list of all that it says; it must end well."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("AMOCRM_")}
    process = subprocess.Popen(
        [COMMAND, "serve", "--account", account, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**known, "AMOCRM_TOKEN": token},
    )
    said = [process.stdout.readline()]
    try:
        yield said
    finally:
        process.terminate()
        said += process.communicate(timeout=20)[0].splitlines()
    assert (process.returncode, said[-1]) == (0, "stopped")


@contextmanager
def signed_in(key: str):
    """A browser that has used the printed address."""
    with httpx.Client(base_url=key.partition("/login/")[0], timeout=60) as browser:
        assert browser.get(key).status_code == 302
        session = browser.get("/admin/crm/session").json()
        assert session["role"] == "admin"
        browser.headers["X-CSRF-Token"] = session["csrf"]
        yield browser


def test_the_pages_routes_answer_of_the_tokens_account(account, tmp_path):
    emulator, origin, token = account
    told: list[str] = []
    with (
        serving(tmp_path, origin, token) as said,
        signed_in(re.search(r"http\S+", said[0])[0]) as browser,
    ):

        def ask(path: str, body: dict | None = None) -> dict:
            answer = browser.request("POST" if body else "GET", f"/admin/crm{path}", json=body)
            told.append(answer.text)
            assert answer.is_success, answer.text
            return answer.json()

        status = ask("/status")
        host = origin.partition("://")[2]
        assert (status["state"], status["has_tokens"], status["domain"]) == ("connected", False, host)
        card = ask("/account")
        with AmoCRM(origin, token=token) as amo:
            known = amo.account.get()
        assert (card["id"], card["name"]) == (known.id, known.name)
        assert status["account_id"] == known.id
        ask("/sync", {"entities": ["leads"]})
        rows = ask("/records/leads?limit=100")["data"]
        assert {row["remote_id"] for row in rows} == {str(number) for number in emulator.leads}
        assert ask("/stats")["counts"]["leads"] == LEADS
        ask("/sync/log")
        ask("/config")

        emulator.revoke_tokens()
        status = ask("/status")
        assert status["state"] == "error"
        assert "make a new one in the keys tab" in status["error"]
        refused = browser.post("/admin/crm/sync", json={"entities": ["leads"]})
        told.append(refused.text)
        assert (refused.status_code, refused.json()["code"]) == (409, "not-connected")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["amo.db"], "settings and tokens are not kept, so there is no key"
    assert all(token not in text for text in (*said, *told))
    assert all(token.encode() not in path.read_bytes() for path in files)
