"""The typed filter of the drive's file list. Source: the API page ``files-api``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import attrs

from amocrm_sync._core.filters import Filter, Range
from amocrm_sync.errors import ConfigurationError


def _several(value: Any) -> list[Any] | None:
    """One value or several as a list; an empty one would be left out of the query and select everything."""
    if value is None:
        return None
    values: list[Any] = [value] if isinstance(value, (str, int)) else list(value)
    if not values:
        raise ConfigurationError(
            "FileFilter: an empty list would select everything; leave it out, or do not ask"
        )
    return values


@attrs.frozen(kw_only=True)
class FileFilter(Filter):
    """What files to list.

    Attributes:
        uuid: One uuid or several.
        name: The name.
        extensions: ``pdf`` or several.
        term: Part of the file's name, or of the name of a record that it hangs on.
        source_id: Where it came from.
        deleted: Files in the trash instead.
        size_from: Smallest size in bytes.
        size_to: Largest size in bytes.
        created_at: When it was made; not together with ``updated_at``, the API takes one of them.
        updated_at: When it was changed last.
        created_by: Users; -1 a client, 0 a robot.
        updated_by: The same, for the last change.
    """

    uuid: str | Iterable[str] | None = attrs.field(default=None, converter=_several)
    name: str | None = None
    extensions: str | Iterable[str] | None = attrs.field(default=None, converter=_several)
    term: str | None = None
    source_id: int | None = None
    deleted: bool = False
    size_from: int | None = None
    size_to: int | None = None
    created_at: Range | None = None
    updated_at: Range | None = None
    created_by: int | Iterable[int] | None = attrs.field(default=None, converter=_several)
    updated_by: int | Iterable[int] | None = attrs.field(default=None, converter=_several)

    def __attrs_post_init__(self) -> None:
        if self.created_at is not None and self.updated_at is not None:
            raise ConfigurationError("created_at, updated_at: the drive filters by one of them at a time")

    def to_params(self) -> dict[str, Any]:
        """The tree under ``filter``."""
        plain = ("name", "extensions", "term", "source_id", "created_by", "updated_by")
        params: dict[str, Any] = {name: getattr(self, name) for name in plain}
        params["uuid"] = None if self.uuid is None else ",".join(self.uuid)
        params["deleted"] = 1 if self.deleted else None
        sizes = {"from": self.size_from, "to": self.size_to}
        params["size"] = {name: value for name, value in sizes.items() if value is not None} or None
        params["date"] = self._date("created_at", self.created_at) or self._date(
            "updated_at", self.updated_at
        )
        return {name: value for name, value in params.items() if value is not None}

    @staticmethod
    def _date(kind: Literal["created_at", "updated_at"], when: Range | None) -> dict[str, Any] | None:
        return None if when is None else {"type": kind, **when.to_params()}
