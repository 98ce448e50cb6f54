# Generated from src/amocrm_sync/_async/resources/tasks.py by tools/unasync.py: edit that file instead.
"""Tasks: ``/api/v4/tasks``."""

from __future__ import annotations

from amocrm_sync._sync.resources._base import ReadMany
from amocrm_sync._sync.resources._writing import Creatable, UpdateMany
from amocrm_sync.models import Task


class Tasks(ReadMany[Task], Creatable[Task], UpdateMany[Task]):
    """Tasks of leads, contacts, companies and customers, or of nobody."""

    path = "/api/v4/tasks"
    key = "tasks"
    model = Task
    order_fields = ("created_at", "complete_till", "id")

    def complete(self, id: int, result_text: str | None = None) -> Task:
        """Close a task, with its result where there is one."""
        if result_text is None:
            return self.update(id, is_completed=True)
        return self.update(id, is_completed=True, result={"text": result_text})
