"""amoCRM has issued the next pair, and its answer never came. Both readings of the documentation, both HTTP libraries."""

from __future__ import annotations

import pytest

from amocrm_sync import AsyncAmoCRM, AsyncOAuthFlow, AuthorizationLost, OAuth, TransportError
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.testing import Emulator, Faults, ManualClock

pytestmark = pytest.mark.anyio

DAY = 86_400
TOKEN_PATH = "/oauth2/access_token"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def emulator(clock, request) -> Emulator:
    emulator = Emulator(seed=5, rate_limit=False, clock=clock, access_ttl=DAY, refresh_mode=request.param)
    emulator.faults = Faults()
    return emulator


@pytest.fixture
def store(clock) -> AsyncMemoryTokenStore:
    return AsyncMemoryTokenStore(clock=clock)


@pytest.fixture
async def flow(emulator, store, clock, family) -> AsyncOAuthFlow:
    flow = AsyncOAuthFlow(
        "id",
        emulator.client_secret,
        emulator.redirect_uri,
        store=store,
        http_client=emulator.http_client(family),
        clock=clock,
    )
    await flow.exchange_code(emulator.authorization_code(), account="demo")
    return flow


@pytest.fixture
def amo(emulator, store, clock, family) -> AsyncAmoCRM:
    auth = OAuth("id", emulator.client_secret, emulator.redirect_uri, store=store)
    return AsyncAmoCRM(
        "demo", auth=auth, http_client=emulator.http_client(family), limiter=None, retry=None, clock=clock
    )


def exchanges(emulator: Emulator) -> int:
    """How often the token endpoint was asked since the connection was made."""
    return sum(1 for one in emulator.requests if one.path == TOKEN_PATH) - 1


@pytest.mark.parametrize("emulator", ["overlap"], indirect=True)
async def test_where_the_old_token_lives_on_it_is_sent_again_and_nobody_notices(emulator, flow, amo, clock):
    emulator.faults.next(match=TOKEN_PATH, lose_answer=True)
    clock.advance(DAY * 0.6)
    for _ in range(5):
        await amo.account.get()
    assert exchanges(emulator) == 1, "the old access token serves; the endpoint is left alone for a while"
    clock.advance(120)
    await amo.account.get()
    assert (exchanges(emulator), emulator.stats.token_refusals) == (2, 0)
    status = await flow.status()
    assert (status.state, status.expires_at.timestamp()) == (
        "connected",
        pytest.approx(clock.now() + DAY, abs=2),
    )


@pytest.mark.parametrize("emulator", ["strict"], indirect=True)
async def test_where_it_is_dead_the_access_token_serves_to_its_end_and_then_the_error_says_what_to_do(
    emulator, flow, amo, clock
):
    emulator.faults.next(match=TOKEN_PATH, lose_answer=True)
    await amo.account.get()
    clock.advance(DAY * 0.6)
    await amo.account.get()
    clock.advance(120)
    await amo.account.get()
    status = await flow.status()
    assert status.state == "error", "hours before the end"
    assert "connect again" in status.error
    assert exchanges(emulator) == 2
    clock.advance(DAY * 0.4 - 600)
    await amo.account.get()
    clock.advance(600)
    asked = exchanges(emulator)
    for _ in range(5):
        with pytest.raises(AuthorizationLost, match=r"already used, or the grant was revoked: connect again"):
            await amo.account.get()
    assert exchanges(emulator) <= asked + 1, "no loop"


@pytest.mark.parametrize("emulator", ["strict", "overlap"], indirect=True)
async def test_after_a_401_the_call_fails_once_as_unanswered(emulator, flow, amo, request):
    emulator.expire_access_tokens()
    emulator.faults.next(match=TOKEN_PATH, lose_answer=True)
    with pytest.raises(TransportError, match="no answer from the token endpoint"):
        await amo.account.get()
    assert exchanges(emulator) == 1, "a token that may have arrived is not sent twice in one go"
    if request.node.callspec.params["emulator"] == "overlap":
        await amo.account.get()
        assert (await flow.status()).state == "connected"
    else:
        for _ in range(3):
            with pytest.raises(AuthorizationLost):
                await amo.account.get()
    assert exchanges(emulator) == 2


@pytest.mark.parametrize("emulator", ["strict", "overlap"], indirect=True)
async def test_an_exchange_that_never_arrived_costs_nothing(emulator, flow, amo):
    emulator.expire_access_tokens()
    emulator.faults.next(match=TOKEN_PATH, lose_answer=True, effect=False)
    with pytest.raises(TransportError):
        await amo.account.get()
    await amo.account.get()
    assert (emulator.stats.refreshes, emulator.stats.token_refusals) == (1, 0)
