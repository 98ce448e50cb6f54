"""From a lead's stage to the host's status, by the mapping that is in force."""

from __future__ import annotations

from typing import Any, Protocol


class StageMapping(Protocol):
    """What the sync needs of a mapping; :class:`amocrm_sync.mapping.StatusMapping` has it."""

    def resolve(self, stage_id: int, pipeline_id: int | None = None) -> Any:
        """The status of a stage, or ``None``."""
        ...


class StageResolver:
    """Holds the mapping, so that it can be changed while the engine lives."""

    def __init__(self, mapping: StageMapping | None = None) -> None:
        self.mapping = mapping

    def status_of(self, stage_id: int | None, pipeline_id: int | None) -> str | None:
        """The host's status as text, or ``None`` where the stage is not mapped (or there is no mapping)."""
        if self.mapping is None or stage_id is None:
            return None
        status = self.mapping.resolve(stage_id, pipeline_id)
        return None if status is None else str(getattr(status, "value", status))
