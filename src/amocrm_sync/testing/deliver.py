"""Webhooks over real HTTP: who is called when, how often again, and when amoCRM gives up.

The schedule is amoCRM's own: at once, after 5 minutes, 15 minutes, 15 minutes, 1 hour, by the emulator's clock.
Only receivers on this machine are called; what is meant for another stays with the emulator.
"""

from __future__ import annotations

import http.client
from collections import deque
from collections.abc import Callable
from contextlib import closing
from threading import Condition, Thread
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import SplitResult, urlsplit

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync.testing.clock import ManualClock

ANSWER_WITHIN: Final = 2.0
"""Real seconds that a receiver has."""

RETRY_AFTER: Final = (300.0, 900.0, 900.0, 3600.0)
"""Seconds between an attempt and the next."""

ANY_FAILURE_UNTIL: Final = 3
"""Attempts that follow on any failure; later ones follow on 499 and 5xx only."""

BAD_WINDOW: Final = 7200.0
BAD_LIMIT: Final = 100
"""More failures than this within the window, the last attempt among them, switch a subscription off."""

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Outgoing(Protocol):
    """One webhook on its way."""

    @property
    def destination(self) -> str:
        """Where it goes."""
        ...

    @property
    def body(self) -> bytes:
        """What it carries, urlencoded."""
        ...


class Outbox(Protocol):
    """Where the webhooks come from: ``Emulator.webhooks``."""

    def take(self, wanted: Callable[[str], bool]) -> list[Outgoing]:
        """Remove and return the pending webhooks whose destination is wanted; the others stay."""
        ...

    def on_pending(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back whenever a webhook is added; the returned function ends it."""
        ...

    def disable(self, destination: str) -> None:
        """Switch the subscriptions of a destination off."""
        ...


@attrs.frozen
class Attempt:
    """One try to deliver.

    Attributes:
        webhook: What was sent.
        number: 1 for the first try.
        at: Unix seconds on the emulator's clock.
        status: What the receiver answered; 0 for no answer in time.
    """

    webhook: Outgoing
    number: int
    at: float
    status: int

    @property
    def is_delivered(self) -> bool:
        """Whether amoCRM takes the answer for a success."""
        return 100 <= self.status < 300  # noqa: PLR2004 - the documented range

    @property
    def retry_after(self) -> float | None:
        """Seconds until the next attempt, or ``None`` for no more."""
        if self.is_delivered or self.number > len(RETRY_AFTER):
            return None
        is_server_error = self.status == 499 or 500 <= self.status < 600  # noqa: PLR2004 - documented codes
        if self.number >= ANY_FAILURE_UNTIL and not is_server_error:
            return None
        return RETRY_AFTER[self.number - 1]


@attrs.frozen
class Retry:
    """A webhook that waits for its next attempt."""

    webhook: Outgoing
    number: int
    due: float


class Courier:
    """Delivers what an emulator's webhooks hold: by itself in a thread, or when told.

    As a context manager it delivers promptly in the background, and what is due again by the clock. Without that,
    :meth:`deliver_due` makes one round in the caller's thread.

    Attributes:
        attempts: Every try so far, in order.
        retries: What waits for its next try.
        held: Destinations that are not called, each with the reason; their webhooks stay with the emulator.
    """

    def __init__(self, outbox: Outbox, *, clock: Clock) -> None:
        self.attempts: list[Attempt] = []
        self.retries: list[Retry] = []
        self.held: dict[str, str] = {}
        self._outbox = outbox
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        self._changed = Condition()
        self._rung = True
        self._idle = False
        self._stopping = False
        self._thread = Thread(target=self._run, name="amocrm-emulator-webhooks", daemon=True)
        self._unsubscribe: list[Callable[[], None]] = []

    def deliver_due(self) -> list[Attempt]:
        """Try everything that is new or due again, once; the attempts made."""
        now = self._clock.now()
        due = [retry for retry in self.retries if retry.due <= now]
        self.retries = [retry for retry in self.retries if retry.due > now]
        new = [Retry(webhook, 1, now) for webhook in self._outbox.take(self._is_wanted)]
        return [self._attempt(item) for item in (*due, *new)]

    def start(self) -> Self:
        """Deliver in the background from now on."""
        self._unsubscribe.append(self._outbox.on_pending(self._ring))
        if isinstance(self._clock, ManualClock):
            self._unsubscribe.append(self._clock.watch(self._ring))
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the attempt under way and end the thread; what waits for a retry is dropped."""
        for end in self._unsubscribe:
            end()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until all that is due has been tried; ``False`` after ``timeout`` real seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._idle and not self._rung, timeout)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        while self._await_work():
            self.deliver_due()

    def _await_work(self) -> bool:
        """Wait until there may be something to deliver; ``False`` to stop."""
        with self._changed:
            while not self._stopping and not self._rung:
                pause = self._seconds_to_next_retry()
                if pause is not None and pause <= 0:
                    break
                self._idle = True
                self._changed.notify_all()
                self._changed.wait(pause)
            self._idle = self._rung = False
            return not self._stopping

    def _seconds_to_next_retry(self) -> float | None:
        """How long to wait at most; a manual clock rings by itself."""
        if not self.retries:
            return None
        pause = min(retry.due for retry in self.retries) - self._clock.now()
        return None if pause > 0 and isinstance(self._clock, ManualClock) else pause

    def _ring(self) -> None:
        with self._changed:
            self._rung = True
            self._changed.notify_all()

    def _is_wanted(self, destination: str) -> bool:
        reason = why_not(destination)
        if reason is not None:
            self.held[destination] = reason
        return reason is None

    def _attempt(self, item: Retry) -> Attempt:
        """Send one webhook and decide what follows from the answer."""
        status = post(item.webhook.destination, item.webhook.body)
        attempt = Attempt(item.webhook, item.number, self._clock.now(), status)
        self.attempts.append(attempt)
        if attempt.retry_after is not None:
            self.retries.append(Retry(item.webhook, item.number + 1, attempt.at + attempt.retry_after))
        if not attempt.is_delivered:
            self._count_failure(attempt)
        return attempt

    def _count_failure(self, attempt: Attempt) -> None:
        """Switch a subscription off once it failed too often."""
        destination = attempt.webhook.destination
        failures = self._failures.setdefault(destination, deque())
        failures.append(attempt.at)
        while failures[0] < attempt.at - BAD_WINDOW:
            failures.popleft()
        if len(failures) > BAD_LIMIT:
            self._outbox.disable(destination)
            self.retries = [retry for retry in self.retries if retry.webhook.destination != destination]


def why_not(destination: str) -> str | None:
    """Why a destination is not called, or ``None`` for plain HTTP on this machine."""
    parts = urlsplit(destination)
    if parts.scheme != "http":
        return "only plain http is spoken here"
    if parts.hostname not in LOOPBACK:
        return "it is not on this machine"
    return None


def post(destination: str, body: bytes) -> int:
    """Send one form; the status of the answer, or 0 when none came in time."""
    parts = urlsplit(destination)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "amocrm-emulator"}
    with closing(
        http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN)
    ) as connection:
        try:
            connection.request("POST", _target(parts), body=body, headers=headers)
            with closing(connection.getresponse()) as answer:
                answer.read()
                return answer.status
        except (OSError, http.client.HTTPException):
            return 0


def _target(parts: SplitResult) -> str:
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
