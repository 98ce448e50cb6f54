"""Files of records: ``leads.files`` and its like. Source: the API page ``files-api``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from amocrm_sync._async.pager import AsyncPager, AsyncPages
from amocrm_sync._async.resources._base import AsyncCore, AsyncResource
from amocrm_sync._core.call import Call, Method
from amocrm_sync._core.form import encode_brackets
from amocrm_sync._core.payloads import number
from amocrm_sync.models.file import EntityFile, FileRef, uuid_rows
from amocrm_sync.models.page import Page


class AsyncEntityFiles(AsyncResource[EntityFile]):
    """Files of the records of one kind: ``leads.files``, ``catalogs.elements.files(5)``."""

    key = "files"
    model = EntityFile

    def __init__(self, core: AsyncCore, path: str, template: str | None = None) -> None:
        super().__init__(core)
        self.path = path
        self._below = f"{template or path}/{{id}}/files"

    def list(
        self, id: int, *, limit: int | None = None, before_id: int | None = None
    ) -> AsyncPager[EntityFile]:
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
        return AsyncEntityFilePager(self._core.engine, call)

    async def attach(self, id: int, files: FileRef | Iterable[FileRef]) -> None:
        """Hang files on a record."""
        for rows in uuid_rows("file_uuid", files):
            await self._files("PUT", id, rows)

    async def detach(self, id: int, files: FileRef | Iterable[FileRef]) -> None:
        """Take files off a record; the files themselves stay."""
        for rows in uuid_rows("file_uuid", files):
            await self._files("DELETE", id, rows)

    async def _files(self, method: Method, id: int, rows: Sequence[Mapping[str, str]]) -> None:
        await self._command(method, f"{self.path}/{number(id)}/files", self._below, rows)


class AsyncEntityFilePager(AsyncPager[EntityFile]):
    """Links of one record to files."""

    def pages(self) -> AsyncEntityFilePages:
        """Pages as they are read."""
        self.quarantined = []
        return AsyncEntityFilePages(self._engine, self._first, self.quarantined)


class AsyncEntityFilePages(AsyncPages[EntityFile]):
    """One walk: the API gives no next link here, so that what follows is asked for by the smallest id so far."""

    def for_rows(self) -> AsyncEntityFilePages:
        """Whole pages for every reader: a piece does not know the smallest id."""
        return self

    async def __anext__(self) -> Page[EntityFile]:
        """The next page."""
        asked = self._next
        page = await super().__anext__()
        ids = [link.id for link in page.items if link.id is not None]
        if self._next is None and asked is not None and ids:
            kept = [pair for pair in asked.query.split("&") if pair and not pair.startswith("before_id=")]
            self._next = attrs.evolve(asked, query="&".join([*kept, f"before_id={min(ids)}"]))
        return page
