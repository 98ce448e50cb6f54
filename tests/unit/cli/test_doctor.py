"""The doctor names the cause and the fix; it spends no token."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import attrs
import pytest

from amocrm_sync._core.call import Reply
from amocrm_sync._core.doctor import (
    judge_account,
    judge_clock,
    judge_long_lived,
    judge_record,
    judge_redirect_uri,
    judge_silence,
)
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._forward_proxy import ForwardProxy
from amocrm_sync.stores import FileTokenStore
from amocrm_sync.testing import Emulator, Faults, ManualClock

PROBLEM = {"content-type": "application/problem+json"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(time.time())


@pytest.fixture
def integration(monkeypatch, clock):
    emulator = Emulator(seed=1, access_ttl=86_400, clock=clock)
    with emulator.serve() as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_CLIENT_ID", emulator.client_id)
        monkeypatch.setenv("AMOCRM_CLIENT_SECRET", emulator.client_secret)
        monkeypatch.setenv("AMOCRM_REDIRECT_URI", emulator.redirect_uri)
        yield emulator


def found(result) -> dict[str, tuple[str, str, str]]:
    return {row["check"]: (row["state"], row["says"], row["fix"]) for row in result.json}


def test_a_healthy_connection(cli, integration):
    cli("auth", "login", "--code", integration.authorization_code())
    before = integration.stats.refreshes
    result = cli("auth", "doctor", "--json")
    assert result.code == 0, result.out
    assert {state for state, _, _ in found(result).values()} == {"ok"}
    assert set(found(result)) >= {"redirect_uri", "store", "network", "keys", "tokens", "account"}
    assert integration.stats.refreshes == before


def test_nobody_has_connected(cli, integration):
    result = cli("auth", "doctor", "--json")
    assert result.code == 1
    assert found(result)["tokens"] == ("trouble", "there are none", "connect: amocrm-sync auth login")
    assert found(result)["keys"][0] == "ok"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("AMOCRM_CLIENT_SECRET", "plain-wrong"), "copy client_id and client_secret"),
        (("AMOCRM_REDIRECT_URI", "https://example.com/other"), "character by character"),
    ],
)
def test_keys_that_amocrm_does_not_know(cli, integration, monkeypatch, wrong, words):
    monkeypatch.setenv(*wrong)
    result = cli("auth", "doctor", "--json")
    assert result.code == 1
    assert found(result)["keys"][0] == "trouble"
    assert words in found(result)["keys"][2]
    assert "plain-wrong" not in result.out + result.err


def test_a_used_code(cli, integration):
    code = integration.authorization_code()
    cli("auth", "login", "--code", code)
    state, says, fix = found(cli("auth", "doctor", "--code", code, "--json"))["code"]
    assert (state, "refused with 400" in says) == ("trouble", True)
    assert "was already used" in fix


def test_an_old_code(cli, integration, clock):
    code = integration.authorization_code()
    clock.advance(20 * 60 + 1)
    state, _, fix = found(cli("auth", "doctor", "--code", code, "--json"))["code"]
    assert state == "trouble"
    assert "older than 20 minutes: send the user to the consent page again" in fix


def test_a_good_code_connects(cli, integration):
    result = cli("auth", "doctor", "--code", integration.authorization_code(), "--json")
    assert result.code == 0, result.out
    assert found(result)["code"][0] == "ok"
    assert cli("auth", "status").code == 0


def test_a_wrong_zone(cli, integration):
    integration.faults = Faults()
    integration.faults.next(status=401, headers={"x-error": "Account not found"}, match="GET *")
    result = found(cli("auth", "doctor", "--json"))
    assert result["account"][1] == "401: there is no such account"
    assert ".amocrm.ru, .amocrm.com or .kommo.com" in result["account"][2]


def test_a_clock_that_is_wrong(cli, integration):
    cli("auth", "login", "--code", integration.authorization_code())
    integration.faults = Faults()
    earlier = formatdate(time.time() - 7200, usegmt=True)
    integration.faults.next(status=200, body={}, headers={"date": earlier}, match="GET /api/v4/account")
    state, says, fix = found(cli("auth", "doctor", "--json"))["clock"]
    assert (state, "s ahead of the server's" in says) == ("trouble", True)
    assert "NTP" in fix


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(402, {"title": "Payment required"}, "pay amoCRM's subscription"), (403, "<html>", "amoCRM's support")],
    ids=["unpaid", "blocked"],
)
def test_an_account_that_is(cli, integration, status, body, words):
    integration.faults = Faults()
    integration.faults.next(status=status, body=body, times=9)
    state, says, fix = found(cli("auth", "doctor", "--json"))["account"]
    assert (state, says.startswith(str(status))) == ("trouble", True)
    assert words in fix


def test_a_revoked_connection(cli, integration):
    cli("auth", "login", "--code", integration.authorization_code())
    integration.revoke_tokens()
    result = cli("auth", "doctor", "--json")
    assert result.code == 1
    assert found(result)["account"][1] == "401: the token is refused"
    assert found(result)["grant"][1].startswith("the refresh token is dead: revoked")
    assert "switched on in the account, then connect again" in found(result)["grant"][2]


def test_an_access_token_that_ended_early_is_no_revocation(cli, integration):
    cli("auth", "login", "--code", integration.authorization_code())
    integration.expire_access_tokens()
    assert found(cli("auth", "doctor", "--json"))["grant"] == ("ok", "the refresh token is alive", "")
    assert integration.stats.refreshes == 0


@pytest.mark.parametrize("kind", ["no folder", "a folder", "read-only database", "no server"])
def test_a_store_that_cannot_be_written(cli, integration, tmp_path, request, kind):
    stores = {
        "no folder": lambda: str(tmp_path / "missing" / "tokens.json"),
        "a folder": lambda: str(tmp_path),
        "read-only database": lambda: (
            request.getfixturevalue("postgres_url") + "?options=-c%20default_transaction_read_only%3Don"
        ),
        "no server": lambda: "redis://127.0.0.1:1/0",
    }
    result = cli("auth", "doctor", "--store", stores[kind](), "--json")
    state, says, fix = found(result)["store"]
    assert (result.code, state) == (1, "trouble")
    assert says
    assert "repair the store first" in fix
    assert found(result)["keys"][0] == "ok", "the rest is looked at nevertheless"


def test_a_store_that_is_damaged(cli, integration, tmp_path):
    (tmp_path / "amocrm-tokens.json").write_text("damaged")
    state, says, fix = found(cli("auth", "doctor", "--json"))["store"]
    assert state == "trouble"
    assert "cannot be read as a token file" in says
    assert "repair the store first" in fix


def test_no_way_out(cli, integration, monkeypatch):
    monkeypatch.setenv("AMOCRM_SUBDOMAIN", "http://127.0.0.1:1")
    assert "amocrm-sync proxy" in found(cli("auth", "doctor", "--json"))["network"][2]
    result = cli("auth", "doctor", "--json", "--proxy", "http://127.0.0.1:1")
    assert "the proxy is in use" in found(result)["network"][2]


def test_a_proxy_that_does_not_let_through(cli, integration, monkeypatch):
    monkeypatch.setenv("AMOCRM_SUBDOMAIN", "https://127.0.0.1:9")
    with ForwardProxy(port=0) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        result = cli("auth", "doctor", "--json", "--proxy", proxy.url)
        proxy.shutdown()
        thread.join(5)
    state, says, fix = found(result)["network"]
    assert (state, "403" in says) == ("trouble", True)
    assert "lets amoCRM through" in fix


def test_a_refused_refresh_token_is_told(cli, integration, tmp_path):
    cli("auth", "login", "--code", integration.authorization_code())
    store = FileTokenStore(tmp_path / "amocrm-tokens.json")
    account = cli("auth", "status", "--json").json[0]["domain"]
    key = TokenKey(integration.client_id, account)
    record = store.load(key)
    assert record is not None
    store.swap(
        key,
        record.version,
        attrs.evolve(record, version=9, last_error="it was refused", last_error_at=time.time()),
    )
    assert found(cli("auth", "doctor", "--json"))["tokens"][1] == "it was refused"


@pytest.mark.parametrize(
    ("status", "headers", "body", "words"),
    [
        (200, {}, b"{}", "it answers"),
        (402, PROBLEM, b'{"title": "x"}', "not paid for"),
        (403, PROBLEM, b'{"title": "x", "status": 403}', "not let in"),
        (403, {"content-type": "text/html"}, b"<html>", "blocked"),
        (404, {}, b"", "no such account"),
        (429, {}, b"", "too many requests"),
        (502, {}, b"", "the server fails"),
    ],
)
def test_answers_of_the_account(status, headers, body, words):
    finding = judge_account(Reply(status=status, headers=headers, body=body))
    assert words in finding.says
    assert (finding.state == "ok") is (status == 200)
    assert bool(finding.fix) is (status != 200)


@pytest.mark.parametrize(("ahead", "state"), [(0, "ok"), (59, "ok"), (-120, "trouble"), (7200, "trouble")])
def test_the_clock(ahead, state):
    reply = Reply(status=200, headers={"date": "Sat, 01 Jan 2028 00:00:00 GMT"}, body=b"")
    finding = judge_clock(reply, 1_830_297_600 + ahead)
    assert finding is not None
    assert finding.state == state
    assert judge_clock(Reply(status=200, headers={}, body=b""), 0) is None


@pytest.mark.parametrize(
    ("uri", "state"),
    [
        ("https://host.example/cb", "ok"),
        ("myapp://amo-crm/callback", "ok"),
        ("http://host.example/cb", "warning"),
        ("https://пример.рф/cb", "trouble"),
        ("https://xn--e1afmkfd.xn--p1ai/cb", "trouble"),
        ("nonsense", "trouble"),
    ],
)
def test_addresses_to_redirect_to(uri, state):
    assert judge_redirect_uri(uri).state == state


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ConnectError: [Errno -2] Name or service not known", "DNS"),
        ("ConnectError: certificate verify failed", "TLS"),
        ("ConnectTimeout", "amocrm-sync proxy"),
    ],
)
def test_silence(reason, words):
    assert words in judge_silence(reason, None).fix


def test_tokens_by_age():
    now = 1_900_000_000.0
    resting = TokenRecord(
        access_token="a", refresh_token="r", expires_at=now - 1, updated_at=now - 80 * 86_400
    )
    assert judge_record(resting, now).state == "warning"
    over = attrs.evolve(resting, updated_at=now - 86_400)
    assert judge_record(over, now).state == "ok"
    assert judge_record(attrs.evolve(over, refresh_token=None), now).state == "trouble"
    assert judge_long_lived("opaque", now).state == "ok"
