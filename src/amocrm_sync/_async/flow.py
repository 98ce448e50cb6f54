"""The OAuth flow of a host: from the consent page to a stored connection."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from amocrm_sync._async._primitives import shielded
from amocrm_sync._async.blocks import block_register
from amocrm_sync._async.connected import AsyncConnected
from amocrm_sync._async.consents import AsyncConsents
from amocrm_sync._async.exchange import PHASES, AsyncExchange, post
from amocrm_sync._async.protocols import AsyncRateLimiter, AsyncStateStore, AsyncTokenStore
from amocrm_sync._async.stores.states import AsyncMemoryStateStore
from amocrm_sync._clock import SYSTEM_CLOCK, SYSTEM_RANDOM, Clock, Random
from amocrm_sync._core.callback import Params, read_callback
from amocrm_sync._core.connection import AuthorizationRequest, Connection, connection_of
from amocrm_sync._core.disposable import (
    Audience,
    BotToken,
    DisposableToken,
    parse_bot_token,
    parse_disposable_token,
)
from amocrm_sync._core.external import ExternalIntegration
from amocrm_sync._core.hosts import consent_origin, trusted_account
from amocrm_sync._core.oauth import (
    LEASE_SECONDS,
    Mode,
    OAuth,
    TokenPair,
    api_key_request,
    authorization_url,
    read_api_key_reply,
)
from amocrm_sync._core.store_colour import expect_store
from amocrm_sync._core.token_life import record_of
from amocrm_sync._core.tokens import DEFAULT_OWNER
from amocrm_sync._http import AsyncHTTP, Failure
from amocrm_sync.errors import ConfigurationError, OAuthError, TransportError

EXCHANGE_SECONDS = (LEASE_SECONDS - 5) / PHASES


class AsyncOAuthFlow(AsyncConnected):
    """Connects accounts of one integration and keeps their tokens in a store.

    ::

        flow = AsyncOAuthFlow(client_id, client_secret, redirect_uri, store=AsyncFileTokenStore("tokens.json"))
        request = await flow.authorization_url(owner="user-42")     # send the browser to request.url
        connection = await flow.handle_callback(query_parameters)   # at redirect_uri

    ``owner`` is the host's own user or tenant id; each owner has a connection of their own. ``account`` is needed only
    where one owner has connected several accounts: without it, the account connected last is meant.

    Args:
        client_id: The integration's id.
        client_secret: Its secret.
        redirect_uri: Exactly as registered.
        store: Where token pairs are kept.
        domain: ``amocrm.ru`` or ``kommo.com``: whose consent page; or the origin of an emulator.
        http_client: A client of httpx or httpx2 that you own; it is never closed here.
        proxy: Address of a proxy, where no ``http_client`` is given; else ``AMOCRM_PROXY``.
        states: Where states are kept; share it between processes if callbacks may reach any of them.
        lease_seconds: See :class:`OAuth`.
        limiter: The rate limiter that the host's clients share: :meth:`status` knows of the bans that any of them met.
        clock: Where time comes from.
        random: Spreads the polls of those who wait for another process.
        make_state: Makes an unguessable state.

    Raises:
        ConfigurationError: An argument is wrong; the message names it.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        *,
        store: AsyncTokenStore,
        domain: str = "amocrm.ru",
        http_client: Any = None,
        proxy: str | None = None,
        states: AsyncStateStore | None = None,
        lease_seconds: float = LEASE_SECONDS,
        limiter: AsyncRateLimiter | None = None,
        clock: Clock = SYSTEM_CLOCK,
        random: Random = SYSTEM_RANDOM,
        make_state: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        kept = expect_store(store, "AsyncTokenStore")
        origin = consent_origin(domain)
        super().__init__(
            OAuth(client_id, client_secret, redirect_uri, store=kept, lease_seconds=lease_seconds),
            store,
            AsyncHTTP.open(http_client, base_url=origin, proxy=proxy),
            origin=origin,
            blocks=block_register(limiter, clock),
            clock=clock,
            random=random,
        )
        self._consents = AsyncConsents(states or AsyncMemoryStateStore(), clock, make_state)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._oauth.client_id} {self._origin}>"

    @property
    def origin(self) -> str:
        """Where users consent, e.g. ``https://www.amocrm.ru``, or an emulator."""
        return self._origin

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the HTTP client if it is ours."""
        await self._http.aclose()

    async def authorization_url(
        self, owner: str = DEFAULT_OWNER, mode: Mode = "popup"
    ) -> AuthorizationRequest:
        """Where to send the user for consent. The state in it works once, for 20 minutes, for this owner.

        Args:
            owner: Whom the connection is for.
            mode: ``popup``: the redirect happens in the main window; ``post_message``: in the opened one.
        """
        state = await self._consents.begin(owner)
        return AuthorizationRequest(
            authorization_url(self._oauth.client_id, state, origin=self._origin, mode=mode), state
        )

    async def handle_callback(
        self, params: Params, *, owner: str | None = None, accept_installs: bool = False
    ) -> Connection:
        """Check the callback, exchange its code, save the tokens.

        Args:
            params: All query parameters that came to ``redirect_uri``.
            owner: Who is signed in at the host now; then a state that was made for another owner is refused.
            accept_installs: Take the hook of an installed widget (``from_widget``), which has no state and which
                anybody can send: the connection's owner is then the account's host, so that it is in nobody's way.

        Raises:
            StateMismatch: The state is unknown, already used, expired, or another owner's; nothing was sent.
            OAuthError: The user declined, the account's host is not amoCRM's, or the code was refused.
        """
        callback = read_callback(params)
        account = trusted_account(callback.referer, self._origin)
        if callback.client_id not in (None, self._oauth.client_id):
            raise OAuthError("the callback is for another integration (client_id)")
        if accept_installs and callback.from_widget and callback.state is None:
            whose = account.host
        else:
            whose = await self._consents.end(callback, account, signed_in=owner)
        return await self.exchange_code(callback.code, account=account.base_url, owner=whose)

    async def exchange_code(self, code: str, *, account: str, owner: str = DEFAULT_OWNER) -> Connection:
        """Exchange a code (of a callback, or copied from the integration's window) and save the tokens.

        Raises:
            OAuthError: The code was refused; the message names the cause and the fix.
            TransportError: No answer. The code may be used up; try once more, then consent again.
        """
        exchange = self._exchange(self._account(account), owner)

        async def spend() -> Connection:
            pair = await exchange.send("authorization_code", code, seconds=EXCHANGE_SECONDS)
            if not isinstance(pair, TokenPair):
                raise pair
            return await self._connect(exchange, pair)

        return await shielded(spend)

    async def set_tokens(
        self,
        access_token: str,
        refresh_token: str,
        *,
        account: str,
        owner: str = DEFAULT_OWNER,
        expires_in: float = 86400,
    ) -> Connection:
        """Save a pair that was obtained elsewhere (development, migration from another library).

        Do not go on using the pair elsewhere: a refresh token works once.

        Args:
            access_token: The access token.
            refresh_token: The refresh token that belongs to it.
            account: ``mycompany``, ``mycompany.kommo.com``, or an origin.
            owner: Whom the connection is for.
            expires_in: Seconds that the access token has left.
        """
        for name, value in (("access_token", access_token), ("refresh_token", refresh_token)):
            if not value or value != "".join(value.split()):
                raise ConfigurationError(f"{name}: it is empty or has spaces in it")
        pair = TokenPair(access_token, refresh_token, self._clock.now() + expires_in)
        return await self._connect(self._exchange(self._account(account), owner), pair)

    async def exchange_api_key(
        self, login: str, api_key: str, *, account: str, owner: str = DEFAULT_OWNER
    ) -> None:
        """Begin the exchange of a user's old API key; the code comes to ``redirect_uri`` within minutes.

        Give that callback to :meth:`handle_callback`: it is accepted, with or without a state, only while this
        exchange is pending.

        Raises:
            OAuthError: Refused: wrong key, integration not installed, or tried less than 5 minutes ago.
        """
        host = self._account(account)
        state = await self._consents.begin_exchange(host, owner)
        request = api_key_request(self._oauth, host, login, api_key, state)
        outcome = await post(self._http, request, EXCHANGE_SECONDS)
        if isinstance(outcome, Failure):
            raise TransportError(f"no answer to the exchange of the API key: {outcome.reason}")
        error = read_api_key_reply(outcome, host.host)
        if error is not None:
            await self._consents.cancel_exchange(host, state)
            raise error

    async def button_url(
        self, integration: ExternalIntegration, owner: str = DEFAULT_OWNER, mode: Mode = "popup"
    ) -> AuthorizationRequest:
        """Where to send a user whose account shall get an integration of its own (the "external" one of a button).

        amoCRM sends its keys to ``secrets_uri`` first (:func:`read_secrets`), then the user with a code. The code is
        exchanged with these keys, by a flow that is made with them and shares this flow's ``states``.
        """
        state = await self._consents.begin(owner)
        return AuthorizationRequest(integration.url(state, origin=self._origin, mode=mode), state)

    def parse_disposable_token(self, token: str) -> DisposableToken:
        """Who calls from a widget's page (header ``X-Auth-Token``), if every claim of the token is right.

        Raises:
            OAuthError: One is not; the message names it.
        """
        return parse_disposable_token(token, self._audience, self._clock.now())

    def parse_bot_token(self, token: str) -> BotToken:
        """Which record a bot's request is about (field ``token`` of its body), if every claim is right.

        Raises:
            OAuthError: One is not; the message names it.
        """
        return parse_bot_token(token, self._audience, self._clock.now())

    @property
    def _audience(self) -> Audience:
        oauth = self._oauth
        return Audience(oauth.client_id, oauth.client_secret, oauth.redirect_uri, self._origin)

    async def _connect(self, exchange: AsyncExchange, pair: TokenPair) -> Connection:
        """Save a new pair; the directory first, so that the tokens can be found by their owner alone."""
        host, owner = exchange.account, exchange.key.owner
        now = self._clock.now()
        self._managers.pop((host.host, owner), None)
        record = record_of(pair, now, domain=host.host)
        try:
            await self._directory.enter(owner, host, now)
        finally:
            record = await exchange.adopt(record)
        return connection_of(record, owner, host)
