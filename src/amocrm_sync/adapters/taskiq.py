"""A doorbell over taskiq: a ring is a task, and the task is one look for work. Needs the extra ``taskiq``.

As with Celery, the queue carries the ring only; what has to be done is in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.sync import AsyncSyncTx, AsyncSyncWorker, WorkKind

try:
    from taskiq import AsyncBroker
except ImportError as error:
    raise ConfigurationError('taskiq is an optional dependency: pip install "amocrm-sync[taskiq]"') from error

__all__ = ["TaskiqDoorbell"]

TASK = "amocrm_sync.ring"


class TaskiqDoorbell:
    """Rings through a host's taskiq broker.

    Args:
        broker: The task ``amocrm_sync.ring`` is registered on it.
        worker: Makes the worker with the engines of the process that runs the tasks; called there, once, at the first ring.
        cron: When taskiq's scheduler rings (give it a ``LabelScheduleSource``): it finds what a lost ring has left, and
            whether a pull is due.
    """

    is_transactional = False

    def __init__(
        self, broker: AsyncBroker, worker: Callable[[], AsyncSyncWorker], *, cron: str = "* * * * *"
    ) -> None:
        made = cache(worker)

        async def ring(tenant: str | None = None, kind: str | None = None) -> None:
            await made().run_once(tenant, None if kind is None else WorkKind(kind))

        self._task: Any = broker.register_task(ring, task_name=TASK, schedule=[{"cron": cron}])

    async def ring(self, tenant: str, kind: WorkKind, *, tx: AsyncSyncTx | None = None) -> None:
        """See :class:`AsyncDoorbell`."""
        del tx
        await self._task.kiq(tenant, kind.value)
