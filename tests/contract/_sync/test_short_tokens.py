# Generated from tests/contract/_async/test_short_tokens.py by tools/unasync.py: edit that file instead.
"""Tokens that end while a call is under way."""

from __future__ import annotations

import pytest
from oauth_server import CLIENT_ID, REDIRECT, SECRET, OAuthServer
from wire import Answer, Sent, Wire, problem

from amocrm_sync import AmoCRM, AmoCRMTokenExpired, OAuth, OAuthFlow
from amocrm_sync.stores import MemoryTokenStore

pytestmark = pytest.mark.anyio

LIFE = 4.0
FOR_EVER = 99


def refreshes_of_a_call(family: str, *, slow: int, refused: int) -> int:
    """One call to a server that is too slow for so many tokens, and refuses so many requests; the refreshes it cost."""
    server = OAuthServer(lifetime=LIFE)
    calls: list[Sent] = []

    def answer(sent: Sent) -> Answer:
        if sent.path == "/oauth2/access_token":
            return server.answer(sent)
        calls.append(sent)
        server.clock.sleep(LIFE + 1 if len(calls) <= slow else 0.1)
        return problem(401) if len(calls) <= refused else Answer(json={"id": 1, "name": "demo"})

    wire, store = Wire(otherwise=answer), MemoryTokenStore(clock=server.clock)
    flow = OAuthFlow(
        CLIENT_ID, SECRET, REDIRECT, store=store, http_client=wire.client(family), clock=server.clock
    )
    flow.exchange_code("good-code", account="demo")
    auth = OAuth(CLIENT_ID, SECRET, REDIRECT, store=store)
    amo = AmoCRM("demo", auth=auth, http_client=wire.client(family), limiter=None, clock=server.clock)
    if refused == FOR_EVER:
        with pytest.raises(AmoCRMTokenExpired):
            amo.account.get()
    else:
        amo.account.get()
    return server.refreshes


def test_a_call_outlives_two_tokens(family):
    assert refreshes_of_a_call(family, slow=2, refused=2) == 2


def test_a_token_that_is_refused_while_it_lives_is_renewed_once(family):
    assert refreshes_of_a_call(family, slow=0, refused=FOR_EVER) == 1


def test_nobody_goes_on_for_ever(family):
    assert refreshes_of_a_call(family, slow=FOR_EVER, refused=FOR_EVER) == 3
