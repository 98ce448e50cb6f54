"""What to link to what: targets as people write them, in the API's own shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeGuard

from amocrm_sync._core.shapes import is_mapping
from amocrm_sync.errors import ConfigurationError

Target: TypeAlias = Any
"""A model (``Contact``), a pair ``("contacts", 5)``, or a dict in the API's shape."""

_TYPES = {"Lead": "leads", "Contact": "contacts", "Company": "companies", "Customer": "customers"}


def link_payload(to: Target | Iterable[Target], metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that link and unlink send.

    Args:
        to: One target or several.
        metadata: ``is_main``, ``quantity``, ``catalog_id``, ``price_id``: sent where not ``None``.
    """
    chosen = {name: value for name, value in metadata.items() if value is not None}
    rows = [_row(target) for target in _several(to)]
    return [{**row, "metadata": {**row.get("metadata", {}), **chosen}} if chosen else row for row in rows]


def _several(to: Any) -> list[Any]:
    if is_mapping(to) or _is_pair(to) or hasattr(to, "id") or not isinstance(to, Iterable):
        return [to]
    return [*to]


def _is_pair(value: Any) -> TypeGuard[tuple[str, Any]]:
    match value:
        case (str(), _):
            return isinstance(value, tuple)
        case _:
            return False


def _row(target: Any) -> dict[str, Any]:
    if is_mapping(target):
        return dict(target)
    if _is_pair(target):
        return {"to_entity_type": target[0], "to_entity_id": int(target[1])}
    kind = _TYPES.get(type(target).__name__)
    key = getattr(target, "id", None)
    if kind is None or not isinstance(key, int):
        raise ConfigurationError(
            f'to: a saved Contact, Company, Lead or Customer, or a pair such as ("contacts", 5) is needed, not {target!r}'
        )
    return {"to_entity_type": kind, "to_entity_id": key}
