"""The long-lived token."""

from __future__ import annotations

import warnings

import pytest
from oauth_server import DAY, jwt

from amocrm_sync._async.auth import AsyncStaticToken
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio


async def test_it_is_sent_as_it_is_whatever_the_server_says():
    token = AsyncStaticToken("opaque")
    assert await token.token() == "opaque"
    assert await token.token(rejected="opaque") == "opaque"


async def test_it_warns_once_before_it_ends():
    clock = ManualClock()
    token = AsyncStaticToken(jwt(exp=clock.now() + 15 * DAY), clock=clock)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await token.token()
    clock.advance(2 * DAY)
    with pytest.warns(UserWarning, match=r"expires in 13\.0 days; it cannot be refreshed: make a new one"):
        await token.token()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await token.token()


async def test_it_says_that_it_has_ended():
    clock = ManualClock()
    with pytest.warns(UserWarning, match="has expired"):
        await AsyncStaticToken(jwt(exp=clock.now() - 1), clock=clock).token()


@pytest.mark.parametrize("token", ["", " ", "Bearer abc", "abc\n", "токен"])
async def test_what_was_pasted_badly_is_refused(token):
    with pytest.raises(ConfigurationError, match="token: ") as caught:
        AsyncStaticToken(token)
    assert "abc" not in str(caught.value)
