"""What is noted down of a sync that takes long, in the sync log of its tenant: every process on that store can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amocrm_sync._core.sync.reports import SyncLogEntry

if TYPE_CHECKING:  # who mounts webhooks alone loads no engine
    from amocrm_sync._async.sync.context import AsyncSyncContext

OPERATION = "run"
"""The name of these rows in the sync log; the newest one of a run holds."""
BEAT = 10.0
"""Seconds between two rows of a run that goes on."""
SILENCE = 60.0
"""Seconds without a row after which the process of a run counts as dead."""
_STATUS = {"running": "running", "done": "ok", "failed": "error"}
_GONE = "the process that ran it has not been heard of for {seconds:.0f} s; what it had stored by then stays stored"


def context_of(engine: Any) -> AsyncSyncContext | None:
    """The parts of an engine; ``None`` for a host's own, whose runs are known to their process only."""
    context: AsyncSyncContext | None = getattr(engine, "_context", None)
    return context


async def note_down(context: AsyncSyncContext, owner: str, plain: dict[str, Any]) -> None:
    """Append how a run stands."""
    now = context.clock.now()
    entry = SyncLogEntry(
        run_id=plain["run_id"],
        at=now,
        operation=OPERATION,
        entity="",
        status=_STATUS[plain["status"]],
        details={"owner": owner, **plain},
        seconds=now - plain["started_at"],
    )
    async with context.tx(lock=False) as tx:
        await tx.log.add([entry])


async def read_note(context: AsyncSyncContext, owner: str, run_id: str) -> dict[str, Any] | None:
    """How a run of any process stood last, if it is this owner's."""
    async with context.tx(write=False) as tx:
        rows = await tx.log.list(1, run_id=run_id)
    if not rows or rows[0].operation != OPERATION or rows[0].details.get("owner") != owner:
        return None
    plain = {name: value for name, value in rows[0].details.items() if name != "owner"}
    silence = context.clock.now() - rows[0].at
    if plain["status"] == "running" and silence > SILENCE:
        plain |= {"status": "failed", "finished_at": rows[0].at, "error": _GONE.format(seconds=silence)}
    return plain
