"""The mapping that a host keeps: stage → status, with what a person decided on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.changes import MappedStage, MappingDiff, compare
from amocrm_sync.mapping.reverse import StageChoice, choose_stage
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID, Status
from amocrm_sync.mapping.suggestion import Suggestion
from amocrm_sync.mapping.written import from_plain, from_yaml, to_plain, to_yaml

__all__ = ["AmbiguousStage", "StatusMapping"]

_SYSTEM: Final = frozenset({WON_ID, LOST_ID})


class AmbiguousStage(ConfigurationError):  # noqa: N818 - names what happened, like its siblings
    """The stage id stands in several pipelines; say which one.

    Attributes:
        stage_id: The id.
        pipeline_ids: The pipelines that hold it.
    """

    stage_id: int = 0
    pipeline_ids: tuple[int | None, ...] = ()


class StatusMapping:
    """Which status each stage stands for. A stage is a pipeline and a status id: 142 and 143 stand in every pipeline.

    Example:
        >>> mapping = StatusMapping()
        >>> mapping.set(142, Status.CLOSED)
        >>> mapping.resolve(142, pipeline_id=7).value
        'CLOSED'
    """

    def __init__(self, stages: Iterable[MappedStage] = ()) -> None:
        self._stages: dict[tuple[int | None, int], MappedStage] = {
            (stage.pipeline_id, stage.stage_id): stage for stage in stages
        }

    @classmethod
    def from_suggestions(
        cls, suggestions: Iterable[Suggestion], min_confidence: float = 0.9
    ) -> StatusMapping:
        """Return a mapping of the suggestions that are sure enough; those without a stage id are left out."""
        mapping = cls()
        mapping.update(suggestions, min_confidence)
        return mapping

    def update(self, suggestions: Iterable[Suggestion], min_confidence: float = 0.9) -> None:
        """Take over suggestions that are sure enough. What a person set stays, and learns the new name."""
        for suggestion in suggestions:
            if suggestion.stage_id is not None and (
                suggestion.confidence >= min_confidence or self._person(suggestion) is not None
            ):
                self._take(suggestion)

    def set(self, stage_id: int, status: str, pipeline_id: int | None = None) -> None:
        """Say as a person what a stage stands for. It wins over every suggestion, and survives a rename.

        Args:
            stage_id: Stage id. Without a pipeline, 142 and 143 mean every pipeline.
            status: A :class:`Status` or a status of the host.
            pipeline_id: The pipeline; needed only if several hold this id.

        Raises:
            AmbiguousStage: Several pipelines hold this id, and none is given.
        """
        if stage_id in _SYSTEM and pipeline_id is None:
            self._set_everywhere(stage_id, status)
            return
        holders = self._holders(stage_id)
        if pipeline_id is None and len(holders) > 1:
            raise AmbiguousStage(
                f"stage {stage_id} stands in pipelines {', '.join(map(str, holders))}; give pipeline_id",
                stage_id=stage_id,
                pipeline_ids=tuple(holders),
            )
        where = holders[0] if pipeline_id is None and holders else pipeline_id
        self._put(stage_id, where, status)

    def resolve(self, stage_id: int, pipeline_id: int | None = None) -> str | None:
        """Return the status of a stage, or ``None`` if nobody said.

        A stage that was mapped in another pipeline keeps its status when it is moved. 142 and 143 are closed in
        a pipeline that is not known yet, or what all known pipelines agree on.
        """
        found = self._find(stage_id, pipeline_id)
        if found is not None:
            return found.status
        if stage_id not in _SYSTEM:
            return None
        agreed = {stage.status for stage in self if stage.stage_id == stage_id}
        return agreed.pop() if len(agreed) == 1 else Status.CLOSED

    def stage_for(
        self,
        status: str,
        pipeline_id: int,
        *,
        current: int | None = None,
        outcome: Literal["won", "lost"] | None = None,
        reopen: bool = False,
    ) -> StageChoice:
        """Return the stage that a lead of this pipeline goes to for a status, and why.

        Args:
            status: The status that the lead has now on our side.
            pipeline_id: The lead's pipeline.
            current: The stage that the lead is in.
            outcome: ``"won"`` or ``"lost"``, for a status that both 142 and 143 stand for.
            reopen: Allow a closed lead to be opened again.

        Raises:
            NoStage: No stage stands for it, or ``outcome`` is needed.
            ReopenRefused: The lead is closed, and ``reopen`` is not given.
        """
        current_status = None if current is None else self.resolve(current, pipeline_id)
        return choose_stage(
            list(self),
            status,
            pipeline_id,
            current=current,
            current_status=current_status,
            outcome=outcome,
            reopen=reopen,
        )

    def diff(self, new_stages: Iterable[Any]) -> MappingDiff:
        """Return what changes when the account's stages are these.

        Args:
            new_stages: All stages of today, or suggestions for them: then changed statuses are told as well.
        """
        return compare(list(self), new_stages)

    def stages(self, status: str | None = None, pipeline_id: int | None = None) -> list[MappedStage]:
        """Return the stages of the mapping, all or of one status or pipeline, in the pipeline's order."""
        return [
            stage
            for stage in self
            if (status is None or stage.status == status)
            and (pipeline_id is None or stage.pipeline_id == pipeline_id)
        ]

    def __iter__(self) -> Iterator[MappedStage]:
        return iter(sorted(self._stages.values(), key=_order))

    def __len__(self) -> int:
        return len(self._stages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StatusMapping) and self._stages == other._stages

    __hash__ = None  # type: ignore[assignment]  # a mapping changes

    def __repr__(self) -> str:
        people = sum(stage.source == "person" for stage in self)
        return f"StatusMapping({len(self)} stages, {people} set by a person)"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: ``{"version": 1, "stages": [{"pipeline_id", "stage_id", "status", "source", …}]}``."""
        return to_plain(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StatusMapping:
        """Return the mapping of :meth:`to_dict`'s data.

        Raises:
            ConfigurationError: A field is missing or of a wrong kind; the message names it.
        """
        return cls(from_plain(data))

    def to_yaml(self) -> str:
        """Return YAML that people can edit. Needs the extra ``yaml``."""
        return to_yaml(self)

    @classmethod
    def from_yaml(cls, text: str) -> StatusMapping:
        """Return the mapping of :meth:`to_yaml`'s text. Needs the extra ``yaml``.

        Raises:
            ConfigurationError: The text is no YAML, or a field is wrong.
        """
        return cls(from_yaml(text))

    def set_by_person(self, stage_id: int, pipeline_id: int | None = None) -> bool:
        """Whether a person said what this stage stands for."""
        found = self._find(stage_id, pipeline_id)
        return found is not None and found.source == "person"

    def _find(self, stage_id: int, pipeline_id: int | None) -> MappedStage | None:
        found = self._stages.get((pipeline_id, stage_id)) or self._stages.get((None, stage_id))
        if found is not None or stage_id in _SYSTEM:
            return found
        holders = self._holders(stage_id)
        return self._stages[holders[0], stage_id] if len(holders) == 1 else None

    def _holders(self, stage_id: int) -> list[int | None]:
        return [stage.pipeline_id for stage in self if stage.stage_id == stage_id]

    def _person(self, suggestion: Suggestion) -> MappedStage | None:
        found = self._find(suggestion.stage_id or 0, suggestion.pipeline_id)
        return found if found is not None and found.source == "person" else None

    def _take(self, suggestion: Suggestion) -> None:
        stage_id = suggestion.stage_id
        if stage_id is None:
            return
        person = self._person(suggestion)
        self._stages[suggestion.pipeline_id, stage_id] = MappedStage(
            stage_id,
            suggestion.pipeline_id,
            person.status if person else suggestion.suggested_status,
            "person" if person else "suggested",
            suggestion.stage_name,
            None if person else suggestion.confidence,
            suggestion.sort,
            suggestion.stage_type,
        )

    def _set_everywhere(self, stage_id: int, status: str) -> None:
        for pipeline_id in {None, *self._holders(stage_id)}:
            self._put(stage_id, pipeline_id, status)

    def _put(self, stage_id: int, pipeline_id: int | None, status: str) -> None:
        known = self._stages.get((pipeline_id, stage_id)) or MappedStage(stage_id, pipeline_id, status)
        self._stages[pipeline_id, stage_id] = attrs.evolve(
            known, status=status, source="person", confidence=None
        )


def _order(stage: MappedStage) -> tuple[bool, int, bool, int, int]:
    return (
        stage.pipeline_id is None,
        stage.pipeline_id or 0,
        stage.sort is None,
        stage.sort or 0,
        stage.stage_id,
    )
