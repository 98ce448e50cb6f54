"""Syncs that are asked for: waited for as long as an answer may take, and told about after that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from amocrm_sync._async.handlers.call import AsyncCall, InputErrors
from amocrm_sync._async.handlers.runs import AsyncRun
from amocrm_sync._core.handlers.message import json_response
from amocrm_sync._core.handlers.problem import Problem


async def pipelines(call: AsyncCall) -> Any:
    """Read pipelines and their stages."""
    return await _pull(call, "pipelines")


async def leads(call: AsyncCall) -> Any:
    """Read leads."""
    return await _pull(call, "leads", limit=call.query.limit)


async def users(call: AsyncCall) -> Any:
    """Read users."""
    return await _pull(call, "users")


async def roles(call: AsyncCall) -> Any:
    """Read roles."""
    return await _pull(call, "roles")


async def contacts(call: AsyncCall) -> Any:
    """Read contacts."""
    return await _pull(call, "contacts", limit=call.query.limit)


async def tasks(call: AsyncCall) -> Any:
    """Read tasks."""
    query = call.query
    wanted = {"is_completed": query.is_completed, "entity_type": query.entity_type}
    filter_ = {name: value for name, value in wanted.items() if value is not None}
    return await _pull(call, "tasks", limit=query.limit, filter=filter_ or None)


async def everything(call: AsyncCall) -> Any:
    """Read pipelines, then leads."""
    limit = call.query.leads_limit or None

    async def work(run: AsyncRun) -> Any:
        report = await call.engine.pull(("pipelines",), progress=run.tell)
        report.merge(await call.engine.pull(("leads",), limit=limit, progress=run.tell))
        return report

    def counted(run: AsyncRun) -> Any:
        return {name: _counts(run.report, (name,)) for name in ("pipelines", "leads")}

    return await _wait(call, "all", work, counted)


async def run(call: AsyncCall) -> Any:
    """One round of everything, or some entities."""
    body = call.body
    full = body is not None and body.full
    names = None if body is None or body.entities is None else tuple(body.entities)

    async def work(run: AsyncRun) -> Any:
        if names is None and not full:
            return await call.engine.run(progress=run.tell)
        with InputErrors():
            return await call.engine.pull(names, full=full, progress=run.tell)

    return await _wait(call, "run", work, AsyncRun.plain)


async def progress(call: AsyncCall) -> Any:
    """How far a sync has come, whichever process on the same store was asked for it."""
    engine = None if call.connection is None else call.connection.engine
    found = await call.handlers.runs.plain(call.path["id"], call.owner, engine)
    if found is None:
        raise Problem(404, "no-run", "there is no such sync of this owner's, or it is long ago")
    return found


async def _pull(call: AsyncCall, entity: str, *, limit: int = 0, filter: Any = None) -> Any:
    async def work(run: AsyncRun) -> Any:
        with InputErrors():
            return await call.engine.pull((entity,), limit=limit or None, filter=filter, progress=run.tell)

    return await _wait(call, entity, work, lambda run: run.report.as_counts())


async def _wait(
    call: AsyncCall,
    kind: str,
    work: Callable[[AsyncRun], Awaitable[Any]],
    answer: Callable[[AsyncRun], Any],
) -> Any:
    """The answer, or 202 with the id to ask for it: after a while, or at once for ``Prefer: respond-async`` (RFC 7240)."""
    handlers = call.handlers
    run = handlers.runs.begin(call.owner, kind, work)
    at_once = "respond-async" in (call.request.header("prefer") or "")
    if not await run.job.wait(0.0 if at_once else handlers.options.patience):
        await handlers.runs.tell_others(run, call.engine)
        return json_response({"runId": run.run_id, "status": "running"}, 202)
    run.job.result()
    return answer(run)


def _counts(report: Any, names: tuple[str, ...]) -> dict[str, int]:
    parts = [part for name, part in report.entities.items() if name in names]
    return {"synced": sum(part.synced for part in parts), "errors": sum(part.errors for part in parts)}


async def lead(call: AsyncCall, lead_id: int) -> Any:
    """Read one lead again."""
    return await _pull(call, "leads", filter={"id": [lead_id]})
