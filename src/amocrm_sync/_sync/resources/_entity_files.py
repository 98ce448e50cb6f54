# Generated from src/amocrm_sync/_async/resources/_entity_files.py by tools/unasync.py: edit that file instead.
"""Files of records: ``leads.files`` and its like. Source: the API page ``files-api``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from amocrm_sync._core.call import Call, Method
from amocrm_sync._core.form import encode_brackets
from amocrm_sync._core.payloads import number
from amocrm_sync._sync.pager import Pager, Pages
from amocrm_sync._sync.resources._base import Core, Resource
from amocrm_sync.models.file import EntityFile, FileRef, uuid_rows
from amocrm_sync.models.page import Page


class EntityFiles(Resource[EntityFile]):
    """Files of the records of one kind: ``leads.files``, ``catalogs.elements.files(5)``."""

    key = "files"
    model = EntityFile

    def __init__(self, core: Core, path: str, template: str | None = None) -> None:
        super().__init__(core)
        self.path = path
        self._below = f"{template or path}/{{id}}/files"

    def list(self, id: int, *, limit: int | None = None, before_id: int | None = None) -> Pager[EntityFile]:
        """The files of a record, lazily, the newest link first.

        Args:
            id: The record.
            limit: Links a request (the API page states no maximum).
            before_id: Only links with a smaller id.
        """
        query = encode_brackets({"limit": limit, "before_id": before_id}, escape_brackets=False)
        call = Call(
            method="GET",
            path=f"{self.path}/{number(id)}/files",
            template=self._below,
            query=query,
            parse=self._parse_page,
        )
        return EntityFilePager(self._core.engine, call)

    def attach(self, id: int, files: FileRef | Iterable[FileRef]) -> None:
        """Hang files on a record."""
        for rows in uuid_rows("file_uuid", files):
            self._files("PUT", id, rows)

    def detach(self, id: int, files: FileRef | Iterable[FileRef]) -> None:
        """Take files off a record; the files themselves stay."""
        for rows in uuid_rows("file_uuid", files):
            self._files("DELETE", id, rows)

    def _files(self, method: Method, id: int, rows: Sequence[Mapping[str, str]]) -> None:
        self._command(method, f"{self.path}/{number(id)}/files", self._below, rows)


class EntityFilePager(Pager[EntityFile]):
    """Links of one record to files."""

    def pages(self) -> EntityFilePages:
        """Pages as they are read."""
        self.quarantined = []
        return EntityFilePages(self._engine, self._first, self.quarantined)


class EntityFilePages(Pages[EntityFile]):
    """One walk: the API gives no next link here, so that what follows is asked for by the smallest id so far."""

    def for_rows(self) -> EntityFilePages:
        """Whole pages for every reader: a piece does not know the smallest id."""
        return self

    def __next__(self) -> Page[EntityFile]:
        """The next page."""
        asked = self._next
        page = super().__next__()
        ids = [link.id for link in page.items if link.id is not None]
        if self._next is None and asked is not None and ids:
            kept = [pair for pair in asked.query.split("&") if pair and not pair.startswith("before_id=")]
            self._next = attrs.evolve(asked, query="&".join([*kept, f"before_id={min(ids)}"]))
        return page
