"""The whole demo on an emulated account: each step is a function, in the order of the tutorial."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from amocrm_sync import AmoCRM, AmoCRMError, OAuth, OAuthFlow
from amocrm_sync.cli.demo.listening import Listener
from amocrm_sync.cli.demo.receiver import Receiver
from amocrm_sync.cli.demo.steps import map_stages, pull, show_log, show_place
from amocrm_sync.cli.output import Output
from amocrm_sync.cli.sync import open_engine
from amocrm_sync.mapping import Status
from amocrm_sync.stores import EncryptedTokenStore, FileTokenStore
from amocrm_sync.sync import LocalRecord, SyncEngine
from amocrm_sync.testing import Emulator

OWNER = "demo"
LEAD_COLUMNS = ("lead", "name", "price", "stage", "status", "deleted")
PATIENCE = 10.0
"""Seconds that a request on this machine may take."""


def play(output: Output, folder: Path, *, leads: int, seed: int) -> None:
    """Play all steps. An error ends the demo and says what is wrong."""
    callbacks: list[str] = []

    def called_back(target: str, _: bytes) -> int:
        callbacks.append(target)
        return 200

    with Receiver(called_back) as browser:
        emulator = Emulator(seed=seed, redirect_uri=browser.url("/callback"))
        emulator.seed_account(leads=leads)
        with emulator.serve() as server:
            output.heading("1. An account")
            output.line(f"An emulated amoCRM with {leads} leads answers at {server.base_url}")
            output.heading("2. Connect")
            keys = connect(output, emulator, server.base_url, callbacks, folder)
            with AmoCRM(server.base_url, auth=keys) as amo:
                sync(output, emulator, amo, folder / "amo.db")


def connect(output: Output, emulator: Emulator, base_url: str, callbacks: list[str], folder: Path) -> OAuth:
    """The OAuth code flow with its state; only the click on "Allow" is not a person's."""
    tokens = folder / "tokens.json"
    store = EncryptedTokenStore(FileTokenStore(tokens), keys=[EncryptedTokenStore.generate_key()])
    keys = OAuth(emulator.client_id, emulator.client_secret, emulator.redirect_uri, store=store, owner=OWNER)
    with OAuthFlow(
        keys.client_id, keys.client_secret, keys.redirect_uri, store=store, domain=base_url
    ) as flow:
        request = flow.authorization_url(owner=OWNER)
        output.line(f"The user is sent to {base_url}/oauth, and consents")
        urllib.request.urlopen(request.url, timeout=PATIENCE).close()  # noqa: S310 - the emulator's own address
        connection = flow.handle_callback(parse_qs(urlsplit(callbacks[-1]).query), owner=OWNER)
    output.line(f"The state is ours, the code is exchanged: connected to {connection.domain}")
    output.line(f"The tokens are encrypted in {tokens}")
    return keys


def sync(output: Output, emulator: Emulator, amo: AmoCRM, database: Path) -> None:
    """Everything between an account and its copy."""
    with open_engine(amo, f"sqlite:///{database}") as engine:
        output.heading("3. Copy the account into SQLite")
        pull(output, engine)
        output.heading("4. What the stages mean")
        map_stages(output, engine)
        output.heading("5. Listen")
        listen(output, emulator, amo, engine)
        output.heading("6. Send a change back")
        push(output, emulator, engine)
        output.heading("7. What was done")
        show_log(output, engine)
    show_place(output, database)


def listen(output: Output, emulator: Emulator, amo: AmoCRM, engine: SyncEngine) -> None:
    """Subscribe, let people change three leads in amoCRM, and see the database follow.

    Raises:
        AmoCRMError: A webhook did not come, or the database did not follow.
    """
    edited, moved, deleted = (int(lead["amo_lead_id"]) for lead in open_leads(engine)[:3])
    with Listener(amo, engine) as listener:
        output.line(f"Subscribed {listener.address} to {', '.join(listener.EVENTS)}")
        emulator.ui.edit("leads", edited, price=123_456)
        emulator.ui.move_lead(moved, 142)
        emulator.ui.delete_lead(deleted)
        output.line("In amoCRM somebody changed a price, won a lead and deleted another")
        events = listener.wait_for({("update", edited), ("status", moved), ("delete", deleted)}, PATIENCE)
    output.line(f"Webhooks arrived: {', '.join(events)}")
    report = engine.process_inbox()
    output.line(f"Read again by id and stored: {report.as_counts()['synced']}")
    rows = [lead_row(engine.records.leads.get(lead_id)) for lead_id in (edited, moved, deleted)]
    output.table(rows, LEAD_COLUMNS)
    if [rows[0]["price"], rows[1]["stage"], rows[2]["deleted"]] != [123_456, 142, True]:
        raise AmoCRMError("the database did not follow the changes in amoCRM")


def push(output: Output, emulator: Emulator, engine: SyncEngine) -> None:
    """Change a lead in the database, and send it.

    Raises:
        AmoCRMError: amoCRM does not have the change.
    """
    lead_id = int(open_leads(engine)[0]["amo_lead_id"])
    engine.records.leads.update(lead_id, price=200_000)
    output.line(f"Lead {lead_id} costs 200000 here; waiting in the outbox: {engine.status().outbox}")
    report = engine.push()
    for problem in report.problems:
        output.line(f"{problem.operation}: {problem.message}")
    there = emulator.leads[lead_id]["price"]
    output.line(f"Pushed; in amoCRM it costs {there}")
    if there != 200_000:  # noqa: PLR2004 - the price set above
        raise AmoCRMError("the change did not reach amoCRM")


def open_leads(engine: SyncEngine) -> list[LocalRecord]:
    """Leads in progress."""
    return engine.records.leads.list({"status": Status.IN_PROGRESS}, limit=10)


def lead_row(lead: LocalRecord) -> dict[str, object]:
    """What the table shows of a lead."""
    return {
        "lead": int(lead.remote_id or 0),
        "name": lead["name"],
        "price": lead["price"],
        "stage": lead["stage_id"],
        "status": lead["status"],
        "deleted": lead.deleted_at is not None,
    }
