"""Routes of ``/admin/crm``: what an administration page needs."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers import shapes as common
from amocrm_sync._core.handlers import shapes_admin as own
from amocrm_sync._core.handlers.access import OWN, PUBLIC, READ, WRITE
from amocrm_sync._core.handlers.route import Group, Need, Rate, Route


def _route(name: str, method: str, path: str, summary: str, handler: str, **more: Any) -> Route:
    more.setdefault("query", common.OwnerQuery)
    return Route(
        name=name, method=method, path=path, group=Group.ADMIN, summary=summary, handler=handler, **more
    )


_CONNECTION = (
    _route(
        "get_config",
        "GET",
        "/config",
        "The settings; of secrets only whether they are set",
        "config:show",
        roles=OWN,
        answer=own.ConfigAnswer,
        needs=Need.OWNER,
        owning=True,
    ),
    _route(
        "put_config",
        "PUT",
        "/config",
        "Change settings; the running engine follows",
        "config:change",
        roles=OWN,
        body=own.ConfigBody,
        answer=own.ConfigAnswer,
        needs=Need.OWNER,
        owning=True,
    ),
    _route(
        "get_auth_url",
        "GET",
        "/auth-url",
        "Where to send the browser for consent",
        "consent:auth_url",
        roles=OWN,
        query=own.AuthUrlQuery,
        answer=common.AuthUrl,
        needs=Need.FLOW,
        rate=Rate.AUTH,
        owning=True,
    ),
    _route(
        "admin_callback",
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
        "exchange_code",
        "POST",
        "/exchange-code",
        "Connect with a code copied from a private integration",
        "consent:paste_code",
        roles=OWN,
        body=own.PastedCode,
        answer=own.ConnectionState,
        needs=Need.FLOW,
        rate=Rate.AUTH,
        owning=True,
    ),
    _route(
        "get_status",
        "GET",
        "/status",
        "The state of the connection, for a badge",
        "consent:status",
        roles=READ,
        answer=own.ConnectionState,
        needs=Need.OWNER,
    ),
    _route(
        "get_account",
        "GET",
        "/account",
        "Which account is connected, and as whom",
        "live:account",
        roles=READ,
        answer=own.AccountCard,
        needs=Need.CLIENT,
    ),
    _route(
        "disconnect",
        "POST",
        "/disconnect",
        "Forget the tokens",
        "consent:disconnect",
        roles=OWN,
        answer=own.Disconnected,
        needs=Need.FLOW,
        rate=Rate.AUTH,
        owning=True,
    ),
    _route(
        "get_session",
        "GET",
        "/session",
        "Who is signed in, and the token that unsafe requests of the page bring",
        "config:session",
        roles=READ,
        answer=own.Session,
        needs=Need.NOTHING,
    ),
)

_LIVE = tuple(
    _route(
        f"live_{what}",
        "GET",
        f"/{what}",
        f"{what.capitalize()} as amoCRM has them now",
        f"live:{what}",
        roles=READ,
        query=own.LiveQuery,
        answer=common.Live,
        needs=Need.CLIENT,
    )
    for what in ("contacts", "leads", "pipelines")
)

_SYNC = (
    _route("get_sync_log", "GET", "/sync/log", "What was synced, newest first", "panel:log", roles=READ, query=own.LogQuery, answer=own.LogRows),
    _route("get_stats", "GET", "/stats", "Counts of the local store, queues and lag", "panel:stats", roles=READ, answer=own.Stats),
    _route("get_activity", "GET", "/activity", "Who did what, newest first", "panel:activity", roles=READ, query=own.ActivityQuery, answer=own.OpenRows, feature="activity"),
    _route("list_conflicts", "GET", "/conflicts", "Edits that contradict each other", "panel:conflicts", roles=READ, query=own.ConflictsQuery, answer=own.OpenRows, feature="conflicts"),
    _route("resolve_conflict", "POST", "/conflicts/{id}/resolve", "Decide a conflict", "panel:resolve", numbers=frozenset({"id"}), roles=WRITE, body=own.Resolution, answer=common.Message, feature="conflicts"),
    _route("list_dead_letters", "GET", "/dead-letters", "Edits that wait for a person", "panel:dead_letters", roles=READ, answer=own.DeadLetters),
    _route("requeue_dead_letter", "POST", "/dead-letters/{id}/requeue", "Send an edit again", "panel:requeue", numbers=frozenset({"id"}), roles=WRITE, answer=own.OneDeadLetter),
    _route("discard_dead_letter", "POST", "/dead-letters/{id}/discard", "Give up an edit", "panel:discard", numbers=frozenset({"id"}), roles=WRITE, answer=own.OneDeadLetter),
    _route("run_sync", "POST", "/sync", "Sync now", "syncs:run", roles=WRITE, body=own.SyncBody, body_required=False, answer=own.Run, others={202: common.RunStarted}, rate=Rate.SYNC),
    _route("get_run", "GET", "/sync/runs/{id}", "How far a sync has come", "syncs:progress", roles=READ, answer=own.Run, needs=Need.OWNER),
)  # fmt: skip

_DATA = (
    _route("get_mapping", "GET", "/mapping", "What each stage stands for", "stages:show", roles=READ, answer=own.MappedRows),
    _route("put_mapping", "PUT", "/mapping", "Map stages, all in one step", "stages:change", roles=WRITE, body=own.MappingBody, answer=own.MappedRows, camel=True),
    _route("list_records", "GET", "/records/{entity}", "Stored records", "copies:records", roles=READ, query=common.PageQuery, answer=common.Records),
    _route("create_record", "POST", "/records/{entity}", "Store a new record, to be sent later", "copies:create", roles=WRITE, body=own.RecordBody, answer=common.OneRecord, status=201),
    _route("get_record", "GET", "/records/{entity}/{id}", "One record, by our id or amoCRM's", "copies:get", roles=READ, answer=common.OneRecord),
    _route("update_record", "PATCH", "/records/{entity}/{id}", "Change fields, to be sent later", "copies:update", roles=WRITE, body=own.RecordBody, answer=common.OneRecord),
    _route("delete_record", "DELETE", "/records/{entity}/{id}", "Delete a record here", "copies:delete", roles=WRITE, answer=common.OneRecord),
)  # fmt: skip

ROUTES: tuple[Route, ...] = (*_CONNECTION, *_LIVE, *_SYNC, *_DATA)
