"""Signatures of the chats API against figures that this library did not compute.

The first request is printed in amoCRM's own documentation (page ``chat-step-by-step``) with its signature; the others
were signed with ``openssl dgst -sha1 -hmac``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync import ConfigurationError, SignatureError
from amocrm_sync._core.amojo import (
    amojo_url,
    delivery_body,
    message_body,
    message_event,
    reaction_body,
    signed_headers,
    verify_hook,
)
from amocrm_sync._core.hosts import parse_account
from amocrm_sync.webhooks import (
    ChatMessageHook,
    ChatReactionHook,
    ChatTypingHook,
    UnknownChatHook,
    parse_chat,
)

KEY = "f2d7f8704eff95087ed45b23ba99c0b5aac8278e"
THEN = datetime(2021, 12, 15, 23, 12, 55, tzinfo=UTC)
HOOK = b'{"account_id":"52e591f7","time":1}'
HOOK_SIGNATURE = "c0ca273cd931e8fd6e6fa3db5e7e436b8104bf77"


def test_the_request_of_the_documentation_gets_its_signature():
    body = b'{"account_id":"52e591f7-c98f-4255-8495-827210138c81","title":"ChatsIntegration","hook_api_version":"v2"}'
    path = "/v2/origin/custom/344a5002-f8ca-454d-af3d-396180102ac7/connect"
    assert signed_headers("POST", path, body, secret=KEY, now=THEN) == {
        "Date": "Wed, 15 Dec 2021 23:12:55 +0000",
        "Content-Type": "application/json",
        "Content-MD5": "2fbcb3c652b61e24e004daddfc73d0ce",
        "X-Signature": "81211856ce0c5095f3e1a90c0a38dc9d736cfd55",
    }


def test_a_get_is_signed_over_the_digest_of_nothing():
    path = "/v2/origin/custom/scope/chats/c1/history"
    headers = signed_headers("GET", path, b"", secret=KEY, now=THEN)
    assert headers["Content-MD5"] == "d41d8cd98f00b204e9800998ecf8427e"
    assert headers["X-Signature"] == "26dd08ccfcd62284b48de51bac27ae55bcb39aeb"


def test_every_byte_of_the_body_counts():
    body = '{"text":"Привет \\u0041"}\n '.encode()
    now = datetime(2022, 10, 3, 15, 11, 21, tzinfo=UTC)
    headers = signed_headers("DELETE", "/v2/origin/custom/x/disconnect", body, secret=KEY, now=now)
    assert headers["Content-MD5"] == "18643a1e22eed6ee8532c94355ac93ff"
    # 2022-10-03 was a Monday, as in the date that openssl was given
    assert headers["Date"] == "Mon, 03 Oct 2022 15:11:21 +0000"
    assert headers["X-Signature"] == "03f98ed1596aa503f099fb1841c514507cd252a5"


def test_a_date_keeps_its_zone():
    now = THEN.astimezone(timezone(timedelta(hours=3)))
    assert signed_headers("GET", "/", b"", secret=KEY, now=now)["Date"] == "Thu, 16 Dec 2021 02:12:55 +0300"


@pytest.mark.parametrize("signature", [HOOK_SIGNATURE, HOOK_SIGNATURE.upper(), f" {HOOK_SIGNATURE} "])
def test_a_hook_that_is_signed_passes(signature):
    verify_hook(HOOK, signature, KEY)


@pytest.mark.parametrize(
    "signature", [None, "", "0" * 40, HOOK_SIGNATURE[:-1], HOOK_SIGNATURE + "0", "я" * 40, "\ud800"]
)
def test_a_hook_that_is_not_is_refused(signature):
    with pytest.raises(SignatureError, match="403"):
        verify_hook(HOOK, signature, KEY)


def test_a_hook_for_another_secret_or_with_another_body_is_refused():
    with pytest.raises(SignatureError):
        verify_hook(HOOK, HOOK_SIGNATURE, KEY[:-1])
    with pytest.raises(SignatureError):
        verify_hook(HOOK + b" ", HOOK_SIGNATURE, KEY)


def test_an_empty_secret_is_a_mistake_and_not_a_key():
    with pytest.raises(ConfigurationError, match="secret"):
        verify_hook(HOOK, HOOK_SIGNATURE, "")


def test_an_error_shows_neither_secret_nor_signature():
    with pytest.raises(SignatureError) as caught:
        verify_hook(HOOK, "0" * 40, KEY)
    assert KEY not in str(caught.value)
    assert HOOK_SIGNATURE not in str(caught.value)


@pytest.mark.parametrize(
    ("account", "url"),
    [
        ("demo", "https://amojo.amocrm.ru"),
        ("demo.amocrm.com", "https://amojo.amocrm.com"),
        ("demo.kommo.com", "https://amojo.kommo.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/amojo"),
    ],
)
def test_the_chats_of_an_account_are_where_its_domain_says(account, url):
    assert amojo_url(parse_account(account)) == url


def test_a_message_carries_both_times():
    at = datetime.fromtimestamp(1_639_572_260.98, UTC)
    event = message_event("new_message", message_body("Hi"), at=at, msgid="m", silent=None)
    assert event == {
        "event_type": "new_message",
        "payload": {
            "timestamp": 1_639_572_260,
            "msec_timestamp": 1_639_572_260_980,
            "msgid": "m",
            "message": {"type": "text", "text": "Hi"},
        },
    }
    with pytest.raises(ConfigurationError, match="timezone"):
        message_event("new_message", {}, at=datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        ({"text": "x"}, "type"),
        ({"type": "text"}, "text"),
        ({"type": "picture", "media": "https://x.example/a.png"}, "file_name, file_size"),
        ({"type": "location"}, "location"),
    ],
)
def test_a_message_without_what_its_type_needs_is_refused(message, missing):
    with pytest.raises(ConfigurationError, match=missing):
        message_body(message)


def test_what_became_of_a_message():
    assert delivery_body("delivered", None, None) == {"status_code": 1}
    assert delivery_body(2, None, None) == {"status_code": 2}
    assert delivery_body("error", 905, "blocked") == {
        "status_code": -1,
        "error_code": 905,
        "error": "blocked",
    }
    with pytest.raises(ConfigurationError, match="905 any other"):
        delivery_body("error", None, "blocked")
    with pytest.raises(ConfigurationError, match="delivered, read, error"):
        delivery_body("seen", None, None)


def test_a_reaction_names_one_chat_and_one_message():
    names = {"conversation_id": None, "conversation_ref_id": None, "msgid": None, "id": None}
    body = reaction_body(user={"id": "u"}, emoji="x", **{**names, "conversation_id": "c", "id": "m"})
    assert body == {"conversation_id": "c", "id": "m", "emoji": "x", "user": {"id": "u"}, "type": "react"}
    with pytest.raises(ConfigurationError, match="conversation_ref_id"):
        reaction_body(user={}, emoji="x", **{**names, "id": "m"})
    with pytest.raises(ConfigurationError, match="msgid, id"):
        reaction_body(user={}, emoji=None, **{**names, "conversation_id": "c", "id": "m", "msgid": "n"})


def signed(body: bytes) -> str:
    """The signature that amoCRM would send (the key and rule are held against openssl above)."""
    import hashlib
    import hmac

    return hmac.new(KEY.encode(), body, hashlib.sha1).hexdigest()


def read(body: bytes):
    return parse_chat(body, signed(body), KEY)


MESSAGE = b"""{
  "account_id": "52e591f7-c98f-4255-8495-827210138c81", "time": 1639572261,
  "message": {
    "receiver": {"id": "2ed6", "phone": "79161234567", "email": "c@example.com", "client_id": "my-1"},
    "sender": {"id": "76fc"}, "conversation": {"id": "8e4d", "client_id": "my-chat"},
    "source": {"external_id": "78001234567"}, "timestamp": 1639572260, "msec_timestamp": 1639572260980,
    "message": {"id": "0371", "type": "picture", "text": "Hello", "tag": "", "file_name": "", "file_size": 10,
      "markup": {"mode": "inline", "buttons": [[{"text": "Yes"}, {"text": "No", "url": "https://x.example"}]]},
      "media": "https://x.example/i.jpg", "thumbnail": "https://x.example/t.jpg", "media_group_id": "g",
      "template": {"id": 7103}, "post": {"id": "1999992"}}}}"""


def test_a_message_hook_is_typed():
    hook = read(MESSAGE)
    assert isinstance(hook, ChatMessageHook)
    assert (hook.id, hook.type, hook.text, hook.media_group_id) == ("0371", "picture", "Hello", "g")
    assert (hook.conversation_id, hook.conversation_client_id) == ("8e4d", "my-chat")
    assert (hook.receiver.phone, hook.receiver.client_id, hook.sender.id) == ("79161234567", "my-1", "76fc")
    assert (hook.source, hook.post_id, hook.file_size) == ("78001234567", "1999992", 10)
    assert hook.sent_at == datetime.fromtimestamp(1_639_572_260.98, UTC)
    assert [button["text"] for row in hook.buttons for button in row] == ["Yes", "No"]
    assert hook.content["template"] == {"id": 7103}


def test_who_writes_first_has_no_chat_of_ours_yet():
    hook = read(b'{"message": {"conversation": {"id": "8e4d"}, "message": {"id": "1", "markup": null}}}')
    assert isinstance(hook, ChatMessageHook)
    assert hook.conversation_client_id == ""
    assert hook.buttons == []


@pytest.mark.parametrize(
    "inside",
    [b'"typing": {"user": {"id": "fb"}, %s}', b'"typing": {%s}, "user": {"id": "fb"}'],
    ids=["sample", "table"],
)
def test_typing_is_read_in_both_shapes(inside):
    rest = b'"conversation": {"id": "f1", "client_id": "c7"}, "expired_at": 1637087563, "post_id": "2"'
    hook = read(b'{"account_id": "a", "time": 1637087558, "action": {' + inside % rest + b"}}")
    assert isinstance(hook, ChatTypingHook)
    assert (hook.user_id, hook.conversation_client_id, hook.post_id) == ("fb", "c7", "2")
    assert hook.expires_at == datetime.fromtimestamp(1_637_087_563, UTC)


@pytest.mark.parametrize(
    ("message", "ours"),
    [(b'"msgid": "cd"', ""), (b'"message": {"id": "cd", "client_id": "m-1"}', "m-1")],
    ids=["sample", "table"],
)
def test_a_reaction_is_read_in_both_shapes(message, ours):
    hook = read(
        b'{"action": {"reaction": {' + message + b', "user": {"id": "u"}, "type": "react", "emoji": "x"}}}'
    )
    assert isinstance(hook, ChatReactionHook)
    assert (hook.message_id, hook.message_client_id, hook.emoji) == ("cd", ours, "x")
    assert not hook.is_removed
    assert read(b'{"action": {"reaction": {"type": "unreact"}}}').is_removed


@pytest.mark.parametrize(
    "body", [b'{"receiver": "b5", "conversation_id": "c", "text": "v1"}', b"[]", b"", b"<html>"]
)
def test_what_is_not_known_arrives_as_it_is(body):
    hook = read(body)
    assert isinstance(hook, UnknownChatHook)
    assert hook.raw == ({} if body[:1] != b"{" else {"receiver": "b5", "conversation_id": "c", "text": "v1"})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "message",
                    "action",
                    "typing",
                    "reaction",
                    "conversation",
                    "id",
                    "timestamp",
                    "user",
                    "markup",
                    "buttons",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_no_signed_json_raises(value):
    import orjson

    hook = read(
        orjson.dumps({"message": value, "time": value} if isinstance(value, dict) else {"action": value})
    )
    assert isinstance(hook.raw, dict)
    if isinstance(hook, ChatMessageHook):
        assert isinstance(hook.buttons, list)
