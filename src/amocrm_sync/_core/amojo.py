"""The chats API's signatures and bodies, pure.

Every request is signed with the channel's secret: HMAC-SHA1 over the method, the MD5 of the body, its media type, the
date and the path, one a line. A hook is signed over its body alone. Source: the API pages ``chat-start``,
``chat-api-reference`` and ``chat-webhooks``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from amocrm_sync._core.hosts import ZONES, AccountHost
from amocrm_sync.errors import ConfigurationError, SignatureError

CONTENT_TYPE = "application/json"
PREFIX = "/v2/origin/custom"
HOOK_VERSION = "v2"

STATUS_CODES = {"delivered": 1, "read": 2, "error": -1}
"""What can become of a message; ``error`` goes with one of the codes below."""
ERROR_CODES = {
    901: "the user deleted the chat",
    902: "the integration is switched off at the channel",
    903: "internal error",
    904: "the conversation cannot be created",
    905: "any other; the text says which",
}

_NEEDS: Mapping[str, Sequence[str]] = {
    "text": ("text",),
    "file": ("media", "file_name", "file_size"),
    "video": ("media", "file_name", "file_size"),
    "picture": ("media", "file_name", "file_size"),
    "location": ("location",),
    "contact": ("contact",),
}
"""Fields that each type of message cannot do without."""


def signed_headers(method: str, path: str, body: bytes, *, secret: str, now: datetime) -> dict[str, str]:
    """The headers of one request.

    Args:
        method: In capitals.
        path: Without host and query.
        body: The bytes exactly as they will be sent; empty for GET.
        secret: The channel's secret.
        now: An aware time; the server takes it for 15 minutes.
    """
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    date = format_datetime(now)
    text = f"{method}\n{digest}\n{CONTENT_TYPE}\n{date}\n{path}"
    return {
        "Date": date,
        "Content-Type": CONTENT_TYPE,
        "Content-MD5": digest,
        "X-Signature": _hmac(secret, text.encode()),
    }


def verify_hook(body: bytes, signature: str | None, secret: str) -> None:
    """Compare a hook's ``X-Signature`` with its body, in constant time.

    Raises:
        SignatureError: They do not fit, or there is none.
    """
    if not secret:
        raise ConfigurationError("secret: the channel's secret is needed, or anybody could sign")
    given = (signature or "").strip().lower().encode("utf-8", "replace")
    if not hmac.compare_digest(_hmac(secret, body).encode(), given):
        raise SignatureError("the hook is not signed with this channel's secret: answer 403 and do nothing")


def _hmac(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha1).hexdigest()


def amojo_url(host: AccountHost) -> str:
    """Where the chats API of an account is: ``https://amojo.amocrm.ru``; under ``/amojo`` on any other server."""
    zone = host.host.partition(".")[2]
    return f"https://amojo.{zone}" if zone in ZONES else f"{host.base_url}/amojo"


def message_body(message: str | Mapping[str, Any]) -> dict[str, Any]:
    """A message as the API takes it; a plain string is a text.

    Raises:
        ConfigurationError: A field is missing that its type cannot do without.
    """
    if isinstance(message, str):
        return {"type": "text", "text": message}
    kind = message.get("type")
    if not kind:
        raise ConfigurationError(f"message: a type is needed, such as {', '.join(_NEEDS)}")
    missing = [name for name in _NEEDS.get(str(kind), ()) if message.get(name) in (None, "")]
    if missing:
        raise ConfigurationError(f"message: {', '.join(missing)} is needed for the type {kind}")
    return dict(message)


def message_event(
    event: str, message: Mapping[str, Any], *, at: datetime | None = None, **fields: Any
) -> dict[str, Any]:
    """``new_message`` or ``edit_message`` around a message; fields that are ``None`` are left out."""
    times: dict[str, Any] = {}
    if at is not None:
        if at.tzinfo is None:
            raise ConfigurationError("at: give a datetime with a timezone, e.g. datetime(…, tzinfo=UTC)")
        milliseconds = round(at.timestamp() * 1000)
        times = {"timestamp": milliseconds // 1000, "msec_timestamp": milliseconds}
    given = {name: value for name, value in fields.items() if value is not None}
    return {"event_type": event, "payload": {**times, **given, "message": dict(message)}}


def delivery_body(status: str | int, error_code: int | None, error: str | None) -> dict[str, Any]:
    """What became of a message.

    Raises:
        ConfigurationError: The status is not known, or an error has no code or no text.
    """
    code = STATUS_CODES.get(status) if isinstance(status, str) else status
    if code not in STATUS_CODES.values():
        raise ConfigurationError(f"status: one of {', '.join(STATUS_CODES)} is needed, not {status!r}")
    if code != STATUS_CODES["error"]:
        return {"status_code": code}
    if error_code is None or not error:
        known = ", ".join(f"{key} {text}" for key, text in ERROR_CODES.items())
        raise ConfigurationError(f"error_code, error: an error needs both; codes: {known}")
    return {"status_code": code, "error_code": error_code, "error": error}


def reaction_body(
    *,
    user: Mapping[str, Any],
    emoji: str | None,
    conversation_id: str | None,
    conversation_ref_id: str | None,
    msgid: str | None,
    id: str | None,
) -> dict[str, Any]:
    """A reaction, or its removal where there is no emoji.

    Raises:
        ConfigurationError: The chat or the message is named twice, or not at all.
    """
    for names, pair in (
        ("conversation_id, conversation_ref_id", (conversation_id, conversation_ref_id)),
        ("msgid, id", (msgid, id)),
    ):
        if (pair[0] is None) == (pair[1] is None):
            raise ConfigurationError(f"{names}: give exactly one of them")
    named = {
        "conversation_id": conversation_id,
        "conversation_ref_id": conversation_ref_id,
        "msgid": msgid,
        "id": id,
        "emoji": emoji,
    }
    body = {name: value for name, value in named.items() if value is not None}
    return {**body, "user": dict(user), "type": "unreact" if emoji is None else "react"}
