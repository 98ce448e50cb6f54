"""The host of chats: channels, chats, messages, their statuses. No token: every request is signed."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import conversations, hal
from amocrm_sync.testing.emulator.chats import Channel, Conversation
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.rules.chats import (
    ChatRefusal,
    chat_bad_request,
    check_message,
    check_signature,
    check_user,
    text_of,
)
from amocrm_sync.testing.emulator.rules.lists import number
from amocrm_sync.testing.emulator.tables import Row, is_row, part
from amocrm_sync.testing.emulator.visit import Handler, Route, Visit

MAX_HISTORY: Final = 50
_ERRORS: Final = (901, 902, 903, 904, 905)
_DONE: Final = Response(status=200)


def connect(visit: Visit) -> Response:
    """Connect a channel to the account; again is no error and changes what was asked for."""
    channel = _channel(visit, str(visit.params["channel"]))
    body = _body(visit)
    version = body.get("hook_api_version", "v1")
    if version not in ("v1", "v2"):
        raise chat_bad_request("hook_api_version is v1 or v2")
    _check_account(visit, body)
    scope: Row = {
        "account_id": body["account_id"],
        "title": body.get("title") or channel.name,
        "hook_api_version": version,
        "is_time_window_disabled": bool(body.get("is_time_window_disabled", False)),
    }
    channel.scopes[body["account_id"]] = scope
    return hal.plain({**scope, "scope_id": f"{channel.id}_{body['account_id']}"})


def disconnect(visit: Visit) -> Response:
    """Undo the connection."""
    channel = _channel(visit, str(visit.params["channel"]))
    body = _body(visit)
    _check_account(visit, body)
    channel.scopes.pop(body["account_id"], None)
    return _DONE


def create_chat(visit: Visit) -> Response:
    """A chat before its first message; a known one is answered as it is."""
    scope_id = _scope(visit)
    body = _body(visit)
    user = check_user(body.get("user"), "user")
    client_id = text_of(body, "conversation_id")
    source = body.get("source")
    external_id = str(source.get("external_id") or "") if is_row(source) else ""
    if len(external_id) > 40 or not (external_id.isascii() and external_id.isprintable()):  # noqa: PLR2004
        raise chat_bad_request("source.external_id has at most 40 printable ASCII characters")
    found = _conversation(visit, scope_id, client_id, user)
    if external_id:
        found.source = external_id
    return hal.plain({"id": found.id, "user": found.user})


def send_message(visit: Visit) -> Response:
    """A new message, from the client or from a manager, or an edit of one."""
    scope_id = _scope(visit)
    body = _body(visit)
    kind, payload = body.get("event_type"), body.get("payload")
    if kind not in ("new_message", "edit_message") or not is_row(payload):
        raise chat_bad_request("event_type is new_message or edit_message, payload an object")
    check_message(payload.get("message"))
    row = _edit(visit, scope_id, payload) if kind == "edit_message" else _new(visit, scope_id, payload)
    conversation = visit.state.chats.conversations[row["_conversation_id"]]
    receiver = row.get("receiver")
    return hal.plain(
        {
            "new_message": {
                "conversation_id": conversation.client_id,
                "sender_id": row["sender"]["id"],
                "receiver_id": conversation.user["id"] if receiver else None,
                "msgid": row["id"],
                "ref_id": row["client_id"],
            }
        }
    )


def history(visit: Visit) -> Response:
    """Messages of a chat, newest first."""
    scope_id = _scope(visit)
    values = visit.query.values
    found = visit.state.chats.conversations.get(str(visit.params["conversation"]))
    rows = found.messages[::-1] if found is not None and found.scope_id == scope_id else []
    offset = max(0, number(values.get("offset")) or 0)
    limit = max(1, number(values.get("limit")) or MAX_HISTORY)
    page = rows[offset : offset + min(limit, MAX_HISTORY)]
    if found is None or not page:
        return hal.NO_CONTENT
    return hal.plain({"messages": [_shown(found, row) for row in page]})


def delivery_status(visit: Visit) -> Response:
    """Whether a message was delivered, read, or went wrong."""
    scope_id = _scope(visit)
    body = _body(visit)
    status = body.get("status_code")
    if status not in (1, 2, -1):
        raise chat_bad_request("status_code is 1, 2 or -1")
    if status == -1 and (body.get("error_code") not in _ERRORS or not body.get("error")):
        raise chat_bad_request("status_code -1 needs error_code (901 to 905) and error")
    row = _message(visit, scope_id, uuid=visit.params["msgid"])
    row["_delivery"] = {key: body[key] for key in ("status_code", "error_code", "error") if key in body}
    return _DONE


def typing(visit: Visit) -> Response:
    """The client is typing."""
    _scope(visit)
    body = _body(visit)
    text_of(body, "conversation_id")
    sender = body.get("sender")
    if not is_row(sender):
        raise chat_bad_request("sender is required")
    text_of(sender, "id", "sender.id")
    return hal.NO_CONTENT


def react(visit: Visit) -> Response:
    """A reaction to a message, or none any more."""
    scope_id = _scope(visit)
    body = _body(visit)
    if body.get("type") not in ("react", "unreact"):
        raise chat_bad_request("type is react or unreact")
    if not body.get("conversation_id") and not body.get("conversation_ref_id"):
        raise chat_bad_request("conversation_id or conversation_ref_id is required")
    if body["type"] == "react" and not body.get("emoji"):
        raise chat_bad_request("emoji is required")
    if not is_row(body.get("user")):
        raise chat_bad_request("user is required")
    row = _message(visit, scope_id, uuid=body.get("id"), client_id=body.get("msgid"))
    author = str(body["user"].get("ref_id") or body["user"].get("id"))
    reactions: Row = row.setdefault("_reactions", {})
    if body["type"] == "react":
        reactions[author] = body["emoji"]
    else:
        reactions.pop(author, None)
    return _DONE


def _channel(visit: Visit, channel_id: str) -> Channel:
    channel = visit.state.chats.channels.get(channel_id)
    if channel is None:
        raise ChatRefusal(404, "ORIGIN_NOT_REGISTERED", "The channel is not registered")
    check_signature(visit.request, channel.secret, visit.state.now())
    return channel


def _scope(visit: Visit) -> str:
    """The connection in the path, once the signature is checked."""
    scope_id = str(visit.params["scope"])
    channel_id, _, account_id = scope_id.partition("_")
    if account_id not in _channel(visit, channel_id).scopes:
        raise ChatRefusal(404, "ORIGIN_NOT_REGISTERED", "The channel is not connected to this account")
    return scope_id


def _body(visit: Visit) -> Row:
    if not is_row(visit.body):
        raise chat_bad_request("The body is no JSON object")
    return visit.body


def _check_account(visit: Visit, body: Row) -> None:
    if body.get("account_id") != visit.state.amojo_id:
        raise chat_bad_request("account_id is the account's id in the chat service (with=amojo_id)")


def _conversation(visit: Visit, scope_id: str, client_id: str, user: Row) -> Conversation:
    chats = visit.state.chats
    found = chats.conversation(scope_id, client_id=client_id)
    if found is None:
        own = {"id": chats.uuid(), "client_id": user["id"], "name": user["name"]}
        profile = part(user, "profile")
        more = {key: profile[key] for key in ("phone", "email") if profile.get(key)}
        own = {**own, "avatar": user.get("avatar") or "", **more}
        found = Conversation(id=chats.uuid(), scope_id=scope_id, client_id=client_id, user=own)
        chats.conversations[found.id] = found
    return found


def _new(visit: Visit, scope_id: str, payload: Row) -> Row:
    chats = visit.state.chats
    msgid = text_of(payload, "msgid", "payload.msgid")
    for name in ("timestamp", "msec_timestamp"):
        if not isinstance(payload.get(name), int):
            raise chat_bad_request(f"payload.{name} is required")
    if chats.message(scope_id, client_id=msgid) is not None:
        raise chat_bad_request("A message with this msgid was taken already")
    sender = check_user(payload.get("sender"), "payload.sender")
    receiver = check_user(payload["receiver"], "payload.receiver") if payload.get("receiver") else None
    if sender.get("ref_id") is not None and receiver is None:
        raise chat_bad_request("payload.receiver is required for a message of a manager")
    _check_manager(visit, scope_id, sender)
    found = chats.conversations.get(str(payload.get("conversation_ref_id")))
    if found is None:
        client_id = text_of(payload, "conversation_id", "payload.conversation_id")
        found = _conversation(visit, scope_id, client_id, receiver or sender)
    source = payload.get("source")
    if is_row(source) and source.get("external_id"):
        found.source = str(source["external_id"])
    row: Row = {
        "id": chats.uuid(),
        "client_id": msgid,
        "timestamp": payload["timestamp"],
        "msec_timestamp": payload["msec_timestamp"],
        "sender": sender,
        "receiver": receiver,
        "message": dict(payload["message"]),
        "_conversation_id": found.id,
    }
    is_silent = bool(payload.get("silent"))
    conversations.take_message(visit.state, visit.changes, found, row, is_silent=is_silent)
    return row


def _check_manager(visit: Visit, scope_id: str, sender: Row) -> None:
    ref_id = sender.get("ref_id")
    channel = visit.state.chats.channel_of(scope_id)
    known = {user["_amojo_id"] for user in visit.state.users.all()}
    if ref_id is not None and channel is not None and ref_id not in {channel.bot_id, *known}:
        raise chat_bad_request("payload.sender.ref_id is no user of the account and not the channel's bot")


def _edit(visit: Visit, scope_id: str, payload: Row) -> Row:
    row = _message(visit, scope_id, uuid=payload.get("id"), client_id=payload.get("msgid"))
    row["message"] = {key: value for key, value in payload["message"].items() if key != "delivery_status"}
    if payload.get("id") and payload.get("msgid"):
        row["client_id"] = payload["msgid"]
    return row


def _message(visit: Visit, scope_id: str, *, uuid: object = None, client_id: object = None) -> Row:
    row = visit.state.chats.message(scope_id, uuid=uuid, client_id=client_id)
    if row is None:
        raise ChatRefusal(404, "MESSAGE_NOT_FOUND", "There is no such message")
    return row


def _shown(conversation: Conversation, row: Row) -> Row:
    def person(given: Any) -> Row:
        if given["id"] == conversation.user["client_id"]:
            return conversation.user
        return {"id": given.get("ref_id") or given["id"], "name": given.get("name", "")}

    shown: Row = {
        "timestamp": row["timestamp"],
        "msec_timestamp": row["msec_timestamp"],
        "sender": person(row["sender"]),
        "message": {"id": row["id"], "client_id": row["client_id"], **row["message"]},
    }
    if row["receiver"]:
        shown["receiver"] = person(row["receiver"])
    return shown


def _route(name: str, method: str, tail: str, handler: Handler) -> Route:
    return Route(f"amojo.{name}", method, f"/v2/origin/custom/{tail}", handler, is_open=True, host="amojo")


ROUTES: Final = (
    _route("connect", "POST", "{channel}/connect", connect),
    _route("disconnect", "DELETE", "{channel}/disconnect", disconnect),
    _route("chat_create", "POST", "{scope}/chats", create_chat),
    _route("message_send", "POST", "{scope}", send_message),
    _route("history", "GET", "{scope}/chats/{conversation}/history", history),
    _route("delivery_status", "POST", "{scope}/{msgid}/delivery_status", delivery_status),
    _route("typing", "POST", "{scope}/typing", typing),
    _route("react", "POST", "{scope}/react", react),
)
