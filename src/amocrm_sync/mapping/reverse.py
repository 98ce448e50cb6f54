"""The way back: which stage a lead goes to when its status changes on our side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.changes import MappedStage
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID, Status

__all__ = ["NoStage", "ReopenRefused", "StageChoice", "choose_stage"]

_UNSORTED = 1


class NoStage(ConfigurationError):  # noqa: N818 - names what happened, like its siblings
    """No stage of the pipeline stands for this status, or won and lost are both possible."""


class ReopenRefused(ConfigurationError):  # noqa: N818 - names what happened, like its siblings
    """The lead is closed, and the new status would open it again; pass ``reopen=True`` if that is meant."""


@attrs.frozen
class StageChoice:
    """Where a lead goes.

    Attributes:
        stage_id: The stage.
        pipeline_id: Its pipeline.
        moves: Whether that is another stage than the lead is in.
        reasons: Sentences that a host can show.
    """

    stage_id: int
    pipeline_id: int
    moves: bool
    reasons: tuple[str, ...]


def choose_stage(
    stages: Sequence[MappedStage],
    status: str,
    pipeline_id: int,
    *,
    current: int | None = None,
    current_status: str | None = None,
    outcome: Literal["won", "lost"] | None = None,
    reopen: bool = False,
) -> StageChoice:
    """Return the stage of a pipeline for a status, and why.

    A lead that already stands in a stage of this status stays there. Otherwise it goes forward to the nearest
    stage of the status, or back to the nearest if there is none ahead.

    Args:
        stages: The mapping's stages.
        status: The status that the lead has now on our side.
        pipeline_id: The lead's pipeline.
        current: The stage that the lead is in.
        current_status: The status of that stage.
        outcome: ``"won"`` or ``"lost"``, for a status that both 142 and 143 stand for.
        reopen: Allow a closed lead to be opened again.

    Raises:
        NoStage: No stage stands for it, or ``outcome`` is needed.
        ReopenRefused: The lead is closed.
    """
    if current is not None and current_status == status:
        return StageChoice(
            current, pipeline_id, moves=False, reasons=(f"Stage {current} already stands for {status}.",)
        )
    if (current in {WON_ID, LOST_ID} or current_status == Status.CLOSED) and not reopen:
        raise ReopenRefused(
            f"the lead is closed (stage {current}); moving it to {status} opens it again: pass reopen=True if that is meant"
        )
    fitting = _fitting(stages, status, pipeline_id)
    ids = {stage.stage_id for stage in fitting}
    wanted = {"won": WON_ID, "lost": LOST_ID}.get(outcome or "")
    if wanted in ids:
        why = f"Stage {wanted} is “{outcome}” in every pipeline."
        return StageChoice(wanted, pipeline_id, moves=True, reasons=(why,))
    if not fitting:
        raise NoStage(
            f"no stage of pipeline {pipeline_id} stands for {status}; say which one: "
            f"mapping.set(stage_id, {str(status)!r}, pipeline_id={pipeline_id})"
        )
    if {WON_ID, LOST_ID} <= ids:
        raise NoStage(
            f"{status} is both won (142) and lost (143) in pipeline {pipeline_id}; pass outcome='won' or 'lost'"
        )
    return _nearest(stages, fitting, status, pipeline_id, current)


def _fitting(stages: Sequence[MappedStage], status: str, pipeline_id: int) -> list[MappedStage]:
    """Return the stages that a lead can be put into: nothing can be moved back into the unsorted stage."""
    own = {stage.stage_id for stage in stages if stage.pipeline_id == pipeline_id}
    here = [
        stage
        for stage in stages
        if stage.pipeline_id == pipeline_id or (stage.pipeline_id is None and stage.stage_id not in own)
    ]
    fitting = [stage for stage in here if stage.status == status and stage.stage_type != _UNSORTED]
    known = {stage.stage_id for stage in here}
    if status == Status.CLOSED:
        fitting += [
            MappedStage(stage_id, pipeline_id, status)
            for stage_id in (WON_ID, LOST_ID)
            if stage_id not in known
        ]
    return sorted(fitting, key=lambda stage: (stage.sort is None, stage.sort or 0, stage.stage_id))


def _nearest(
    stages: Sequence[MappedStage],
    fitting: Sequence[MappedStage],
    status: str,
    pipeline_id: int,
    current: int | None,
) -> StageChoice:
    here = next((s for s in stages if s.stage_id == current and s.pipeline_id == pipeline_id), None)
    ahead: list[MappedStage] = []
    if here is not None and here.sort is not None:
        ahead = [stage for stage in fitting if stage.sort is not None and stage.sort > here.sort]
    if ahead:
        chosen, how = ahead[0], f"it is the nearest one after stage {current}"
    elif here is not None and here.sort is not None:
        chosen, how = fitting[-1], f"it is the nearest one before stage {current}"
    else:
        chosen, how = fitting[0], "it is the first one"
    name = f" “{chosen.stage_name}”" if chosen.stage_name else ""
    only = len(fitting) == 1
    why = f"Stage {chosen.stage_id}{name} stands for {status}; {'it is the only one' if only else how} of pipeline {pipeline_id}."
    return StageChoice(chosen.stage_id, pipeline_id, moves=True, reasons=(why,))
