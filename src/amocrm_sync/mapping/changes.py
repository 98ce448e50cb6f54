"""What changes for a mapping when the account's pipelines change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync.mapping.stages import Stage, read_stages
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID
from amocrm_sync.mapping.suggestion import Suggestion

__all__ = ["MappedStage", "MappingDiff", "Moved", "Renamed", "StatusChange", "compare"]


@attrs.frozen
class MappedStage:
    """One stage of a mapping.

    Attributes:
        stage_id: Stage id.
        pipeline_id: Pipeline, or ``None`` for every pipeline that has no entry of its own.
        status: The host's status.
        source: ``"suggested"`` or ``"person"``; what a person said is never replaced by a suggestion.
        stage_name: Name when it was last seen.
        confidence: Of the suggestion; ``None`` for a person.
        sort: Position when it was last seen.
        stage_type: Type when it was last seen.
    """

    stage_id: int
    pipeline_id: int | None
    status: str
    source: str = attrs.field(default="suggested", validator=attrs.validators.in_(("suggested", "person")))
    stage_name: str = ""
    confidence: float | None = None
    sort: int | None = None
    stage_type: int | None = None


@attrs.frozen
class Renamed:
    """A stage that has another name now; its status stays until somebody says otherwise."""

    stage: MappedStage
    new_name: str


@attrs.frozen
class Moved:
    """A stage that stands in another pipeline now."""

    stage: MappedStage
    new_pipeline_id: int | None


@attrs.frozen
class StatusChange:
    """A stage for which the engine now suggests another status than the mapping holds."""

    stage: MappedStage
    suggestion: Suggestion


@attrs.frozen
class MappingDiff:
    """The difference between a mapping and the stages of today. It is falsy if there is none.

    Attributes:
        added: Stages without a status.
        removed: Stages of the mapping that their pipeline no longer has.
        renamed: Stages with a new name.
        moved: Stages in another pipeline.
        changed: Stages with another suggestion, if suggestions were given; never one that a person set.
    """

    added: tuple[Stage, ...] = ()
    removed: tuple[MappedStage, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    moved: tuple[Moved, ...] = ()
    changed: tuple[StatusChange, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.renamed, self.moved, self.changed))

    def lines(self) -> list[str]:
        """Return one plain sentence per difference."""
        return [
            *(f"new: {_stage(s.pipeline_id, s.id)} “{s.name}” has no status" for s in self.added),
            *(f"gone: {_mapped(s)} “{s.stage_name}”, was {s.status}" for s in self.removed),
            *(f"renamed: {_mapped(r.stage)} “{r.stage.stage_name}” → “{r.new_name}”" for r in self.renamed),
            *(f"moved: {_mapped(m.stage)} → pipeline {m.new_pipeline_id}" for m in self.moved),
            *(
                f"status: {_mapped(c.stage)} “{c.suggestion.stage_name}” is {c.stage.status}, "
                f"suggested {c.suggestion.suggested_status} ({c.suggestion.confidence:.2f})"
                for c in self.changed
            ),
        ]


def compare(mapped: Sequence[MappedStage], new_stages: Iterable[Any]) -> MappingDiff:
    """Return what is different; ``new_stages`` are all stages of today, or suggestions for them."""
    given = list(new_stages)
    stages = read_stages(_as_stage(item) if isinstance(item, Suggestion) else item for item in given)
    now = {(stage.pipeline_id, stage.id): stage for stage in stages if stage.id is not None}
    known = {(stage.pipeline_id, stage.stage_id): stage for stage in mapped}
    moved = _moved(known, now)
    left = {(move.stage.pipeline_id, move.stage.stage_id) for move in moved}
    arrived = {(move.new_pipeline_id, move.stage.stage_id) for move in moved}
    both = [(known[key], now[key]) for key in now if key in known]
    return MappingDiff(
        added=tuple(
            now[key] for key in now if not {key, (None, key[1])} & known.keys() and key not in arrived
        ),
        removed=tuple(
            known[key] for key in known if key not in now and key not in left and not _still(key, now)
        ),
        renamed=tuple(Renamed(old, new.name) for old, new in both if old.stage_name not in {"", new.name}),
        moved=moved,
        changed=tuple(_changed(known, (item for item in given if isinstance(item, Suggestion)))),
    )


_Key = tuple[int | None, int]


def _moved(known: Mapping[_Key, MappedStage], now: Mapping[_Key, Stage]) -> tuple[Moved, ...]:
    """A stage that its pipeline no longer has, and that another has now; won and lost stand everywhere."""
    gone = {
        stage_id: known[pipeline_id, stage_id]
        for pipeline_id, stage_id in known
        if pipeline_id is not None
        and (pipeline_id, stage_id) not in now
        and stage_id not in {WON_ID, LOST_ID}
    }
    return tuple(
        Moved(gone[stage_id], pipeline_id)
        for pipeline_id, stage_id in now
        if stage_id in gone and (pipeline_id, stage_id) not in known
    )


def _changed(known: Mapping[_Key, MappedStage], suggestions: Iterable[Suggestion]) -> Iterator[StatusChange]:
    for suggestion in suggestions:
        old = (
            None if suggestion.stage_id is None else known.get((suggestion.pipeline_id, suggestion.stage_id))
        )
        if old is not None and old.source != "person" and old.status != suggestion.suggested_status:
            yield StatusChange(old, suggestion)


def _still(key: _Key, now: Iterable[_Key]) -> bool:
    """An entry for every pipeline stays as long as any pipeline has the stage; system stages always do."""
    pipeline_id, stage_id = key
    return pipeline_id is None and (
        stage_id in {WON_ID, LOST_ID} or any(other == stage_id for _, other in now)
    )


def _as_stage(suggestion: Suggestion) -> Stage:
    return Stage(
        suggestion.stage_name,
        suggestion.stage_id,
        suggestion.stage_type,
        suggestion.sort,
        suggestion.pipeline_id,
    )


def _mapped(stage: MappedStage) -> str:
    return _stage(stage.pipeline_id, stage.stage_id)


def _stage(pipeline_id: int | None, stage_id: int | None) -> str:
    return f"{'every pipeline' if pipeline_id is None else f'pipeline {pipeline_id}'}, stage {stage_id}"
