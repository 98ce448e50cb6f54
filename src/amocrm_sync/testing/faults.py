"""What goes wrong between a client and amoCRM, on purpose: by chance from a seed, or exactly as a test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Any, TypeVar

import attrs
import orjson

from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync.testing.emulator.http import Request, Response

T = TypeVar("T")

GATEWAY_PAGE = b"<html><head><title>%d</title></head><body><center><h1>%d</h1></center></body></html>"
ERROR_STATUSES = (500, 502, 503, 504)
LONG_LIVED = 7 * 86_400
"""Seconds of life above which a token is a long-lived one; ordinary access tokens live for a day."""


@attrs.frozen(kw_only=True)
class LostAnswer(Response):
    """Marks an answer that never arrives: the drivers break off instead of sending it.

    Attributes:
        hang: Over a socket, keep the connection open in silence until the client gives up; ``False`` closes it.
            In process both raise the HTTP library's ``ReadTimeout``.
    """

    status: int = 0
    hang: bool = True


@attrs.define(kw_only=True, eq=False)
class DirectedFault:
    """A fault that a test ordered by :meth:`Faults.next`.

    Attributes:
        match: ``"METHOD path"`` or ``"path"``, with ``*`` as a wildcard.
        answer: What the client gets.
        effect: Whether the request is executed first.
        times: How many matching requests it still hits.
        hits: How many it has hit.
    """

    match: str
    answer: Response
    effect: bool
    times: int
    hits: int = 0

    def takes(self, request: Request) -> bool:
        """Whether it is meant for this request and not used up."""
        method, _, path = self.match.rpartition(" ")
        return (
            self.times > 0 and fnmatchcase(request.method, method or "*") and fnmatchcase(request.path, path)
        )

    def hit(self) -> Response:
        """Count one hit and give the answer."""
        self.times -= 1
        self.hits += 1
        return self.answer


@attrs.define(kw_only=True, eq=False)
class Faults:
    """A plan of faults for ``Emulator.faults``; everything random follows ``seed``.

    Rates are shares of requests in [0, 1]. The token endpoint is spared by the random faults unless ``oauth`` is set:
    a refresh whose answer is lost costs the connection, and that is a test of its own.

    Attributes:
        seed: Where chance begins.
        error_rate: Answered with 500, 502, 503 or 504 (HTML but for 500), half of them **after** taking effect.
        timeout_rate: Never answered, and without effect.
        lost_answers: Never answered although they took effect.
        rate_limit: ``False`` turns the emulator's rate limit off.
        expire_tokens_every: After so many API requests the access token of the request is expired for good
            (not a long-lived one: nobody could go on).
        oauth: Let the random faults hit the token endpoint too.
        webhook_duplicates: Share of webhooks that are delivered twice.
        webhook_loss: Share of webhooks that are never delivered.
        webhook_shuffle: Deliver in any order.
    """

    seed: int = 0
    error_rate: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    timeout_rate: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    lost_answers: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    rate_limit: bool = True
    expire_tokens_every: int | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(1))
    )
    oauth: bool = False
    webhook_duplicates: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    webhook_loss: float = attrs.field(
        default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.le(1.0)]
    )
    webhook_shuffle: bool = False
    directed: list[DirectedFault] = attrs.field(factory=list[DirectedFault], init=False)
    _random: Random = attrs.field(init=False, repr=False)
    _lock: Lock = attrs.field(factory=Lock, init=False, repr=False)
    _later: dict[int, Response] = attrs.field(factory=dict[int, Response], init=False, repr=False)
    """Answers decided before the request and given after it, by the request's identity."""
    _expired: set[str] = attrs.field(factory=set[str], init=False, repr=False)
    _calls: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = Random(self.seed)

    def next(
        self,
        *,
        status: int | None = None,
        body: bytes | str | Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
        match: str = "*",
        lose_answer: bool = False,
        hang: bool = True,
        effect: bool | None = None,
        times: int = 1,
    ) -> DirectedFault:
        """Order a fault for the next matching requests; orders are used up first come, first served.

        Args:
            status: Status of the answer that replaces the real one.
            body: Its body; anything but bytes or str is sent as JSON (problem+json for an error status).
            headers: Its headers, over the content type that follows from the body.
            match: ``"POST /api/v4/leads"``, ``"/oauth2/access_token"``, ``"PATCH /api/v4/leads/*"`` …
            lose_answer: Execute the request, but let no answer arrive.
            hang: For ``lose_answer`` over a socket: silence, rather than a closed connection.
            effect: Whether the request is executed; by default only for ``lose_answer``.
            times: How many requests to hit.

        Raises:
            ValueError: Neither or both of ``status`` and ``lose_answer`` were given.
        """
        if (status is None) != lose_answer:
            raise ValueError("next(): give either status=… or lose_answer=True")
        answer = LostAnswer(hang=hang) if status is None else _answer(status, body, headers or {})
        taken = lose_answer if effect is None else effect
        fault = DirectedFault(match=match, answer=answer, effect=taken, times=times)
        with self._lock:
            self.directed.append(fault)
        return fault

    def before(self, request: Request) -> Response | None:
        """An answer instead of executing the request, or ``None``."""
        with self._lock:
            fault = next((fault for fault in self.directed if fault.takes(request)), None)
            if fault is None:
                answer, effect = self._chance(request)
            else:
                answer, effect = fault.hit(), fault.effect
            if answer is None or not effect:
                return answer
            self._later[id(request)] = answer
            return None

    def after(self, request: Request, response: Response) -> Response:
        """The answer to send once the request was executed."""
        with self._lock:
            return self._later.pop(id(request), response)

    def deliveries(self, batch: Sequence[T]) -> list[T]:
        """What becomes of webhooks on their way out: some lost, some doubled, out of order."""
        with self._lock:
            kept = [item for item in batch if self._random.random() >= self.webhook_loss]
            twice = [item for item in kept if self._random.random() < self.webhook_duplicates]
            kept += twice
            if self.webhook_shuffle:
                self._random.shuffle(kept)
            return kept

    def _chance(self, request: Request) -> tuple[Response | None, bool]:
        """An answer by chance, and whether the request takes effect first."""
        if request.path.startswith("/oauth2/") and not self.oauth:
            return None, False
        if self._is_expired(request):
            return _problem(401, "Unauthorized", "The access token has expired"), False
        draw = self._random.random()
        if draw < self.error_rate:
            return _server_error(self._random.choice(ERROR_STATUSES)), self._random.random() < 0.5  # noqa: PLR2004 - half
        draw -= self.error_rate
        if draw < self.timeout_rate:
            return LostAnswer(), False
        if draw - self.timeout_rate < self.lost_answers:
            return LostAnswer(), True
        return None, False

    def _is_expired(self, request: Request) -> bool:
        """Count the request, and say whether its token is among the expired."""
        token = request.headers.get("authorization", "")
        if self.expire_tokens_every is None or not token:
            return False
        self._calls += 1
        if self._calls % self.expire_tokens_every == 0 and not _is_long_lived(token):
            self._expired.add(token)
        return token in self._expired


def _is_long_lived(authorization: str) -> bool:
    hints = jwt_hints(authorization.rpartition(" ")[2])
    return hints.exp is not None and hints.iat is not None and hints.exp - hints.iat > LONG_LIVED


def _server_error(status: int) -> Response:
    """What a failing server sends: a problem for 500, the gateway's page for the rest."""
    if status == 500:  # noqa: PLR2004 - the application's own error
        return _problem(500, "Internal Server Error", "Unexpected error")
    return Response(
        status=status, headers=(("content-type", "text/html"),), body=GATEWAY_PAGE % (status, status)
    )


def _problem(status: int, title: str, detail: str) -> Response:
    body = {"title": title, "type": f"https://httpstatus.es/{status}", "status": status, "detail": detail}
    return _answer(status, body, {})


def _answer(status: int, body: object, headers: Mapping[str, str]) -> Response:
    """An answer with the content type that its body suggests."""
    sent = {name.lower(): value for name, value in headers.items()}
    if body is None:
        return Response(status=status, headers=tuple(sent.items()))
    if isinstance(body, (bytes, str)):
        raw = body.encode() if isinstance(body, str) else body
        sent.setdefault("content-type", "text/html")
    else:
        raw = orjson.dumps(body)
        sent.setdefault("content-type", "application/problem+json" if status >= 400 else "application/json")  # noqa: PLR2004
    return Response(status=status, headers=tuple(sent.items()), body=raw)
