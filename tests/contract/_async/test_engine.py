from __future__ import annotations

import pytest
from wire import LOST, Answer, Wire, hal, problem

from amocrm_sync import (
    AccountBlockedError,
    AmbiguousWriteError,
    AmoCRMTokenExpired,
    AsyncAmoCRM,
    AsyncLocalRateLimiter,
    ConfigurationError,
    ForbiddenError,
    InvalidResponseError,
    NotConnectedError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    RequestNotSent,
    RetryPolicy,
    ServerError,
    TransportError,
    ValidationError,
)
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

ACCOUNT = {"id": 1, "name": "Demo", "subdomain": "demo"}
LEAD = {"id": 5, "name": "Boat", "price": 7}
HTML = Answer(403, body=b"<html>Blocked</html>", headers={"content-type": "text/html"})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def connect(family, clock):
    def open_client(wire: Wire, **options) -> AsyncAmoCRM:
        options = {"token": "secret-token", "limiter": None, "clock": clock, **options}
        return AsyncAmoCRM("demo", http_client=wire.client(family), **options)

    return open_client


async def test_a_get_is_sent_with_token_and_agent(connect):
    wire = Wire(Answer(json=LEAD))
    lead = await connect(wire, user_agent="host/1.0").leads.get(5, with_=["contacts"])
    [sent] = wire.sent
    assert (lead.id, lead.name, lead.price) == (5, "Boat", 7)
    assert (sent.method, sent.path, sent.query) == ("GET", "/api/v4/leads/5", [("with", "contacts")])
    assert sent.token == "secret-token"
    assert sent.headers["user-agent"].startswith("host/1.0 amocrm-sync/")


async def test_a_get_is_repeated_after_lost_answers_and_server_errors(connect, clock):
    wire = Wire(LOST, problem(502), problem(500), Answer(json=LEAD))
    began = clock.monotonic()
    assert (await connect(wire).leads.get(5)).name == "Boat"
    assert len(wire.sent) == 4
    assert 0 < clock.monotonic() - began <= 1.5 + 3.0 + 6.0


async def test_after_four_sends_the_error_says_so(connect):
    wire = Wire(*[problem(503, "busy")] * 4)
    with pytest.raises(ServerError, match="busy") as caught:
        await connect(wire).leads.get(5)
    assert len(wire.sent) == 4
    assert caught.value.context.attempts == 4
    assert caught.value.context.path == "/api/v4/leads/{id}"


@pytest.mark.parametrize("outcome", [LOST, problem(504), problem(500)])
async def test_a_post_that_may_have_arrived_is_not_sent_twice(connect, outcome):
    wire = Wire(outcome)
    with pytest.raises(AmbiguousWriteError, match="look for it before sending it again"):
        await connect(wire).leads.create(name="Boat")
    assert len(wire.sent) == 1


async def test_a_patch_is_repeated_for_it_changes_nothing_twice(connect):
    wire = Wire(LOST, Answer(json={"id": 5, "updated_at": 1_700_000_000}))
    lead = await connect(wire).leads.update(5, price=8)
    assert lead.price == 8
    assert [sent.json for sent in wire.sent] == [{"price": 8}] * 2


async def test_a_patch_without_an_answer_to_the_end_is_ambiguous(connect):
    wire = Wire(*[LOST] * 4)
    with pytest.raises(AmbiguousWriteError):
        await connect(wire).leads.update(5, price=8)


async def test_a_get_without_an_answer_to_the_end_is_a_transport_error(connect):
    wire = Wire(*[LOST] * 4)
    with pytest.raises(TransportError) as caught:
        await connect(wire).leads.get(5)
    assert not isinstance(caught.value, AmbiguousWriteError)


async def test_a_refused_connection_is_known_not_to_have_arrived(family):
    async with AsyncAmoCRM(
        "http://127.0.0.1:9", token="t", limiter=None, retry=RetryPolicy(retries=1, base=0)
    ) as amo:
        with pytest.raises(RequestNotSent):
            await amo.leads.create(name="Boat")


async def test_429_is_waited_for_as_the_server_asks(connect, clock):
    wire = Wire(
        Answer(429, {"retry_after": 40}, headers={"content-type": "application/problem+json"}),
        Answer(429, headers={"retry-after": "25"}),
        Answer(json=hal("leads", [{"id": 1, "request_id": "0"}])),
    )
    lead = await connect(wire).leads.create(name="Boat")
    assert lead.id == 1
    assert clock.monotonic() >= 65


async def test_429_to_the_end_is_an_error(connect):
    wire = Wire(*[problem(429, "slow down", retry_after=2)] * 4)
    with pytest.raises(RateLimitedError) as caught:
        await connect(wire).leads.get(5)
    assert (len(wire.sent), caught.value.retry_after) == (4, 2.0)


async def test_429_slows_the_limiter_down(connect, clock):
    limiter = AsyncLocalRateLimiter(clock=clock)
    wire = Wire(problem(429), *[Answer(json=LEAD)] * 3)
    amo = connect(wire, limiter=limiter)
    await amo.leads.get(5)
    began = clock.monotonic()
    await amo.leads.get(5)
    await amo.leads.get(5)
    assert clock.monotonic() - began == pytest.approx(2 / (6.8 * 0.8), rel=0.01)


async def test_retries_can_be_turned_off(connect):
    wire = Wire(problem(503))
    with pytest.raises(ServerError):
        await connect(wire, retry=None).leads.get(5)
    assert len(wire.sent) == 1


async def test_a_static_token_that_is_refused_is_reported_once(connect):
    wire = Wire(problem(401, "expired"))
    with pytest.raises(AmoCRMTokenExpired):
        await connect(wire).leads.get(5)
    assert len(wire.sent) == 1


class Renewing:
    """An authenticator that knows a new token for each refused one."""

    def __init__(self) -> None:
        self.rejected: list[str | None] = []

    async def token(self, *, rejected: str | None = None) -> str:
        self.rejected.append(rejected)
        return f"token-{sum(1 for one in self.rejected if one)}"


async def test_401_renews_once_and_goes_on(connect):
    auth = Renewing()
    wire = Wire(problem(401), Answer(json=LEAD))
    assert (await connect(wire, token=None, auth=auth).leads.get(5)).id == 5
    assert [sent.token for sent in wire.sent] == ["token-0", "token-1"]
    assert auth.rejected == [None, "token-0"]


async def test_401_twice_is_an_error_and_never_a_loop(connect):
    wire = Wire(problem(401), problem(401))
    with pytest.raises(AmoCRMTokenExpired):
        await connect(wire, token=None, auth=Renewing()).leads.get(5)
    assert len(wire.sent) == 2


async def test_a_403_with_html_is_a_ban_and_stops_all_traffic_of_the_account(connect, clock):
    amo = connect(Wire(HTML))
    with pytest.raises(AccountBlockedError, match="Blocked"):
        await amo.leads.get(5)
    other = Wire()
    with pytest.raises(AccountBlockedError, match="traffic to this account is stopped"):
        await connect(other).contacts.get(1)
    assert other.sent == []


async def test_a_403_on_the_account_as_well_is_a_ban(connect):
    wire = Wire(problem(403), problem(403))
    amo = connect(wire)
    with pytest.raises(AccountBlockedError):
        await amo.users.list().first()
    assert [sent.path for sent in wire.sent] == ["/api/v4/users", "/api/v4/account"]
    with pytest.raises(AccountBlockedError):
        await amo.leads.get(5)
    assert len(wire.sent) == 2


async def test_a_403_of_one_call_is_only_that(connect):
    wire = Wire(problem(403, "admins only"), Answer(json=ACCOUNT), Answer(json=LEAD))
    amo = connect(wire)
    with pytest.raises(ForbiddenError, match="admins only") as caught:
        await amo.users.list().first()
    assert not isinstance(caught.value, AccountBlockedError)
    assert (await amo.leads.get(5)).id == 5


async def test_a_ban_is_asked_about_again_after_a_while_or_on_request(connect, clock):
    amo = connect(Wire(HTML, HTML, Answer(json=LEAD), Answer(json=LEAD)))
    for _ in range(2):
        with pytest.raises(AccountBlockedError):
            await amo.leads.get(5)
        clock.advance(15 * 60)
    assert (await amo.leads.get(5)).id == 5
    await amo.unblock()
    assert (await amo.leads.get(5)).id == 5


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, body=b"<html>maintenance</html>", headers={"content-type": "text/html"}),
        Answer(200, body=b""),
        Answer(200, body=b'{"id": 5'),
        Answer(200, body=b'"text"'),
    ],
)
async def test_an_answer_that_is_no_record_is_a_typed_error(connect, answer):
    with pytest.raises(InvalidResponseError) as caught:
        await connect(Wire(answer)).leads.get(5)
    assert caught.value.context.path == "/api/v4/leads/{id}"


async def test_204_is_an_empty_list_but_no_record(connect):
    amo = connect(Wire(*[Answer(204)] * 3))
    assert await amo.leads.list().to_list() == []
    assert await amo.leads.get_or_none(5) is None
    with pytest.raises(NotFoundError):
        await amo.leads.get(5)


async def test_validation_and_payment_have_their_own_errors(connect):
    refused = problem(
        400,
        "no",
        **{
            "validation-errors": [
                {"request_id": "0", "errors": [{"code": "X", "path": "name", "detail": "d"}]}
            ]
        },
    )
    amo = connect(Wire(refused, problem(402, "pay")))
    with pytest.raises(ValidationError) as caught:
        await amo.leads.create(name="")
    assert [(item.code, item.path) for item in caught.value.items] == [("X", "name")]
    with pytest.raises(PaymentRequiredError):
        await amo.leads.get(5)


async def test_options_make_a_cheap_copy_on_the_same_pool(connect):
    wire = Wire(problem(503), Answer(json=LEAD))
    amo = connect(wire)
    hasty = amo.with_options(retry=None, context_user_id=77)
    with pytest.raises(ServerError):
        await hasty.leads.get(5)
    await hasty.aclose()
    await amo.leads.get(5)
    assert [sent.headers.get("x-context-user-id") for sent in wire.sent] == ["77", None]


async def test_any_request_can_be_sent(connect):
    wire = Wire(Answer(json={"a": 1}), Answer(204))
    amo = connect(wire)
    assert await amo.request("GET", "/api/v4/x", params={"filter": {"id": [1, 2]}}) == {"a": 1}
    assert await amo.request("POST", "/api/v4/x", json={"b": None}) is None
    assert wire.sent[0].query == [("filter[id][]", "1"), ("filter[id][]", "2")]
    assert wire.sent[1].json == {"b": None}
    with pytest.raises(ConfigurationError, match="path"):
        await amo.request("GET", "https://evil.example/")


async def test_wrong_construction_is_explained(family):
    with pytest.raises(ConfigurationError, match="token or auth"):
        AsyncAmoCRM("demo")
    with pytest.raises(ConfigurationError, match="http_client"):
        AsyncAmoCRM("demo", token="t", http_client=object())


async def test_the_environment_describes_a_client(monkeypatch, family):
    with pytest.raises(ConfigurationError, match="AMOCRM_SUBDOMAIN"):
        AsyncAmoCRM.from_env()
    monkeypatch.setenv("AMOCRM_SUBDOMAIN", "demo.kommo.com")
    with pytest.raises(ConfigurationError, match="AMOCRM_TOKEN"):
        AsyncAmoCRM.from_env()
    monkeypatch.setenv("AMOCRM_TOKEN", "t")
    async with AsyncAmoCRM.from_env() as amo:
        assert amo.base_url == "https://demo.kommo.com"
        assert repr(amo).endswith("AmoCRM demo.kommo.com>")
    async with AsyncAmoCRM.from_env("other") as amo:
        assert amo.base_url == "https://other.amocrm.ru"


async def test_the_environment_serves_many_accounts_and_owners(monkeypatch, tmp_path, family):
    monkeypatch.setenv("AMOCRM_TOKEN", "t")
    with pytest.raises(ConfigurationError, match="AMOCRM_CLIENT_ID"):
        AsyncAmoCRM.from_env("demo", owner="user-42")
    for name in ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI"):
        monkeypatch.setenv(name, "https://a.b/c")
    monkeypatch.setenv("AMOCRM_TOKEN_FILE", str(tmp_path / "tokens.json"))
    async with AsyncAmoCRM.from_env("demo", owner="user-42") as amo:
        with pytest.raises(NotConnectedError, match=r"demo\.amocrm\.ru and owner 'user-42'"):
            await amo.account.get()
    with pytest.raises(ConfigurationError, match="owner: it chooses among stored tokens"):
        AsyncAmoCRM.from_env("demo", owner="user-42", token="t")
