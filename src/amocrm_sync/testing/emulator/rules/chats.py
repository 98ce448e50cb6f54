"""What the host of chats takes: signatures, users, messages; and how it refuses."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from amocrm_sync.testing.emulator.hosts import place_of
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.emulator.refusals import Refusal
from amocrm_sync.testing.emulator.tables import Row, is_row

DATE_TTL: Final = 15 * 60
_TYPES: Final = frozenset(
    {"text", "contact", "file", "video", "picture", "voice", "audio", "sticker", "location"}
)
_WITH_FILE: Final = frozenset({"file", "video", "picture"})


class ChatRefusal(Refusal):
    """A refusal in the chat service's own words."""

    def __init__(self, status: int, error_type: str, detail: str) -> None:
        """Take the status, the name of the error and a sentence."""
        super().__init__(status, detail)
        self.error_type = error_type

    def response(self) -> Response:
        """The refusal as a response."""
        body = {
            "status": 0,
            "error_code": self.status,
            "error_type": self.error_type,
            "error_description": self.detail,
        }
        headers = (("Content-Type", "application/json"),)
        return Response(status=self.status, headers=headers, body=orjson.dumps(body))


def chat_bad_request(detail: str) -> ChatRefusal:
    """The body is not what the method takes."""
    return ChatRefusal(400, "BAD_REQUEST", detail)


def check_signature(request: Request, secret: str, now: float) -> None:
    """Check the four headers of a request.

    Raises:
        ChatRefusal: 403, with what is wrong.
    """
    header = request.headers.get
    checksum = hashlib.md5(request.body).hexdigest()  # noqa: S324 - the API's own checksum
    if header("content-md5") != checksum:
        raise _forbidden("Content-MD5 is not the lower-case MD5 of the body")
    if not _is_fresh(header("date", ""), now):
        raise _forbidden("Date is no RFC 2822 time of the last 15 minutes")
    given = header("x-signature", "")
    # Behind one address for all hosts a client may sign the path with or without the prefix.
    for path in {request.path, place_of(request).path}:
        parts = (request.method, checksum, header("content-type", ""), header("date", ""), path)
        wanted = hmac.new(secret.encode(), "\n".join(parts).encode(), hashlib.sha1).hexdigest()
        if hmac.compare_digest(wanted.encode(), given.encode()):
            return
    raise _forbidden("X-Signature does not fit")


def check_user(given: Any, path: str) -> Row:
    """A person of a chat: ``id`` and ``name``."""
    if not is_row(given):
        raise chat_bad_request(f"{path} is required")
    for name in ("id", "name"):
        text_of(given, name, f"{path}.{name}")
    return given


def check_message(given: Any) -> None:
    """The content of a message, by its type."""
    if not is_row(given) or given.get("type") not in _TYPES:
        raise chat_bad_request("payload.message.type is not one of the known types")
    kind = given["type"]
    if kind == "text":
        text_of(given, "text", "payload.message.text")
    if kind in _WITH_FILE:
        for name in ("media", "file_name"):
            text_of(given, name, f"payload.message.{name}")
        if not isinstance(given.get("file_size"), int):
            raise chat_bad_request("payload.message.file_size is required")
    for name in ("location", "contact"):
        if kind == name and not is_row(given.get(name)):
            raise chat_bad_request(f"payload.message.{name} is required")


def text_of(row: Row, name: str, path: str | None = None) -> str:
    """A text that must be there."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise chat_bad_request(f"{path or name} is required and is a text")
    return value


def _is_fresh(text: str, now: float) -> bool:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return False
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return abs(moment.timestamp() - now) <= DATE_TTL


def _forbidden(detail: str) -> ChatRefusal:
    return ChatRefusal(403, "ORIGIN_INVALID_SIGNATURE", detail)
