"""A channel of chats against the emulator, which checks every signature by itself."""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRMAPIError, AsyncAmoCRM, AsyncAmojo, ForbiddenError, NotFoundError, SignatureError
from amocrm_sync.testing import Emulator
from amocrm_sync.webhooks import ChatMessageHook, parse_chat

pytestmark = pytest.mark.anyio

IVAN = {"id": "u-1", "name": "Ivan", "profile": {"phone": "+79120000003"}}


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=1)


@pytest.fixture
def connect(emulator, family):
    def open_client() -> AsyncAmoCRM:
        token = emulator.long_lived_token()
        return AsyncAmoCRM(
            "demo", token=token, limiter=None, retry=None, http_client=emulator.http_client(family)
        )

    return open_client


async def test_a_channel_lives_its_life(emulator, connect):
    channel = emulator.chat_channel
    async with connect() as amo:
        amojo = await amo.amojo(channel.id, channel.secret)
        connected = await amojo.connect(title="Mine")
        assert (connected.scope_id, connected.hook_api_version) == (amojo.scope_id, "v2")
        chat = await amojo.create_chat("c-1", IVAN)
        assert await amojo.history(chat.id or "") == []
        sent = await amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        assert (sent.conversation_id, sent.ref_id) == ("c-1", "m-1")
        assert (await amojo.create_chat("c-1", IVAN)).id == chat.id, "a known chat is answered as it is"
        with pytest.raises(AmoCRMAPIError):
            await amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        await amojo.edit_message("c-1", "Hello!", msgid="m-1")
        await amojo.typing("c-1", "u-1")
        await amojo.delivery_status(sent.msgid or "", "read")
        await amojo.react("x", {"id": "u-1"}, conversation_id="c-1", msgid="m-1")
        await amojo.unreact({"id": "u-1"}, conversation_ref_id=chat.id, id=sent.msgid)
        [message] = await amojo.history(chat.id or "")
        assert message.text == "Hello!"
        await amojo.disconnect()
        with pytest.raises(AmoCRMAPIError):
            await amojo.send_message("c-1", "Gone", sender=IVAN, msgid="m-2")


async def test_an_answer_of_a_manager_comes_back_as_a_signed_hook(emulator, connect):
    channel = emulator.chat_channel
    async with connect() as amo:
        amojo = await amo.amojo(channel.id, channel.secret)
        await amojo.connect()
        await amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        chat = await amojo.create_chat("c-1", IVAN)
        talk = await amo.talks.list().first()
        assert talk is not None
        assert talk.talk_id is not None
        await amo.talks.send_message(talk.talk_id, "Good day")
    [sent] = emulator.channel_hooks
    hook = parse_chat(sent.body, sent.signature, channel.secret)
    assert isinstance(hook, ChatMessageHook)
    assert (hook.type, hook.text) == ("text", "Good day")
    assert (hook.conversation_id, hook.conversation_client_id) == (chat.id, "c-1")
    assert hook.receiver.client_id == "u-1"
    with pytest.raises(SignatureError):
        parse_chat(sent.body.replace(b"Good", b"Evil"), sent.signature, channel.secret)


async def test_a_wrong_secret_is_refused_and_the_account_goes_on(emulator, connect):
    async with connect() as amo:
        amojo = await amo.amojo(emulator.chat_channel.id, "0" * 40)
        with pytest.raises(ForbiddenError, match="secret"):
            await amojo.connect()
        assert (await amo.account.get()).id


async def test_an_unknown_channel_is_named_so(emulator, connect, family):
    async with connect() as amo:
        account = await amo.account.get(with_=["amojo_id"])
    client = emulator.http_client(family)
    async with AsyncAmojo(
        "no-such", "secret", account_id=account.amojo_id or "", http_client=client, retry=None
    ) as amojo:
        with pytest.raises(NotFoundError):
            await amojo.connect()
