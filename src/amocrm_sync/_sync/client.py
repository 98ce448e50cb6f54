# Generated from src/amocrm_sync/_async/client.py by tools/unasync.py: edit that file instead.
"""The client: one object for each account. It owns the connection pool and hands out resources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from amocrm_sync._clock import SYSTEM_CLOCK, SYSTEM_RANDOM, Clock
from amocrm_sync._core.call import Call, Method, Priority, TimeLeft
from amocrm_sync._core.hosts import AccountHost, parse_account
from amocrm_sync._core.jwt import jwt_hints
from amocrm_sync._core.oauth import OAuth
from amocrm_sync._core.retry import RetryPolicy
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._core.unset import UNSET, Unset
from amocrm_sync._environment import variable
from amocrm_sync._http import DEFAULT_TIMEOUT, HTTP
from amocrm_sync._sync.blocks import block_register
from amocrm_sync._sync.engine import Engine
from amocrm_sync._sync.limiter import LocalRateLimiter
from amocrm_sync._sync.offered import Resources
from amocrm_sync._sync.protocols import Authenticator, RateLimiter
from amocrm_sync._version import __version__
from amocrm_sync.errors import ConfigurationError

if TYPE_CHECKING:  # resources bring the models; a client is ready before they are needed
    from amocrm_sync._sync.amojo import Amojo
    from amocrm_sync._sync.fields import FieldRegistry
    from amocrm_sync._sync.resources._base import Core

USER_AGENT = f"amocrm-sync/{__version__}"
NO_RETRY = RetryPolicy(retries=0)


@attrs.frozen(kw_only=True)
class Settings:
    """What a client is made of, once its arguments are understood."""

    account: AccountHost
    http: HTTP
    authenticator: Authenticator
    limiter: RateLimiter | None
    integration: str
    retry: RetryPolicy
    clock: Clock
    user_agent: str
    context_user_id: int | None
    strict: bool
    timeout: float | None = None

    def engine(self) -> Engine:
        """The engine of these settings."""
        headers = {"User-Agent": self.user_agent, "Accept": "application/json"}
        if self.context_user_id is not None:
            headers["X-Context-User-ID"] = str(self.context_user_id)
        return Engine(
            http=self.http,
            authenticator=self.authenticator,
            limiter=self.limiter,
            retry=self.retry,
            clock=self.clock,
            random=SYSTEM_RANDOM,
            blocks=block_register(self.limiter, self.clock),
            base_url=self.account.base_url,
            integration=self.integration,
            headers=headers,
            timeout=self.timeout,
        )


class AmoCRM(Resources, Unpicklable):
    """A client of one amoCRM / Kommo account.

    ::

        with AmoCRM("mycompany", token="…") as amo:
            for lead in amo.leads.list(with_=["contacts"]):
                print(lead.name, lead.price)

    Args:
        account: ``mycompany`` (amocrm.ru), ``mycompany.kommo.com``, or ``https://host:port``.
        token: A long-lived token.
        auth: An :class:`OAuth` configuration with a token store, or an authenticator of your own.
        proxy: Address of a proxy; else ``AMOCRM_PROXY``, else what the system says.
        timeout: Seconds for one attempt.
        http_client: A client of httpx or httpx2 that you own; it is never closed here.
        limiter: A rate limiter; 6.8 requests a second shared by all clients of the process where not given, ``None``
            for no limit at all.
        retry: When and how long to try again; ``None`` sends everything once.
        clock: Where time comes from.
        user_agent: Put before the library's own.
        context_user_id: Act as this user (needs a token granted by an administrator).
        strict: Refuse answers that do not fit the models, instead of taking them as they are.
    """

    def __init__(
        self,
        account: str,
        *,
        token: str | None = None,
        auth: OAuth | Authenticator | None = None,
        proxy: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        http_client: Any = None,
        limiter: RateLimiter | Unset | None = UNSET,
        retry: RetryPolicy | Unset | None = UNSET,
        clock: Clock = SYSTEM_CLOCK,
        user_agent: str | None = None,
        context_user_id: int | None = None,
        strict: bool = False,
    ) -> None:
        host = parse_account(account)
        http = HTTP.open(http_client, base_url=host.base_url, proxy=proxy, timeout=timeout)
        self._settings = Settings(
            account=host,
            http=http,
            authenticator=_authenticator(token, auth, host, http, clock),
            limiter=LocalRateLimiter.shared(clock) if isinstance(limiter, Unset) else limiter,
            integration=_integration(token, auth),
            retry=RetryPolicy() if isinstance(retry, Unset) else retry or NO_RETRY,
            clock=clock,
            user_agent=f"{user_agent} {USER_AGENT}" if user_agent else USER_AGENT,
            context_user_id=context_user_id,
            strict=strict,
            timeout=None if http_client is None else timeout,
        )
        self._shares_pool = False

    @classmethod
    def from_env(cls, account: str | None = None, *, owner: str | None = None, **options: Any) -> Self:
        """The client that the environment describes.

        ``AMOCRM_SUBDOMAIN`` and either ``AMOCRM_TOKEN``, or ``AMOCRM_CLIENT_ID``, ``AMOCRM_CLIENT_SECRET`` and
        ``AMOCRM_REDIRECT_URI`` with the store that ``AMOCRM_TOKEN_STORE`` names (a file, ``sqlite:///…``, ``postgresql://…``
        or ``redis://…``; else the file ``AMOCRM_TOKEN_FILE``, ``amocrm-tokens.json`` by default), encrypted if
        ``AMOCRM_TOKEN_KEYS`` is set; ``AMOCRM_PROXY`` as well.

        Args:
            account: One of several accounts of the integration; instead of ``AMOCRM_SUBDOMAIN``.
            owner: Whose tokens: the host's own user or tenant id. Then ``AMOCRM_TOKEN``, which is one person's, does not
                count.
            **options: Keyword arguments of the client.

        Raises:
            ConfigurationError: Names the variable that is missing, or ``owner`` beside a token that is somebody's already.
        """
        account = account or variable("AMOCRM_SUBDOMAIN")
        if owner is not None and (options.get("auth") or options.get("token")):
            raise ConfigurationError(
                "owner: it chooses among stored tokens; give it to OAuth(…, owner=…), or no auth"
            )
        token = os.environ.get("AMOCRM_TOKEN") if owner is None else None
        if token or options.get("auth") or options.get("token"):
            given: dict[str, Any] = options if "auth" in options else {"token": token, **options}
            return cls(account, **given)
        from amocrm_sync._sync.stores.named import named_token_store

        auth = OAuth(
            variable("AMOCRM_CLIENT_ID", alternative="AMOCRM_TOKEN"),
            variable("AMOCRM_CLIENT_SECRET"),
            variable("AMOCRM_REDIRECT_URI"),
            store=named_token_store(),
            owner=owner or DEFAULT_OWNER,
        )
        return cls(account, auth=auth, **options)

    def with_options(
        self,
        *,
        timeout: float | Unset = UNSET,
        retry: RetryPolicy | Unset | None = UNSET,
        limiter: RateLimiter | Unset | None = UNSET,
        context_user_id: int | Unset | None = UNSET,
        strict: bool | Unset = UNSET,
    ) -> Self:
        """A cheap copy with other options; closing it closes nothing.

        It shares the connection pool, the tokens and the definitions of custom fields.
        """
        changes: dict[str, Any] = {
            "timeout": timeout,
            "retry": NO_RETRY if retry is None else retry,
            "limiter": limiter,
            "context_user_id": context_user_id,
            "strict": strict,
        }
        given = {name: value for name, value in changes.items() if not isinstance(value, Unset)}
        copy = object.__new__(type(self))
        copy._settings = attrs.evolve(self._settings, **given)
        copy._fields = self._fields
        copy._shares_pool = True
        return copy

    def request(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = UNSET,
        timeout: float | None = None,
        retry: bool = True,
        priority: Priority = Priority.INTERACTIVE,
        time_left: TimeLeft | None = None,
    ) -> Any:
        """Any request of the API, with all that the typed methods have: limiter, token, retries, typed errors.

        Args:
            method: HTTP method.
            path: Path such as ``/api/v4/leads``.
            params: Query parameters; nested dicts and lists become PHP brackets.
            json: Body.
            timeout: Seconds for one attempt.
            retry: ``False`` sends once, whatever happens.
            priority: Who goes first when the rate limit makes calls wait.
            time_left: Gives the seconds in which the request may still leave, by a clock of yours. It is asked right
                before each attempt; from 0 on nothing is sent.

        Returns:
            The JSON of the answer; ``None`` for an empty one.

        Raises:
            AmoCRMError: As every call; :class:`~amocrm_sync.RequestNotSent` where its time was over.
        """
        from amocrm_sync._core.form import encode_brackets
        from amocrm_sync._core.payloads import json_or_none

        if not path.startswith("/"):
            raise ConfigurationError(
                f"path: a path from the root such as /api/v4/leads is needed, not {path!r}"
            )
        return self._engine.send(
            Call(
                method=method,
                path=path,
                template=path,
                query=encode_brackets(params or {}, escape_brackets=False),
                json=json,
                parse=json_or_none,
                timeout=timeout,
                retry=retry,
                priority=priority,
                time_left=time_left,
            )
        )

    @property
    def base_url(self) -> str:
        """``https://host`` of the account; after a move that a call has met, of where it is now."""
        return self._engine.base_url

    def unblock(self) -> None:
        """Forget that the account was blocked (after amoCRM's support has lifted it), for all who share the limiter."""
        self._engine.blocks.unblock(self._engine.account)

    @cached_property
    def _engine(self) -> Engine:
        return self._settings.engine()

    @cached_property
    def _fields(self) -> FieldRegistry:
        from amocrm_sync._sync.fields import FieldRegistry

        return FieldRegistry(self._engine)

    @cached_property
    def _core(self) -> Core:
        from amocrm_sync._sync.resources._base import Core

        return Core(engine=self._engine, fields=self._fields, strict=self._settings.strict)

    def amojo(self, channel_id: str, secret: str) -> Amojo:
        """The chats API for one channel, in this account; asks the account for its ``amojo_id``.

        Args:
            channel_id: The channel, as amoCRM's support issued it.
            secret: Its secret.
        """
        from amocrm_sync._core.amojo import amojo_url
        from amocrm_sync._sync.amojo import Amojo

        account = self.account.get(with_=["amojo_id"])
        settings = self._settings
        return Amojo(
            channel_id,
            secret,
            account_id=account.amojo_id or "",
            base_url=lambda: amojo_url(parse_account(self.base_url)),
            http_client=settings.http,
            timeout=settings.timeout or DEFAULT_TIMEOUT,
            retry=settings.retry,
            clock=settings.clock,
        )

    def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if not self._shares_pool:
            self._settings.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._settings.account.host}>"


def _authenticator(
    token: str | None,
    auth: OAuth | Authenticator | None,
    host: AccountHost,
    http: HTTP,
    clock: Clock,
) -> Authenticator:
    """Who gives the token; exactly one way must be named."""
    from amocrm_sync._sync.auth import StaticToken, TokenManager

    if (token is None) == (auth is None):
        raise ConfigurationError(
            "token or auth: give exactly one, a long-lived token or OAuth(client_id, client_secret, redirect_uri, store=…)"
        )
    if token is not None:
        return StaticToken(token, clock=clock)
    if isinstance(auth, OAuth):
        return TokenManager(auth, host, http, clock=clock)
    if not hasattr(auth, "token"):
        raise ConfigurationError(f"auth: OAuth(…) or an object with a token() method is needed, not {auth!r}")
    return auth  # type: ignore[return-value]  # an Authenticator by its shape


def _integration(token: str | None, auth: Any) -> str:
    """Which integration's share of the rate a client uses: amoCRM counts by integration."""
    if isinstance(auth, OAuth):
        return auth.client_id
    return jwt_hints(token).client_id or "" if token else ""
