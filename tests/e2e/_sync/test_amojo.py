# Generated from tests/e2e/_async/test_amojo.py by tools/unasync.py: edit that file instead.
"""A channel of chats against the emulator, which checks every signature by itself."""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRM, AmoCRMAPIError, Amojo, ForbiddenError, NotFoundError, SignatureError
from amocrm_sync.testing import Emulator
from amocrm_sync.webhooks import ChatMessageHook, parse_chat

pytestmark = pytest.mark.anyio

IVAN = {"id": "u-1", "name": "Ivan", "profile": {"phone": "+79120000003"}}


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=1)


@pytest.fixture
def connect(emulator, family):
    def open_client() -> AmoCRM:
        token = emulator.long_lived_token()
        return AmoCRM("demo", token=token, limiter=None, retry=None, http_client=emulator.http_client(family))

    return open_client


def test_a_channel_lives_its_life(emulator, connect):
    channel = emulator.chat_channel
    with connect() as amo:
        amojo = amo.amojo(channel.id, channel.secret)
        connected = amojo.connect(title="Mine")
        assert (connected.scope_id, connected.hook_api_version) == (amojo.scope_id, "v2")
        chat = amojo.create_chat("c-1", IVAN)
        assert amojo.history(chat.id or "") == []
        sent = amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        assert (sent.conversation_id, sent.ref_id) == ("c-1", "m-1")
        assert (amojo.create_chat("c-1", IVAN)).id == chat.id, "a known chat is answered as it is"
        with pytest.raises(AmoCRMAPIError):
            amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        amojo.edit_message("c-1", "Hello!", msgid="m-1")
        amojo.typing("c-1", "u-1")
        amojo.delivery_status(sent.msgid or "", "read")
        amojo.react("x", {"id": "u-1"}, conversation_id="c-1", msgid="m-1")
        amojo.unreact({"id": "u-1"}, conversation_ref_id=chat.id, id=sent.msgid)
        [message] = amojo.history(chat.id or "")
        assert message.text == "Hello!"
        amojo.disconnect()
        with pytest.raises(AmoCRMAPIError):
            amojo.send_message("c-1", "Gone", sender=IVAN, msgid="m-2")


def test_an_answer_of_a_manager_comes_back_as_a_signed_hook(emulator, connect):
    channel = emulator.chat_channel
    with connect() as amo:
        amojo = amo.amojo(channel.id, channel.secret)
        amojo.connect()
        amojo.send_message("c-1", "Hello", sender=IVAN, msgid="m-1")
        chat = amojo.create_chat("c-1", IVAN)
        talk = amo.talks.list().first()
        assert talk is not None
        assert talk.talk_id is not None
        amo.talks.send_message(talk.talk_id, "Good day")
    [sent] = emulator.channel_hooks
    hook = parse_chat(sent.body, sent.signature, channel.secret)
    assert isinstance(hook, ChatMessageHook)
    assert (hook.type, hook.text) == ("text", "Good day")
    assert (hook.conversation_id, hook.conversation_client_id) == (chat.id, "c-1")
    assert hook.receiver.client_id == "u-1"
    with pytest.raises(SignatureError):
        parse_chat(sent.body.replace(b"Good", b"Evil"), sent.signature, channel.secret)


def test_a_wrong_secret_is_refused_and_the_account_goes_on(emulator, connect):
    with connect() as amo:
        amojo = amo.amojo(emulator.chat_channel.id, "0" * 40)
        with pytest.raises(ForbiddenError, match="secret"):
            amojo.connect()
        assert (amo.account.get()).id


def test_an_unknown_channel_is_named_so(emulator, connect, family):
    with connect() as amo:
        account = amo.account.get(with_=["amojo_id"])
    client = emulator.http_client(family)
    with Amojo(
        "no-such", "secret", account_id=account.amojo_id or "", http_client=client, retry=None
    ) as amojo:
        with pytest.raises(NotFoundError):
            amojo.connect()
