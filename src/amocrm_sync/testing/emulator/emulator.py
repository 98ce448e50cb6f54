"""The emulator: one object that answers requests as an amoCRM account would."""

from __future__ import annotations

import random
import typing
from collections import Counter
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs
import orjson

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync.testing.emulator import foundation
from amocrm_sync.testing.emulator.changes import Changes
from amocrm_sync.testing.emulator.chats import Channel, ChannelHook
from amocrm_sync.testing.emulator.events import EventLog
from amocrm_sync.testing.emulator.hal import NO_CONTENT
from amocrm_sync.testing.emulator.hooks import Outbox
from amocrm_sync.testing.emulator.hosts import Host, place_of
from amocrm_sync.testing.emulator.http import FaultPlan, Request, Response
from amocrm_sync.testing.emulator.limits import BANNED, RateRule, Window
from amocrm_sync.testing.emulator.oauth import Client, OAuth, RefreshMode, unauthorized
from amocrm_sync.testing.emulator.refusals import NothingFound, Refusal, forbidden
from amocrm_sync.testing.emulator.routes import ROUTES
from amocrm_sync.testing.emulator.routing import Router
from amocrm_sync.testing.emulator.state import Settings, State
from amocrm_sync.testing.emulator.tables import Row, View
from amocrm_sync.testing.emulator.ui import UI
from amocrm_sync.testing.emulator.visit import Route, Visit, World

if typing.TYPE_CHECKING:
    from amocrm_sync.testing.server import Server

Card: TypeAlias = Literal["leads", "contacts", "companies", "customers"]

_ROUTERS: Final[Mapping[Host, Router]] = {
    host: Router(route for route in ROUTES if route.host == host) for host in get_args(Host)
}
_WRITES: Final = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@attrs.frozen
class Logged:
    """One request that was answered.

    Attributes:
        at: Unix seconds on the emulator's clock.
        endpoint: Which one served it, as docs/reference/coverage.md names it; empty where none was reached.
    """

    method: str
    path: str
    status: int
    at: float
    endpoint: str = ""


@attrs.frozen(kw_only=True)
class Stats:
    """Figures for assertions: refusals by the rate rule, bans, exchanged and refused tokens, requests by status."""

    requests: int
    by_status: Mapping[int, int]
    rate_limited: int
    bans: int
    refreshes: int
    token_refusals: int


class Emulator:
    """A deterministic in-memory amoCRM: the same seed and the same requests give the same bytes.

    Safe to share between threads. Everything that a test may want to see or to turn is an attribute.
    All three hosts are answered: the account's, the files' (``drive-*``) and the chats' (``amojo.*``); where all share
    one address, files are under ``/drive`` and chats under ``/amojo``.

    Args:
        seed: Decides tokens, uuids and everything else that looks random.
        clock: Where time comes from; only ``now()`` is used.
        subdomain: The account's name; any host name is answered.
        rate_limit: ``False`` never answers 429.
        rate_window: ``calendar`` counts within whole seconds, ``sliding`` within the last one.
        refresh_mode: ``strict`` ends a refresh token with its exchange (amoCRM's documentation), ``overlap``
            when its successor is used (Kommo's).
        access_ttl: Life of access tokens, seconds.
        filters_enabled: ``False`` plays an account without the paid list filters.
        client_id: The one integration that is installed; with it ``client_secret`` and ``redirect_uri``.

    Attributes:
        faults: Set to :class:`amocrm_sync.testing.Faults` to make things go wrong.
        ui: What people do in the account's own pages.
        webhooks: Outgoing webhooks; subscriptions are :attr:`subscriptions`.
        requests: What was answered, in order.
        settings: The account, and switches to turn while it runs.
        state: What is stored, for tools that fill an account; tests read the views.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        clock: Clock | None = None,
        subdomain: str = "demo",
        rate_limit: bool = True,
        rate_window: Window = "calendar",
        refresh_mode: RefreshMode = "strict",
        access_ttl: int = 86_400,
        filters_enabled: bool = True,
        client_id: str = "id",
        client_secret: str = "sec",  # noqa: S107 - a made-up secret of a made-up account
        redirect_uri: str = "https://example.com/cb",
    ) -> None:
        self.seed = seed
        self.clock: Clock = clock or SYSTEM_CLOCK
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uri = redirect_uri
        self.settings = Settings(subdomain=subdomain, filters_enabled=filters_enabled)
        self.state = State(clock=self.clock, rng=random.Random(seed), settings=self.settings)
        self.webhooks = Outbox(self.state)
        self.webhooks.on_the_way = lambda batch: self.faults.deliveries(batch) if self.faults else batch
        self.faults: FaultPlan | None = None
        self.requests: list[Logged] = []
        self._changes = Changes(self.state, EventLog(self.state), self.webhooks)
        foundation.lay(self.state, client_id)
        self._rate = RateRule(is_on=rate_limit, window=rate_window)
        self._oauth = OAuth(
            self.state,
            Client(client_id=client_id, client_secret=client_secret, redirect_uri=redirect_uri),
            mode=refresh_mode,
            access_ttl=access_ttl,
        )
        self._world = World(self.state, self._changes, self._oauth)
        self._lock = RLock()
        self._endpoint = ""
        self.ui = UI(self.state, self._changes)

    def handle(self, request: Request) -> Response:
        """Answer a request. Never raises; one request at a time."""
        faults = self.faults
        with self._lock:
            self._endpoint = ""
            response = faults.before(request) if faults else None
            if response is None:
                response = self._answer(request)
                if faults:
                    response = faults.after(request, response)
            at = self.clock.now()
            self.requests.append(Logged(request.method, request.path, response.status, at, self._endpoint))
            return response

    def load(
        self, path: str, items: Sequence[Mapping[str, Any]] | Mapping[str, Any], *, by: int | None = None
    ) -> list[Row]:
        """Put rows (or one object, where that is taken) in as ``POST path`` would, and give back the answer for each.

        No token, no limits on size or rate, no events and no webhooks: for filling an account before a test.
        ``created_at`` and ``updated_at`` are kept where given.

        Raises:
            ValueError: The rows would be refused; the message is the answer.
        """
        with self._lock:
            self._changes.is_quiet = True
            try:
                answer = orjson.loads(self._load(path, items, by).body)
            except Refusal as refusal:
                raise ValueError(refusal.response().body.decode()) from None
            finally:
                self._changes.is_quiet = False
        embedded: dict[str, list[Row]] = answer.get("_embedded") or {"": [answer]}
        return next(iter(embedded.values()))

    def seed_account(self, **figures: Any) -> None:
        """Fill a believable account; see :func:`amocrm_sync.testing.seed_account` for the figures."""
        from amocrm_sync.testing.seed import seed_account

        with self._lock:
            seed_account(self, **figures)

    def http_client(self, family: str | None = None) -> Any:
        """A client that talks to this emulator in process, for ``http_client=``; sync and async alike."""
        from amocrm_sync.testing.inprocess import http_client

        return http_client(self, family)

    def serve(self, port: int = 0, *, host: str = "127.0.0.1") -> Server:
        """A socket server of this emulator: ``with emu.serve() as server: server.base_url``."""
        from amocrm_sync.testing.server import serve

        return serve(self, port, host=host)

    def long_lived_token(self, user_id: int | None = None) -> str:
        """A long-lived token of the installed integration."""
        with self._lock:
            return self._oauth.long_lived(self._user(user_id))

    def authorization_code(self, user_id: int | None = None) -> str:
        """A code as the consent page would give it: 20 minutes, once."""
        with self._lock:
            return self._oauth.code(self._user(user_id))

    def issue_tokens(self, user_id: int | None = None) -> dict[str, Any]:
        """A pair of tokens, in the shape of the token endpoint's answer."""
        with self._lock:
            return self._oauth.pair(self._user(user_id))

    def expire_access_tokens(self) -> None:
        """End every access token now; refresh tokens and long-lived ones stay."""
        with self._lock:
            self._oauth.expire_access()

    def revoke_tokens(self) -> None:
        """End every token, as switching the integration off does."""
        with self._lock:
            self._oauth.revoke()

    def reset_limits(self) -> None:
        """Forget the requests that the rate rule has counted, and lift the ban."""
        self._rate.reset()

    def unban(self) -> None:
        """Lift the ban, as support would."""
        self._rate.unban()

    @property
    def is_banned(self) -> bool:
        """Whether everything is answered 403."""
        return self._rate.is_banned

    @property
    def stats(self) -> Stats:
        """Figures of what happened so far."""
        return Stats(
            requests=len(self.requests),
            by_status=dict(Counter(entry.status for entry in self.requests)),
            rate_limited=self._rate.refused,
            bans=self._rate.bans,
            refreshes=self._oauth.refreshes,
            token_refusals=self._oauth.refusals,
        )

    @property
    def leads(self) -> View:
        """Leads by id, without the trash."""
        return View(self.state.cards["leads"])

    @property
    def contacts(self) -> View:
        """Contacts by id, without the trash."""
        return View(self.state.cards["contacts"])

    @property
    def companies(self) -> View:
        """Companies by id, without the trash."""
        return View(self.state.cards["companies"])

    @property
    def customers(self) -> View:
        """Customers by id."""
        return View(self.state.cards["customers"])

    @property
    def tasks(self) -> View:
        """Tasks by id."""
        return View(self.state.tasks)

    @property
    def notes(self) -> View:
        """Notes of all entities by id."""
        return View(self.state.notes)

    @property
    def pipelines(self) -> View:
        """Pipelines by id."""
        return View(self.state.pipelines)

    @property
    def users(self) -> View:
        """Users by id."""
        return View(self.state.users)

    @property
    def roles(self) -> View:
        """Roles by id."""
        return View(self.state.roles)

    @property
    def loss_reasons(self) -> View:
        """Loss reasons by id."""
        return View(self.state.loss_reasons)

    @property
    def subscriptions(self) -> View:
        """Subscriptions to webhooks by id."""
        return View(self.state.subscriptions)

    @property
    def events(self) -> list[Row]:
        """The log of events, oldest first."""
        return [dict(row) for row in self.state.events]

    @property
    def chat_channel(self) -> Channel:
        """The chat channel that support has registered: ``id``, ``secret``, ``bot_id``."""
        return self.state.chats.first

    @property
    def channel_hooks(self) -> list[ChannelHook]:
        """What the channels' own webhooks were sent, signed, oldest first."""
        return list(self.state.chats.hooks)

    def trash(self, entity: Card) -> View:
        """What lies in the trash of leads, contacts or companies."""
        return View(self.state.cards[entity], trash=True)

    def custom_fields(self, entity: Card) -> View:
        """Definitions of custom fields by id."""
        return View(self.state.fields[entity])

    def stages(self, pipeline_id: int) -> dict[int, Row]:
        """A pipeline's stages by id."""
        return {stage_id: dict(row) for stage_id, row in self.state.stages[pipeline_id].items()}

    def linked(self, entity: Card, row_id: int, to: Card) -> list[int]:
        """Ids of one kind that a row is linked to, in the order in which they were linked."""
        return list(self.state.links.of((entity, row_id), to))

    def _user(self, user_id: int | None) -> int:
        return self.state.admin_id() if user_id is None else user_id

    def _load(self, path: str, items: Any, by: int | None) -> Response:
        route, params = _ROUTERS["account"].find("POST", path)
        visit = Visit(
            request=Request(
                method="POST", url=f"https://{self.settings.host}{path}", body=orjson.dumps(items)
            ),
            world=self._world,
            params=params,
            user_id=self._user(by),
            is_unlimited=True,
        )
        return route.handler(visit)

    def _answer(self, request: Request) -> Response:
        if self._rate.is_banned:
            return BANNED
        try:
            return self._route(request)
        except NothingFound:
            return NO_CONTENT
        except Refusal as refusal:
            return refusal.response()
        except Exception as error:  # noqa: BLE001 - a server answers 500, it does not fall over
            return Refusal(500, f"{type(error).__name__}: {error}").response()

    def _route(self, request: Request) -> Response:
        place = place_of(request)
        is_api = place.host == "account" and place.path.startswith("/api/")
        user_id = self._admit(request) if is_api else 0
        route, params = _ROUTERS[place.host].find(request.method, place.path)
        if not route.is_open and not is_api:
            user_id = self._admit(request, is_counted=place.host == "account")
        self._endpoint = route.id
        if is_api:
            self._check_rights(route, request, user_id)
        return route.handler(Visit(request=request, world=self._world, params=params, user_id=user_id))

    def _admit(self, request: Request, *, is_counted: bool = True) -> int:
        """Who calls: token first, then the rate rule (which is the account's own)."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise unauthorized()
        access = self._oauth.check(token.strip())
        if is_counted and (self.faults is None or self.faults.rate_limit):
            self._rate.admit(access.client_id, self.clock.now())
        return self._context_user(request, access.user_id)

    def _context_user(self, request: Request, user_id: int) -> int:
        """An administrator's grant may act as another user."""
        asked = request.headers.get("x-context-user-id")
        if asked is None:
            return user_id
        user = self.state.users.rows.get(int(asked) if asked.isdigit() else -1)
        if user is None or user["rights"]["is_free"] or not self._is_admin(user_id):
            raise forbidden()
        return int(user["id"])

    def _check_rights(self, route: Route, request: Request, user_id: int) -> None:
        if request.method in _WRITES and not self.settings.is_paid:
            raise Refusal(402, "The subscription has ended")
        if route.is_admin and not self._is_admin(user_id):
            raise forbidden()

    def _is_admin(self, user_id: int) -> bool:
        user = self.state.users.rows.get(user_id)
        return user is not None and bool(user["rights"]["is_admin"])
