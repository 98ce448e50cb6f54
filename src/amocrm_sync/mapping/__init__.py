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

from amocrm_sync.mapping.apply import AutoApplyResult, Unapplied, auto_apply
from amocrm_sync.mapping.calibration import Calibration
from amocrm_sync.mapping.changes import MappedStage, MappingDiff, Moved, Renamed, StatusChange
from amocrm_sync.mapping.engine import MappingEngine
from amocrm_sync.mapping.index import Lexicon
from amocrm_sync.mapping.reverse import NoStage, ReopenRefused, StageChoice
from amocrm_sync.mapping.similarity import SimilarityBackend
from amocrm_sync.mapping.stages import Stage
from amocrm_sync.mapping.statuses import CustomStatus, Rule, Status
from amocrm_sync.mapping.store import AmbiguousStage, StatusMapping
from amocrm_sync.mapping.suggestion import Suggestion, Suggestions

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
    "SimilarityBackend",
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
