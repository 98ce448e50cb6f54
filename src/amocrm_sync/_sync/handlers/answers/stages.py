# Generated from src/amocrm_sync/_async/handlers/answers/stages.py by tools/unasync.py: edit that file instead.
"""What stages stand for: the mapping in force, suggestions, and what a person says."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import record_id
from amocrm_sync._sync.handlers.answers.copies import plain
from amocrm_sync._sync.handlers.call import Call
from amocrm_sync.mapping import AmbiguousStage, MappingEngine, StatusMapping


def say(call: Call) -> Any:
    """Map one stage."""
    stage_id, pipeline_id = record_id(call.path["id"]), call.body.pipeline_id
    where = {} if pipeline_id is None else {"pipeline_id": pipeline_id}
    stored = call.engine.records.stages.list(filter={"amo_stage_id": stage_id, **where})
    if not stored:
        raise Problem(404, "not-found", "there is no such stage: sync the pipelines first")
    mapping = call.engine.mapping()
    if len(stored) > 1:
        pipelines = ", ".join(str(stage["pipeline_id"]) for stage in stored)
        raise Problem(409, "ambiguous", f"pipelineId: the stage stands in several pipelines: {pipelines}")
    _set(mapping, stage_id, call.body.mapped_status, stored[0]["pipeline_id"])
    call.engine.set_mapping(mapping)
    changed = call.engine.records.stages.get(stored[0].uid)
    return {"message": "the stage is mapped", "data": plain(changed)}


def suggestions(call: Call) -> Any:
    """A suggestion for every stored stage."""
    mapping = call.engine.mapping()
    stages = call.engine.records.stages.list()
    rows = [
        {
            "stage_id": found.stage_id,
            "stage_name": found.stage_name,
            "pipeline_id": found.pipeline_id,
            "suggested_status": str(found.suggested_status),
            "mapped_status": None
            if found.stage_id is None
            else mapping.resolve(found.stage_id, found.pipeline_id),
            "confidence": found.confidence,
            "reasons": list(found.reasons),
        }
        for found in MappingEngine().suggest([stage.raw for stage in stages])
    ]
    return {"data": rows, "count": len(rows)}


def auto_apply(call: Call) -> Any:
    """Use the suggestions that are sure enough."""
    result = call.engine.auto_apply(call.query.min_confidence)
    return {"applied": len(result.applied), "errors": len(result.errors)}


def show(call: Call) -> Any:
    """The mapping in force."""
    return _shown(call.engine.mapping())


def change(call: Call) -> Any:
    """Map several stages; all of them, or none."""
    mapping = call.engine.mapping()
    for wanted in call.body.stages:
        _set(mapping, wanted.stage_id, wanted.mapped_status, wanted.pipeline_id)
    call.engine.set_mapping(mapping)
    return _shown(mapping)


def _set(mapping: StatusMapping, stage_id: int, status: str, pipeline_id: int | None) -> None:
    try:
        mapping.set(stage_id, status, pipeline_id)
    except AmbiguousStage as error:
        raise Problem(409, "ambiguous", f"pipelineId: {error.message}") from None


def _shown(mapping: StatusMapping) -> Any:
    rows = [
        {
            "stage_id": stage.stage_id,
            "pipeline_id": stage.pipeline_id,
            "stage_name": stage.stage_name,
            "status": str(stage.status),
            "source": stage.source,
            "confidence": stage.confidence,
        }
        for stage in mapping
    ]
    return {"data": rows, "count": len(rows)}
