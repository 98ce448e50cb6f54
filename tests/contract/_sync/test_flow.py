# Generated from tests/contract/_async/test_flow.py by tools/unasync.py: edit that file instead.
"""From the consent page to a stored connection, and back to disconnected."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest
from oauth_server import ACCOUNT_ID, CLIENT_ID, DAY, REDIRECT, SECRET, USER_ID, OAuthServer
from wire import LOST, Answer, Wire, problem

from amocrm_sync._accounts import known
from amocrm_sync._core.blocks import BLOCK_SECONDS
from amocrm_sync._core.connection import Connection, ConnectionStatus
from amocrm_sync._core.tokens import TokenKey
from amocrm_sync._sync.flow import OAuthFlow
from amocrm_sync.errors import (
    AuthorizationLost,
    ConfigurationError,
    NotConnectedError,
    OAuthError,
    StateMismatch,
    TokensNotSaved,
    TransportError,
)
from amocrm_sync.stores import MemoryStateStore, MemoryTokenStore
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

HOST = "demo.amocrm.ru"
ACCEPTED = Answer(202)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock) -> OAuthServer:
    return OAuthServer(clock)


@pytest.fixture
def wire(server) -> Wire:
    return Wire(otherwise=server.answer)


@pytest.fixture
def store(clock) -> MemoryTokenStore:
    return MemoryTokenStore(clock=clock)


@pytest.fixture
def make_flow(clock, store, wire):
    def make(**options) -> OAuthFlow:
        return OAuthFlow(
            CLIENT_ID,
            SECRET,
            options.pop("redirect_uri", REDIRECT),
            **{"store": store, "http_client": wire.client(), "clock": clock, **options},
        )

    return make


@pytest.fixture
def flow(make_flow) -> OAuthFlow:
    return make_flow()


def callback(state: str | None, **more: str) -> dict[str, str]:
    params = {"code": "good-code", "referer": HOST, "client_id": CLIENT_ID, "platform": "1", **more}
    return params if state is None else {**params, "state": state}


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Consent


@pytest.mark.parametrize(
    ("domain", "page"),
    [
        ("amocrm.ru", "https://www.amocrm.ru/oauth"),
        ("kommo.com", "https://www.kommo.com/oauth"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth"),
    ],
)
def test_the_consent_page(make_flow, domain, page):
    request = make_flow(domain=domain).authorization_url(mode="post_message")
    query = parse_qs(urlsplit(request.url).query)
    assert request.url.partition("?")[0] == page
    assert query["client_id"] == [CLIENT_ID]
    assert query["state"] == [request.state]
    assert query["mode"] == ["post_message"]
    assert SECRET not in request.url


def test_states_differ_and_are_long(flow):
    states = {(flow.authorization_url()).state for _ in range(20)}
    assert len(states) == 20
    assert min(map(len, states)) >= 40


def test_a_domain_without_a_consent_page_is_refused(make_flow):
    with pytest.raises(ConfigurationError, match=r"domain: 'amocrm\.com'.*'kommo\.com'"):
        make_flow(domain="amocrm.com")


# The callback


def test_a_callback_connects_its_owner(flow, store, wire, clock):
    request = flow.authorization_url(owner="user-42")
    connection = flow.handle_callback(callback(request.state))
    assert connection == Connection(
        owner="user-42",
        domain=HOST,
        base_url=f"https://{HOST}",
        account_id=ACCOUNT_ID,
        user_id=USER_ID,
        scopes=("crm", "files"),
        expires_at=moment(clock.now() + DAY),
    )
    [sent] = wire.sent
    assert sent.url == f"https://{HOST}/oauth2/access_token"
    assert sent.json == {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        "code": "good-code",
    }
    record = store.load(TokenKey(CLIENT_ID, HOST, "user-42"))
    assert record is not None
    assert flow.access_token("user-42") == record.access_token
    assert len(wire.sent) == 1


def test_the_values_may_be_lists(flow):
    request = flow.authorization_url()
    params = {name: [value] for name, value in callback(request.state).items()}
    assert (flow.handle_callback(params)).domain == HOST


def test_a_state_works_once(flow, server):
    server.codes.add("next-code")
    request = flow.authorization_url()
    flow.handle_callback(callback(request.state))
    with pytest.raises(StateMismatch, match="already used"):
        flow.handle_callback(callback(request.state, code="next-code"))
    assert "next-code" in server.codes


def test_a_state_expires_after_twenty_minutes(flow, clock, wire):
    request = flow.authorization_url()
    clock.advance(20 * 60)
    with pytest.raises(StateMismatch, match="expired"):
        flow.handle_callback(callback(request.state))
    assert wire.sent == []


@pytest.mark.parametrize("state", [None, "", "guessed"])
def test_without_a_state_of_ours_nothing_is_sent(flow, wire, state):
    flow.authorization_url()
    with pytest.raises(StateMismatch):
        flow.handle_callback(callback(state))
    assert wire.sent == []


def test_a_state_belongs_to_its_owner(flow, wire):
    request = flow.authorization_url(owner="user-1")
    with pytest.raises(StateMismatch, match="another owner"):
        flow.handle_callback(callback(request.state), owner="user-2")
    assert wire.sent == []


def test_states_may_be_shared_by_processes(make_flow):
    states = MemoryStateStore()
    request = make_flow(states=states).authorization_url(owner="user-1")
    assert (make_flow(states=states).handle_callback(callback(request.state))).owner == "user-1"


@pytest.mark.parametrize(
    "referer",
    [
        "demo.amocrm.ru.evil.example",
        "evil.example",
        "https://evil.example",
        "evil.example/demo.amocrm.ru",
        "demo.amocrm.ru@evil.example",
        "demo.amocrm.ru:8443",
        "http://127.0.0.1:8080",
        "www.amocrm.ru",
        "amocrm.ru",
        "дemo.amocrm.ru",
    ],
)
def test_a_foreign_referer_gets_no_secret(flow, wire, referer):
    request = flow.authorization_url()
    with pytest.raises(OAuthError, match="referer is not an account"):
        flow.handle_callback(callback(request.state, referer=referer))
    assert wire.sent == []


@pytest.mark.parametrize(
    "referer", ["demo.amocrm.com", "demo.kommo.com", "https://demo.amocrm.ru", "DEMO.amocrm.ru"]
)
def test_every_zone_is_known(flow, referer, wire):
    request = flow.authorization_url()
    connection = flow.handle_callback(callback(request.state, referer=referer))
    assert connection.domain == referer.lower().removeprefix("https://")
    assert wire.sent[0].url == f"https://{connection.domain}/oauth2/access_token"


def test_the_emulator_is_trusted_by_the_flow_that_was_made_for_it(make_flow, wire):
    flow = make_flow(domain="http://127.0.0.1:8080")
    request = flow.authorization_url()
    connection = flow.handle_callback(callback(request.state, referer="127.0.0.1:8080"))
    assert (connection.domain, connection.base_url) == ("127.0.0.1:8080", "http://127.0.0.1:8080")
    assert wire.sent[0].url == "http://127.0.0.1:8080/oauth2/access_token"
    assert (flow.status()).state == "connected"
    flow.refresh()
    assert wire.sent[1].url == "http://127.0.0.1:8080/oauth2/access_token"


def test_a_declined_consent_says_so(flow, wire):
    request = flow.authorization_url()
    with pytest.raises(OAuthError, match="declined"):
        flow.handle_callback({"error": "access_denied", "state": request.state})
    assert wire.sent == []


def test_a_callback_of_another_integration_is_refused(flow, wire):
    request = flow.authorization_url()
    with pytest.raises(OAuthError, match="another integration"):
        flow.handle_callback(callback(request.state, client_id="somebody-else"))
    assert wire.sent == []


def test_the_hook_of_an_installed_widget_connects_its_account_where_that_is_wanted(flow, wire):
    hook = callback(None, from_widget="1")
    with pytest.raises(StateMismatch, match="no state"):
        flow.handle_callback(hook)
    with pytest.raises(StateMismatch, match="unknown"):
        flow.handle_callback(callback("guessed", from_widget="1"), accept_installs=True)
    with pytest.raises(StateMismatch, match="no state"):
        flow.handle_callback(callback(None), accept_installs=True)
    assert wire.sent == []
    connection = flow.handle_callback(hook, accept_installs=True)
    assert connection.owner == connection.domain == "demo.amocrm.ru"
    assert (flow.status()).state == "disconnected", "the host's own connection is another"


# Codes and pairs from elsewhere


def test_a_used_code_names_cause_and_fix(flow, server):
    server.codes.clear()
    with pytest.raises(OAuthError, match=r"already used.*consent page again") as caught:
        flow.exchange_code("spent", account="demo")
    assert not isinstance(caught.value, AuthorizationLost)
    assert (flow.status()).state == "disconnected"


def test_a_wrong_redirect_uri_names_cause_and_fix(make_flow):
    with pytest.raises(OAuthError, match="redirect_uri must be the registered one"):
        make_flow(redirect_uri=REDIRECT + "/").exchange_code("good-code", account="demo")


def test_a_lost_answer_is_not_repeated(flow, wire):
    wire.script = [LOST]
    with pytest.raises(TransportError):
        flow.exchange_code("good-code", account="demo")
    assert len(wire.sent) == 1


def test_a_pair_from_elsewhere_is_used_and_renewed(flow, server, clock):
    pair = server.record()
    connection = flow.set_tokens(
        pair.access_token, pair.refresh_token or "", account="demo", owner="dev", expires_in=3600
    )
    assert connection.expires_at == moment(clock.now() + 3600)
    assert flow.access_token("dev") == pair.access_token
    clock.advance(3601)
    assert flow.access_token("dev") != pair.access_token
    assert server.refreshes == 1


@pytest.mark.parametrize(("access", "refresh"), [("", "r"), ("a b", "r"), ("a", ""), ("a", "r\n")])
def test_a_pair_that_cannot_be_one_is_refused(flow, access, refresh):
    with pytest.raises(ConfigurationError, match="access_token: " if refresh == "r" else "refresh_token: "):
        flow.set_tokens(access, refresh, account="demo")


def test_connecting_again_replaces_the_pair(flow, server, store):
    server.codes.add("next-code")
    flow.exchange_code("good-code", account="demo")
    first = flow.access_token()
    flow.exchange_code("next-code", account="demo")
    second = flow.access_token()
    record = store.load(TokenKey(CLIENT_ID, HOST))
    assert record is not None
    assert (record.version, record.access_token) == (2, second)
    assert first != second


def test_a_pair_that_was_not_saved_is_kept(make_flow, clock, server):
    class FullOnce(MemoryTokenStore):
        failures = 8

        def swap(self, key, old_version, new):
            if key.account and self.failures:
                self.failures -= 1
                raise OSError("disk full")
            return super().swap(key, old_version, new)

    flow = make_flow(store=FullOnce(clock=clock))
    with pytest.raises(TokensNotSaved):
        flow.exchange_code("good-code", account="demo")
    with pytest.raises(TokensNotSaved):
        flow.access_token()
    assert flow.access_token()
    assert (flow.status()).state == "connected"


# The exchange of an API key


def test_an_api_key_is_exchanged_by_a_later_callback(flow, wire):
    wire.script = [ACCEPTED]
    flow.exchange_api_key("user@example.com", "api-key", account="demo", owner="user-7")
    [sent] = wire.sent
    state = sent.json["state"]
    assert sent.url == f"https://{HOST}/oauth2/exchange_api_key"
    assert sent.json == {
        "login": "user@example.com",
        "api_key": "api-key",
        "client_uuid": CLIENT_ID,
        "client_secret": SECRET,
        "state": state,
    }
    connection = flow.handle_callback(callback(state, from_exchange="1"))
    assert connection.owner == "user-7"


def test_its_callback_may_come_without_a_state_but_only_once(flow, wire, server):
    server.codes.add("next-code")
    wire.script = [ACCEPTED]
    flow.exchange_api_key("user@example.com", "api-key", account="demo", owner="user-7")
    assert (flow.handle_callback(callback(None, from_exchange="1"))).owner == "user-7"
    with pytest.raises(StateMismatch):
        flow.handle_callback(callback(None, from_exchange="1", code="next-code"))


def test_a_callback_with_the_state_ends_the_exchange_as_well(flow, wire):
    wire.script = [ACCEPTED]
    flow.exchange_api_key("user@example.com", "api-key", account="demo")
    flow.handle_callback(callback(wire.sent[0].json["state"], from_exchange="1"))
    with pytest.raises(StateMismatch):
        flow.handle_callback(callback(None, from_exchange="1"))


def test_a_pending_exchange_is_of_its_account_alone(flow, wire):
    wire.script = [ACCEPTED]
    flow.exchange_api_key("user@example.com", "api-key", account="demo")
    with pytest.raises(StateMismatch):
        flow.handle_callback(callback(None, from_exchange="1", referer="other.amocrm.ru"))
    for state in (None, f"api-key:{HOST}"):
        with pytest.raises(StateMismatch):
            flow.handle_callback(callback(state))
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (problem(400, "bad key"), "bad key.*integration is installed"),
        (problem(403), "refused"),
        (problem(429), "5 minutes"),
    ],
)
def test_a_refused_api_key_leaves_nothing_pending(flow, wire, answer, words):
    wire.script = [answer]
    with pytest.raises(OAuthError, match=words):
        flow.exchange_api_key("user@example.com", "api-key", account="demo")
    with pytest.raises(StateMismatch):
        flow.handle_callback(callback(None, from_exchange="1"))


# Status, refresh, keepalive, disconnect


def test_status_of_nobody(flow):
    assert flow.status("nobody") == ConnectionStatus(state="disconnected", has_tokens=False)


def test_status_of_a_connection_survives_a_restart(flow, make_flow, clock):
    flow.exchange_code("good-code", account="demo", owner="user-1")
    assert make_flow().status("user-1") == ConnectionStatus(
        state="connected",
        has_tokens=True,
        domain=HOST,
        account_id=ACCOUNT_ID,
        user=USER_ID,
        expires_at=moment(clock.now() + DAY),
        last_success=moment(clock.now()),
    )


def test_status_tells_of_a_ban_while_it_lasts(flow, clock):
    flow.exchange_code("good-code", account="demo")
    known(clock).blocks.add(HOST, "403 Forbidden on everything", clock)
    status = flow.status()
    assert (status.state, status.has_tokens) == ("error", True)
    assert "403 Forbidden on everything" in (status.error or "")
    assert status.blocked_since is not None
    assert status.blocked_since.timestamp() == clock.now()
    assert status.blocked_until is not None
    assert status.blocked_until.timestamp() == clock.now() + BLOCK_SECONDS
    assert f"{status.blocked_until:%H:%M:%S}" in (status.error or "")
    clock.advance(BLOCK_SECONDS + 1)
    assert (flow.status()).state == "connected"


def test_keepalive_of_many_goes_on_after_a_failure(flow, clock, server):
    for owner in ("first", "second"):
        server.codes.add("good-code")
        flow.exchange_code("good-code", account="demo", owner=owner)
    clock.advance(40 * DAY)
    results = flow.keepalive_all(["nobody", "first", "second"])
    assert isinstance(results["nobody"], NotConnectedError)
    assert (results["first"], results["second"]) == (True, True)
    assert flow.keepalive_all(["first"]) == {"first": False}


def test_status_says_why_the_user_must_act(flow, server):
    flow.exchange_code("good-code", account="demo")
    server.live.clear()
    with pytest.raises(AuthorizationLost):
        flow.refresh()
    status = flow.status()
    assert (status.state, status.has_tokens) == ("error", True)
    assert "connect again" in (status.error or "")


def test_owners_do_not_see_each_other(flow, server):
    server.codes.add("next-code")
    flow.exchange_code("good-code", account="demo", owner="user-1")
    flow.exchange_code("next-code", account="other.kommo.com", owner="user-2")
    assert (flow.status("user-1")).domain == HOST
    assert (flow.status("user-2")).domain == "other.kommo.com"
    assert flow.access_token("user-1") != flow.access_token("user-2")
    flow.disconnect("user-1")
    assert (flow.status("user-2")).state == "connected"


def test_an_owner_may_connect_two_accounts(flow, server):
    server.codes.add("next-code")
    flow.exchange_code("good-code", account="demo")
    flow.exchange_code("next-code", account="other")
    assert (flow.status()).domain == "other.amocrm.ru"
    assert (flow.status(account="demo")).state == "connected"
    flow.disconnect(account="demo")
    assert (flow.status(account="demo")).state == "disconnected"
    assert (flow.status()).domain == "other.amocrm.ru"


def test_refresh_renews_now(flow, server, clock):
    flow.exchange_code("good-code", account="demo")
    before = flow.access_token()
    clock.advance(60)
    status = flow.refresh()
    assert (status.state, status.expires_at) == ("connected", moment(clock.now() + DAY))
    assert flow.access_token() != before
    assert server.refreshes == 1


def test_keepalive_renews_what_has_rested_for_a_month(flow, server, clock):
    flow.exchange_code("good-code", account="demo")
    clock.advance(29 * DAY)
    assert not flow.keepalive()
    clock.advance(2 * DAY)
    assert flow.keepalive()
    assert not flow.keepalive()
    assert server.refreshes == 1


def test_disconnect_says_until_when_the_token_works(flow, clock):
    flow.exchange_code("good-code", account="demo")
    assert flow.disconnect() == moment(clock.now() + DAY)
    assert flow.disconnect() is None
    assert flow.status() == ConnectionStatus(state="disconnected", has_tokens=False)


@pytest.mark.parametrize("action", ["access_token", "refresh", "keepalive"])
def test_without_a_connection_the_error_says_how_to_begin(flow, action):
    with pytest.raises(NotConnectedError, match=r"owner 'nobody'.*authorization_url"):
        getattr(flow, action)("nobody")


def test_a_stored_pair_without_refresh_token_ends_in_error(flow, store, clock, server):
    flow.exchange_code("good-code", account="demo")
    key = TokenKey(CLIENT_ID, HOST)
    record = store.load(key)
    assert record is not None
    store.swap(key, 1, attrs.evolve(record, refresh_token=None, version=2))
    assert (flow.status()).state == "connected"
    clock.advance(DAY + 1)
    assert (flow.status()).state == "error"


def test_an_injected_client_is_not_closed(wire, make_flow):
    with make_flow() as flow:
        flow.exchange_code("good-code", account="demo")
    assert flow.access_token()
    assert (flow.refresh()).state == "connected"
