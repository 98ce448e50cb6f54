# Generated from src/amocrm_sync/_async/handlers/configured.py by tools/unasync.py: edit that file instead.
"""An account for each owner, made from the settings that the owner saved; a changed setting is in force at once."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import attrs

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.connection import ConnectionStatus
from amocrm_sync._core.handlers.settings import CRMConfig
from amocrm_sync._core.oauth import OAuth
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._core.unset import UNSET, Unset
from amocrm_sync._sync._primitives import Lock
from amocrm_sync._sync.client import AmoCRM
from amocrm_sync._sync.flow import OAuthFlow
from amocrm_sync._sync.handlers.configs import ConfigStore
from amocrm_sync._sync.handlers.connections import Connection
from amocrm_sync._sync.protocols import RateLimiter, StateStore, TokenStore
from amocrm_sync._sync.stores.states import MemoryStateStore
from amocrm_sync._sync.sync.engine import SyncEngine
from amocrm_sync._sync.sync.protocols import SyncStore


@attrs.frozen
class _Made:
    """What was made from some settings for some account."""

    config: CRMConfig
    account: str | None
    connection: Connection


class ConfiguredConnections(Unpicklable):
    """Connections of many owners, each from its :class:`CRMConfig`.

    An owner whose settings are complete has a flow; one whose account is connected has a client and an engine too. Two
    owners of one account have a token pair each and share the account's rows.

    Args:
        configs: The settings.
        tokens: The token pairs; wrap them in :class:`EncryptedTokenStore`.
        store: The local copies, of all accounts.
        domain: ``amocrm.ru`` or ``kommo.com``, or the origin of an emulator.
        http_client: A client of httpx or httpx2 that you own.
        states: Whose consent is under way; share it between processes.
        limiter: How requests to an account are spaced; share one (:class:`RedisRateLimiter`) between processes.
        default_owner: Who is meant where nobody is named.
        sync: Settings of every engine that no form asks for; its ``entities`` are the owner's.
        clock: Where time comes from.
    """

    def __init__(
        self,
        configs: ConfigStore,
        *,
        tokens: TokenStore,
        store: SyncStore,
        domain: str = "amocrm.ru",
        http_client: Any = None,
        states: StateStore | None = None,
        limiter: RateLimiter | Unset | None = UNSET,
        default_owner: str = DEFAULT_OWNER,
        sync: SyncConfig | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._configs = configs
        self._tokens = tokens
        self._store = store
        self._domain = domain
        self._http_client = http_client
        self._states = states or MemoryStateStore()
        self._limiter = limiter
        self._default_owner = default_owner
        self._sync = sync or SyncConfig()
        self._clock = clock
        self._made: dict[str, _Made] = {}
        self._open: list[Any] = []
        self._lock = Lock()

    @property
    def default_owner(self) -> str:
        """Who is meant where nobody is named."""
        return self._default_owner

    def get(self, owner: str) -> Connection | None:
        """The owner's connection, made anew where the settings or the account have changed."""
        config = self._configs.load(owner)
        if config is None:
            return None
        with self._lock:
            made = self._made.get(owner)
            flow = self._flow(config) if made is None or made.config != config else made.connection.flow
            status = None if flow is None else flow.status(owner)
            account = None if status is None else status.domain
            if made is None or made.config != config or made.account != account:
                made = _Made(config, account, self._make(owner, config, flow, status))
                self._made[owner] = made
        return made.connection

    def by_webhook_secret(self, secret: str) -> Connection | None:
        """The connection of the owner whose webhook secret it is."""
        owner = self._configs.by_webhook_secret(secret)
        return None if owner is None else self.get(owner)

    def open_ones(self) -> list[Connection]:
        """Connected accounts, each once."""
        found: dict[str, Connection] = {}
        for owner in self._configs.owners():
            connection = self.get(owner)
            if connection is not None and connection.engine is not None:
                found.setdefault(connection.engine.tenant, connection)
        return list(found.values())

    def close(self) -> None:
        """Close the clients that were made here; stores are the host's."""
        for each in self._open:
            each.close()
        self._open.clear()
        self._made.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._domain}>"

    def _flow(self, config: CRMConfig) -> OAuthFlow | None:
        if not config.is_complete:
            return None
        flow = OAuthFlow(
            config.client_id,
            config.client_secret.get_secret_value(),
            config.redirect_uri,
            store=self._tokens,
            domain=self._domain,
            http_client=self._http_client,
            states=self._states,
            clock=self._clock,
        )
        self._open.append(flow)
        return flow

    def _make(
        self, owner: str, config: CRMConfig, flow: OAuthFlow | None, status: ConnectionStatus | None
    ) -> Connection:
        if flow is None or status is None or status.domain is None:
            return Connection(owner=owner, flow=flow, config=config)
        account = status.domain
        base = self._domain if self._domain.partition("://")[2] == account else account
        auth = OAuth(
            config.client_id,
            config.client_secret.get_secret_value(),
            config.redirect_uri,
            store=self._tokens,
            owner=owner,
        )
        client = AmoCRM(
            base, auth=auth, http_client=self._http_client, limiter=self._limiter, clock=self._clock
        )
        self._open.append(client)
        sync = attrs.evolve(self._sync, entities=config.entities)
        engine = SyncEngine(client, self._store, config=sync, clock=self._clock)
        return Connection(
            owner=owner,
            flow=flow,
            client=client,
            engine=engine,
            config=config,
            account_id=status.account_id,
        )
