"""Files: those of the account on its drive, and the records that they hang on.

Source: the API page ``files-api``. The integration needs the scope "Access to files", and "Deleting files" to delete.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar, overload

from amocrm_sync._async._primitives import run_blocking
from amocrm_sync._async.drive import AsyncDrive, AsyncDrivePager
from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._base import AsyncCore, AsyncResource
from amocrm_sync._async.transfer import (
    AsyncBytesSink,
    AsyncFileSink,
    AsyncReader,
    Progress,
    Source,
    open_source,
)
from amocrm_sync._core.call import Call, Method, Reply
from amocrm_sync._core.filters import AnyFilter, build_query
from amocrm_sync._core.payloads import json_or_none
from amocrm_sync._core.shapes import as_array, as_object, is_object
from amocrm_sync._core.unset import UNSET
from amocrm_sync._core.uploads import UploadSession, opened_session
from amocrm_sync._http import AsyncSink
from amocrm_sync.errors import (
    AmbiguousWriteError,
    AmoCRMError,
    ConfigurationError,
    NotFoundError,
    UploadInterrupted,
    ValidationError,
)
from amocrm_sync.models import Model
from amocrm_sync.models.file import (
    File,
    FileLink,
    FileRef,
    FileVersion,
    uuid_of,
    uuid_rows,
    with_download_links,
)
from amocrm_sync.models.page import Page, parse_one, parse_page, parse_rows

M = TypeVar("M", bound=Model)

FILES = "/v1.0/files"
FILE = "/v1.0/files/{uuid}"
SESSIONS = "/v1.0/sessions"
UPLOAD = "/v1.0/sessions/upload/{session_token}"
DOWNLOAD = "/download/{account}/{uuid}/{name}"


class AsyncFiles(AsyncResource[File]):
    """Files of the account. They are on a host of their own, which is found through the account."""

    path = FILES
    key = "files"
    model = File

    def __init__(self, core: AsyncCore) -> None:
        super().__init__(core)
        self._drive = AsyncDrive(core.engine)

    def list(
        self,
        *,
        filter: AnyFilter | None = None,
        with_: Sequence[str] | str = (),
        limit: int | None = None,
        page: int | None = None,
    ) -> AsyncPager[File]:
        """The files, lazily. A new one may be found by its name only after a while.

        Args:
            filter: A :class:`~amocrm_sync.FileFilter`, or a dict with the API's names.
            with_: ``deleted``, ``unbilled`` (known from the official PHP SDK; not on the API page).
            limit: Files a page; the server's own number where not given (the page states no maximum).
            page: The page to begin with.
        """
        query = build_query(filter=filter, with_=with_, limit=limit, page=page)
        call = Call(method="GET", path=FILES, template=FILES, query=query, parse=self._parse_page)
        return AsyncDrivePager(self._core.engine, self._drive, call)

    async def get(self, file: FileRef) -> File:
        """One file.

        Raises:
            NotFoundError: There is none with this uuid.
        """
        path = f"{FILES}/{uuid_of(file)}"
        return await self._drive.send(Call(method="GET", path=path, template=FILE, parse=self._parse_one))

    async def versions(self, file: FileRef) -> Sequence[FileVersion]:
        """All versions of a file; ``is_main`` marks the active one."""
        path = f"{FILES}/{uuid_of(file)}/versions"
        call = Call(method="GET", path=path, template=f"{FILE}/versions", parse=self._parse_versions)
        return await self._drive.send(call)

    async def update(
        self, file: FileRef, *, name: str | None = None, version: FileVersion | str | None = None
    ) -> File:
        """Rename a file, or make another version the active one; one of the two at a time.

        Args:
            file: The file or its uuid.
            name: The new name, without the extension.
            version: The version or its uuid.
        """
        if (name is None) == (version is None):
            raise ConfigurationError("name, version: give one of them; the drive changes one thing at a time")
        body = {"name": name} if version is None else {"version_uuid": uuid_of(version)}
        path = f"{FILES}/{uuid_of(file)}"
        return await self._drive.send(
            Call(method="PATCH", path=path, template=FILE, json=body, parse=self._parse_one)
        )

    async def delete(self, files: FileRef | Iterable[FileRef]) -> None:
        """Move files into the trash, where they stay for 30 days. Needs the scope "Deleting files"."""
        for rows in uuid_rows("uuid", files):
            await self._drive_command("DELETE", FILES, rows)

    async def restore(self, files: FileRef | Iterable[FileRef]) -> Sequence[File]:
        """Take files out of the trash."""
        restored: Sequence[File] = []
        for rows in uuid_rows("uuid", files):
            path = f"{FILES}/restore"
            call = Call(method="POST", path=path, template=path, json=rows, parse=self._parse_page)
            restored = [*restored, *(await self._drive.send(call)).items]
        return restored

    async def links(self, file: FileRef) -> Sequence[FileLink]:
        """The records that a file hangs on."""
        path = f"/api/v4/files/{uuid_of(file)}/links"
        data = await self._command("GET", path, "/api/v4/files/{uuid}/links")
        rows = [row for row in as_array(as_object(data).get("entities")) if is_object(row)]
        return parse_rows(rows, FileLink, strict=self._core.strict)

    async def upload(
        self,
        source: Source,
        *,
        name: str | None = None,
        size: int | None = None,
        content_type: str | None = None,
        version_of: FileRef | None = None,
        with_preview: bool | None = None,
        progress: Progress | None = None,
        resume: UploadSession | None = None,
    ) -> File:
        """Upload a file, part by part, with one part in memory.

        A part is never sent twice by itself. When one breaks, the error carries the session, and
        ``upload(source, resume=error.session)`` with the same content sends that part again and goes on. The API
        documents no way to go on: where the drive refuses the part (it may have it already), begin anew.

        Args:
            source: A path, bytes, a binary file (from where it stands), or an iterable of bytes.
            name: With its extension; the source's own where it has one.
            size: Bytes in all; needed for what cannot tell (iterables, pipes).
            content_type: Media type, ``application/octet-stream`` where not given.
            version_of: Make it a new version of this file; it becomes the active one.
            with_preview: Ask for previews.
            progress: Called with ``(bytes sent, bytes in all)`` after every part.
            resume: The session of an upload that stopped.

        Raises:
            UploadInterrupted: A part did not arrive for certain, or the source could not be read; has ``session``.
            NotFoundError: The session is over (it lives for 24 hours, and ends with the last part).
        """
        reader = await open_source(source)
        try:
            session = resume
            if session is None:
                named = name or reader.name
                about = {"file_name": named, "file_size": reader.size if size is None else size}
                about |= {"content_type": content_type, "with_preview": with_preview}
                about["file_uuid"] = None if version_of is None else uuid_of(version_of)
                session = await self._open_session(about)
            else:
                _check_same_size(session, reader.size if size is None else size)
                await reader.skip(session.sent)
            return await self._send_parts(session, reader, progress)
        finally:
            await reader.close()

    @overload
    async def download(
        self, file: File | FileVersion | str, to: None = None, *, progress: Progress | None = None
    ) -> bytes: ...

    @overload
    async def download(
        self,
        file: File | FileVersion | str,
        to: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
    ) -> Path: ...

    async def download(
        self,
        file: File | FileVersion | str,
        to: str | os.PathLike[str] | None = None,
        *,
        progress: Progress | None = None,
    ) -> bytes | Path:
        """The content of a file (its active version) or of one version.

        Args:
            file: A file, its uuid, or a version from :meth:`versions`.
            to: A path, or a folder to put it into under its own name. It appears there when it is whole, and replaces
                what was there. Without it the content is returned as bytes.
            progress: Called with ``(bytes received, bytes in all)``.

        Returns:
            The bytes, or the path of the file that was written.
        """
        found = (
            await self.get(file)
            if isinstance(file, str) or (isinstance(file, File) and not file.download_url)
            else file
        )
        if not found.download_url:
            raise NotFoundError(f"file {found.uuid} has no download link")
        if to is None:
            content = AsyncBytesSink(progress)
            await self._fetch(found.download_url, content)
            return bytes(content.content)
        target = await run_blocking(_target, Path(to), found.filename)
        sink = AsyncFileSink(target, progress)
        try:
            await self._fetch(found.download_url, sink)
            await sink.commit()
        finally:
            sink.discard()
        return target

    async def _fetch(self, url: str, sink: AsyncSink) -> None:
        place = await self._drive.place(url)
        call = Call[None](
            method="GET",
            origin=place.origin,
            path=place.path,
            query=place.query,
            template=DOWNLOAD,
            parse=lambda _: None,
        )
        await self._core.engine.send(call, sink=sink)

    async def _open_session(self, about: Mapping[str, Any]) -> UploadSession:
        size = about["file_size"]
        if not about["file_name"]:
            raise ConfigurationError("name: the source has no name of its own; give one with its extension")
        if size is None:
            raise ConfigurationError("size: the source cannot tell how long it is; give the number of bytes")
        if size < 1:
            raise ConfigurationError("source: it is empty, and the drive takes no empty files")
        answer = await self._drive_command(
            "POST", SESSIONS, {key: value for key, value in about.items() if value is not None}
        )
        content_type = about["content_type"] or "application/octet-stream"
        return opened_session(as_object(answer), size=size, content_type=content_type)

    async def _send_parts(
        self, session: UploadSession, reader: AsyncReader, progress: Progress | None
    ) -> File:
        while True:
            try:
                part = await reader.read(session.next_part)
                longer = session.is_last_part and await reader.read(1)
            except OSError as error:
                raise _interrupted(session, f"the source could not be read: {error}") from error
            if len(part) < session.next_part or longer:
                raise ConfigurationError(
                    f"size: the source is {'longer' if longer else 'shorter'} than the {session.size} bytes "
                    "that were announced"
                )
            reply = await self._send_part(session, part)
            following = session.advanced(as_object(json_or_none(reply)))
            if progress is not None:
                progress(session.sent + len(part), session.size)
            if following is None:
                return parse_one(with_download_links(reply.body), File, strict=self._core.strict)
            session = following

    async def _send_part(self, session: UploadSession, part: bytes) -> Reply:
        place = await self._drive.place(session.url)
        call = Call[Reply](
            method="POST",
            origin=place.origin,
            path=place.path,
            query=place.query,
            template=UPLOAD,
            content=part,
            content_type=session.content_type,
            parse=lambda reply: reply,
        )
        try:
            return await self._core.engine.send(call)
        except (NotFoundError, ValidationError):
            raise  # the session is over, or the drive refuses the part: going on is not possible
        except AmoCRMError as error:
            doubt = (
                " It was the last part: look whether the file is there first."
                if (session.is_last_part and isinstance(error, AmbiguousWriteError))
                else ""
            )
            raise _interrupted(session, error.message + doubt) from error

    async def _drive_command(self, method: Method, path: str, json: Any = UNSET) -> Any:
        return await self._drive.send(
            Call(method=method, path=path, template=path, json=json, parse=json_or_none)
        )

    def _parse_page(self, reply: Reply) -> Page[File]:
        return self._stored_page(reply, "files", File)

    def _parse_versions(self, reply: Reply) -> Sequence[FileVersion]:
        return self._stored_page(reply, "versions", FileVersion).items

    def _stored_page(self, reply: Reply, key: str, model: type[M]) -> Page[M]:
        if reply.status == HTTPStatus.NO_CONTENT:
            return Page(items=[])
        return parse_page(with_download_links(reply.body), key, model, strict=self._core.strict)

    def _parse_one(self, reply: Reply) -> File:
        if reply.status == HTTPStatus.NO_CONTENT:
            raise NotFoundError("there is no such file", status=204)
        return parse_one(with_download_links(reply.body), File, strict=self._core.strict)


def _check_same_size(session: UploadSession, size: int | None) -> None:
    if size is not None and size != session.size:
        raise ConfigurationError(
            f"source: the upload began with {session.size} bytes, this is another file ({size} bytes)"
        )


def _interrupted(session: UploadSession, reason: str) -> UploadInterrupted:
    return UploadInterrupted(
        f"the upload stopped after {session.sent} of {session.size} bytes: {reason}. "
        "Go on with upload(source, resume=error.session), or begin anew",
        session=session,
    )


def _target(path: Path, name: str) -> Path:
    return path / name if path.is_dir() else path
