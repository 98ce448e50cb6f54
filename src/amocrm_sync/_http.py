"""The one file that imports the HTTP library: httpx, or its continuation httpx2 where that is installed.

Everything above sees a :class:`Reply` or a :class:`Failure`; no type of the HTTP library goes further than the
``http_client`` argument. A client that the host injects may be of either family and is never closed by us.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import attrs

from amocrm_sync._core.call import Reply, TimeLeft
from amocrm_sync._core.redact import scrub
from amocrm_sync._leaving import TooLate, async_guard, expect_time, guard
from amocrm_sync.errors import ConfigurationError

Handler = Callable[[str, str, dict[str, str], bytes], tuple[int, list[tuple[str, str]], bytes]]
"""``(method, url, headers, body) -> (status, headers, body)``: a server without a socket."""

CONNECT_TIMEOUT = 10.0
DEFAULT_TIMEOUT = 30.0
PIECE = 256 * 1024
"""Bytes of a download that are in memory at a time."""
KNOWN_FAMILIES = ("httpx2", "httpx")
"""Families whose clients can be injected."""
FAMILIES = KNOWN_FAMILIES
"""Families of the clients that we own, in order of preference."""


@attrs.frozen
class Failure:
    """No answer arrived.

    Attributes:
        sent: Whether the server may have received the request.
        reason: What happened, without secrets.
        late: Whether it was not sent because its time was over.
    """

    sent: bool
    reason: str
    late: bool = False


LATE = Failure(sent=False, reason="its time was over before it could leave", late=True)


class NoAnswerError(Exception):
    """Raised by an in-process :data:`Handler` that took the request and gives no answer (a fault to test with)."""


@cache
def _family(name: str) -> Any:
    """The module of one family, or ``None`` where it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def family(name: str | None = None) -> Any:
    """The HTTP library of the clients that we own: the named one, or the first that is installed."""
    for candidate in (name,) if name else FAMILIES:
        module = _family(candidate)
        if module is not None:
            return module
    raise ConfigurationError(f'{name} is not installed: pip install "amocrm-sync[{name}]"')


def _installed() -> list[Any]:
    return [module for module in map(_family, KNOWN_FAMILIES) if module is not None]


@cache
def _transport_errors() -> tuple[type[Exception], ...]:
    return tuple(module.TransportError for module in _installed())


@cache
def _decoding_errors() -> tuple[type[Exception], ...]:
    return tuple(module.DecodingError for module in _installed())


_NOT_SENT = (
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "ProxyError",
    "UnsupportedProtocol",
    "LocalProtocolError",
)


@cache
def _unsent_errors() -> tuple[type[Exception], ...]:
    return tuple(getattr(module, name) for module in _installed() for name in _NOT_SENT)


def _failure(error: Exception) -> Failure:
    """Sort an exception of the HTTP library by "may the request have arrived?"."""
    reason = scrub(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    return Failure(sent=not isinstance(error, _unsent_errors()), reason=reason)


def _reply(response: Any) -> Reply:
    return Reply(status=response.status_code, headers=dict(response.headers), body=response.content)


def _announced(response: Any) -> int | None:
    """How long the body will be, if the server says so."""
    length = response.headers.get("content-length", "")
    return int(length) if length.isdigit() else None


def _timeout(module: Any, seconds: float) -> Any:
    return module.Timeout(seconds, connect=min(seconds, CONNECT_TIMEOUT))


def _extra(module: Any, timeout: float | None) -> dict[str, Any]:
    """Options of one request."""
    return {} if timeout is None else {"timeout": _timeout(module, timeout)}


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def client_options(module: Any, *, base_url: str, proxy: str | None, timeout: float) -> dict[str, Any]:
    """Keyword arguments of a client that we own.

    The proxy is the argument, else ``AMOCRM_PROXY``, else what the system says (``HTTPS_PROXY``, ``NO_PROXY``);
    an address on this machine is never asked for through the system's proxy.
    """
    chosen = proxy or os.environ.get("AMOCRM_PROXY") or None
    return {
        "timeout": _timeout(module, timeout),
        "proxy": chosen,
        "trust_env": chosen is None and not _is_loopback(base_url),
        "follow_redirects": False,
        "limits": module.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=30.0),
    }


class Sink(Protocol):
    """Where the body of an answer goes piece by piece, in the sync half."""

    def begin(self, total: int | None) -> None:
        """Forget what an earlier attempt brought; ``total`` bytes are announced, if anybody knows."""
        ...

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        ...


class AsyncSink(Protocol):
    """Where the body of an answer goes piece by piece, in the async half."""

    async def begin(self, total: int | None) -> None:
        """Forget what an earlier attempt brought; ``total`` bytes are announced, if anybody knows."""
        ...

    async def write(self, piece: bytes) -> None:
        """Take the next piece."""
        ...


class HTTPSender(Protocol):
    """What the sync engine needs of HTTP."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float | None,
        time_left: TimeLeft | None = None,
    ) -> Reply | Failure:
        """One attempt: the answer, or why there is none. None is made once ``time_left`` is nothing."""
        ...

    def download(
        self, url: str, *, headers: Mapping[str, str], sink: Sink, timeout: float | None
    ) -> Reply | Failure:
        """One GET whose body, where it is a success, goes into ``sink`` and not into the reply."""
        ...


class AsyncHTTPSender(Protocol):
    """What the async engine needs of HTTP."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float | None,
        time_left: TimeLeft | None = None,
    ) -> Reply | Failure:
        """One attempt: the answer, or why there is none. None is made once ``time_left`` is nothing."""
        ...

    async def download(
        self, url: str, *, headers: Mapping[str, str], sink: AsyncSink, timeout: float | None
    ) -> Reply | Failure:
        """One GET whose body, where it is a success, goes into ``sink`` and not into the reply."""
        ...


class HTTP:
    """One attempt at a time over a sync client of either family."""

    def __init__(self, client: Any, *, owned: bool) -> None:
        self._client = client
        self._module = _module_of(client)
        self._owned = owned

    @classmethod
    def open(
        cls, client: Any = None, *, base_url: str, proxy: str | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> HTTP:
        """Use the injected client, or make one of our own."""
        if client is not None:
            return cls(_require(client, "Client", wanted="a sync client (httpx.Client)"), owned=False)
        module = family()
        return cls(
            module.Client(**client_options(module, base_url=base_url, proxy=proxy, timeout=timeout)),
            owned=True,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float | None = None,
        time_left: TimeLeft | None = None,
    ) -> Reply | Failure:
        """One attempt: the answer, or why there is none. None is made once ``time_left`` is nothing."""
        extra = {**_extra(self._module, timeout), "extensions": guard(time_left)}
        try:
            expect_time(time_left)
            return _reply(self._client.request(method, url, headers=headers, content=content, **extra))
        except TooLate:
            return LATE
        except _decoding_errors() as error:
            return Failure(sent=True, reason=f"undecodable answer: {error}")
        except _transport_errors() as error:
            return _failure(error)

    def download(
        self, url: str, *, headers: Mapping[str, str], sink: Sink, timeout: float | None = None
    ) -> Reply | Failure:
        """One GET whose body, where it is a success, goes into ``sink`` and not into the reply."""
        extra = _extra(self._module, timeout)
        try:
            with self._client.stream("GET", url, headers=headers, **extra) as response:
                if response.status_code != HTTPStatus.OK:
                    response.read()
                    return _reply(response)
                sink.begin(_announced(response))
                for piece in response.iter_bytes(PIECE):
                    sink.write(piece)
                return Reply(status=response.status_code, headers=dict(response.headers))
        except _decoding_errors() as error:
            return Failure(sent=True, reason=f"undecodable answer: {error}")
        except _transport_errors() as error:
            return _failure(error)

    def close(self) -> None:
        """Close the client if it is ours."""
        if self._owned:
            self._client.close()


class AsyncHTTP:
    """One attempt at a time over an async client of either family."""

    def __init__(self, client: Any, *, owned: bool) -> None:
        self._client = client
        self._module = _module_of(client)
        self._owned = owned

    @classmethod
    def open(
        cls, client: Any = None, *, base_url: str, proxy: str | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> AsyncHTTP:
        """Use the injected client, or make one of our own."""
        if client is not None:
            twin = getattr(client, "async_twin", None)
            client = twin() if twin is not None else client
            return cls(
                _require(client, "AsyncClient", wanted="an async client (httpx.AsyncClient)"), owned=False
            )
        module = family()
        options = client_options(module, base_url=base_url, proxy=proxy, timeout=timeout)
        return cls(module.AsyncClient(**options), owned=True)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None,
        timeout: float | None = None,
        time_left: TimeLeft | None = None,
    ) -> Reply | Failure:
        """One attempt: the answer, or why there is none. None is made once ``time_left`` is nothing."""
        extra = {**_extra(self._module, timeout), "extensions": async_guard(time_left)}
        try:
            expect_time(time_left)
            return _reply(await self._client.request(method, url, headers=headers, content=content, **extra))
        except TooLate:
            return LATE
        except _decoding_errors() as error:
            return Failure(sent=True, reason=f"undecodable answer: {error}")
        except _transport_errors() as error:
            return _failure(error)

    async def download(
        self, url: str, *, headers: Mapping[str, str], sink: AsyncSink, timeout: float | None = None
    ) -> Reply | Failure:
        """One GET whose body, where it is a success, goes into ``sink`` and not into the reply."""
        extra = _extra(self._module, timeout)
        try:
            async with self._client.stream("GET", url, headers=headers, **extra) as response:
                if response.status_code != HTTPStatus.OK:
                    await response.aread()
                    return _reply(response)
                await sink.begin(_announced(response))
                async for piece in response.aiter_bytes(PIECE):
                    await sink.write(piece)
                return Reply(status=response.status_code, headers=dict(response.headers))
        except _decoding_errors() as error:
            return Failure(sent=True, reason=f"undecodable answer: {error}")
        except _transport_errors() as error:
            return _failure(error)

    async def aclose(self) -> None:
        """Close the client if it is ours."""
        if self._owned:
            await self._client.aclose()


def _module_of(client: Any) -> Any:
    for module in _installed():
        if isinstance(client, (module.Client, module.AsyncClient)):
            return module
    raise ConfigurationError(f"http_client: {type(client).__name__} is not a client of httpx or httpx2")


def _require(client: Any, kind: str, *, wanted: str) -> Any:
    """The client, or an error that says which kind is needed."""
    if any(isinstance(client, getattr(module, kind)) for module in _installed()):
        return client
    raise ConfigurationError(f"http_client: {wanted} is needed here, not {type(client).__name__}")


def in_process_client(handler: Handler, family_name: str | None = None) -> Any:
    """A client that calls ``handler`` instead of a socket; it serves sync and async users alike.

    Args:
        handler: The server: ``(method, url, headers, body) -> (status, headers, body)``.
        family_name: ``"httpx"`` or ``"httpx2"``; the preferred one where not given.
    """
    module = family(family_name)

    def answer(request: Any) -> Any:
        try:
            status, headers, body = handler(
                request.method, str(request.url), dict(request.headers), request.content
            )
        except NoAnswerError as error:
            raise module.ReadTimeout(str(error) or "no answer", request=request) from None
        return module.Response(status, headers=headers, content=body)

    class InProcessClient(module.Client):  # type: ignore[misc, name-defined]  # the base is chosen at run time
        """A sync client whose server is a function in this process."""

        def async_twin(self) -> Any:
            """An async client of the same server."""
            return module.AsyncClient(transport=module.MockTransport(answer))

    return InProcessClient(transport=module.MockTransport(answer))
