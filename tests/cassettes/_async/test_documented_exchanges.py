"""Exchanges of the token endpoint and of the chats API, in the shapes of their pages' examples.

Nobody records these: a token endpoint's answers are secrets, and a channel of chats is given by amoCRM's support. Their
cassettes are written by hand; what stands for a token in them says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cassettes_config import HOST

from amocrm_sync import (
    AsyncAmoCRM,
    AsyncAmojo,
    AsyncOAuthFlow,
    AuthorizationLost,
    ForbiddenError,
    NotFoundError,
    OAuth,
    OAuthError,
    ValidationError,
)
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.stores import AsyncMemoryTokenStore
from amocrm_sync.testing import ManualClock

pytestmark = [pytest.mark.anyio, pytest.mark.vcr]

FOLDER = Path(__file__).parent.parent / "documented"
NOW = 1_751_621_727.0
INTEGRATION = ("0e110000-0000-4000-8000-000000000001", "not-a-secret", "https://host.example/amo")
CODE = "def502000000000000000000000000"
ANN = {
    "id": "own-user-1",
    "name": "Ann",
    "avatar": "https://pictures.example/ann.png",
    "profile": {"phone": "70000000001", "email": "ann@mail.example"},
    "profile_link": "https://people.example/ann",
}
MANAGER = {"id": "own-manager-1", "name": "Olga", "ref_id": "76fc0000-0000-4000-8000-000000000001"}
CHAT = "6cba0000-0000-4000-8000-000000000001"


@pytest.fixture
def vcr_cassette_dir() -> str:
    return str(FOLDER)


@pytest.fixture
def vcr_config(vcr_config) -> dict[str, Any]:
    """Answers are played as they are written: the client needs what stands for a token."""
    return {name: value for name, value in vcr_config.items() if name != "before_record_response"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def open_flow(family, clock):
    def make() -> AsyncOAuthFlow:
        return AsyncOAuthFlow(
            *INTEGRATION,
            store=AsyncMemoryTokenStore(clock=clock),
            clock=clock,
            make_state=lambda: "synthetic-state",
        )

    return make


@pytest.mark.default_cassette("oauth_tokens.yaml")
async def test_a_code_becomes_a_pair_and_the_pair_another(open_flow, clock):
    async with open_flow() as flow:
        connection = await flow.exchange_code(CODE, account=HOST, owner="user-42")
        assert connection.domain == HOST
        assert await flow.access_token("user-42") == "synthetic-access-1"
        status = await flow.refresh("user-42")
        assert await flow.access_token("user-42") == "synthetic-access-2"
    assert status.state == "connected"
    assert status.expires_at == datetime.fromtimestamp(NOW + 86_400, UTC)


@pytest.mark.default_cassette("oauth_refused.yaml")
async def test_a_refused_code_and_a_refused_token_are_400(open_flow):
    async with open_flow() as flow:
        with pytest.raises(OAuthError, match="20 minutes"):
            await flow.exchange_code(CODE, account=HOST)
        await flow.set_tokens("synthetic-access-1", "synthetic-refresh-1", account=HOST)
        with pytest.raises(AuthorizationLost, match="connect again"):
            await flow.refresh()


@pytest.mark.default_cassette("oauth_api_key.yaml")
async def test_an_api_key_is_taken_and_nothing_is_answered(open_flow):
    async with open_flow() as flow:
        await flow.exchange_api_key("ann@mail.example", "synthetic-key", account=HOST, owner="user-42")
        with pytest.raises(OAuthError, match="5 minutes"):
            await flow.exchange_api_key("ann@mail.example", "synthetic-key", account=HOST, owner="user-42")


@pytest.mark.default_cassette("oauth_moved.yaml")
async def test_a_renamed_account_is_asked_for_where_it_is(clock, family, strict):
    """The account's address says that there is none; the shard of the token knows the new one."""
    store = AsyncMemoryTokenStore(clock=clock)
    stale = TokenRecord(
        access_token="synthetic-access-1",
        refresh_token="synthetic-refresh-1",
        expires_at=NOW - 60,
        api_domain="api-a.amocrm.ru",
        account_id=123456,
    )
    await store.swap(TokenKey(INTEGRATION[0], HOST), None, stale)
    auth = OAuth(*INTEGRATION, store=store)
    async with AsyncAmoCRM(HOST, auth=auth, clock=clock, strict=strict, limiter=None, retry=None) as amo:
        address = await amo.account.address()
        assert amo.base_url == "https://renamed.amocrm.ru"
    assert (address.id, address.subdomain, address.domain) == (123456, "renamed", "renamed.amocrm.ru")
    assert address.top_level_domain == "ru"


@pytest.fixture
def open_channel(family):
    def make() -> AsyncAmojo:
        clock = ManualClock(1_639_604_761.694)
        return AsyncAmojo(
            "f90b0000-0000-4000-8000-000000000001",
            "not-a-secret",
            account_id="af990000-0000-4000-8000-000000000001",
            base_url=f"https://{HOST}",
            retry=None,
            clock=clock,
        )

    return make


@pytest.mark.default_cassette("chats.yaml")
async def test_a_channel_is_connected_and_a_chat_is_held(open_channel):
    async with open_channel() as amojo:
        channel = await amojo.connect(title="My messenger", is_time_window_disabled=True)
        chat = await amojo.create_chat("own-chat-1", ANN, source="70000000000")
        sent = await amojo.send_message(
            "own-chat-1", "Is it there?", sender=ANN, msgid="own-m-1", silent=False
        )
        answered = await amojo.send_message(
            "own-chat-1", "It is.", sender=MANAGER, receiver=ANN, msgid="own-m-2", silent=True
        )
        await amojo.edit_message("own-chat-1", "It is still there.", msgid="own-m-2")
        await amojo.delivery_status("3985-m", "error", error_code=905, error="Error text")
        await amojo.typing("own-chat-1", "own-user-1")
        await amojo.react(
            "\N{THUMBS UP SIGN}", {"id": "own-user-1"}, conversation_id="own-chat-1", msgid="own-m-2"
        )
        newest, oldest = await amojo.history(CHAT)
        assert await amojo.history(CHAT, offset=2) == []
        await amojo.disconnect()
    assert channel.scope_id == amojo.scope_id
    assert (channel.hook_api_version, channel.is_time_window_disabled) == ("v2", True)
    assert chat.user is not None
    assert (chat.id, chat.user.client_id, chat.user.phone) == (CHAT, "own-user-1", "70000000001")
    assert (sent.ref_id, answered.receiver_id) == ("own-m-1", "86a00000-0000-4000-8000-000000000001")
    assert (newest.text, oldest.text) == ("It is.", "Is it there?")
    assert (newest.receiver and newest.receiver.email, oldest.receiver) == ("ann@mail.example", None)
    assert (newest.timestamp, newest.msec_timestamp) == (1_639_604_903, None)


@pytest.mark.default_cassette("chats_refused.yaml")
async def test_what_the_chats_api_refuses_has_the_same_classes(open_channel):
    async with open_channel() as amojo:
        with pytest.raises(ForbiddenError, match="secret of this channel"):
            await amojo.connect()
        with pytest.raises(NotFoundError):
            await amojo.disconnect()
        with pytest.raises(ValidationError):
            await amojo.typing("own-chat-1", "")
