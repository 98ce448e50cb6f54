"""Query parameters that filter records: text, read as the type of the column that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amocrm_sync._core.entities import ALIASES
from amocrm_sync._core.handlers.problem import wrong_field
from amocrm_sync._core.sync.projections import Kind, columns

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def read_filter(entity: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The filter that parameters stand for; a name that is no column is left for the engine to refuse.

    Raises:
        Problem: 422: the text is no value of the column's type.
    """
    try:
        kinds = columns(ALIASES.get(entity, entity))
    except KeyError:
        return dict(wanted)
    return {name: _value(name, text, kinds.get(name)) for name, text in wanted.items()}


def _value(name: str, text: str, kind: Kind | None) -> Any:
    try:
        match kind:
            case Kind.INT:
                return int(text)
            case Kind.REAL:
                return float(text)
            case Kind.BOOL:
                return _FLAGS[text.lower()]
            case _:
                return text
    except (ValueError, KeyError):
        raise wrong_field(name, f"{text[:50]!r} is no value of this column") from None
