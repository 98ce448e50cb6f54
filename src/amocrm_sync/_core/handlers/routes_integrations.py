"""Routes of ``/integrations/amo-crm``: the connection, the syncs, the copy, the mapping, leads and tasks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from amocrm_sync._core.handlers import shapes as common
from amocrm_sync._core.handlers import shapes_integrations as own
from amocrm_sync._core.handlers.access import OWN, PUBLIC, READ, WRITE
from amocrm_sync._core.handlers.route import Group, Need, Rate, Route
from amocrm_sync._core.handlers.routes_webhooks import webhook


def _route(name: str, method: str, path: str, summary: str, handler: str, **more: Any) -> Route:
    more.setdefault("query", common.OwnerQuery)
    return Route(
        name=name,
        method=method,
        path=path,
        group=Group.INTEGRATIONS,
        summary=summary,
        handler=handler,
        **more,
    )


def _sync(what: str, query: type[BaseModel]) -> Route:
    return _route(
        f"sync_{what}",
        "POST",
        f"/sync-{what}",
        f"Read {what} from amoCRM again",
        f"syncs:{what}",
        roles=WRITE,
        query=query,
        answer=common.Counts,
        others={202: common.RunStarted},
        rate=Rate.SYNC,
    )


def _list(what: str, query: type[BaseModel] = common.PageQuery) -> Route:
    return _route(
        f"list_{what}",
        "GET",
        f"/{what}",
        f"The stored {what}",
        f"copies:{what}",
        roles=READ,
        query=query,
        answer=common.Records,
    )


_CONNECTION = (
    _route(
        "callback",
        "GET",
        "/callback",
        "Where amoCRM sends the browser after consent",
        "consent:callback",
        roles=PUBLIC,
        query=common.CallbackQuery,
        produces="text/html",
        needs=Need.NOTHING,
        rate=Rate.AUTH,
        owning=True,
    ),
    _route(
        "exchange_api_key",
        "POST",
        "/exchange-api-key",
        "Begin the exchange of an old API key",
        "consent:exchange_api_key",
        roles=OWN,
        body=own.ApiKey,
        answer=own.Accepted,
        status=202,
        needs=Need.FLOW,
        rate=Rate.AUTH,
        owning=True,
    ),
    _route(
        "test_connection",
        "GET",
        "/test",
        "Whether the account is connected",
        "consent:test",
        roles=READ,
        answer=own.Tested,
        needs=Need.OWNER,
        camel=True,
    ),
    _route(
        "set_tokens",
        "POST",
        "/set-tokens",
        "Save tokens obtained elsewhere",
        "consent:set_tokens",
        roles=OWN,
        body=own.Tokens,
        answer=own.Tested,
        needs=Need.FLOW,
        rate=Rate.AUTH,
        development=True,
        owning=True,
        camel=True,
    ),
)

_SYNCS = (
    _sync("pipelines", common.OwnerQuery),
    _sync("leads", own.LeadsQuery),
    _sync("users", common.OwnerQuery),
    _sync("roles", common.OwnerQuery),
    _sync("contacts", own.LimitQuery),
    _sync("tasks", own.TasksSyncQuery),
    _route(
        "sync_all",
        "POST",
        "/sync-all",
        "Read pipelines, then leads, again",
        "syncs:everything",
        roles=WRITE,
        query=own.AllQuery,
        answer=own.AllCounts,
        others={202: common.RunStarted},
        rate=Rate.SYNC,
        camel=True,
    ),
)

_COPIES = (
    _list("pipelines"),
    _route(
        "list_stages",
        "GET",
        "/pipelines/{id}/stages",
        "The stored stages of a pipeline",
        "copies:stages",
        numbers=frozenset({"id"}),
        roles=READ,
        query=common.PageQuery,
        answer=common.Records,
    ),
    _list("users"),
    _list("roles"),
    _list("contacts"),
    _list("tasks", own.TasksQuery),
)

_MAPPING = (
    _route(
        "map_stage",
        "PUT",
        "/stages/{id}/mapping",
        "Say what a stage stands for",
        "stages:say",
        numbers=frozenset({"id"}),
        roles=WRITE,
        body=own.MappedStatus,
        answer=own.StageSaid,
        camel=True,
    ),
    _route(
        "suggest_mapping",
        "GET",
        "/mapping/suggestions",
        "A suggestion for every stored stage, with its reasons",
        "stages:suggestions",
        roles=READ,
        answer=own.SuggestionRows,
        camel=True,
    ),
    _route(
        "auto_apply_mapping",
        "POST",
        "/mapping/auto-apply",
        "Use every suggestion that is sure enough; what a person said stays",
        "stages:auto_apply",
        roles=WRITE,
        query=own.AutoApplyQuery,
        answer=own.Applied,
        camel=True,
    ),
)


def _lead(name: str, path: str, summary: str, handler: str, **more: Any) -> Route:
    more.setdefault("answer", own.LeadKept)
    return _route(name, "POST", path, summary, handler, roles=WRITE, rate=Rate.SYNC, camel=True, **more)


_WORK = (
    _lead(
        "create_lead", "/create-lead", "Create a lead here and in amoCRM", "leads:create", body=own.NewLead
    ),
    _lead(
        "update_lead", "/update-lead", "Change a lead here and in amoCRM", "leads:update", body=own.LeadEdit
    ),
    _lead(
        "sync_lead",
        "/sync-lead",
        "Read one lead again, by its id",
        "leads:sync",
        body=own.LeadHint,
        answer=common.Counts,
    ),
    _lead("test_lead", "/test-lead", "Create a lead to look at", "leads:test", development=True),
    _route(
        "complete_task",
        "PATCH",
        "/tasks/{id}/complete",
        "Close a task here and in amoCRM",
        "leads:complete_task",
        numbers=frozenset({"id"}),
        roles=WRITE,
        body=own.TaskResult,
        body_required=False,
        answer=own.TaskDone,
        rate=Rate.SYNC,
    ),
)

_WEBHOOKS = (
    webhook("receive_integration_webhook", "/webhook/{secret}", Group.INTEGRATIONS),
    webhook("receive_bare_webhook", "/webhook", Group.INTEGRATIONS),
)

ROUTES: tuple[Route, ...] = (*_CONNECTION, *_SYNCS, *_COPIES, *_MAPPING, *_WORK, *_WEBHOOKS)
