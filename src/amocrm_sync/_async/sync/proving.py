"""Proof before a tombstone: rows that a complete reading did not meet are asked for by their ids, and counted first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from amocrm_sync._async.sync.context import AsyncSyncContext
from amocrm_sync._async.sync.reread import Reread, read_again
from amocrm_sync._core.call import Priority
from amocrm_sync._core.entities import Stream
from amocrm_sync._core.sync.records import ABSENT
from amocrm_sync._core.sync.reports import SyncReport

_ALWAYS_FINE: Final = 100
"""So many deletions are no reason to stop, however few rows there are."""
_A_FEW: Final = 10
_HALF: Final = 0.5


async def bury(
    context: AsyncSyncContext, stream: Stream, remote_ids: Sequence[str], report: SyncReport
) -> None:
    """Delete those of the records that are proven gone, and store what is there of the others.

    Too many at once is rather a change of rights or of the account: then nothing is deleted, and it is reported.
    """
    size, name = context.config.hint_batch, stream.entity.name
    async with context.tx(write=False) as tx:
        total = await tx.records.count(name, {})
    found: list[Reread] = []
    for start in range(0, len(remote_ids), size):
        batch = remote_ids[start : start + size]
        found.append(await read_again(context, stream, batch, report, Priority.BACKGROUND))
        if _is_too_much(found, total, context.config.brake):
            lost = sum(len(answer.missing) for answer in found)
            report.fail(name, "reconcile", _warning(name, lost, total))
            return
    for answer in found:
        async with context.tx() as tx:
            events = await answer.apply(context, tx, stream, report)
        await context.listeners.tell(events)


def _is_too_much(found: Sequence[Reread], total: int, brake: float) -> bool:
    """Whether a person should look first.

    What lies in the trash was deleted by somebody. Rows that merely cannot be seen any more are suspicious even where
    they are few, if they are half of all there are.
    """
    lost = sum(len(answer.missing) for answer in found)
    unseen = sum(reason == ABSENT for answer in found for reason in answer.missing.values())
    return lost > max(_ALWAYS_FINE, int(total * brake)) or unseen > max(_A_FEW, int(total * _HALF))


def _warning(name: str, lost: int, total: int) -> str:
    return (
        f"at least {lost} of {total} {name} are not in amoCRM any more; none was marked as deleted. "
        "Check the rights of the token's user, then delete them in amoCRM or raise SyncConfig(brake=…)"
    )
