# Generated from tests/contract/_async/test_amojo.py by tools/unasync.py: edit that file instead.
from __future__ import annotations

import hashlib
import hmac
import pickle
from datetime import UTC, datetime

import pytest
from wire import LOST, Answer, Sent, Wire, problem

from amocrm_sync import (
    AmbiguousWriteError,
    AmoCRM,
    Amojo,
    ConfigurationError,
    ForbiddenError,
    NotFoundError,
    RetryPolicy,
    ServerError,
)
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

SECRET = "5a44c5dff55f3c15a4cce8d7c4cc27e207c7e189"
BASE = "/v2/origin/custom"
SCOPE = f"{BASE}/chan_acc"
IVAN = {"id": "u1", "name": "Ivan"}


@pytest.fixture
def connect(family):
    def open_channel(wire: Wire, **options) -> Amojo:
        options = {"retry": None, **options}
        return Amojo("chan", SECRET, account_id="acc", http_client=wire.client(family), **options)

    return open_channel


def check_signature(sent: Sent) -> None:
    """As the server does: over what really arrived."""
    headers = sent.headers
    assert headers["content-md5"] == hashlib.md5(sent.body).hexdigest()
    lines = [sent.method, headers["content-md5"], headers["content-type"], headers["date"], sent.path]
    expected = hmac.new(SECRET.encode(), "\n".join(lines).encode(), hashlib.sha1).hexdigest()
    assert headers["x-signature"] == expected
    assert "authorization" not in headers


def test_every_method_goes_where_it_belongs_and_is_signed(connect):
    new = {
        "msgid": "api-1",
        "ref_id": "m1",
        "conversation_id": "api-c",
        "sender_id": "s",
        "receiver_id": None,
    }
    wire = Wire(
        Answer(json={"account_id": "acc", "scope_id": "chan_acc", "hook_api_version": "v2"}),
        Answer(json={"id": "api-c", "user": {"id": "api-u", "client_id": "u1", "name": "Ivan"}}),
        Answer(json={"new_message": new}),
        Answer(json={"new_message": new}),
        Answer(200),
        Answer(204),
        Answer(200),
        Answer(200),
        Answer(json={"messages": [{"timestamp": 5, "sender": {"id": "s"}, "message": {"text": "Hi"}}]}),
        Answer(204),
        Answer(200),
    )
    amojo = connect(wire)
    channel = amojo.connect(title="Mine")
    chat = amojo.create_chat("c1", IVAN, source="src")
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    sent = amojo.send_message("c1", "Hi", sender=IVAN, msgid="m1", at=at, silent=True, source="src")
    amojo.edit_message("c1", {"type": "text", "text": "Hi!"}, msgid="m1")
    amojo.delivery_status("api-1", "error", error_code=905, error="no")
    amojo.typing("c1", "u1", duration_ms=1000)
    amojo.react("x", {"id": "u1"}, conversation_id="c1", msgid="m1")
    amojo.unreact({"id": "u1"}, conversation_ref_id="api-c", id="api-1")
    [old] = amojo.history("api-c", offset=5, limit=10)
    assert amojo.history("api-c") == []
    amojo.disconnect()
    assert channel.scope_id == amojo.scope_id == "chan_acc"
    assert (chat.id, chat.user and chat.user.client_id) == ("api-c", "u1")
    assert (sent.msgid, sent.ref_id, sent.receiver_id) == ("api-1", "m1", None)
    assert (old.text, old.sender and old.sender.id) == ("Hi", "s")
    for request in wire.sent:
        check_signature(request)
    assert [(request.method, request.path) for request in wire.sent] == [
        ("POST", f"{BASE}/chan/connect"),
        ("POST", f"{SCOPE}/chats"),
        ("POST", SCOPE),
        ("POST", SCOPE),
        ("POST", f"{SCOPE}/api-1/delivery_status"),
        ("POST", f"{SCOPE}/typing"),
        ("POST", f"{SCOPE}/react"),
        ("POST", f"{SCOPE}/react"),
        ("GET", f"{SCOPE}/chats/api-c/history"),
        ("GET", f"{SCOPE}/chats/api-c/history"),
        ("DELETE", f"{BASE}/chan/disconnect"),
    ]
    assert wire.sent[8].query == [("offset", "5"), ("limit", "10")]
    assert wire.sent[8].url.startswith("https://amojo.amocrm.ru/")
    bodies = [request.json for request in wire.sent if request.body]
    edited = bodies[3]["payload"]
    assert bodies[:3] == [
        {"account_id": "acc", "title": "Mine", "hook_api_version": "v2"},
        {"conversation_id": "c1", "user": IVAN, "source": {"external_id": "src"}},
        {
            "event_type": "new_message",
            "payload": {
                "timestamp": 1_700_000_000,
                "msec_timestamp": 1_700_000_000_000,
                "msgid": "m1",
                "conversation_id": "c1",
                "sender": IVAN,
                "source": {"external_id": "src"},
                "silent": True,
                "message": {"type": "text", "text": "Hi"},
            },
        },
    ]
    assert bodies[3]["event_type"] == "edit_message"
    assert (edited["msgid"], edited["message"]["text"]) == ("m1", "Hi!")
    assert bodies[4:] == [
        {"status_code": -1, "error_code": 905, "error": "no"},
        {"conversation_id": "c1", "sender": {"id": "u1"}, "duration_ms": 1000},
        {"conversation_id": "c1", "msgid": "m1", "emoji": "x", "user": {"id": "u1"}, "type": "react"},
        {"conversation_ref_id": "api-c", "id": "api-1", "user": {"id": "u1"}, "type": "unreact"},
        {"account_id": "acc"},
    ]


def test_a_message_without_an_answer_is_not_sent_twice(connect):
    wire = Wire(LOST)
    with pytest.raises(AmbiguousWriteError, match="again with its msgid"):
        connect(wire, retry=RetryPolicy()).send_message("c", "Hi", sender=IVAN, msgid="m")
    assert len(wire.sent) == 1


def test_a_repeated_read_is_signed_anew(connect):
    clock = ManualClock(1_700_000_000)

    def late(_sent: Sent) -> Answer:
        clock.advance(60)
        return problem(503)

    wire = Wire(late, Answer(json={"messages": []}))
    connect(wire, retry=RetryPolicy(base=0), clock=clock).history("c")
    for request in wire.sent:
        check_signature(request)
    assert wire.sent[0].headers["date"] != wire.sent[1].headers["date"]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (
            Answer(403, {"status": 0, "error_code": 403, "error_type": "ORIGIN_INVALID_SIGNATURE"}),
            ForbiddenError,
            "secret",
        ),
        (Answer(404, {"error_type": "ORIGIN_NOT_REGISTERED"}), NotFoundError, "ORIGIN_NOT_REGISTERED"),
        (Answer(500, body=b"<h1>oops</h1>"), ServerError, "500"),
    ],
)
def test_refusals_are_typed(connect, answer, error, words):
    wire = Wire(answer)
    with pytest.raises(error, match=words) as caught:
        connect(wire).history("c")
    assert SECRET not in f"{caught.value!r}{caught.value}"
    assert caught.value.context.path == f"{BASE}/{{scope_id}}/chats/{{conversation_id}}/history"


def test_bad_arguments_are_named(connect, family):
    amojo = connect(Wire())
    with pytest.raises(ConfigurationError, match="limit: 1 to 50"):
        amojo.history("c", limit=51)
    with pytest.raises(ConfigurationError, match="msgid, id"):
        amojo.edit_message("c", "x")
    with pytest.raises(ConfigurationError, match="account_id"):
        Amojo("chan", SECRET, account_id="")


def test_the_secret_is_kept(connect):
    amojo = connect(Wire())
    assert SECRET not in repr(amojo)
    with pytest.raises(TypeError, match="secrets"):
        pickle.dumps(amojo)


@pytest.mark.parametrize(
    ("account", "host"), [("demo", "amojo.amocrm.ru"), ("demo.kommo.com", "amojo.kommo.com")]
)
def test_an_account_opens_its_own_chats(family, account, host):
    wire = Wire(Answer(json={"id": 1, "amojo_id": "acc"}), Answer(204), Answer(json={"id": 1}))
    with AmoCRM(account, token="t", limiter=None, retry=None, http_client=wire.client(family)) as amo:
        with amo.amojo("chan", SECRET) as amojo:
            assert amojo.history("c") == []
        assert (amo.account.get()).id == 1, "the connections are the account's"
    assert ("with", "amojo_id") in wire.sent[0].query
    assert wire.sent[1].url.startswith(f"https://{host}{SCOPE}/chats/c/history")
    check_signature(wire.sent[1])
