"""A CONNECT proxy with an allow-list, for containers that cannot reach amoCRM themselves.

What passes through is TLS between the client and amoCRM: the proxy sees host names, never a token.
"""

from __future__ import annotations

import logging
import socket
import socketserver
import threading
from collections.abc import Callable

from amocrm_sync._core.forward import connect_target, is_allowed

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 300.0
LONGEST_HEAD = 16_384
PIECE = 65_536
MOST_TUNNELS = 256

logger = logging.getLogger("amocrm_sync.proxy")

Connect = Callable[[str, int], socket.socket]


def connect(host: str, port: int) -> socket.socket:
    """A connection to the outside."""
    return socket.create_connection((host, port), timeout=CONNECT_SECONDS)


class ForwardProxy(socketserver.ThreadingTCPServer):
    """Tunnels to the hosts that :func:`is_allowed` names; everything else is answered with 403.

    Args:
        host: Where to listen; ``127.0.0.1`` keeps it to this machine.
        port: 0 for any free one.
        connect: Opens the connection to the outside.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str = "127.0.0.1", port: int = 8888, *, connect: Connect = connect) -> None:
        self.connect = connect
        self.tunnels = threading.BoundedSemaphore(MOST_TUNNELS)
        super().__init__((host, port), _Tunnel)

    @property
    def url(self) -> str:
        """Its address, as ``AMOCRM_PROXY`` takes it."""
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}"


class _Tunnel(socketserver.BaseRequestHandler):
    """One client."""

    def handle(self) -> None:
        server = self.server
        if not isinstance(server, ForwardProxy):
            raise TypeError("a tunnel belongs to a ForwardProxy")
        client: socket.socket = self.request
        client.settimeout(CONNECT_SECONDS)
        if not server.tunnels.acquire(blocking=False):
            _answer(client, "503 Too many tunnels")
            return
        try:
            self._serve(client, server.connect)
        except OSError as error:
            logger.info("a tunnel ended: %s", type(error).__name__)
        finally:
            server.tunnels.release()

    def _serve(self, client: socket.socket, connect: Connect) -> None:
        head, rest = _read_head(client)
        target = connect_target(head.partition("\r\n")[0])
        if target is None:
            _answer(client, "405 Only CONNECT is served here")
            return
        if not is_allowed(*target):
            logger.warning("refused a tunnel to %s:%d", *target)
            _answer(client, "403 Not a host of amoCRM or Kommo")
            return
        try:
            outside = connect(*target)
        except OSError as error:
            logger.warning("no connection to %s:%d: %s", *target, type(error).__name__)
            _answer(client, "502 No connection")
            return
        with outside:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if rest:
                outside.sendall(rest)
            _join(client, outside)


def _read_head(client: socket.socket) -> tuple[str, bytes]:
    """The request's head, and what already came behind it."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < LONGEST_HEAD:
        piece = client.recv(4096)
        if not piece:
            break
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def _join(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side ends or nothing moves."""
    for end in (one, other):
        end.settimeout(IDLE_SECONDS)
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join(IDLE_SECONDS)


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):  # the other direction ends with this one
            _close(end)


def _close(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("a connection was closed already")


def _answer(client: socket.socket, status: str) -> None:
    client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
