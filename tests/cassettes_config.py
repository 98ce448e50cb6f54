"""Cassettes: where they lie, what is taken out of them, and which account they are recorded from."""

from __future__ import annotations

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amocrm_sync._core.redact import HIDDEN, scrub

HOST = "example.amocrm.ru"
FOLDER = Path(os.environ.get("AMO_CASSETTES") or Path(__file__).parent / "cassettes" / "recorded")
ACCOUNT, TOKEN = os.environ.get("AMOCRM_SUBDOMAIN", ""), os.environ.get("AMOCRM_TOKEN", "")
"""Read here, for no test sees the developer's environment."""

KEPT = {"content-type", "accept"}
ORIGIN = re.compile(r"https?:(?:\\?/){2}(?![\w.-]+\.example\b)[\w.-]+(?::\d+)?")
"""Where somebody may be; names under ``.example`` are nobody's."""

CODE = re.compile(r'"code"(?=:\s*"[A-Za-z][A-Za-z_]{0,39}")')
"""A code that is a word, of a field or an error; those of OAuth are long and have digits."""

UID = re.compile(r"\b(?!def50)[0-9a-f]{48,}\b")
"""The key of an incoming lead. It looks like a secret, and is told apart from others by what replaces it."""


def anonymous_request(request: Any) -> Any:
    """The request as if it went to the synthetic account, without what says who sent it."""
    parts = urlsplit(request.uri)
    request.uri = hidden(parts._replace(scheme="https", netloc=HOST).geturl())
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT}
    if request.body:
        request.body = hidden(_text(request.body)).encode()
    return request


def anonymous_response(response: dict[str, Any]) -> dict[str, Any]:
    """The answer without cookies, tokens and the account's own address."""
    text = ORIGIN.sub(f"https://{HOST}", _text(response["body"]["string"]))
    if TOKEN:
        text = text.replace(TOKEN, HIDDEN)
    headers = {name: value for name, value in response["headers"].items() if name.lower() in KEPT}
    return {**response, "headers": headers, "body": {"string": hidden(text).encode()}}


def hidden(text: str) -> str:
    """The text without secrets, as logs hide them, but with codes that are words, and with stand-ins for long keys."""
    text = UID.sub(lambda match: sha256(match.group().encode()).hexdigest()[:40], text)
    return scrub(CODE.sub('"kode"', text)).replace('"kode"', '"code"')


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)
