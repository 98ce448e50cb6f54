"""A doorbell over procrastinate: a ring is a job on PostgreSQL. Needs the extra ``procrastinate``.

The job carries the ring only; what has to be done is in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.sync import AsyncSyncTx, AsyncSyncWorker, WorkKind

try:
    from procrastinate import App
    from procrastinate.exceptions import AlreadyEnqueued
except ImportError as error:
    raise ConfigurationError(
        'procrastinate is an optional dependency: pip install "amocrm-sync[procrastinate]"'
    ) from error

__all__ = ["ProcrastinateDoorbell"]

TASK = "amocrm_sync.ring"


class ProcrastinateDoorbell:
    """Rings through a host's procrastinate application. Rings of one tenant and kind that wait are one job.

    Args:
        app: The task ``amocrm_sync.ring`` is registered on it.
        worker: Makes the worker with the engines of the process that runs the jobs; called there, once, at the first ring.
        cron: When to look though nobody has rung: what a lost ring has left, and whether a pull is due.
        queue: The queue of the jobs.
    """

    is_transactional = False

    def __init__(
        self,
        app: App,
        worker: Callable[[], AsyncSyncWorker],
        *,
        cron: str = "* * * * *",
        queue: str = "amocrm_sync",
    ) -> None:
        made = cache(worker)

        @app.task(name=TASK, queue=queue)
        async def ring(tenant: str, kind: str) -> None:
            await made().run_once(tenant, WorkKind(kind))

        @app.periodic(cron=cron)
        @app.task(name=f"{TASK}.sweep", queue=queue)
        async def sweep(timestamp: int) -> None:
            del timestamp
            await made().run_once()

        del sweep
        self._task = ring

    async def ring(self, tenant: str, kind: WorkKind, *, tx: AsyncSyncTx | None = None) -> None:
        """See :class:`AsyncDoorbell`."""
        del tx
        waiting = self._task.configure(queueing_lock=f"{tenant}:{kind.value}")
        try:
            await waiting.defer_async(tenant=tenant, kind=kind.value)
        except AlreadyEnqueued:
            return
