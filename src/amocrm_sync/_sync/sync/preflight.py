# Generated from src/amocrm_sync/_async/sync/preflight.py by tools/unasync.py: edit that file instead.
"""Looking at an account before it is synced: what it allows, how large it is. Everything here only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._core.call import Priority
from amocrm_sync._core.doctor import Finding
from amocrm_sync._core.entities import ENTITIES, Entity, Stream, entity_named
from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.sync.communications import COMMUNICATIONS
from amocrm_sync._core.sync.preflight import (
    Preflight,
    judge_entity,
    judge_events,
    judge_filters,
    judge_marker,
    judge_rights,
    judge_trash,
    judge_webhooks,
    requests_of,
)
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.reports import SyncReport
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.failures import FATAL
from amocrm_sync._sync.sync.lists import catalogs_with_products
from amocrm_sync._sync.sync.protocols import PageQuery
from amocrm_sync._sync.sync.setup import MARKED
from amocrm_sync.errors import AmoCRMError, ConfigurationError
from amocrm_sync.webhooks.settings import SETTINGS

_GROWTH = 4
"""Each further look for the end of a list goes so many times as deep."""
_SHARE = 0.1
"""How exactly the end of a list is looked for."""


class Survey:
    """Looks at the account of an engine."""

    def __init__(self, context: SyncContext) -> None:
        self._context = context
        self._findings: list[Finding] = []
        self._rows: dict[str, int] = {}
        self._requests = 0

    @property
    def _entities(self) -> tuple[str, ...]:
        return self._context.config.entities

    def run(self, webhook_url: str | None, *, sizes: bool) -> Preflight:
        """See :meth:`SyncEngine.preflight`."""
        account = self._account()
        if account is not None:
            self._tenant()
            self._findings.append(judge_filters(account))
            self._rights(account)
            for name in self._entities:
                self._entity(entity_named(name), sizes=sizes)
            self._events()
            self._markers()
            self._webhooks(webhook_url)
        return Preflight(
            account=self._context.crm.account,
            account_id=None if account is None else account.get("id"),
            findings=tuple(self._findings),
            rows=self._rows,
            requests=self._requests,
        )

    def _account(self) -> Row | None:
        try:
            found = look(self._context, "/api/v4/account", {"with": "is_api_filter_enabled"})
        except ConfigurationError:
            raise
        except AmoCRMError as error:
            fix = "amocrm-sync auth doctor finds the cause"
            self._findings.append(Finding("account", "trouble", str(error), fix))
            return None
        self._findings.append(
            Finding("account", "ok", f"{found.get('name') or found.get('subdomain')} answers")
        )
        return found

    def _tenant(self) -> None:
        """Whether the store's tenant is this account's."""
        try:
            self._context.open()
        except ConfigurationError as error:
            fix = "give this account a name of its own in the store, or go back to the account that it is"
            self._findings.append(Finding("store", "trouble", str(error), fix))
        else:
            says = f"keeps this account as tenant {self._context.tenant!r}"
            self._findings.append(Finding("store", "ok", says))

    def _rights(self, account: Row) -> None:
        try:
            user = look(self._context, f"/api/v4/users/{account.get('current_user_id')}", {})
        except AmoCRMError:
            user = {}
        self._findings += judge_rights(user if "rights" in user else None, self._entities)

    def _entity(self, entity: Entity, *, sizes: bool) -> None:
        """Whether its lists can be read, and how long they are."""
        refusal: AmoCRMError | None = None
        rows = 0
        try:
            for stream in self._streams(entity):
                found = self._size(stream, sizes=sizes)
                rows += found
                self._requests += requests_of(entity, found, self._context.config.page_size)
        except AmoCRMError as error:
            refusal = error
            if isinstance(error, FATAL) and not entity.optional:
                raise
        self._findings.append(judge_entity(entity, refusal))
        if sizes and refusal is None:
            self._rows[entity.name] = rows
        if entity.has_trash and refusal is None:
            self._trash(entity)

    def _streams(self, entity: Entity) -> tuple[Stream, ...]:
        if entity.within is None:
            return entity.streams
        unkept = SyncReport(kind="preflight", run_id="", started_at=0.0)
        return catalogs_with_products(self._context, entity, unkept)

    def _size(self, stream: Stream, *, sizes: bool) -> int:
        """Rows of a list, exactly if it is one page, else as far as a row was found where it was looked for."""
        limit = None if stream.entity.page_limit is None else self._context.config.page_size
        page = self._context.crm.page(stream, PageQuery(limit=limit if sizes or limit is None else 1))
        if not sizes or limit is None or not page.has_next:
            return len(page.rows)
        there, beyond = len(page.rows), len(page.rows) * _GROWTH
        while self._has(stream, beyond):
            there, beyond = beyond, beyond * _GROWTH
        while beyond - there > max(limit, there * _SHARE):
            middle = (there + beyond) // 2
            if self._has(stream, middle):
                there = middle
            else:
                beyond = middle
        return there

    def _has(self, stream: Stream, place: int) -> bool:
        """Whether a list has a row at that place; one that is too deep to be asked for counts as none."""
        try:
            page = self._context.crm.page(stream, PageQuery(limit=1, page=place))
        except FATAL:
            raise
        except AmoCRMError:
            return False
        return bool(page.rows)

    def _trash(self, entity: Entity) -> None:
        rows: list[Row] = []
        refusal: AmoCRMError | None = None
        try:
            rows = (self._context.crm.page(entity.streams[0], PageQuery(limit=1, trash=True))).rows
        except AmoCRMError as error:
            refusal = error
        self._findings.append(judge_trash(entity.name, rows, refusal))

    def _events(self) -> None:
        refusal: AmoCRMError | None = None
        if self._context.config.events:
            now = int(self._context.clock.now())
            try:
                self._context.crm.events(now - 1, now, 1)
            except AmoCRMError as error:
                refusal = error
        self._findings.append(judge_events(refusal, wanted=self._context.config.events))

    def _markers(self) -> None:
        name = self._context.config.marker
        for entity in MARKED:
            if entity not in self._entities:
                continue
            kind: str | None = None
            refusal: AmoCRMError | None = None
            try:
                fields = [] if name is None else self._context.crm.fields(entity_named(entity))
            except AmoCRMError as error:
                refusal = error
            else:
                named = [field for field in fields if name in (field.get("code"), field.get("name"))]
                kind = str(named[0].get("type")) if named else None
            marks = self._context.marks.get(entity, ())
            self._findings.append(judge_marker(entity, name, kind, refusal, marks[0] if marks else None))

    def _webhooks(self, url: str | None) -> None:
        hooks: list[Row] | None = None
        refusal: AmoCRMError | None = None
        try:
            answer = look(self._context, "/api/v4/webhooks", {})
            hooks = objects_in(as_object(answer.get("_embedded")).get("webhooks"))
        except AmoCRMError as error:
            refusal = error
        self._findings.append(judge_webhooks(hooks, settings_for(self._entities), url, refusal))


def look(
    context: SyncContext,
    path: str,
    params: Mapping[str, Any],
    priority: Priority = Priority.INTERACTIVE,
) -> Row:
    """The JSON object that a GET of any path answers; an empty one where the answer is empty.

    Raises:
        ConfigurationError: The engine has no client.
    """
    if context.caller is None:
        raise ConfigurationError("client: give SyncEngine an AmoCRM client to look at its account")
    return as_object(context.caller.request("GET", path, params=dict(params), priority=priority))


def settings_for(entities: Iterable[str]) -> set[str]:
    """The subscriptions that tell of every change of some entities."""
    names = set(entities)
    wanted = {
        setting
        for name in names
        for setting in SETTINGS.get(ENTITIES[name].singular, ())
        if not setting.startswith("note_")
    }
    if names & {"notes", COMMUNICATIONS}:
        wanted |= {f"note_{ENTITIES[parent].singular}" for parent in ENTITIES["notes"].parents}
    if COMMUNICATIONS in names:
        wanted |= {*SETTINGS["message"], *SETTINGS["talk"]}
    return wanted
