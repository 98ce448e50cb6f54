"""The engine of signed requests: as the account's own, but each attempt carries a signature instead of a token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs

from amocrm_sync._clock import SYSTEM_RANDOM, Clock
from amocrm_sync._core.amojo import signed_headers
from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.problem import error_from, snippet
from amocrm_sync._core.retry import Attempts, Next, RetryPolicy, Verdict, judge_reply, judge_silence
from amocrm_sync._http import AsyncHTTP, Failure
from amocrm_sync._version import __version__
from amocrm_sync.errors import (
    AmbiguousWriteError,
    AmoCRMError,
    ErrorContext,
    ForbiddenError,
    RequestNotSent,
    TransportError,
)

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class AsyncSignedEngine:
    """Sends calls that are signed with a channel's secret.

    Attributes:
        origin: Gives the address of the chats API, where it is now.
        account: The account in the chats API, for errors.
    """

    http: AsyncHTTP
    secret: str = attrs.field(repr=False)
    origin: Callable[[], str]
    account: str
    retry: RetryPolicy
    clock: Clock
    timeout: float | None = None

    async def send(self, call: Call[T]) -> T:
        """Send a call until it is answered for good.

        Raises:
            AmoCRMError: One of the tree in :mod:`amocrm_sync.errors`.
        """
        attempts = Attempts(count=1, renewed=True)  # there is no token to renew
        while True:
            outcome = await self._attempt(call)
            verdict = self._judge(call, outcome, attempts)
            if verdict.next is Next.ACCEPT and isinstance(outcome, Reply):
                return call.parse(outcome)
            if verdict.next is not Next.AGAIN:
                raise self._error(call, outcome, verdict, attempts)
            await self.clock.asleep(verdict.delay)
            attempts = attrs.evolve(attempts, count=attempts.count + 1)

    async def _attempt(self, call: Call[Any]) -> Reply | Failure:
        """Sign with the present date, and send once."""
        now = datetime.fromtimestamp(self.clock.now(), UTC)
        headers = signed_headers(call.method, call.path, call.content or b"", secret=self.secret, now=now)
        headers |= {"User-Agent": f"amocrm-sync/{__version__}", "Accept": "application/json"}
        return await self.http.send(
            call.method,
            self.origin().rstrip("/") + call.target,
            headers=headers,
            content=call.content,
            timeout=self.timeout,
        )

    def _judge(self, call: Call[Any], outcome: Reply | Failure, attempts: Attempts) -> Verdict:
        chance = SYSTEM_RANDOM.random()
        if isinstance(outcome, Reply):
            return judge_reply(call, outcome, attempts, self.retry, chance)
        return judge_silence(call, sent=outcome.sent, attempts=attempts, policy=self.retry, chance=chance)

    def _error(
        self, call: Call[Any], outcome: Reply | Failure, verdict: Verdict, attempts: Attempts
    ) -> AmoCRMError:
        context = ErrorContext(
            method=call.method, path=call.template, account=self.account, attempts=attempts.count
        )
        if isinstance(outcome, Reply) and verdict.next is not Next.AMBIGUOUS:
            error = error_from(outcome, context)
            if isinstance(error, ForbiddenError):
                error.message += ". Is it the secret of this channel, and is the machine's clock right?"
            return error
        reason = f"{outcome.status} {snippet(outcome)}" if isinstance(outcome, Reply) else outcome.reason
        if verdict.next is Next.AMBIGUOUS:
            return AmbiguousWriteError(
                f"no usable answer ({reason}): it may be stored; a message can be sent again with its msgid",
                context=context,
            )
        kind = RequestNotSent if isinstance(outcome, Failure) and not outcome.sent else TransportError
        return kind(f"no answer: {reason}", context=context)
