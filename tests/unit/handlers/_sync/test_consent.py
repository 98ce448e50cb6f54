# Generated from tests/unit/handlers/_async/test_consent.py by tools/unasync.py: edit that file instead.
"""Connecting an account over the routes: the right browser, the right user, once."""

from __future__ import annotations

import pytest
from unit.handlers._sync.world import ACCOUNT, OWNER, config, known, request, world

from amocrm_sync import AmoCRM
from amocrm_sync.handlers import CRMHandlers
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio


def back(emulator, state: str, **more: str) -> str:
    """The query that amoCRM sends the browser back with."""
    params = {"code": emulator.authorization_code(), "state": state, "referer": ACCOUNT, **more}
    return "&".join(f"{name}={value}" for name, value in params.items() if value)


def cookie_of(answer) -> dict[str, str]:
    """What the browser keeps of an answer."""
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}


def test_the_browser_that_began_ends_connected():
    host = world(connected=False)
    begun = host.ask("GET", "/admin/crm/auth-url")
    assert "HttpOnly" in begun.headers["Set-Cookie"]
    assert "Secure" in begun.headers["Set-Cookie"]
    query = back(host.emulator, begun.json()["state"])
    done = host.ask("GET", f"/admin/crm/callback?{query}", None, headers=cookie_of(begun))
    assert done.status == 200
    assert (host.ask("GET", "/admin/crm/status")).json()["state"] == "connected"
    again = host.ask("GET", f"/admin/crm/callback?{query}", None, headers=cookie_of(begun))
    assert (again.status, again.json()["code"]) == (403, "state")


def test_another_browser_cannot_end_what_this_one_began():
    """Otherwise a stranger sends somebody a link, and their account ends in the stranger's hands."""
    host = world(connected=False)
    begun = host.ask("GET", "/admin/crm/auth-url")
    query = back(host.emulator, begun.json()["state"])
    stranger = host.ask("GET", f"/integrations/amo-crm/callback?{query}", None)
    assert (stranger.status, stranger.json()["code"]) == (403, "state")
    assert (host.ask("GET", "/admin/crm/status")).json()["state"] == "disconnected"


def test_marking_the_callback_as_an_exchange_does_not_get_round_it():
    host = world(connected=False)
    begun = host.ask("GET", "/admin/crm/auth-url")
    query = back(host.emulator, begun.json()["state"], from_exchange="1")
    assert (host.ask("GET", f"/admin/crm/callback?{query}", None)).status == 403


def test_the_signed_in_owner_needs_no_cookie_and_another_user_does():
    host = world(connected=False)
    for who, status in (("other", 403), ("own", 200)):
        begun = host.ask("GET", "/admin/crm/auth-url")
        query = back(host.emulator, begun.json()["state"])
        assert (host.ask("GET", f"/admin/crm/callback?{query}", who)).status == status


@pytest.mark.parametrize("referer", ["evil.example", "demo.amocrm.ru.evil.example", "127.0.0.1:1"])
def test_a_code_goes_to_amocrm_only(referer):
    host = world(connected=False)
    begun = host.ask("GET", "/admin/crm/auth-url")
    query = back(host.emulator, begun.json()["state"], referer=referer)
    answer = host.ask("GET", f"/admin/crm/callback?{query}", None, headers=cookie_of(begun))
    assert (answer.status, answer.json()["code"]) == (403, "oauth")


def test_a_declined_consent_says_so():
    host = world(connected=False)
    begun = host.ask("GET", "/admin/crm/auth-url")
    query = f"error=access_denied&state={begun.json()['state']}"
    answer = host.ask("GET", f"/admin/crm/callback?{query}", None, headers=cookie_of(begun))
    assert answer.status == 403
    assert "declined" in answer.json()["detail"]


def test_after_connect_sends_the_browser_on():
    host = world(connected=False, after_connect="https://host.example/settings")
    begun = host.ask("GET", "/admin/crm/auth-url")
    query = back(host.emulator, begun.json()["state"])
    answer = host.ask("GET", f"/admin/crm/callback?{query}", None, headers=cookie_of(begun))
    assert (answer.status, answer.headers["Location"]) == (302, "https://host.example/settings")


def test_an_old_api_key_is_exchanged_and_its_callback_needs_no_state():
    host = world(connected=False)
    user = next(iter(host.emulator.users.values()))
    body = {"login": user["email"], "api_key": host.emulator.ui.api_key(user["id"])}
    begun = host.ask("POST", "/integrations/amo-crm/exchange-api-key", "own", body)
    assert (begun.status, begun.json()) == (202, {"status": "pending"})
    query = back(host.emulator, "", from_exchange="1")
    done = host.ask("GET", f"/integrations/amo-crm/callback?{query}", None)
    assert done.status == 200
    assert (host.ask("GET", "/integrations/amo-crm/test")).json() == {
        "connected": True,
        "hasTokens": True,
        "domain": ACCOUNT,
        "accountId": 28805383,
    }


def test_an_app_exchanges_its_code_with_our_state():
    host = world(connected=False)
    begun = host.ask("GET", "/api/amo-crm/auth-url")
    body = {
        "code": host.emulator.authorization_code(),
        "state": begun.json()["state"],
        "referer": ACCOUNT,
    }
    done = host.ask("POST", "/api/amo-crm/exchange-code", "own", body)
    assert (done.status, done.json()["domain"]) == (200, ACCOUNT)


def test_an_app_without_a_state_needs_a_registered_address():
    host = world(connected=False)
    body = {"code": host.emulator.authorization_code(), "referer": ACCOUNT}
    refused = host.ask("POST", "/api/amo-crm/exchange-code", "own", body)
    assert (refused.status, refused.json()["code"]) == (409, "not-configured")
    host.configs.save(OWNER, 1, config(version=2, mobile_redirect_uris=["myapp://amo-crm"]))
    assert (host.ask("POST", "/api/amo-crm/exchange-code", "own", body)).status == 200


def test_the_client_secret_goes_to_no_other_host_than_amocrms():
    host = world(connected=False)
    host.configs.save(OWNER, 1, config(version=2, mobile_redirect_uris=["myapp://amo-crm"]))
    body = {"code": host.emulator.authorization_code(), "referer": "evil.example"}
    refused = host.ask("POST", "/api/amo-crm/exchange-code", "own", body)
    assert refused.status == 422
    assert b"referer" in refused.body
    assert not [entry for entry in host.emulator.requests if "oauth2/access_token" in entry.path]


def test_a_state_of_another_user_is_refused():
    host = world(connected=False)
    assert host.configs.save("other", None, config(version=1, webhook_secret=""))
    begun = host.ask("GET", "/api/amo-crm/auth-url", "own")
    body = {
        "code": host.emulator.authorization_code(),
        "state": begun.json()["state"],
        "referer": ACCOUNT,
    }
    stolen = host.ask("POST", "/api/amo-crm/exchange-code", "other", body)
    assert (stolen.status, stolen.json()["code"]) == (403, "state")


def test_the_mobile_callback_goes_to_the_app_and_nowhere_else():
    host = world(connected=False, app_redirect="myapp://amo-crm")
    answer = host.ask("GET", "/api/amo-crm/callback?code=a%26b&state=s&next=https://evil.example", None)
    assert (answer.status, answer.headers["Location"]) == (302, "myapp://amo-crm?code=a%26b&state=s")


def test_disconnect_forgets_and_says_until_when():
    host = world()
    answer = host.ask("POST", "/admin/crm/disconnect")
    assert answer.json()["access_until"].startswith("2026-01-02T")
    assert (host.ask("GET", "/admin/crm/status")).json()["has_tokens"] is False
    assert (host.ask("GET", "/admin/crm/leads")).json()["code"] == "not-connected"


def test_an_account_with_a_long_lived_token_is_connected_for_as_long_as_amocrm_takes_it():
    """There is no flow to ask and nothing stored: amoCRM is asked itself."""
    clock = ManualClock()
    emulator = Emulator(seed=1, clock=clock)
    token = emulator.long_lived_token()
    with AmoCRM("demo", token=token, http_client=emulator.http_client(), clock=clock) as amo:
        handlers = CRMHandlers(client=amo, shared=True, authenticate=known, clock=clock)

        def ask(path):
            answer = handlers.handle(request("GET", path, "admin"))
            assert answer.status == 200
            assert token.encode() not in answer.body
            return answer.json()

        for path in ("/admin/crm/status", "/api/amo-crm/status"):
            status = ask(path)
            assert (status["state"], status["error"]) == ("connected", None)
            assert (status["has_tokens"], status["domain"]) == (False, ACCOUNT)
        tested = ask("/integrations/amo-crm/test")
        assert (tested["connected"], tested["hasTokens"]) == (True, False)
        assert tested["accountId"] == status["account_id"] == (amo.account.get()).id
        emulator.revoke_tokens()
        status = ask("/admin/crm/status")
        assert (status["state"], "make a new one" in status["error"]) == ("error", True)
        assert (ask("/integrations/amo-crm/test"))["connected"] is False
    refused = handlers.handle(request("POST", "/admin/crm/disconnect", "admin"))
    assert (refused.status, refused.json()["code"]) == (409, "not-configured")
