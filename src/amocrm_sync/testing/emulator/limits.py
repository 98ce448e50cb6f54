"""The rate rule: seven requests a second for an integration, and a ban for those who do not listen."""

from __future__ import annotations

from collections import deque
from typing import Final, Literal, TypeAlias

from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Refusal

Window: TypeAlias = Literal["calendar", "sliding"]

PER_SECOND: Final = 7
BAN_AFTER: Final = 20
BAN_WITHIN: Final = 10.0

BANNED: Final = Response(
    status=403,
    headers=(("Content-Type", "text/html; charset=utf-8"),),
    body=b"<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>",
)


class RateRule:
    """Counts requests per integration.

    ``calendar`` counts within whole seconds of the clock, ``sliding`` within the last second of accepted
    requests. Twenty refusals within ten seconds end in a ban, which only :meth:`unban` lifts.
    """

    def __init__(self, *, is_on: bool, window: Window) -> None:
        """Start with clean counters."""
        self.is_on = is_on
        self.window: Window = window
        self.is_banned = False
        self.bans = 0
        self.refused = 0
        self._accepted: dict[str, deque[float]] = {}
        self._refusals: deque[float] = deque()

    def admit(self, client_id: str, now: float) -> None:
        """Count a request.

        Raises:
            Refusal: 429, one request too many.
        """
        if not self.is_on:
            return
        accepted = self._accepted.setdefault(client_id, deque())
        while accepted and not self._counts(accepted[0], now):
            accepted.popleft()
        if len(accepted) < PER_SECOND:
            accepted.append(now)
            return
        self._refuse(now)
        raise Refusal(429, "Too many requests")

    def reset(self) -> None:
        """Forget what was counted, bans included; the figures for reports stay."""
        self._accepted.clear()
        self.unban()

    def unban(self) -> None:
        """Lift the ban, as support would."""
        self.is_banned = False
        self._refusals.clear()

    def _counts(self, then: float, now: float) -> bool:
        return int(then) == int(now) if self.window == "calendar" else then > now - 1.0

    def _refuse(self, now: float) -> None:
        self.refused += 1
        self._refusals.append(now)
        while self._refusals and self._refusals[0] <= now - BAN_WITHIN:
            self._refusals.popleft()
        if len(self._refusals) >= BAN_AFTER and not self.is_banned:
            self.is_banned = True
            self.bans += 1
