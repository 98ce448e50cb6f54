"""A request on its way through: checked, read, and with the connection that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from amocrm_sync._async.handlers._primitives import Bell
from amocrm_sync._async.handlers.connections import AsyncConnection, AsyncConnectionProvider
from amocrm_sync._async.handlers.options import AsyncOptions
from amocrm_sync._async.handlers.runs import AsyncRuns
from amocrm_sync._clock import Clock
from amocrm_sync._core.handlers.access import Principal
from amocrm_sync._core.handlers.message import Request
from amocrm_sync._core.handlers.problem import Problem, not_offered
from amocrm_sync._core.handlers.route import Route, Router
from amocrm_sync.errors import ConfigurationError

if TYPE_CHECKING:  # who mounts webhooks alone loads no settings and no OAuth
    from amocrm_sync._async.flow import AsyncOAuthFlow
    from amocrm_sync._async.handlers.configs import AsyncConfigStore
    from amocrm_sync._async.protocols import AsyncStateStore


class AsyncServing(Protocol):
    """What the answers have in common: the part of the handlers that they may use.

    Attributes:
        options: What the host has decided.
        clock: Where time comes from.
        connections: The accounts.
        configs: Where settings are kept, if anywhere.
        states: Whose consent is under way, once somebody's is.
        runs: Syncs that go on after their answer.
        bell: Wakes the worker.
        router: The routes that are mounted.
    """

    options: AsyncOptions
    clock: Clock
    connections: AsyncConnectionProvider
    configs: AsyncConfigStore | None
    states: AsyncStateStore | None
    runs: AsyncRuns
    bell: Bell
    router: Router

    def address(self, request: Request) -> str | None:
        """The address that really asks."""
        ...


@attrs.frozen(kw_only=True)
class AsyncCall:
    """What an answer is made from.

    Attributes:
        handlers: The object that serves.
        request: As it came.
        route: The row of the table.
        path: What stands in the path.
        query: The parameters, as the route's model.
        body: The body, as the route's model.
        principal: Who asks; ``None`` on public routes without credentials.
        owner: Whose data.
        connection: The owner's connection.
    """

    handlers: AsyncServing
    request: Request
    route: Route
    path: Mapping[str, str]
    query: Any
    body: Any
    principal: Principal | None
    owner: str
    connection: AsyncConnection | None

    @property
    def account(self) -> AsyncConnection:
        """The connection.

        Raises:
            Problem: 404: the owner is not known.
        """
        if self.connection is None:
            raise Problem(404, "no-owner", "this owner has no connection: save its settings first")
        return self.connection

    @property
    def flow(self) -> AsyncOAuthFlow:
        """Consent and tokens.

        Raises:
            Problem: 409: the settings are not complete.
        """
        if self.account.flow is None:
            raise Problem(
                409, "not-configured", "client id, client secret and redirect address are needed first"
            )
        return self.account.flow

    @property
    def engine(self) -> Any:
        """The local copy.

        Raises:
            Problem: 409: there is none yet.
        """
        if self.account.engine is None:
            raise Problem(409, "not-connected", "this owner has no local copy yet: connect the account")
        return self.account.engine

    @property
    def client(self) -> Any:
        """The account.

        Raises:
            Problem: 409: it is not connected.
        """
        if self.account.client is None:
            raise Problem(409, "not-connected", "the account is not connected")
        return self.account.client

    def feature(self, name: str) -> Any:
        """A part of the engine that not every engine has.

        Raises:
            Problem: 501.
        """
        found = getattr(self.engine, name, None)
        if found is None:
            raise not_offered(name)
        return found


class InputErrors:
    """Within it, what the engine says of a wrong field is the caller's to read."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ConfigurationError):
            raise Problem(422, "invalid", error.message) from None
