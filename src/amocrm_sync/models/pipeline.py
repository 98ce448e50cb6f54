"""Pipelines and their stages (the API calls a stage "status")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import embed, linked
from amocrm_sync.models._types import Editable, RawRows, ReadOnly, WriteOnly

WON = 142
"""Stage id of leads that were won, in every pipeline."""
LOST = 143
"""Stage id of leads that were lost, in every pipeline."""


class Stage(Model):
    """A stage of a pipeline. Ids 142 (won) and 143 (lost) stand in every pipeline."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    sort: Editable[int] = None
    is_editable: ReadOnly[bool] = None
    pipeline_id: ReadOnly[int] = None
    color: Editable[str] = None
    """``#hex`` from amoCRM's palette."""
    type: ReadOnly[int] = None
    """0 for a normal stage, 1 for incoming (unsorted) leads."""
    account_id: ReadOnly[int] = None
    descriptions: Editable[RawRows] = None
    """Hints by level of experience (``with=descriptions``)."""
    request_id: WriteOnly[str] = None

    @property
    def is_final(self) -> bool:
        """Whether a lead is closed here: won or lost."""
        return self.id in (WON, LOST)


class Pipeline(Model):
    """A pipeline with its stages."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    sort: Editable[int] = None
    is_main: Editable[bool] = None
    is_unsorted_on: Editable[bool] = None
    is_archive: ReadOnly[bool] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def stages(self) -> list[Stage]:
        """Its stages, as the server orders them. Settable until the pipeline is created."""
        return linked(self, "statuses", Stage)

    @stages.setter
    def stages(self, stages: Iterable[Any]) -> None:
        embed(self, "statuses", stages)
