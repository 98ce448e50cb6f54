"""A mapping as plain data and as YAML, and back, with every mistake named by its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.changes import MappedStage
from amocrm_sync.mapping.statuses import Status

__all__ = ["from_plain", "from_yaml", "to_plain", "to_yaml"]

_VERSION: Final = 1
_SOURCES: Final = ("suggested", "person")


def to_plain(stages: Iterable[MappedStage]) -> dict[str, Any]:
    """Return ``{"version": 1, "stages": […]}``."""
    return {
        "version": _VERSION,
        "stages": [attrs.asdict(stage) | {"status": str(stage.status)} for stage in stages],
    }


def from_plain(data: Mapping[str, Any]) -> list[MappedStage]:
    """Return the stages of :func:`to_plain`'s data; raise ``ConfigurationError`` that names the field."""
    version = data.get("version")
    if version != _VERSION:
        raise ConfigurationError(f"version: {version!r} is not known; this release reads {_VERSION}")
    if not isinstance(data.get("stages"), list):
        raise ConfigurationError("stages: a list of stages is missing")
    stages: list[Any] = data["stages"]
    return [_stage(item, f"stages[{at}]") for at, item in enumerate(stages)]


def to_yaml(stages: Iterable[MappedStage]) -> str:
    """Return YAML that people can edit."""
    return str(_yaml().safe_dump(to_plain(stages), allow_unicode=True, sort_keys=False))


def from_yaml(text: str) -> list[MappedStage]:
    """Return the stages of :func:`to_yaml`'s text; raise ``ConfigurationError`` that names what is wrong."""
    yaml = _yaml()
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the mapping is no YAML: {error}") from None
    if not isinstance(data, Mapping):
        raise ConfigurationError("the mapping's YAML must hold version and stages")
    return from_plain(cast("Mapping[str, Any]", data))


def _stage(item: Any, where: str) -> MappedStage:
    if not isinstance(item, Mapping):
        raise ConfigurationError(f"{where}: a stage is a mapping with stage_id, pipeline_id and status")
    fields = cast("Mapping[str, Any]", item)
    stage_id, status = _integer(fields, "stage_id", where), fields.get("status")
    if stage_id is None:
        raise ConfigurationError(f"{where}.stage_id: missing")
    if not isinstance(status, str) or not status:
        raise ConfigurationError(f"{where}.status: {status!r} is no status; write e.g. IN_PROGRESS")
    source = fields.get("source", "person")
    if source not in _SOURCES:
        raise ConfigurationError(f"{where}.source: {source!r} is neither suggested nor person")
    confidence = fields.get("confidence")
    if confidence is not None and not isinstance(confidence, (int, float)):
        raise ConfigurationError(f"{where}.confidence: {confidence!r} is no number")
    return MappedStage(
        stage_id,
        _integer(fields, "pipeline_id", where),
        Status(status) if status in Status.__members__ else status,
        source,
        str(fields.get("stage_name") or ""),
        confidence,
        _integer(fields, "sort", where),
        _integer(fields, "stage_type", where),
    )


def _integer(fields: Mapping[str, Any], field: str, where: str) -> int | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, int):
        raise ConfigurationError(f"{where}.{field}: {value!r} is no integer")
    return value


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(
            'YAML needs the extra "yaml": pip install "amocrm-sync[yaml]"; to_dict and from_dict work without it'
        ) from None
    return yaml
