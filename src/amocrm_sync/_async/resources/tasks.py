"""Tasks: ``/api/v4/tasks``."""

from __future__ import annotations

from amocrm_sync._async.resources._base import AsyncReadMany
from amocrm_sync._async.resources._writing import AsyncCreatable, AsyncUpdateMany
from amocrm_sync.models import Task


class AsyncTasks(AsyncReadMany[Task], AsyncCreatable[Task], AsyncUpdateMany[Task]):
    """Tasks of leads, contacts, companies and customers, or of nobody."""

    path = "/api/v4/tasks"
    key = "tasks"
    model = Task
    order_fields = ("created_at", "complete_till", "id")

    async def complete(self, id: int, result_text: str | None = None) -> Task:
        """Close a task, with its result where there is one."""
        if result_text is None:
            return await self.update(id, is_completed=True)
        return await self.update(id, is_completed=True, result={"text": result_text})
