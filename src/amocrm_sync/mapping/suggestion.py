"""What the engine answers, and how a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import Final

import attrs

__all__ = ["HOW_TO_OVERRIDE", "Suggestion", "Suggestions"]

HOW_TO_OVERRIDE: Final = "To override a suggestion: mapping.set(stage_id, status, pipeline_id=…)"
"""Shown under every table of suggestions."""
_COLOURS: Final = {"NEW": "#2b6cb0", "IN_PROGRESS": "#b7791f", "CLOSED": "#2f855a"}
_OTHER_COLOUR: Final = "#6b46c1"
_SURE: Final = 0.9


@attrs.frozen
class Suggestion:
    """A status for a stage, how sure the engine is, and why.

    Attributes:
        stage_id: Id of the stage, or ``None`` if it was not given.
        stage_name: Name as given.
        pipeline_id: Id of the pipeline, or ``None``.
        suggested_status: A :class:`~amocrm_sync.mapping.Status`, or the name of a status of the host.
        confidence: Between 0 and 1; of suggestions at 0.9, nine in ten are right.
        reasons: Sentences that a host can show; at least one.
        rule: Key of the rule that decided, e.g. ``"system_id"``; the set is open.
        language: Code of the language that the name was read in, or an empty string.
        stage_type: Type of the stage, where known.
        sort: Position of the stage, where known.
    """

    stage_id: int | None
    stage_name: str
    pipeline_id: int | None
    suggested_status: str
    confidence: float
    reasons: tuple[str, ...]
    rule: str = attrs.field(default="", kw_only=True)
    language: str = attrs.field(default="", kw_only=True)
    stage_type: int | None = attrs.field(default=None, kw_only=True)
    sort: int | None = attrs.field(default=None, kw_only=True)


class Suggestions(list[Suggestion]):
    """A list of suggestions that a notebook shows as a table with colours."""

    def _repr_html_(self) -> str:
        rows = "".join(map(_row, self))
        return (
            "<table><thead><tr><th>Pipeline</th><th>Stage</th><th>Name</th><th>Status</th><th>Confidence</th>"
            f"<th>Why</th></tr></thead><tbody>{rows}</tbody></table><p><small>{escape(HOW_TO_OVERRIDE)}</small></p>"
        )


def _row(suggestion: Suggestion) -> str:
    status = str(suggestion.suggested_status)
    percent = round(100 * suggestion.confidence)
    bar = "#2f855a" if suggestion.confidence >= _SURE else "#c05621"
    return (
        f"<tr><td>{_text(suggestion.pipeline_id)}</td><td>{_text(suggestion.stage_id)}</td>"
        f"<td>{escape(suggestion.stage_name[:200])}</td>"
        f'<td style="color:white;background:{_COLOURS.get(status, _OTHER_COLOUR)}">{escape(status)}</td>'
        f'<td><div style="background:linear-gradient(90deg,{bar} {percent}%,#e2e8f0 {percent}%);height:6px"></div>'
        f"{percent} %</td><td>{'<br>'.join(escape(reason) for reason in suggestion.reasons)}</td></tr>"
    )


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
