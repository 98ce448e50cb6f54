"""Stage → status: suggestions with a confidence and reasons, and the mapping that a host keeps.

::

    from amocrm_sync.mapping import MappingEngine, Status, StatusMapping

    suggestions = MappingEngine().suggest(pipeline.stages)
    mapping = StatusMapping.from_suggestions(suggestions, min_confidence=0.9)
    mapping.set(stage_id, Status.CLOSED)  # a person knows better
    mapping.resolve(stage_id, pipeline_id)

How it decides is told in ``docs/explanation/mapping.md``. Everything here is pure: nothing is read or sent.
"""

from __future__ import annotations

from .apply import AutoApplyResult, Unapplied, auto_apply
from .calibration import Calibration
from .changes import MappedStage, MappingDiff, Moved, Renamed, StatusChange
from .engine import MappingEngine
from .index import Lexicon
from .reverse import NoStage, ReopenRefused, StageChoice
from .stages import Stage
from .statuses import CustomStatus, Rule, Status
from .store import AmbiguousStage, StatusMapping
from .suggestion import Suggestion, Suggestions

__all__ = [
    "AmbiguousStage",
    "AutoApplyResult",
    "Calibration",
    "CustomStatus",
    "Lexicon",
    "MappedStage",
    "MappingDiff",
    "MappingEngine",
    "Moved",
    "NoStage",
    "Renamed",
    "ReopenRefused",
    "Rule",
    "Stage",
    "StageChoice",
    "Status",
    "StatusChange",
    "StatusMapping",
    "Suggestion",
    "Suggestions",
    "Unapplied",
    "auto_apply",
]
