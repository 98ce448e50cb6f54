"""A channel's hook is read once: what the sync keeps of any body is what a host reads in it, and nothing of it is lost."""

from __future__ import annotations

import hashlib
import hmac

import orjson
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.chat_hooks import chat_hook_in
from amocrm_sync._core.sync.chat_hooks import chat_news
from amocrm_sync.webhooks import ChatMessageHook, ChatReactionHook, ChatTypingHook, parse_chat

SECRET = "channel-secret"
RECEIVED = 1767225000.5

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
ODD = st.none() | st.booleans() | st.integers(-5, 2**53) | TEXT | st.just([]) | st.just({})
"""What a field may hold that should hold something else."""


def objects(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """An object with most of its fields, some of them odd."""
    names = st.sets(st.sampled_from(sorted(fields)), max_size=len(fields) // 2)
    whole = st.fixed_dictionaries({name: usually(value) for name, value in fields.items()})
    return st.builds(lambda row, gone: {name: row[name] for name in row if name not in gone}, whole, names)


def usually(value: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Mostly what it should be."""
    return st.sampled_from([value, value, value, value, ODD]).flatmap(lambda chosen: chosen)


PARTY = objects(id=TEXT, client_id=TEXT, name=TEXT)
CONTENT = objects(id=TEXT, type=TEXT, text=TEXT, media=TEXT, file_size=st.integers(0, 9))
MESSAGE = objects(
    message=CONTENT,
    conversation=PARTY,
    sender=PARTY,
    timestamp=st.integers(1, 2**31),
    msec_timestamp=st.integers(1, 2**41),
)
REACTION = objects(
    user=PARTY, message=PARTY, msgid=TEXT, type=st.sampled_from(["react", "unreact"]), emoji=TEXT
)
ACTION = objects(typing=objects(user=PARTY), reaction=REACTION, user=PARTY)
BODIES = objects(
    account_id=st.just("amojo-1"), time=st.integers(0, 2**31), message=MESSAGE, action=ACTION
).map(orjson.dumps)


def read(body: bytes):
    return parse_chat(body, hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest(), SECRET)


@given(BODIES)
def test_what_is_taken_for_a_hook_is_what_a_host_reads(body):
    hook = chat_hook_in(body)
    assert hook is None or hook == read(body)


@given(BODIES)
def test_what_is_kept_says_what_a_host_reads(body):
    hook = chat_hook_in(body)
    if hook is None:
        return
    news = chat_news(hook, RECEIVED)
    match hook:
        case ChatMessageHook():
            at = RECEIVED if hook.sent_at is None else hook.sent_at.timestamp()
            assert news.activity is not None
            assert (news.activity.remote_id or "", news.activity.at) == (hook.id, at)
            assert (news.activity.actor, news.activity.raw) == (hook.sender.id, hook.raw["message"])
            assert (news.message is None) == (not hook.id)
            if news.message is not None:
                assert news.message.remote_id == f"message:{hook.id}"
                assert news.message.base["payload"] == hook.raw["message"]
                assert news.message.base["created_at"] == int(at)
        case ChatReactionHook():
            assert news.message is None
            assert news.activity is not None
            assert (news.activity.remote_id or "", news.activity.after or "") == (hook.message_id, hook.emoji)
            assert (news.activity.event == "message.unreact") == hook.is_removed
            assert news.activity.raw == hook.raw["action"]
        case _:
            assert isinstance(hook, ChatTypingHook)
            assert (news.message, news.activity) == (None, None)


@given(BODIES)
def test_a_whole_message_and_a_reaction_are_taken_and_nothing_that_is_none(body):
    data = orjson.loads(body)
    outer, action = data.get("message"), data.get("action")
    has_account = isinstance(data.get("account_id"), str)
    is_message = (
        isinstance(outer, dict)
        and isinstance(outer.get("message"), dict)
        and isinstance(outer.get("conversation"), dict)
    )
    is_action = not isinstance(outer, dict) and isinstance(action, dict)
    is_reaction = is_action and isinstance(action.get("reaction"), dict)
    is_typing = is_action and not is_reaction and isinstance(action.get("typing"), dict)
    kinds = {ChatMessageHook: is_message, ChatReactionHook: is_reaction, ChatTypingHook: is_typing}
    expected = next((kind for kind, holds in kinds.items() if holds and has_account), type(None))
    assert type(chat_hook_in(body)) is expected
