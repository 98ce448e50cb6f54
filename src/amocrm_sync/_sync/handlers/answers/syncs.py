# Generated from src/amocrm_sync/_async/handlers/answers/syncs.py by tools/unasync.py: edit that file instead.
"""Syncs that are asked for: waited for as long as an answer may take, and told about after that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from amocrm_sync._core.handlers.message import json_response
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._sync.handlers.call import Call, InputErrors
from amocrm_sync._sync.handlers.runs import Run


def pipelines(call: Call) -> Any:
    """Read pipelines and their stages."""
    return _pull(call, "pipelines")


def leads(call: Call) -> Any:
    """Read leads."""
    return _pull(call, "leads", limit=call.query.limit)


def users(call: Call) -> Any:
    """Read users."""
    return _pull(call, "users")


def roles(call: Call) -> Any:
    """Read roles."""
    return _pull(call, "roles")


def contacts(call: Call) -> Any:
    """Read contacts."""
    return _pull(call, "contacts", limit=call.query.limit)


def tasks(call: Call) -> Any:
    """Read tasks."""
    query = call.query
    wanted = {"is_completed": query.is_completed, "entity_type": query.entity_type}
    filter_ = {name: value for name, value in wanted.items() if value is not None}
    return _pull(call, "tasks", limit=query.limit, filter=filter_ or None)


def everything(call: Call) -> Any:
    """Read pipelines, then leads."""
    limit = call.query.leads_limit or None

    def work(run: Run) -> Any:
        report = call.engine.pull(("pipelines",), progress=run.tell)
        report.merge(call.engine.pull(("leads",), limit=limit, progress=run.tell))
        return report

    def counted(run: Run) -> Any:
        return {name: _counts(run.report, (name,)) for name in ("pipelines", "leads")}

    return _wait(call, "all", work, counted)


def run(call: Call) -> Any:
    """One round of everything, or some entities."""
    body = call.body
    full = body is not None and body.full
    names = None if body is None or body.entities is None else tuple(body.entities)

    def work(run: Run) -> Any:
        if names is None and not full:
            return call.engine.run(progress=run.tell)
        with InputErrors():
            return call.engine.pull(names, full=full, progress=run.tell)

    return _wait(call, "run", work, Run.plain)


def progress(call: Call) -> Any:
    """How far a sync has come, whichever process on the same store was asked for it."""
    engine = None if call.connection is None else call.connection.engine
    found = call.handlers.runs.plain(call.path["id"], call.owner, engine)
    if found is None:
        raise Problem(404, "no-run", "there is no such sync of this owner's, or it is long ago")
    return found


def _pull(call: Call, entity: str, *, limit: int = 0, filter: Any = None) -> Any:
    def work(run: Run) -> Any:
        with InputErrors():
            return call.engine.pull((entity,), limit=limit or None, filter=filter, progress=run.tell)

    return _wait(call, entity, work, lambda run: run.report.as_counts())


def _wait(
    call: Call,
    kind: str,
    work: Callable[[Run], Awaitable[Any]],
    answer: Callable[[Run], Any],
) -> Any:
    """The answer, or 202 with the id to ask for it: after a while, or at once for ``Prefer: respond-async`` (RFC 7240)."""
    handlers = call.handlers
    run = handlers.runs.begin(call.owner, kind, work)
    at_once = "respond-async" in (call.request.header("prefer") or "")
    if not run.job.wait(0.0 if at_once else handlers.options.patience):
        handlers.runs.tell_others(run, call.engine)
        return json_response({"runId": run.run_id, "status": "running"}, 202)
    run.job.result()
    return answer(run)


def _counts(report: Any, names: tuple[str, ...]) -> dict[str, int]:
    parts = [part for name, part in report.entities.items() if name in names]
    return {"synced": sum(part.synced for part in parts), "errors": sum(part.errors for part in parts)}


def lead(call: Call, lead_id: int) -> Any:
    """Read one lead again."""
    return _pull(call, "leads", filter={"id": [lead_id]})
