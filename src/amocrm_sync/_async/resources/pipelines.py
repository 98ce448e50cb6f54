"""Pipelines and their stages (the API calls a stage "status"): ``/api/v4/leads/pipelines``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._base import AsyncResource
from amocrm_sync._async.resources._writing import (
    AsyncCreatable,
    AsyncDeletable,
    AsyncUpdatable,
    AsyncWriting,
)
from amocrm_sync._core.payloads import change, creation, number
from amocrm_sync.errors import NotFoundError
from amocrm_sync.models import Pipeline, Stage

STAGES = "/api/v4/leads/pipelines/{pipeline_id}/statuses"


class AsyncStages(AsyncWriting[Stage]):
    """Stages of a pipeline. Ids 142 (won) and 143 (lost) stand in every pipeline, so each call names its pipeline."""

    path = "/api/v4/leads/pipelines"
    key = "statuses"
    model = Stage

    def list(self, pipeline_id: int, /, *, with_: Sequence[str] | str = ()) -> AsyncPager[Stage]:
        """The stages of one pipeline, in one request."""
        return self._pager(self._collection(pipeline_id), STAGES, with_=with_)

    async def get(self, pipeline_id: int, id: int) -> Stage:
        """One stage.

        Raises:
            NotFoundError: There is none with this id in this pipeline.
        """
        return await self._get(f"{self._collection(pipeline_id)}/{number(id)}", f"{STAGES}/{{id}}", ())

    async def create(
        self, pipeline_id: int, item: Stage | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Stage:
        """Add a stage; the API needs ``name`` and ``sort``."""
        return await self._create(self._collection(pipeline_id), STAGES, creation(Stage, item, fields), item)

    async def update(self, pipeline_id: int, item: Stage | int, /, **fields: Any) -> Stage:
        """Change a stage."""
        payload = change(Stage, item, fields)
        return await self._update(
            f"{self._collection(pipeline_id)}/{payload['id']}", f"{STAGES}/{{id}}", payload, item
        )

    async def delete(self, pipeline_id: int, id: int) -> None:
        """Delete a stage."""
        await self._command("DELETE", f"{self._collection(pipeline_id)}/{number(id)}", f"{STAGES}/{{id}}")

    def _collection(self, pipeline_id: int) -> str:
        return f"{self.path}/{number(pipeline_id)}/statuses"


class AsyncPipelines(
    AsyncCreatable[Pipeline], AsyncUpdatable[Pipeline], AsyncDeletable[Pipeline], AsyncResource[Pipeline]
):
    """Pipelines with their stages."""

    path = "/api/v4/leads/pipelines"
    key = "pipelines"
    model = Pipeline

    def list(self) -> AsyncPager[Pipeline]:
        """All pipelines with their stages, in one request."""
        return self._pager(self.path, self.path)

    async def get(self, id: int) -> Pipeline:
        """One pipeline with its stages.

        Raises:
            NotFoundError: There is none with this id.
        """
        return await self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", ())

    async def get_or_none(self, id: int) -> Pipeline | None:
        """One pipeline, or ``None`` where there is none with this id."""
        try:
            return await self.get(id)
        except NotFoundError:
            return None

    @cached_property
    def stages(self) -> AsyncStages:
        """Stages by pipeline."""
        return AsyncStages(self._core)
