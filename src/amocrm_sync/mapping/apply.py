"""Applying what is sure without a person, and saying what was left for one."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from amocrm_sync.mapping.store import StatusMapping
from amocrm_sync.mapping.suggestion import Suggestion

__all__ = ["AutoApplyResult", "Unapplied", "auto_apply"]


@attrs.frozen
class Unapplied:
    """A suggestion that was not applied, and why, in a sentence."""

    suggestion: Suggestion
    why: str


@attrs.frozen
class AutoApplyResult:
    """What :func:`auto_apply` did.

    Attributes:
        applied: Suggestions that are now in :attr:`mapping`.
        skipped: Suggestions that wait for a person, or that a person has already answered.
        errors: Suggestions that cannot be applied: no stage id, or one stage twice with different statuses.
        mapping: The mapping after it; with ``dry_run`` a copy, and the given one is as it was.
    """

    applied: tuple[Suggestion, ...]
    skipped: tuple[Unapplied, ...]
    errors: tuple[Unapplied, ...]
    mapping: StatusMapping

    def as_counts(self) -> dict[str, int]:
        """Return ``{"applied": …, "skipped": …, "errors": …}``."""
        return {"applied": len(self.applied), "skipped": len(self.skipped), "errors": len(self.errors)}


def auto_apply(
    suggestions: Iterable[Suggestion],
    min_confidence: float = 0.9,
    *,
    mapping: StatusMapping | None = None,
    dry_run: bool = False,
) -> AutoApplyResult:
    """Put every suggestion that is sure enough into the mapping; what a person set stays.

    Args:
        suggestions: What the engine said.
        min_confidence: Less sure suggestions are skipped.
        mapping: The mapping to change; a new one if not given.
        dry_run: Leave ``mapping`` as it is and report what would happen.
    """
    given = list(suggestions)
    target = StatusMapping() if mapping is None else StatusMapping(mapping) if dry_run else mapping
    said: dict[tuple[int | None, int | None], set[str]] = {}
    for suggestion in given:
        said.setdefault(_key(suggestion), set()).add(suggestion.suggested_status)
    applied: list[Suggestion] = []
    skipped: list[Unapplied] = []
    errors: list[Unapplied] = []
    for suggestion in given:
        if suggestion.stage_id is None:
            errors.append(Unapplied(suggestion, "The stage has no id."))
        elif len(said[_key(suggestion)]) > 1:
            both = ", ".join(sorted(said[_key(suggestion)]))
            errors.append(Unapplied(suggestion, f"The stage was given more than once, as {both}."))
        elif target.set_by_person(suggestion.stage_id, suggestion.pipeline_id):
            target.update([suggestion], 0)
            skipped.append(Unapplied(suggestion, "A person has set this stage."))
        elif suggestion.confidence < min_confidence:
            why = f"Confidence {suggestion.confidence:.2f} is below {min_confidence:.2f}."
            skipped.append(Unapplied(suggestion, why))
        else:
            target.update([suggestion], min_confidence)
            applied.append(suggestion)
    return AutoApplyResult(tuple(applied), tuple(skipped), tuple(errors), target)


def _key(suggestion: Suggestion) -> tuple[int | None, int | None]:
    return suggestion.pipeline_id, suggestion.stage_id
