"""What to do after one attempt: a pure decision by "may the request have arrived?".

| Outcome | GET, DELETE, PATCH | POST, PUT |
|---|---|---|
| not sent (no connection) | again | again |
| 429 | again, after the wait it asks for | again |
| 5xx, timeout, broken connection | again | never: the outcome is unknown |
| 401 | renew the token once, then again | the same |
| 403 | a ban, or a right that is missing: ask the account | the same |
"""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus

import attrs

from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.problem import retry_after_of


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how long to try again.

    Attributes:
        retries: Repetitions after the first attempt; 3 means up to four sends.
        base: Seconds; the n-th wait is random between 0 and ``base * 2**n`` (full jitter).
        cap: Longest wait of our own, in seconds.
        max_retry_after: Longest wait that the server may ask for; above it the error is raised at once.
    """

    retries: int = attrs.field(default=3, validator=attrs.validators.ge(0))
    base: float = attrs.field(default=1.5, validator=attrs.validators.ge(0))
    cap: float = 60.0
    max_retry_after: float = 300.0

    def backoff(self, attempt: int, chance: float) -> float:
        """Seconds before repetition number ``attempt`` (from 1); ``chance`` is random in [0, 1)."""
        return chance * min(self.cap, self.base * 2.0 ** (attempt - 1))


class Next(Enum):
    """What follows an attempt."""

    ACCEPT = "accept"
    AGAIN = "again"
    RENEW = "renew the token, then again"
    PROBE = "ask the account whether it is blocked"
    BLOCKED = "the account is blocked"
    FAIL = "raise what the server said"
    LOST = "no usable answer, and nothing was changed by it"
    AMBIGUOUS = "a write whose outcome is unknown"


@attrs.frozen
class Verdict:
    """The decision: what next, after how many seconds, and whether the rate was exceeded."""

    next: Next
    delay: float = 0.0
    rate_exceeded: bool = False
    retry_after: float | None = None


MOST_OUTLIVED = 2
"""By a clock that is wrong, every token may seem to have ended."""


@attrs.frozen(kw_only=True)
class Attempts:
    """How far the engine has come with one call."""

    count: int
    renewed: bool = False
    outlived: int = 0
    """Tokens that ended by themselves on the way, and were no reason to give up."""
    may_have_arrived: bool = False
    """Whether an earlier attempt got no answer, or a failure of the server's, and may have had its effect."""

    def after(self, *, maybe_arrived: bool) -> Attempts:
        """One more; whether an earlier one may have had its effect is not forgotten."""
        return attrs.evolve(
            self, count=self.count + 1, may_have_arrived=self.may_have_arrived or maybe_arrived
        )

    def after_renewal(self, *, ended: bool) -> Attempts:
        """A new token is tried once; but one that ended while the call was under way says nothing against the next."""
        forgiven = ended and self.outlived < MOST_OUTLIVED
        return attrs.evolve(self, renewed=not forgiven, outlived=self.outlived + forgiven)


def judge_reply(
    call: Call[object], reply: Reply, attempts: Attempts, policy: RetryPolicy, chance: float
) -> Verdict:
    """Decide after an answer."""
    left = call.retry and attempts.count <= policy.retries
    backoff = policy.backoff(attempts.count, chance)
    match reply.status:
        case status if status < HTTPStatus.MULTIPLE_CHOICES:
            return Verdict(Next.ACCEPT)
        case HTTPStatus.UNAUTHORIZED:
            return Verdict(Next.FAIL if attempts.renewed else Next.RENEW)
        case HTTPStatus.FORBIDDEN:
            return Verdict(Next.PROBE if reply.is_json or call.origin else Next.BLOCKED)
        case HTTPStatus.TOO_MANY_REQUESTS:
            asked = retry_after_of(reply)
            again = left and (asked is None or asked <= policy.max_retry_after)
            delay = max(asked or 0.0, backoff)
            return Verdict(Next.AGAIN if again else Next.FAIL, delay, rate_exceeded=True, retry_after=asked)
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _server_failed(call, reply, policy, backoff, again=left)
        case _:
            return Verdict(Next.FAIL)


def _server_failed(
    call: Call[object], reply: Reply, policy: RetryPolicy, backoff: float, *, again: bool
) -> Verdict:
    if not call.is_safe_to_repeat:
        return Verdict(Next.AMBIGUOUS)
    asked = min(retry_after_of(reply) or 0.0, policy.cap)
    return Verdict(Next.AGAIN, max(asked, backoff)) if again else Verdict(Next.FAIL)


def judge_silence(
    call: Call[object],
    *,
    sent: bool,
    attempts: Attempts,
    policy: RetryPolicy,
    chance: float,
    late: bool = False,
) -> Verdict:
    """Decide after an attempt that brought no answer; one that came too late to leave is the last."""
    left = call.retry and attempts.count <= policy.retries and not late
    if left and (not sent or call.is_safe_to_repeat):
        return Verdict(Next.AGAIN, policy.backoff(attempts.count, chance))
    may_have_arrived = sent or attempts.may_have_arrived
    return Verdict(Next.AMBIGUOUS if may_have_arrived and call.method != "GET" else Next.LOST)
