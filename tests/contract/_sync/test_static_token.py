# Generated from tests/contract/_async/test_static_token.py by tools/unasync.py: edit that file instead.
"""The long-lived token."""

from __future__ import annotations

import warnings

import pytest
from oauth_server import DAY, jwt

from amocrm_sync._sync.auth import StaticToken
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio


def test_it_is_sent_as_it_is_whatever_the_server_says():
    token = StaticToken("opaque")
    assert token.token() == "opaque"
    assert token.token(rejected="opaque") == "opaque"


def test_it_warns_once_before_it_ends():
    clock = ManualClock()
    token = StaticToken(jwt(exp=clock.now() + 15 * DAY), clock=clock)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token.token()
    clock.advance(2 * DAY)
    with pytest.warns(UserWarning, match=r"expires in 13\.0 days; it cannot be refreshed: make a new one"):
        token.token()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        token.token()


def test_it_says_that_it_has_ended():
    clock = ManualClock()
    with pytest.warns(UserWarning, match="has expired"):
        StaticToken(jwt(exp=clock.now() - 1), clock=clock).token()


@pytest.mark.parametrize("token", ["", " ", "Bearer abc", "abc\n", "токен"])
def test_what_was_pasted_badly_is_refused(token):
    with pytest.raises(ConfigurationError, match="token: ") as caught:
        StaticToken(token)
    assert "abc" not in str(caught.value)
