"""The page's session: a signed cookie, and the token that unsafe requests bring beside it."""

from __future__ import annotations

import base64
import hashlib
import hmac

import attrs
import orjson

from amocrm_sync._core.handlers.access import Principal, Role
from amocrm_sync._core.shapes import json_object

COOKIE = "amo_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@attrs.frozen
class SessionKey:
    """Signs sessions and derives their CSRF tokens.

    Attributes:
        secret: At least 32 characters; all sessions end when it changes.
    """

    secret: str = attrs.field(repr=False, validator=attrs.validators.min_len(32))

    def seal(self, principal: Principal, expires_at: float) -> str:
        """The cookie's value."""
        content = {
            "id": principal.id,
            "role": principal.role.value,
            "owner": principal.owner,
            "exp": expires_at,
        }
        text = base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")
        return f"{text}.{self._sign('session', text)}"

    def open(self, cookie: str, now: float) -> Principal | None:
        """Who a cookie stands for; ``None`` if it is not ours, or over."""
        text, _, signature = cookie.partition(".")
        if not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._sign("session", text).encode()
        ):
            return None
        content = json_object(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if content["exp"] <= now:
            return None
        return Principal(
            id=content["id"],
            role=Role(content["role"]),
            owner=content["owner"],
            csrf=self._sign("csrf", cookie),
        )

    def _sign(self, use: str, text: str) -> str:
        message = f"{use}:{text}".encode("utf-8", "replace")
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()


def cookie_header(value: str, seconds: int, *, path: str, secure: bool, name: str = COOKIE) -> str:
    """A ``Set-Cookie`` that no script reads and that other sites do not send."""
    marks = "; Secure" if secure else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{marks}"
