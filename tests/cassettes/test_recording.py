"""The way that ``make record-cassettes`` goes, against an account on a socket: record, look inside, replay."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from cassettes_config import FOLDER, HOST

from amocrm_sync import AmoCRM
from amocrm_sync.testing import Emulator

REPLAYED = sorted(map(str, (Path(__file__).parent / "_sync").glob("test_cassettes*.py")))
UNLIKE = {
    # the page's text says that these come only where they are asked for, or only for lists; its examples have them
    "GET /api/v4/leads _embedded leads source_id",
    "GET /api/v4/leads/N source_id",
    "GET /api/v4/leads/custom_fields _embedded custom_fields settings",
    "GET /api/v4/leads/custom_fields/N settings",
    "POST /api/v4/leads/custom_fields _embedded custom_fields settings",
    "POST /api/v4/catalogs/N/elements _embedded elements invoice_link",
    # the page names the rows of these after another entity; the emulator names them as its lists do
    "PATCH /api/v4/customers _embedded leads",
    "POST /api/v4/customers/N/transactions _embedded customers",
    # one page of several writes ``enum`` for ``enum_code``
    "GET /api/v4/contacts _embedded contacts custom_fields_values values enum",
    "GET /api/v4/contacts/N custom_fields_values values enum",
    # what this account has not, or was not given
    "GET /api/v4/account entity_names leads ru",
    "GET /api/v4/leads/unsorted _embedded unsorted metadata visitor_uid",
    "GET /api/v4/leads/unsorted/N metadata visitor_uid",
    "GET /drive/v1.0/files/N session_id",
    "POST /api/v2/catalogs _links self method",
}
"""Keys of the documentation's examples that the emulator leaves out, by why it does."""

OTHER_MODE = "customer_statuses.yaml"
"""Customers are kept by segments or by periods: no account answers for both at a time."""


def suite(folder, *arguments, **account):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *REPLAYED, *arguments]
    return subprocess.run(
        command,
        env={**os.environ, "AMO_CASSETTES": str(folder), **account},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_recorded_from_an_account_and_replayed_without_it(tmp_path):
    emulator = Emulator(seed=3, rate_limit=False)
    emulator.seed_account(leads=8, contacts=4, tasks=3)
    token = emulator.long_lived_token()
    with emulator.serve(port=0) as server:
        with AmoCRM(server.base_url, token=token, limiter=None) as amo:
            make_what_cannot_be_deleted(amo, emulator)
        recorded = suite(
            tmp_path,
            "--record-mode=rewrite",
            "-k",
            "httpx-loose and not statuses_of_customers",
            AMOCRM_SUBDOMAIN=server.base_url,
            AMOCRM_TOKEN=token,
        )
    assert recorded.returncode == 0, recorded.stdout
    cassettes = list(tmp_path.glob("*.yaml"))
    assert {path.name for path in cassettes} == {path.name for path in FOLDER.glob("*.yaml")} - {OTHER_MODE}
    assert not any(token in path.read_text(encoding="utf-8") for path in cassettes)
    assert not any("127.0.0.1" in path.read_text(encoding="utf-8") for path in cassettes)
    lacking = {line for path in FOLDER.glob("*.yaml") for line in unlike(path, tmp_path / path.name)}
    assert lacking == UNLIKE
    replayed = suite(tmp_path, "-k", "not statuses_of_customers")
    assert replayed.returncode == 0, replayed.stdout


def unlike(documented, emulated):
    """What the documentation's examples have, and the emulator's answers to the same requests lack."""
    told = {}
    for call, body in bodies(emulated) if emulated.exists() else ():
        told.setdefault(call, body)
    for call, body in bodies(documented):
        yield from lacks(body, told[call], call) if call in told else ()


def bodies(path):
    """Request, as a template, and JSON of every answer that has a body."""
    for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
        request, body = interaction["request"], interaction["response"]["body"]["string"]
        if body:
            template = re.sub(
                r"[0-9a-f-]{20,}|\d{2,}", "N", request["uri"].partition("?")[0].partition(HOST)[2]
            )
            yield f"{request['method']} {template}", json.loads(body)


def lacks(documented, emulated, at):
    if isinstance(documented, dict) and isinstance(emulated, dict):
        for key, value in documented.items():
            if key == "next":  # the account has fewer records than the page that the example is cut from
                continue
            if key not in emulated:
                yield f"{at} {key}"
            else:
                yield from lacks(value, emulated[key], f"{at} {key}")
    elif isinstance(documented, list) and isinstance(emulated, list) and documented and emulated:
        yield from lacks(documented[0], emulated[0], at)


def make_what_cannot_be_deleted(amo, emulator):
    """A talk and a button, which the tests only read."""
    channel = emulator.chat_channel
    with amo.amojo(channel.id, channel.secret) as amojo:
        amojo.connect()
        amojo.send_message("c-1", "Hello", sender={"id": "u-1", "name": "Ann"}, msgid="m-1")
    amo.website_buttons.create(amo.pipelines.list().first().id, is_used_in_app=True)


def test_recording_without_an_account_says_what_is_missing(tmp_path):
    refused = suite(tmp_path, "--record-mode=rewrite", "-k", "httpx-loose and test_account")
    assert refused.returncode == 1
    assert "AMOCRM_SUBDOMAIN" in refused.stdout
