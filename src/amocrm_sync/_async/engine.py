"""The engine: one loop that sends a call. Limiter, token, one attempt, judge; the decisions are pure code elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import attrs
import orjson

from amocrm_sync._async.protocols import AsyncAuthenticator, AsyncBlockRegister, AsyncRateLimiter
from amocrm_sync._clock import Clock, Random
from amocrm_sync._core.call import Call, Priority, Reply
from amocrm_sync._core.jwt import has_ended
from amocrm_sync._core.problem import error_from, snippet
from amocrm_sync._core.retry import Attempts, Next, RetryPolicy, Verdict, judge_reply, judge_silence
from amocrm_sync._http import AsyncHTTPSender, AsyncSink, Failure
from amocrm_sync._telemetry import waited
from amocrm_sync.errors import (
    AccountBlockedError,
    AmbiguousWriteError,
    AmoCRMError,
    ErrorContext,
    RequestNotSent,
    TransportError,
)

T = TypeVar("T")

ACCOUNT = Call[Reply](
    method="GET", path="/api/v4/account", template="/api/v4/account", parse=lambda reply: reply
)


@attrs.frozen(kw_only=True)
class AsyncEngine:
    """Sends calls to one account.

    Attributes:
        home: ``https://host`` of the account as it was connected; given as ``base_url``.
        integration: Whose share of the rate the calls use.
    """

    http: AsyncHTTPSender
    authenticator: AsyncAuthenticator
    limiter: AsyncRateLimiter | None
    retry: RetryPolicy
    clock: Clock
    random: Random
    blocks: AsyncBlockRegister
    home: str = attrs.field(alias="base_url")
    integration: str
    headers: dict[str, str]
    timeout: float | None = None
    on_attempt: Callable[[Call[Any], Reply | Failure], None] | None = None

    @property
    def base_url(self) -> str:
        """``https://host`` where the account is now: an authenticator that notices a move says so."""
        present_url = getattr(self.authenticator, "present_url", None)
        return self.home if present_url is None else str(present_url(self.home))

    @property
    def account(self) -> str:
        """The account's present host, for errors, the limiter and the register of blocked accounts."""
        return self.base_url.partition("://")[2]

    @property
    def key(self) -> str:
        """Account and integration, for the limiter."""
        return f"{self.account}|{self.integration}"

    async def send(self, call: Call[T], *, sink: AsyncSink | None = None) -> T:
        """Send a call until it is answered for good.

        Args:
            call: The request.
            sink: Takes the body of a GET piece by piece; the reply that ``call.parse`` sees has none then.

        Raises:
            AmoCRMError: One of the tree in :mod:`amocrm_sync.errors`.
        """
        attempts = Attempts(count=1)
        token = await self._token(call)
        while True:
            outcome = await self._attempt(call, token, sink)
            verdict = self._judge(call, outcome, attempts)
            if verdict.rate_exceeded and self.limiter is not None:
                await self.limiter.penalize(self.key, retry_after=verdict.retry_after)
            if verdict.next is Next.ACCEPT and isinstance(outcome, Reply):
                return self.read(call, outcome, attempts.count)
            if verdict.next is Next.RENEW:
                renewed = await self.authenticator.token(rejected=token)
                if renewed == token:
                    raise await self._error(call, outcome, Verdict(Next.FAIL), attempts)
                attempts = attempts.after_renewal(ended=has_ended(token, self.clock.now()))
                token = renewed
            elif verdict.next is Next.AGAIN:
                await self.clock.asleep(verdict.delay)
                token = await self._token(call)
                attempts = attempts.after(maybe_arrived=_may_have_arrived(outcome))
            else:
                raise await self._error(call, outcome, verdict, attempts)

    async def _token(self, call: Call[Any]) -> str:
        """The access token, unless the account is blocked."""
        asked = self.account
        await self._expect_open(call, asked)
        token = await self.authenticator.token()
        if self.account != asked:  # the authenticator has just learned where the account is now
            await self._expect_open(call, self.account)
        return token

    async def _expect_open(self, call: Call[Any], account: str) -> None:
        block = await self.blocks.blocked(account)
        if block is not None:
            raise AccountBlockedError(str(block), context=self._context(call, 0), status=403)

    async def _attempt(self, call: Call[Any], token: str, sink: AsyncSink | None = None) -> Reply | Failure:
        """Wait for a slot and send once."""
        if self.limiter is not None:
            asked = self.clock.monotonic()
            await self.limiter.acquire(self.key, priority=call.priority)
            waited(self.account, self.clock.monotonic() - asked)
            await self._expect_open(call, self.account)  # somebody may have met a ban while this call waited
        headers = {**self.headers, "Authorization": f"Bearer {token}"}
        url = (call.origin or self.base_url) + call.target
        timeout = call.timeout or self.timeout
        if sink is None:
            content = _body(call, headers)
            outcome = await self.http.send(
                call.method, url, headers=headers, content=content, timeout=timeout, time_left=call.time_left
            )
        else:
            headers |= {"Accept": "*/*", "Accept-Encoding": "identity"}
            outcome = await self.http.download(url, headers=headers, sink=sink, timeout=timeout)
        if self.on_attempt is not None:
            self.on_attempt(call, outcome)
        return outcome

    def _judge(self, call: Call[Any], outcome: Reply | Failure, attempts: Attempts) -> Verdict:
        chance = self.random.random()
        if isinstance(outcome, Reply):
            return judge_reply(call, outcome, attempts, self.retry, chance)
        return judge_silence(
            call,
            sent=outcome.sent,
            late=outcome.late,
            attempts=attempts,
            policy=self.retry,
            chance=chance,
        )

    def read(self, call: Call[T], reply: Reply, attempts: int = 1) -> T:
        """What an answer says; errors carry the call."""
        try:
            return call.parse(reply)
        except AmoCRMError as error:
            error.context = self._context(call, attempts, reply)
            raise

    async def _error(
        self, call: Call[Any], outcome: Reply | Failure, verdict: Verdict, attempts: Attempts
    ) -> AmoCRMError:
        """The error to raise; a 403 is first held against the account itself."""
        if isinstance(outcome, Failure):
            return self._silence_error(call, outcome, verdict, attempts)
        context = self._context(call, attempts.count, outcome)
        if verdict.next is Next.AMBIGUOUS:
            return AmbiguousWriteError(
                f"the server failed with {outcome.status} ({snippet(outcome)}): the write may be stored; "
                "look for it before sending it again",
                context=context,
                status=outcome.status,
            )
        if verdict.next is Next.BLOCKED or (verdict.next is Next.PROBE and await self._is_blocked(call)):
            error = error_from(outcome, context, AccountBlockedError)
            await self.blocks.block(self.account, error.message)
            return error
        return error_from(outcome, context)

    def _silence_error(
        self, call: Call[Any], outcome: Failure, verdict: Verdict, attempts: Attempts
    ) -> TransportError:
        context = self._context(call, attempts.count)
        if verdict.next is Next.AMBIGUOUS:
            message = (
                f"no answer ({outcome.reason}): the write may be stored; look for it before sending it again"
            )
            return AmbiguousWriteError(message, context=context)
        if outcome.late:
            return RequestNotSent(f"not sent: {outcome.reason}", context=context)
        kind = TransportError if outcome.sent else RequestNotSent
        return kind(f"no answer: {outcome.reason}", context=context)

    async def _is_blocked(self, call: Call[Any]) -> bool:
        """Whether GET account is refused as well: then it is the account, not this call."""
        if call.path == ACCOUNT.path and call.method == "GET":
            return True
        probe = await self._attempt(
            attrs.evolve(ACCOUNT, priority=Priority.INTERACTIVE), await self.authenticator.token()
        )
        return isinstance(probe, Reply) and probe.status == HTTPStatus.FORBIDDEN

    def _context(self, call: Call[Any], attempts: int, reply: Reply | None = None) -> ErrorContext:
        request_id = None if reply is None else reply.headers.get("x-request-id")
        return ErrorContext(
            method=call.method,
            path=call.template,
            account=self.account,
            attempts=attempts,
            request_id=request_id,
        )


def _may_have_arrived(outcome: Reply | Failure) -> bool:
    """Whether the server may have done what it was asked, and the answer does not say so."""
    if isinstance(outcome, Failure):
        return outcome.sent
    return outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _body(call: Call[Any], headers: dict[str, str]) -> bytes | None:
    """The bytes of a call's body, with their media type put into ``headers``."""
    if call.content is not None:
        headers["Content-Type"] = call.content_type
        return call.content
    if call.has_body:
        headers["Content-Type"] = "application/json"
        return orjson.dumps(call.json)
    return None
