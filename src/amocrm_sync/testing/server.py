"""The emulator on a socket: HTTP/1.1 on this machine, one thread per connection.

Framing is h11's work: keep-alive, chunked bodies, ``Expect: 100-continue``. Head and body of an answer leave in one
segment without Nagle's delay; a client would otherwise wait 40 ms a call for its own delayed acknowledgement.
"""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from email.utils import formatdate
from threading import Lock, Thread
from types import TracebackType
from typing import Protocol, Self

import h11

from amocrm_sync._clock import Clock
from amocrm_sync.testing.deliver import Courier, Outbox
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.faults import LostAnswer

BODY_LIMIT = 32 * 1024 * 1024
"""Bytes of a request body; more is answered with 413."""

HEAD_LIMIT = 64 * 1024
"""Bytes of the request line and headers; a query of 250 ids takes about 6 kB."""

CHUNK = 64 * 1024
GRACE = 2.0
"""Seconds that an answer under way has at :meth:`Server.stop`."""


def serve(emulator: ServedEmulator, port: int = 0, *, host: str = "127.0.0.1") -> Server:
    """A server of an emulator, to be used as a context manager; webhooks go out by HTTP meanwhile.

    Args:
        emulator: Who answers.
        port: 0 lets the system choose.
        host: The address to listen on; the default is reached from this machine only.
    """
    courier = Courier(emulator.webhooks, clock=emulator.clock)
    return Server(emulator, host=host, port=port, courier=courier)


class Handles(Protocol):
    """What the server serves: the emulator, or anything shaped like it."""

    def handle(self, request: Request) -> Response:
        """Answer one request; called from many threads at once."""
        ...


class ServedEmulator(Handles, Protocol):
    """An emulator with its webhooks."""

    @property
    def webhooks(self) -> Outbox:
        """Where webhooks wait for delivery."""
        ...

    @property
    def clock(self) -> Clock:
        """The emulator's time."""
        ...


class Server:
    """Serves an emulator until it is stopped; a context manager.

    Attributes:
        port: The port it listens on (chosen by the system for ``port=0``).
        base_url: ``http://127.0.0.1:PORT``, to be given to a client as the account.
        courier: Who delivers webhooks while the server runs, if anybody.
    """

    def __init__(
        self, emulator: Handles, *, host: str = "127.0.0.1", port: int = 0, courier: Courier | None = None
    ) -> None:
        self.courier = courier
        self._emulator = emulator
        self._listener = socket.create_server((host, port), backlog=128)
        self._host = host
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._waker = socket.socketpair()
        self._lock = Lock()
        self._open: dict[socket.socket, Thread] = {}
        self._stopping = False
        self._thread = Thread(target=self._accept, name=f"amocrm-emulator:{self.port}", daemon=True)

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        return f"http://{self._host}:{self.port}"

    def start(self) -> Self:
        """Begin to accept connections and to deliver webhooks."""
        self._thread.start()
        if self.courier is not None:
            self.courier.start()
        return self

    def stop(self) -> None:
        """Take no new connection, finish the answers under way, and return when every thread and socket is gone."""
        with self._lock:
            if self._stopping:
                return
            self._stopping = True
        self._waker.send(b"x")
        if self._thread.ident is not None:
            self._thread.join()
            if self.courier is not None:
                self.courier.stop()
        with self._lock:
            left = dict(self._open)
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            for connection in left:
                with suppress(OSError):
                    connection.shutdown(how)
            for thread in left.values():
                thread.join(GRACE)
        for closable in (self._listener, self._wake, self._waker):
            closable.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        """Give every connection a thread, until woken by stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while not self._stopping:
                if any(key.fileobj is self._wake for key, _ in selector.select()):
                    return
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    continue  # the client was gone before it was accepted
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._spawn(connection)

    def _spawn(self, connection: socket.socket) -> None:
        name = f"amocrm-emulator:{self.port}:{connection.fileno()}"
        thread = Thread(target=self._converse, args=(connection,), name=name, daemon=True)
        with self._lock:
            self._open[connection] = thread
        thread.start()

    def _converse(self, connection: socket.socket) -> None:
        """One connection, from its first request to its end."""
        try:
            with suppress(OSError):  # the client went away: nobody is left to answer
                Conversation(connection, self._emulator, self._host_and_port).run()
        finally:
            with self._lock:
                del self._open[connection]
            connection.close()

    @property
    def _host_and_port(self) -> str:
        return f"{self._host}:{self.port}"


class Conversation:
    """Requests and answers on one connection."""

    def __init__(self, connection: socket.socket, emulator: Handles, default_host: str) -> None:
        self._socket = connection
        self._emulator = emulator
        self._default_host = default_host
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        self._head_only = False

    def run(self) -> None:
        """Answer request after request until one side closes."""
        while True:
            try:
                request = self._read()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint, str(error))
                return
            if request is None:
                return
            response = self._emulator.handle(request)
            if isinstance(response, LostAnswer):
                if response.hang:
                    self._await_disconnect()
                return
            self._answer(response)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    def _read(self) -> Request | None:
        """The next request, whole; ``None`` when the client is done."""
        head = self._event()
        if not isinstance(head, h11.Request):
            return None
        self._head_only = head.method == b"HEAD"
        body: list[bytes] = []
        size = 0
        while True:
            event = self._event()
            if isinstance(event, h11.Data):
                body.append(bytes(event.data))
                size += len(event.data)
                if size > BODY_LIMIT:
                    raise h11.RemoteProtocolError(f"body over {BODY_LIMIT} bytes", error_status_hint=413)
            elif isinstance(event, h11.EndOfMessage):
                return _request(head, b"".join(body), self._default_host)
            else:
                return None

    def _event(self) -> object:
        """The next piece of a message, reading from the socket as needed."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                self._socket.sendall(self._http.send(go_on) or b"")
            self._http.receive_data(self._socket.recv(CHUNK))

    def _answer(self, response: Response) -> None:
        """Send head and body in one go."""
        headers = [(name.encode(), value.encode()) for name, value in response.headers]
        named = {name.lower() for name, _ in headers}
        if b"date" not in named:
            headers.append((b"date", formatdate(usegmt=True).encode()))
        empty = response.status in (204, 304) or self._head_only
        if b"content-length" not in named and response.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(response.body)))
        send = self._http.send
        head = send(h11.Response(status_code=response.status, headers=headers)) or b""
        body = b"" if empty else send(h11.Data(data=response.body)) or b""
        self._socket.sendall(head + body + (send(h11.EndOfMessage()) or b""))

    def _refuse(self, status: int, reason: str) -> None:
        """Answer what is not HTTP, or too much of it, and close."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = (("content-type", "text/plain"), ("connection", "close"))
            self._answer(Response(status=status, headers=headers, body=reason.encode()))

    def _await_disconnect(self) -> None:
        """Say nothing until the client gives up (or the server stops)."""
        while self._socket.recv(CHUNK):
            pass


def _request(head: h11.Request, body: bytes, default_host: str) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    target = head.target.decode("ascii")
    if not target.startswith(("http://", "https://")):
        target = f"http://{headers.get('host', default_host)}{target}"
    return Request(method=head.method.decode("ascii"), url=target, headers=headers, body=body)
