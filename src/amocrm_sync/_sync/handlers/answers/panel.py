# Generated from src/amocrm_sync/_async/handlers/answers/panel.py by tools/unasync.py: edit that file instead.
"""What an administration page shows of the sync: log, figures, activity, conflicts, dead letters."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import record_id
from amocrm_sync._core.sync.outbox import OpState
from amocrm_sync._sync.handlers.call import Call, InputErrors
from amocrm_sync.errors import ConfigurationError

_WAITING = (OpState.DEAD, OpState.UNKNOWN, OpState.HELD)
_DISCARDED = "discarded"
"""Why an edit is dead that a person has given up: it waits for nobody any more."""


def log(call: Call) -> Any:
    """The sync log."""
    rows = [
        {
            "run_id": row.run_id,
            "at": row.at,
            "operation": row.operation,
            "entity": row.entity,
            "status": row.status,
            "seconds": row.seconds,
            "details": row.details,
        }
        for row in call.engine.log(call.query.limit)
    ]
    return {"data": rows, "count": len(rows)}


def stats(call: Call) -> Any:
    """Figures, counted locally."""
    found = call.engine.status()
    last = found.last_sync_at
    return {
        "counts": found.counts,
        "last_sync_at": last,
        "lag_seconds": None if last is None else max(0.0, call.handlers.clock.now() - last),
        "outbox": found.outbox,
        "inbox": found.inbox,
        "conflicts": found.conflicts,
        "version": found.version,
    }


def activity(call: Call) -> Any:
    """Who did what."""
    query = call.query
    with InputErrors():
        rows = call.feature("activity")(query.entity, query.id, limit=query.limit, offset=query.offset)
    return {"data": [_plain(row) for row in rows], "count": query.offset + len(rows)}


def conflicts(call: Call) -> Any:
    """Conflicts in a state."""
    query = call.query
    found = [_plain(row) for row in call.feature("conflicts").list(query.state)]
    return {"data": found[query.offset : query.offset + query.limit], "count": len(found)}


def resolve(call: Call) -> Any:
    """Decide a conflict."""
    with InputErrors():
        call.feature("conflicts").resolve(
            record_id(call.path["id"]),
            call.body.choice,
            by=None if call.principal is None else call.principal.id,
        )
    call.handlers.bell.ring()
    return {"message": "the conflict is resolved"}


def dead_letters(call: Call) -> Any:
    """Edits that wait for a person."""
    rows = [_letter(op) for op in call.engine.outbox(*_WAITING) if op.error != _DISCARDED]
    return {"data": rows, "count": len(rows)}


def requeue(call: Call) -> Any:
    """Send an edit again."""
    number = _known(call)
    try:
        op = call.engine.requeue(number)
    except ConfigurationError as error:
        raise Problem(409, "not-now", error.message) from None
    call.handlers.bell.ring()
    return {"data": _letter(op)}


def discard(call: Call) -> Any:
    """Give an edit up."""
    number = _known(call)
    try:
        return {"data": _letter(call.engine.discard(number))}
    except ConfigurationError as error:
        raise Problem(409, "not-now", error.message) from None


def _known(call: Call) -> int:
    seq = record_id(call.path["id"])
    if not any(op.seq == seq for op in call.engine.outbox(*_WAITING)):
        raise Problem(404, "not-found", "no dead or held edit has this number")
    return seq


def _letter(op: Any) -> dict[str, Any]:
    return {
        "id": op.seq,
        "entity": op.entity,
        "uid": op.uid,
        "kind": op.kind.value,
        "fields": dict(op.fields),
        "state": op.state.value,
        "attempts": op.attempts,
        "error": op.error,
        "made_at": op.made_at,
    }


def _plain(value: Any) -> Any:
    """The engine's values as JSON has them."""
    kind: type[Any] = value.__class__
    if attrs.has(kind):
        names = [field.name for field in attrs.fields(kind) if not field.name.startswith("_")]
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - the engine's
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - the engine's
    return value
