"""A doorbell over Celery: a ring is a task, and the task is one look for work. Needs the extra ``celery``.

::

    # tasks.py of the host, imported by web processes and by ``celery -A tasks worker --beat``
    bell = CeleryDoorbell(app, make_worker)
    engine = SyncEngine(amo, store, doorbell=bell)

Celery carries the ring only. What has to be done, by whom, and whether it is done, is in the store; so its visibility
timeout, its doubled and lost tasks and its missing order cannot hurt.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.sync import SyncTx, SyncWorker, WorkKind

try:
    from celery import Celery  # type: ignore[import-untyped]  # it ships no types
except ImportError as error:
    raise ConfigurationError('Celery is an optional dependency: pip install "amocrm-sync[celery]"') from error

__all__ = ["CeleryDoorbell"]

TASK = "amocrm_sync.ring"


class CeleryDoorbell:
    """Rings through a host's Celery application.

    Args:
        app: The application. The task ``amocrm_sync.ring`` is registered on it, and a beat that sweeps.
        worker: Makes the worker with the engines of the process that runs the tasks; called there, once, at the first ring.
        sweep: Seconds between two rings of beat, which find what a lost ring has left and when the next pull is due.
        delay: Seconds from a ring to its task, so that what comes together is done together.
    """

    is_transactional = False

    def __init__(
        self, app: Celery, worker: Callable[[], SyncWorker], *, sweep: float = 30.0, delay: float = 0.3
    ) -> None:
        self._delay = delay
        made = cache(worker)

        def ring(tenant: str | None = None, kind: str | None = None) -> None:
            made().run_once(tenant, None if kind is None else WorkKind(kind))

        celery: Any = app
        self._task: Any = celery.task(ring, name=TASK, ignore_result=True)
        celery.conf.beat_schedule = {
            **(celery.conf.beat_schedule or {}),
            TASK: {"task": TASK, "schedule": sweep, "options": {"expires": sweep}},
        }

    def ring(self, tenant: str, kind: WorkKind, *, tx: SyncTx | None = None) -> None:
        """See :class:`Doorbell`. A broker that is away is not waited for."""
        del tx
        self._task.apply_async((tenant, kind.value), countdown=self._delay, retry=False)
