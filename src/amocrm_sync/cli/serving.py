"""What ``amocrm-sync serve`` stands on: stores, a server of the standard library, and the door with its one-time key."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import attrs

from amocrm_sync import ConfigurationError
from amocrm_sync._environment import token_keys
from amocrm_sync.adapters.wsgi import App, Environ
from amocrm_sync.handlers import (
    Allowance,
    ConfiguredConnections,
    MemoryConfigStore,
    Principal,
    Rate,
    SessionAuthenticator,
)
from amocrm_sync.stores import EncryptedTokenStore, MemorySyncStore, MemoryTokenStore
from amocrm_sync.sync import SyncConfig, SyncStore

PAGE = "/admin/crm/"
LOGIN = "/login/"
SYNC = SyncConfig(conflicts="manual", preread_after=0)
"""There is a page on which a person decides, so nothing is decided without them."""

RATES = {rate: Allowance(120) for rate in Rate}
"""One person is in front of it, who may be quick."""

SQLITE = "sqlite:///"


@attrs.frozen
class Stores:
    """Where everything is kept."""

    configs: Any
    tokens: Any
    copy: Any


def open_stores(database: str) -> Stores:
    """Stores in one database, secrets encrypted; in memory where the extra ``sql`` is not installed.

    Raises:
        ConfigurationError: There is no key for the secrets.
    """
    try:
        from amocrm_sync.stores.sql import SQLConfigStore, SQLSyncStore, SQLTokenStore
    except ConfigurationError:
        return Stores(MemoryConfigStore(), MemoryTokenStore(), _memory())
    keys = _keys(database)
    return Stores(
        SQLConfigStore(database, keys=keys),
        EncryptedTokenStore(SQLTokenStore(database), keys=keys),
        SQLSyncStore(database),
    )


def open_copy(database: str) -> SyncStore:
    """The copy alone, for an account whose token is not kept; in memory where the extra ``sql`` is not installed."""
    try:
        from amocrm_sync.stores.sql import SQLSyncStore
    except ConfigurationError:
        return _memory()
    return SQLSyncStore(database)


def connections(stores: Stores, domain: str) -> ConfiguredConnections:
    """The one account, from its settings."""
    return ConfiguredConnections(
        stores.configs, tokens=stores.tokens, store=stores.copy, domain=domain, sync=SYNC
    )


def _memory() -> MemorySyncStore:
    print('Kept in memory until the end: pip install "amocrm-sync[cli,sql]" keeps it in a database')
    return MemorySyncStore()


def _keys(database: str) -> list[str]:
    """Keys of the environment, else the one in a file beside the SQLite database, which is made on first use."""
    named = token_keys()
    if named:
        return named
    if not database.startswith(SQLITE):
        raise ConfigurationError(
            "AMOCRM_TOKEN_KEYS: tokens and secrets are kept encrypted; set a key of EncryptedTokenStore.generate_key()"
        )
    path = Path(database.removeprefix(SQLITE) + ".key")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return [path.read_text().strip()]
    with os.fdopen(descriptor, "w") as file:
        file.write(EncryptedTokenStore.generate_key() + "\n")
    return [path.read_text().strip()]


class Server(ThreadingMixIn, WSGIServer):
    """A small server for people, a thread a request. It listens from the beginning; :meth:`run` answers.

    Args:
        host: Where to listen.
        port: 0 lets the system choose.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        try:
            super().__init__((host, port), _Quiet)
        except OSError as error:
            raise ConfigurationError(
                f"--port: cannot listen on {host}:{port}: {error.strerror or error}"
            ) from None

    def __enter__(self) -> Self:
        return self

    @property
    def url(self) -> str:
        """Its address on this machine."""
        host = "127.0.0.1" if self._host in ("", "0.0.0.0") else self._host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.server_port}"

    def run(self, app: App) -> None:
        """Answer until interrupted, by Ctrl-C or SIGTERM; what is open is then closed in order."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.set_app(app)
        try:
            self.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            print("stopped")


class _Quiet(WSGIRequestHandler):
    """Logs nothing: a request line may hold a code, or the key of the door."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing."""


class Door:
    """Signs one browser in with a key that works once, and lets everybody else pass on as they are.

    Args:
        app: What is behind it.
        sessions: Makes the session.
        address: What the key's address begins with.
        tell: Is told the address of each new key: the next one as soon as one is used.
    """

    def __init__(
        self, app: App, sessions: SessionAuthenticator, address: str, *, tell: Callable[[str], None]
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._address = address
        self._tell = tell
        self._keys: set[str] = set()
        self._renew()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer."""
        path: str = environ.get("PATH_INFO", "")
        if path == "/" and environ["REQUEST_METHOD"] == "GET":
            return _answer(start_response, HTTPStatus.FOUND, Location=PAGE)
        if not path.startswith(LOGIN):
            return self._app(environ, start_response)
        return self._enter(path.removeprefix(LOGIN), environ["REQUEST_METHOD"], start_response)

    def _enter(self, key: str, method: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if method != "GET" or not self._spend(key):
            return _answer(start_response, HTTPStatus.FORBIDDEN)
        self._renew()
        session = {"Set-Cookie": self._sessions.issue(Principal(id="admin", role="admin"))}
        return _answer(start_response, HTTPStatus.FOUND, Location=PAGE, **session)

    def _spend(self, key: str) -> bool:
        """Whether a key is right; of two who bring it at once, only one is let in."""
        if not any(secrets.compare_digest(key.encode(), known.encode()) for known in tuple(self._keys)):
            return False
        try:
            self._keys.remove(key)
        except KeyError:
            return False
        return True

    def _renew(self) -> None:
        key = secrets.token_urlsafe(32)
        self._keys.add(key)
        self._tell(f"{self._address}{LOGIN}{key}")


def _answer(start_response: Callable[..., Any], status: HTTPStatus, **headers: str) -> list[bytes]:
    body = (
        b"" if "Location" in headers else b"This address was used already, or is wrong: see the terminal.\n"
    )
    fixed = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    start_response(f"{status.value} {status.phrase}", [*fixed.items(), *headers.items()])
    return [body]
