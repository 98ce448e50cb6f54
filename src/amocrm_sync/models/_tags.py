"""``lead.tags``: the tags of one record, and what is to be added and removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from amocrm_sync._core.shapes import as_object, objects_in
from amocrm_sync._core.unset import UNSET
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._types import RawObject, RawRows
from amocrm_sync.models.tag import Tag


class TagRows(Protocol):
    """What is needed of the record: the tags that it came with, and the edits of them."""

    tags_to_add: RawRows | None
    tags_to_delete: RawRows | None

    @property
    def embedded(self) -> RawObject | None:
        """``_embedded`` as it came."""
        ...


class Tags:
    """The tags of one record, as they will be when its changes are saved.

    Iteration gives :class:`~amocrm_sync.models.Tag`; ``"vip" in lead.tags`` asks by name. Adding and removing is sent
    as such, so tags that somebody else puts on the record meanwhile stay.
    """

    def __init__(self, owner: TagRows) -> None:
        self._owner = owner

    @property
    def names(self) -> list[str]:
        """The names."""
        return [tag.name for tag in self if tag.name is not None]

    def add(self, *names: str) -> None:
        """Add tags by name; those that are there already are left alone."""
        gone, new = _names(self._owner.tags_to_delete), _names(self._owner.tags_to_add)
        loaded = _names(self._loaded())
        for name in _checked(names):
            if name in gone:
                gone.remove(name)
            if name not in loaded and name not in new:
                new.append(name)
        self._write(new, gone)

    def remove(self, *names: str) -> None:
        """Remove tags by name, also where the record was loaded without its tags."""
        gone, new = _names(self._owner.tags_to_delete), _names(self._owner.tags_to_add)
        for name in _checked(names):
            if name in new:
                new.remove(name)
            elif name not in gone:
                gone.append(name)
        self._write(new, gone)

    def replace(self, names: Iterable[str]) -> None:
        """Add what is missing and remove the rest."""
        wanted = list(_checked([names] if isinstance(names, str) else names))
        unwanted = [name for name in self.names if name not in wanted]
        if unwanted:
            self.remove(*unwanted)
        self.add(*wanted)

    def __iter__(self) -> Iterator[Tag]:
        gone = _names(self._owner.tags_to_delete)
        for row in self._loaded():
            if row.get("name") not in gone:
                yield Tag.model_validate(row)
        for row in objects_in(self._owner.tags_to_add):
            yield Tag.model_validate(row)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return (name.name if isinstance(name, Tag) else name) in self.names

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.names!r}>"

    def _loaded(self) -> list[Mapping[str, Any]]:
        return [*objects_in(as_object(self._owner.embedded).get("tags"))]

    def _write(self, new: list[str], gone: list[str]) -> None:
        if new != _names(self._owner.tags_to_add):
            self._owner.tags_to_add = _rows(self._owner.tags_to_add, new)
        if gone != _names(self._owner.tags_to_delete):
            self._owner.tags_to_delete = _rows(self._owner.tags_to_delete, gone)


def _names(rows: Any) -> list[Any]:
    return [row.get("name") for row in objects_in(rows)]


def _rows(old: Any, names: list[str]) -> Any:
    """Rows for names; those given by id stay. ``UNSET`` where there are none, which takes the edit back."""
    kept = [row for row in objects_in(old) if row.get("name") is None]
    return [*kept, *({"name": name} for name in names if name)] or UNSET


def _checked(names: Iterable[Any]) -> Iterator[str]:
    for name in names:
        if isinstance(name, Tag) and name.name:
            yield name.name
        elif isinstance(name, str) and name:
            yield name
        else:
            raise ConfigurationError(f"tags: a name is needed, not {name!r}")
