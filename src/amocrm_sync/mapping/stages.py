"""Stages as the engine sees them, whatever the host has: models, dicts, rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import attrs

from amocrm_sync.errors import ConfigurationError

__all__ = ["Stage", "read_stages"]


@attrs.frozen
class Stage:
    """What is known of one stage.

    Attributes:
        name: The name as the account writes it; empty if there is none.
        id: Stage id, or ``None``.
        type: 1 is unsorted in a pipeline of leads; statuses of customers use 0–4.
        sort: Position in the pipeline.
        pipeline_id: The pipeline, or ``None``.
    """

    name: str
    id: int | None = None
    type: int | None = None
    sort: int | None = None
    pipeline_id: int | None = None


def read_stages(stages: Iterable[Any]) -> list[Stage]:
    """Return the stages of any iterable of objects or mappings with ``name`` and, where known, the rest.

    Raises:
        ConfigurationError: An item has no ``name``, or an id is no number; the message names item and field.
    """
    if isinstance(stages, (str, bytes, Mapping)):
        raise ConfigurationError(
            "stages: give an iterable of stages (objects or dicts with a name), e.g. suggest([{'name': 'New'}])"
        )
    return [_read(item, at) for at, item in enumerate(stages)]


def _read(item: Any, at: int) -> Stage:
    if isinstance(item, Stage):
        return item
    if isinstance(item, str):
        return Stage(item)
    name = _field(item, "name", at, required=True)
    return Stage(
        name if isinstance(name, str) else "" if name is None else str(name),
        _number(item, "id", at),
        _number(item, "type", at),
        _number(item, "sort", at),
        _number(item, "pipeline_id", at),
    )


def _field(item: Any, field: str, at: int, *, required: bool = False) -> Any:
    missing: Any = object()
    if isinstance(item, Mapping):
        value = cast("Mapping[str, Any]", item).get(field, missing)
    else:
        value = getattr(item, field, missing)
    if value is not missing:
        return value
    if required:
        raise ConfigurationError(f"stages[{at}].name: missing; a stage is an object or a dict with a name")
    return None


def _number(item: Any, field: str, at: int) -> int | None:
    value = _field(item, field, at)
    if isinstance(value, int):
        return int(value)
    if value is None or value == "" or not isinstance(value, (str, float)):
        return None
    try:
        return int(value)
    except ValueError:
        raise ConfigurationError(
            f"stages[{at}].{field}: {value!r} is no number; give an int or leave it out"
        ) from None
