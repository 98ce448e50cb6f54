"""What the other stages of a pipeline tell about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from amocrm_sync.mapping.judge import Verdict
from amocrm_sync.mapping.stages import Stage
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID, Status

__all__ = ["Judged", "pipelines_of", "resolve_together", "speaks_of_customers"]

_SMALLEST: Final = 3
"""Fewer stages are no pipeline to draw conclusions from."""
_WEAK: Final = 0.75
"""A verdict below this is open to what the neighbours say."""

_OPENINGS: Final = frozenset({"first_contact", "lead", "request", "unknown"})
"""Rules whose stages may open a pipeline."""


@attrs.frozen
class Judged:
    """A stage with its verdict and what the pipeline adds.

    Attributes:
        stage: The stage.
        verdict: What name, id and type say.
        notes: Sentences about the pipeline, for the reasons.
    """

    stage: Stage
    verdict: Verdict
    notes: tuple[str, ...] = ()

    @property
    def weak(self) -> bool:
        """Whether the verdict may be changed by the neighbours."""
        return self.verdict.strength < _WEAK

    def turned(self, status: Status, strength: float, note: str) -> Judged:
        """Return the stage with another status, and why."""
        verdict = attrs.evolve(self.verdict, status=status, strength=strength)
        return attrs.evolve(self, verdict=verdict, notes=(*self.notes, note))

    def strengthened(self, strength: float, note: str) -> Judged:
        """Return the stage with the same status and another strength, and why."""
        return self.turned(self.verdict.status, strength, note)


def pipelines_of(stages: Sequence[Stage]) -> list[list[int]]:
    """Return positions of the stages that form a pipeline together, each in the pipeline's order.

    Stages without a pipeline id are a pipeline only if every one has a place of its own: a list of unrelated
    names must not be read as one.
    """
    groups: dict[int | None, list[int]] = {}
    for at, stage in enumerate(stages):
        groups.setdefault(stage.pipeline_id, []).append(at)
    return [
        sorted(group, key=lambda at: (stages[at].sort is None, stages[at].sort or 0, at))
        for pipeline_id, group in groups.items()
        if len(group) >= _SMALLEST and (pipeline_id is not None or _has_order(stages, group))
    ]


def speaks_of_customers(stages: Sequence[Stage]) -> bool:
    """Whether these are statuses of customers: only they have types above 1."""
    return any(stage.type is not None and stage.type > 1 for stage in stages)


def resolve_together(pipeline: Sequence[Judged]) -> list[Judged]:
    """Return the stages of one pipeline, in its order, with weak verdicts settled by the neighbours."""
    resolved = list(pipeline)
    _settle_first(resolved)
    _settle_late_new(resolved)
    _settle_early_ends(resolved)
    return resolved


def _settle_first(stages: list[Judged]) -> None:
    """The first stage that people work with is new, if no other is; beside a new one, a first contact is work."""
    sure_new = any(item.verdict.status is Status.NEW and not item.weak for item in stages)
    if sure_new:
        for at, item in enumerate(stages):
            if item.verdict.rule == "first_contact" and item.weak:
                note = "Another stage of the pipeline stands for what is new."
                stages[at] = item.turned(Status.IN_PROGRESS, 0.7, note)
        return
    first = next((at for at, item in enumerate(stages) if _ordinary(item)), None)
    if first is not None and stages[first].weak and stages[first].verdict.rule in _OPENINGS:
        note = "It is the first stage of the pipeline, and no other stage is called new."
        stages[first] = stages[first].turned(Status.NEW, 0.7, note)


def _settle_late_new(stages: list[Judged]) -> None:
    """A weak "new" behind stages that are in progress is in progress."""
    worked = False
    for at, item in enumerate(stages):
        if worked and item.verdict.status is Status.NEW and item.weak:
            stages[at] = item.turned(
                Status.IN_PROGRESS, 0.72, "It stands behind stages that are in progress."
            )
        worked = worked or (_ordinary(item) and item.verdict.status is Status.IN_PROGRESS and not item.weak)


def _settle_early_ends(stages: list[Judged]) -> None:
    """A weak "closed" with work still to come is in progress; the last stage before 142 stays closed."""
    last_work = max(
        (
            at
            for at, item in enumerate(stages)
            if _ordinary(item) and item.verdict.status is Status.IN_PROGRESS and not item.weak
        ),
        default=-1,
    )
    for at, item in enumerate(stages):
        if at < last_work and _ordinary(item) and item.verdict.status is Status.CLOSED and item.weak:
            stages[at] = item.turned(Status.IN_PROGRESS, 0.75, "Stages that are in progress come after it.")


def _ordinary(item: Judged) -> bool:
    return item.stage.id not in {WON_ID, LOST_ID} and item.stage.type != 1


def _has_order(stages: Sequence[Stage], group: Sequence[int]) -> bool:
    places = {stages[at].sort for at in group}
    return None not in places and len(places) == len(group)
