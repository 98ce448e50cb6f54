"""An account that was renamed or moved to another zone: found by its shard, followed, and remembered."""

from __future__ import annotations

import attrs
import pytest
from oauth_server import ACCOUNT_ID, CLIENT_ID, DAY, REDIRECT, SECRET, OAuthServer
from wire import Answer, Sent, Wire, hal, problem

from amocrm_sync import AsyncAmoCRM, OAuth
from amocrm_sync._accounts import known
from amocrm_sync._core.call import Priority
from amocrm_sync._core.hosts import parse_account
from amocrm_sync._core.moves import lookup_url
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.errors import AccountBlockedError, AuthorizationLost, OAuthError
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

OLD, NEW, SHARD = "demo.amocrm.ru", "renamed.kommo.com", "api-a.amocrm.ru"
KEY = TokenKey(CLIENT_ID, OLD)


class Moved:
    """The old address answers as amoCRM does for one that is gone; the shard knows the new one."""

    def __init__(self, clock: ManualClock, *, gone: Answer, told: Answer | None = None) -> None:
        self.tokens = OAuthServer(clock)
        self.gone = gone
        self.told = told or Answer(json={"id": ACCOUNT_ID, "subdomain": "renamed", "domain": NEW})

    def answer(self, sent: Sent) -> Answer:
        host = sent.url.split("/")[2]
        if host == SHARD:
            assert (sent.method, sent.path) == ("GET", "/oauth2/account/current/subdomain")
            assert sent.headers["x-refresh-token"] in self.tokens.live
            return self.told
        if host == OLD:
            return self.gone
        assert host == NEW
        if sent.path == "/oauth2/access_token":
            return self.tokens.answer(sent)
        return Answer(json=hal("leads", [{"id": 5}]))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock) -> AsyncMemoryTokenStore:
    return AsyncMemoryTokenStore(clock=clock)


async def client_of(server: Moved, store, clock) -> tuple[AsyncAmoCRM, Wire]:
    """A client whose token is over."""
    record = server.tokens.record(age=DAY + 60)
    record = attrs.evolve(record, account_id=ACCOUNT_ID, api_domain=SHARD, version=1)
    await store.swap(KEY, None, record)
    wire = Wire(otherwise=server.answer)
    auth = OAuth(CLIENT_ID, SECRET, REDIRECT, store=store)
    return AsyncAmoCRM("demo", auth=auth, http_client=wire.client(), clock=clock, limiter=None), wire


@pytest.mark.parametrize(
    "gone",
    [
        problem(404, "Account not found"),
        problem(401, "Account not found"),
        Answer(404, body=b"<html>not here</html>"),
        Answer(401, {"response": {"error": "no such account", "error_code": "101"}}),
    ],
    ids=["404", "401", "404 html", "401 of the legacy API"],
)
async def test_a_moved_account_is_followed_and_remembered(gone, store, clock):
    amo, wire = await client_of(Moved(clock, gone=gone), store, clock)
    assert await amo.request("GET", "/api/v4/leads")
    assert [sent.url.split("/")[2] for sent in wire.sent] == [OLD, SHARD, NEW, NEW]
    record = await store.load(KEY)
    assert record is not None
    assert (record.domain, record.version) == (NEW, 2)
    await amo.request("GET", "/api/v4/leads")
    assert wire.sent[-1].url.startswith(f"https://{NEW}/")


async def test_a_new_client_goes_to_the_new_address_at_once(store, clock):
    server = Moved(clock, gone=problem(404, "Account not found"))
    amo, _ = await client_of(server, store, clock)
    await amo.request("GET", "/api/v4/leads")
    wire = Wire(otherwise=server.answer)
    auth = OAuth(CLIENT_ID, SECRET, REDIRECT, store=store)
    second = AsyncAmoCRM("demo", auth=auth, http_client=wire.client(), clock=clock, limiter=None)
    await second.request("GET", "/api/v4/leads")
    assert [sent.url.split("/")[2] for sent in wire.sent] == [NEW]


async def test_pace_bans_and_chats_are_those_of_the_new_address(store, clock):
    server = Moved(clock, gone=problem(404, "Account not found"))
    amo, _ = await client_of(server, store, clock)
    await amo.request("GET", "/api/v4/leads")
    assert amo.base_url == f"https://{NEW}"
    blocks = known(clock).blocks
    blocks.add(OLD, "of whoever has the old name now", clock)
    await amo.request("GET", "/api/v4/leads")
    blocks.add(NEW, "HTTP 403", clock)
    with pytest.raises(AccountBlockedError, match=NEW):
        await amo.request("GET", "/api/v4/leads")
    await amo.unblock()
    blocks.clear(OLD)

    limiter = Noting()
    wire = Wire(otherwise=lambda sent: Answer(json={"id": ACCOUNT_ID, "amojo_id": "acc-1"}))
    auth = OAuth(CLIENT_ID, SECRET, REDIRECT, store=store)
    second = AsyncAmoCRM("demo", auth=auth, http_client=wire.client(), clock=clock, limiter=limiter)
    amojo = await second.amojo("chan", "secret")
    await amojo.history("chat-1")
    assert limiter.keys == [f"{NEW}|{CLIENT_ID}"]
    assert [sent.url.split("/")[2] for sent in wire.sent] == [NEW, "amojo.kommo.com"]


async def test_a_channel_that_was_opened_before_the_move_follows_it(store, clock):
    server = Moved(clock, gone=problem(404, "Account not found"))

    def answer(sent: Sent) -> Answer:
        if sent.url.split("/")[2].startswith("amojo."):
            return Answer(json={"messages": []})
        if sent.path == "/api/v4/account":
            return Answer(json={"id": ACCOUNT_ID, "amojo_id": "acc-1"})
        return server.answer(sent)

    alive = attrs.evolve(server.tokens.record(), account_id=ACCOUNT_ID, api_domain=SHARD, version=1)
    await store.swap(KEY, None, alive)
    wire = Wire(otherwise=answer)
    auth = OAuth(CLIENT_ID, SECRET, REDIRECT, store=store)
    amo = AsyncAmoCRM("demo", auth=auth, http_client=wire.client(), clock=clock, limiter=None)
    amojo = await amo.amojo("chan", "secret")
    await amojo.history("chat-1")
    clock.advance(DAY + 60)
    await amo.request("GET", "/api/v4/leads")
    await amojo.history("chat-1")
    hosts = [sent.url.split("/")[2] for sent in wire.sent]
    assert [host for host in hosts if host.startswith("amojo.")] == ["amojo.amocrm.ru", "amojo.kommo.com"]


class Noting:
    """A limiter that lets everybody through and notes whose share they used."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def acquire(self, key: str, *, priority: Priority = Priority.INTERACTIVE) -> None:
        self.keys.append(key)

    async def penalize(self, key: str, *, retry_after: float | None = None) -> None:
        raise AssertionError("nobody answers 429 here")


@pytest.mark.parametrize(
    "told",
    [
        Answer(json={"id": ACCOUNT_ID, "domain": OLD}),
        Answer(json={"id": ACCOUNT_ID + 1, "domain": NEW}),
        Answer(json={"id": ACCOUNT_ID, "domain": "evil.example"}),
        Answer(json={"id": ACCOUNT_ID, "domain": "www.amocrm.ru.evil.example"}),
        Answer(json=["nonsense"]),
        problem(401),
    ],
    ids=["not moved", "another account", "another domain", "a look-alike", "no object", "refused"],
)
async def test_an_answer_that_cannot_be_believed_is_not_followed(told, store, clock):
    amo, wire = await client_of(Moved(clock, gone=problem(404, "Account not found"), told=told), store, clock)
    with pytest.raises(OAuthError, match="there is no such account at this address"):
        await amo.request("GET", "/api/v4/leads")
    assert {sent.url.split("/")[2] for sent in wire.sent} == {OLD, SHARD}


async def test_a_revoked_token_is_not_taken_for_a_move(store, clock):
    gone = Answer(401, {"hint": "Token has been revoked", "title": "no", "status": 401, "detail": "no"})
    amo, wire = await client_of(Moved(clock, gone=gone), store, clock)
    with pytest.raises(AuthorizationLost):
        await amo.request("GET", "/api/v4/leads")
    assert [sent.url.split("/")[2] for sent in wire.sent] == [OLD]


@pytest.mark.parametrize(
    ("account", "api_domain", "asked"),
    [
        ("demo", SHARD, f"https://{SHARD}/oauth2/account/current/subdomain"),
        ("demo", "api-a.evil.example", None),
        ("demo", None, None),
        ("http://127.0.0.1:8080", SHARD, "http://127.0.0.1:8080/oauth2/account/current/subdomain"),
    ],
)
async def test_a_refresh_token_is_shown_to_amocrm_only(account, api_domain, asked):
    record = TokenRecord(access_token="a", refresh_token="r", api_domain=api_domain)
    assert lookup_url(record, parse_account(account)) == asked
