"""Waits on this machine for the one request that brings a code back from the consent page."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from amocrm_sync.errors import ConfigurationError, OAuthError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
DONE = b"Connected. You can close this window and go back to the terminal.\n"


def listen_address(redirect_uri: str, listen: str | None) -> tuple[str, int]:
    """Where to listen: as told, or where the redirect address points if that is this machine.

    Raises:
        ConfigurationError: Neither says where.
    """
    parts = urlsplit(f"//{listen}" if listen else redirect_uri)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or port is None or (listen is None and host not in LOOPBACK):
        raise ConfigurationError(
            "redirect_uri is not an address of this machine: forward it here with a tunnel and give --listen "
            "127.0.0.1:8787, or copy the code from the browser and give --code"
        )
    return host, port


class CallbackListener:
    """Listens from the beginning, so that a quick browser finds somebody.

    Args:
        address: Host and port.
        path: The path of the redirect address; other requests (a favicon) are answered with 404 and waited past.
    """

    def __init__(self, address: tuple[str, int], path: str) -> None:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                is_ours = parts.path == (path or "/")
                if is_ours:
                    listener.params = parse_qs(parts.query, keep_blank_values=True)
                self.send_response(200 if is_ours else 404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(DONE if is_ours else b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                """Nothing: the request line holds the code."""

        self.params: dict[str, list[str]] | None = None
        self._server = HTTPServer(address, Handler)

    def wait(self, seconds: float) -> dict[str, list[str]]:
        """The query of the callback.

        Raises:
            OAuthError: Nobody came in time.
        """
        end = time.monotonic() + seconds
        with self._server as server:
            while self.params is None:
                server.timeout = end - time.monotonic()
                if server.timeout <= 0:
                    raise OAuthError(f"nobody came back from the consent page within {seconds:.0f} s")
                server.handle_request()
        return self.params
