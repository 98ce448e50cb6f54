"""Files of the drive: files, their versions, and what they hang on.

Source: the API page ``files-api``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from amocrm_sync._core.shapes import as_array, as_object, is_object
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._base import Model
from amocrm_sync.models._json import read_json
from amocrm_sync.models._types import Editable, JsonObject, RawRows, ReadOnly, Timestamp

_LINKS = {"download": "download_url", "download_version": "download_version_url"}


class _Stored(Model):
    """What a file and one version of it have in common."""

    uuid: ReadOnly[str] = None
    name: Editable[str] = None
    """Without the extension."""
    sanitized_name: ReadOnly[str] = None
    """The name in ASCII."""
    size: ReadOnly[int] = None
    """Bytes."""
    type: ReadOnly[str] = None
    """``image``, ``video``, ``audio``, ``document`` or ``file``."""
    metadata: ReadOnly[JsonObject] = None
    """``{extension, mime_type}``"""
    source_id: ReadOnly[int] = None
    previews: ReadOnly[RawRows] = None
    """``[{download_link, width, height}]``"""
    created_at: ReadOnly[Timestamp] = None
    created_by: ReadOnly[JsonObject] = None
    """``{id, type}``"""
    updated_at: ReadOnly[Timestamp] = None
    updated_by: ReadOnly[JsonObject] = None
    download_url: ReadOnly[str] = None
    """Where the content is; asks for the account's token."""

    @property
    def extension(self) -> str:
        """``pdf``; empty where there is none."""
        return str(as_object(self.metadata).get("extension") or "")

    @property
    def filename(self) -> str:
        """Name and extension, fit for a folder: no separators, never empty."""
        stem = (self.name or self.sanitized_name or self.uuid or "file").replace("\\", "_").replace("/", "_")
        whole = (
            f"{stem}.{self.extension}"
            if self.extension and not stem.lower().endswith(f".{self.extension.lower()}")
            else stem
        )
        return whole.replace("\0", "") if whole.strip(". ") else "file"


class File(_Stored):
    """A file of the account."""

    version_uuid: Editable[str] = None
    """The active version."""
    is_trashed: ReadOnly[bool] = None
    has_multiple_versions: ReadOnly[bool] = None
    session_id: ReadOnly[int] = None
    public_url: ReadOnly[str] = None
    deleted_at: ReadOnly[Timestamp] = None
    deleted_by: ReadOnly[JsonObject] = None
    download_version_url: ReadOnly[str] = None
    """The content of the version that was active when this was read."""


class FileVersion(_Stored):
    """One version of a file."""

    file_uuid: ReadOnly[str] = None
    is_main: ReadOnly[bool] = None
    """Whether it is the active one."""


class EntityFile(Model):
    """That a file hangs on a record."""

    id: ReadOnly[int] = None
    """Of the link, not of the file."""
    file_uuid: Editable[str] = None


class FileLink(Model):
    """A record that a file hangs on."""

    id: ReadOnly[int] = None
    name: ReadOnly[str] = None
    entity_type: ReadOnly[str] = None
    """``leads``, ``contacts`` …"""
    created_by: ReadOnly[int] = None
    updated_by: ReadOnly[int] = None
    main_user_id: ReadOnly[int] = None
    date_create: ReadOnly[Timestamp] = None
    date_update: ReadOnly[Timestamp] = None
    price: ReadOnly[int] = None
    pipeline_id: ReadOnly[int] = None
    status_id: ReadOnly[int] = None
    closest_task_at: ReadOnly[Timestamp] = None


def with_download_links(body: bytes) -> bytes:
    """The answer of the drive with its download links among the fields, where a model keeps them.

    Raises:
        InvalidResponseError: The body is not JSON.
    """
    data = read_json(body)
    lists = [as_array(part) for part in (data, *as_object(as_object(data).get("_embedded")).values())]
    for row in (data, *(row for rows in lists for row in rows)):
        if is_object(row):
            row.update(_download_links(row))
    return orjson.dumps(data)


def _download_links(row: Mapping[str, Any]) -> dict[str, str]:
    links = as_object(row.get("_links"))
    found = {field: as_object(links.get(name)).get("href") for name, field in _LINKS.items()}
    return {field: href for field, href in found.items() if isinstance(href, str)}


FileRef: TypeAlias = File | EntityFile | str
"""A file, a link to one, or its uuid."""

_MOST = 250
"""Files that one request takes."""


def uuid_of(file: FileRef | FileVersion) -> str:
    """The uuid of a file, a version or a link to a file."""
    uuid = file if isinstance(file, str) else file.file_uuid if isinstance(file, EntityFile) else file.uuid
    if not uuid or "/" in uuid:
        raise ConfigurationError(f"file: a file or its uuid is needed, not {file!r}")
    return uuid


def uuid_rows(key: str, files: FileRef | Iterable[FileRef]) -> Sequence[Sequence[Mapping[str, str]]]:
    """Files as the rows of requests, each with as many as one takes."""
    several = [files] if isinstance(files, (str, Model)) else [*files]
    rows = [{key: uuid_of(file)} for file in several]
    return [rows[start : start + _MOST] for start in range(0, len(rows), _MOST)]
