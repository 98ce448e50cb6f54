# Generated from tests/unit/handlers/_async/test_webhooks.py by tools/unasync.py: edit that file instead.
"""Webhooks over the routes: durable before 200, refused cheaply, and never another tenant's."""

from __future__ import annotations

import hmac
import logging

import pytest
from unit.handlers._sync.world import SECRET, credentials, request, world

from amocrm_sync.handlers import CRMHandlers, Request
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import SyncConfig, SyncEngine

pytestmark = pytest.mark.anyio

FORM = b"account[id]=28805383&leads[update][0][id]=10000001"
TYPE = {"Content-Type": "application/x-www-form-urlencoded"}
PATHS = (f"/webhooks/amocrm/{SECRET}", f"/integrations/amo-crm/webhook/{SECRET}")


def hook(path: str = PATHS[0], body: bytes = FORM, client: str | None = "203.0.113.9", **headers: str):
    return Request("POST", path, "", {**TYPE, **headers}, body, client=client)


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_of_200_means_stored_and_the_worker_applies_it(path):
    host = world()
    host.emulator.ui.delete_lead(10000001)
    answer = host.handlers.handle(hook(path, b"leads[delete][0][id]=10000001"))
    assert (answer.status, answer.json()) == (200, {"status": "ok", "processed": 1, "errors": 0})
    engine = host.engine()
    assert (engine.status()).inbox.get("new") == 1
    assert (engine.records.leads.get(10000001)).deleted_at is None
    host.handlers.work_once()
    assert (engine.records.leads.get(10000001)).deleted_at is not None


def test_what_cannot_be_read_is_counted_and_kept():
    host = world()
    answer = host.handlers.handle(hook(body=b"leads[update][0]=junk&leads[add][0][id]=10000002"))
    assert answer.json() == {"status": "ok", "processed": 1, "errors": 1}


@pytest.mark.parametrize("secret", ["wrong-secret-of-own", SECRET[:-1], SECRET + "x", "%00", "ключ"])
def test_a_wrong_secret_is_nothing_here(secret):
    host = world()
    answer = host.handlers.handle(hook(f"/webhooks/amocrm/{secret}"))
    assert answer.status == 404
    assert SECRET not in answer.body.decode()


def test_another_account_is_refused():
    handlers, engine = one_account(account_id=28805383)
    assert (handlers.handle(hook())).status == 200
    wrong = handlers.handle(hook(body=b"leads[add][0][id]=1&account%5Bid%5D=999"))
    assert (wrong.status, wrong.json()["code"]) == (403, "another-account")
    assert engine.received == [FORM]


def test_the_account_of_an_owner_is_known_from_the_tokens():
    host = world()
    wrong = host.handlers.handle(hook(body=b"account[id]=999&leads[add][0][id]=1"))
    assert (wrong.status, wrong.json()["code"]) == (403, "another-account")


def test_a_store_that_fails_makes_amocrm_send_it_again(caplog):
    handlers, engine = one_account()
    engine.fails = True
    with caplog.at_level(logging.ERROR):
        answer = handlers.handle(hook())
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "disk" not in answer.body.decode()
    assert "a webhook could not be stored" in caplog.text


def test_the_bare_path_is_closed_without_a_list_of_addresses():
    bare = "/integrations/amo-crm/webhook"
    handlers, _ = one_account()
    assert (handlers.handle(hook(bare))).status == 404
    listed, _ = one_account(webhook_ips=("203.0.113.0/24",))
    assert (listed.handle(hook(bare))).status == 200
    assert (listed.handle(hook(bare, client="198.51.100.1"))).status == 404
    assert (listed.handle(hook(bare, client=None))).status == 404
    insecure, _ = one_account(insecure=True)
    assert (insecure.handle(hook(bare))).status == 200


def test_the_list_of_addresses_holds_for_secrets_too_and_forwarded_is_not_believed():
    handlers, _ = one_account(webhook_ips=("203.0.113.0/24",))
    forged = hook(client="198.51.100.1", **{"X-Forwarded-For": "203.0.113.9"})
    assert (handlers.handle(forged)).status == 404
    behind, _ = one_account(webhook_ips=("203.0.113.0/24",), proxies=("198.51.100.1",))
    assert (behind.handle(forged)).status == 200
    twice = hook(client="198.51.100.1", **{"X-Forwarded-For": "203.0.113.9, 192.0.2.1"})
    assert (behind.handle(twice)).status == 404


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", TYPE, 400),
        (b"a=1", {"Content-Type": "text/plain"}, 415),
        (b"a=1", {"Content-Type": ""}, 415),
        (b"x" * (1024 * 1024 + 1), TYPE, 413),
        (b"a" + b"[b]" * 40 + b"=1", TYPE, 413),
        (b"a=1&" * 60_000, TYPE, 413),
    ],
)
def test_bodies_that_are_not_webhooks_are_refused(body, headers, status):
    host = world()
    answer = host.handlers.handle(Request("POST", PATHS[0], "", headers, body, client="203.0.113.9"))
    assert answer.status == status


def test_a_hook_of_a_chat_channel_is_taken_if_it_is_signed():
    config = SyncConfig(chat_secret="secret-of-the-channel")
    engine = SyncEngine(None, MemorySyncStore(), config=config)
    handlers = CRMHandlers(engine=engine, webhook_secret=SECRET, groups=["webhooks"])
    body = b'{"account_id": "amojo-1", "time": 1, "action": {"reaction": {"type": "react", "msgid": "m-1"}}}'
    signature = hmac.new(b"secret-of-the-channel", body, "sha1").hexdigest()
    statuses = []
    for headers in ({}, {"X-Signature": "0" * 40}, {"x-signature": signature}):
        plain = Request("POST", PATHS[0], "", {"Content-Type": "application/json", **headers}, body)
        statuses.append((handlers.handle(plain)).status)
    assert statuses == [403, 403, 200]
    assert (engine.status()).inbox.get("new") == 1


def test_two_secrets_work_while_one_replaces_the_other():
    handlers, _ = one_account(webhook_secret=("old-secret-of-own", SECRET))
    for secret in ("old-secret-of-own", SECRET):
        assert (handlers.handle(hook(f"/webhooks/amocrm/{secret}"))).status == 200


def test_credentials_are_no_secret():
    host = world()
    asked = request("POST", "/webhooks/amocrm/wrong-secret-of-own", "admin", body=FORM, headers=TYPE)
    assert credentials("admin").items() <= {"Authorization": "Bearer admin"}.items()
    assert (host.handlers.handle(asked)).status == 404


class InboxOnly:
    """As much of an engine as webhooks need."""

    tenant = "demo.amocrm.ru"

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.fails = False

    def receive(self, body, content_type=None):
        if self.fails:
            raise OSError("disk full at /var/lib/host")
        self.received.append(body)
        return Received


class Received:
    processed = 1
    errors = 0


def one_account(**options):
    """Handlers in the short form, and what stands behind them."""
    engine = InboxOnly()
    options = {"webhook_secret": SECRET, **options}
    return CRMHandlers(engine=engine, groups=("webhooks", "integrations"), **options), engine
