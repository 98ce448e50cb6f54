"""The token endpoint as amocrm.ru documents it: a code and a refresh token work once. For tests without the emulator."""

from __future__ import annotations

import base64
import json
from threading import Lock
from typing import Any

from wire import Answer, Sent

from amocrm_sync._clock import Clock
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync.testing import ManualClock

CLIENT_ID = "0a0a0a0a-1111-2222-3333-444444444444"
SECRET = "the-client-secret"
REDIRECT = "https://host.example/callback"
ACCOUNT_ID, USER_ID = 31_000_001, 4242
DAY = 86_400.0


def jwt(**claims: Any) -> str:
    """A token with these claims; its signature is nobody's business."""
    parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "RS256"}, claims)]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


class OAuthServer:
    """Issues pairs and counts what it is asked."""

    def __init__(self, clock: Clock | None = None, *, lifetime: float = DAY) -> None:
        self.clock: Clock = clock or ManualClock()
        self.lifetime = lifetime
        self.codes = {"good-code"}
        self.live: set[str] = set()
        self.refreshes = 0
        self.refusals = 0
        self.issued = 0
        self._lock = Lock()

    def record(self, *, age: float = 0.0, version: int = 1) -> TokenRecord:
        """A stored pair of this server that was issued ``age`` seconds ago."""
        pair = self._pair()
        began = self.clock.now() - age
        return TokenRecord(
            access_token=pair["access_token"],
            refresh_token=pair["refresh_token"],
            expires_at=began + self.lifetime,
            version=version,
            created_at=began,
            updated_at=began,
            domain="demo.amocrm.ru",
        )

    def answer(self, sent: Sent) -> Answer:
        """What the token endpoint says."""
        with self._lock:
            assert (sent.method, sent.path) == ("POST", "/oauth2/access_token")
            body = sent.json
            if body["client_secret"] != SECRET:
                return self._refuse(401, "Client authentication failed")
            if body["redirect_uri"] != REDIRECT:
                return self._refuse(400, "Check the `redirect_uri` parameter")
            if body["grant_type"] == "authorization_code":
                if body["code"] not in self.codes:
                    return self._refuse(400, "Authorization code has been revoked")
                self.codes.remove(body["code"])
                return Answer(json=self._pair())
            if body["refresh_token"] not in self.live:
                return self._refuse(401, "Token has been revoked")
            self.live.remove(body["refresh_token"])
            self.refreshes += 1
            return Answer(json=self._pair())

    def _refuse(self, status: int, hint: str) -> Answer:
        self.refusals += 1
        return Answer(
            status,
            {"hint": hint, "title": "Некорректный запрос", "status": status, "detail": "параметры невалидны"},
        )

    def _pair(self) -> dict[str, Any]:
        self.issued += 1
        refresh = f"def50200-refresh-{self.issued}"
        self.live.add(refresh)
        now = int(self.clock.now())
        return {
            "token_type": "Bearer",
            "expires_in": int(self.lifetime),
            "server_time": now,
            "access_token": jwt(
                aud=CLIENT_ID,
                sub=str(USER_ID),
                jti=f"access-{self.issued}",
                iat=now,
                exp=now + int(self.lifetime),
                account_id=ACCOUNT_ID,
                base_domain="amocrm.ru",
                api_domain="api-a.amocrm.ru",
                scopes=["crm", "files"],
            ),
            "refresh_token": refresh,
        }
