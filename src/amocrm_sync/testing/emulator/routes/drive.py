"""The host of files: sessions, parts, files and their versions, downloads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import quote

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.drive import SESSION_TTL, Session, mime_type_of
from amocrm_sync.testing.emulator.hosts import place_of
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, bad_request, invalid, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.files import file_tests
from amocrm_sync.testing.emulator.rules.lists import PLAIN
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, Field, Shape, object_of, rows_of
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Handler, Route, Visit

_SESSION: Final[Shape] = {
    "file_name": Field("string", required=True),
    "file_size": Field("int", required=True),
    "content_type": Field("string", nullable=True),
    "file_uuid": Field("string", nullable=True),
    "with_preview": Field("bool"),
    "created_by": Field("object"),
}


def open_session(visit: Visit) -> Response:
    """Begin an upload of a new file, or of a new version of one."""
    fields, settings, drive = tables.single(visit, _SESSION), visit.state.settings, visit.state.drive
    if not 0 < fields["file_size"] <= settings.max_file_size:
        raise invalid({"0": [Fault("OutOfRange", "file_size", f"1 to {settings.max_file_size} bytes.")]})
    file_uuid = fields.get("file_uuid")
    if file_uuid is not None and file_uuid not in drive.files:
        raise invalid({"0": [Fault("NotSupportedChoice", "file_uuid")]})
    session = drive.open(
        Session(
            id=visit.state.next_id("sessions"),
            name=fields["file_name"],
            size=fields["file_size"],
            mime_type=fields.get("content_type") or mime_type_of(fields["file_name"]),
            file_uuid=file_uuid,
            by=visit.user_id,
            expires_at=visit.state.now() + SESSION_TTL,
            token=drive.token(),
        )
    )
    return hal.plain(
        {
            "max_file_size": settings.max_file_size,
            "max_part_size": settings.max_part_size,
            "session_id": session.id,
            "upload_url": _part_url(visit, session),
        }
    )


def upload_part(visit: Visit) -> Response:
    """Take the next part. The last one answers with the file, the others with the address of the next."""
    drive, part = visit.state.drive, visit.request.body
    session = drive.sessions.get(str(visit.params["token"]))
    if session is None or session.expires_at <= visit.state.now():
        raise not_found("Upload session not found")
    if not 0 < len(part) <= visit.state.settings.max_part_size:
        raise bad_request(f"A part has 1 to {visit.state.settings.max_part_size} bytes, this has {len(part)}")
    if session.received + len(part) > session.size:
        raise bad_request(f"More bytes than the {session.size} that the session was opened for")
    drive.take(session, part)
    if not session.is_whole:
        return hal.plain({"next_url": _part_url(visit, session), "session_id": session.id})
    row = drive.finish(session, visit.state.now())
    return hal.plain({**_shown(visit, row), "session_id": session.id})


def list_files(visit: Visit) -> Response:
    """One page, newest first."""
    query, state = visit.query, visit.state
    size = query.size(PLAIN)
    rows: Iterator[Row] = reversed(state.drive.files.values())
    for test in file_tests(state, query.filters, with_trash="deleted" in query.with_):
        rows = filter(test, rows)
    found = list(islice(rows, (query.page - 1) * size, query.page * size + 1))
    if not found:
        raise NothingFound
    links = {"self": hal.link(_page_url(visit, query.page))}
    if len(found) > size:
        links["next"] = hal.link(_page_url(visit, query.page + 1))
    shown = [_shown(visit, row) for row in found[:size]]
    return hal.plain({"_count": len(shown), "_links": links, "_embedded": {"files": shown}})


def get_file(visit: Visit) -> Response:
    """One file, also from the trash."""
    return hal.plain(_shown(visit, _known(visit)))


def list_versions(visit: Visit) -> Response:
    """All versions of a file."""
    row = _known(visit)
    versions = visit.state.drive.versions[row["uuid"]]
    shown = [{**version, "_links": _version_links(visit, version)} for version in versions]
    links = {"self": hal.link(f"{_base(visit)}/v1.0/files/{row['uuid']}/versions")}
    return hal.plain({"_count": len(shown), "_links": links, "_embedded": {"versions": shown}})


def update_file(visit: Visit) -> Response:
    """Rename a file, or show another of its versions; never both at once."""
    row, body, drive = _known(visit), object_of(visit.body), visit.state.drive
    given = [name for name in ("name", "version_uuid") if name in body]
    if len(given) != 1 or not isinstance(body[given[0]], str) or not body[given[0]]:
        raise bad_request("Exactly one of name and version_uuid is needed")
    if given == ["name"]:
        return hal.plain(
            _shown(visit, drive.rename(row["uuid"], body["name"], visit.state.now(), visit.user_id))
        )
    if all(version["uuid"] != body["version_uuid"] for version in drive.versions[row["uuid"]]):
        raise invalid({"0": [Fault("NotSupportedChoice", "version_uuid")]})
    now = visit.state.now()
    return hal.plain(_shown(visit, drive.activate(row["uuid"], body["version_uuid"], now, visit.user_id)))


def delete_files(visit: Visit) -> Response:
    """Put files into the trash."""
    author = {"id": visit.user_id, "type": "internal"}
    for row in _named(visit):
        row |= {"is_trashed": True, "deleted_at": visit.state.now(), "deleted_by": author}
    return hal.NO_CONTENT


def restore_files(visit: Visit) -> Response:
    """Take files out of the trash."""
    rows = _named(visit)
    for row in rows:
        row |= {"is_trashed": False, "deleted_at": None, "deleted_by": None}
    return hal.plain({"_count": len(rows), "_embedded": {"files": [_shown(visit, row) for row in rows]}})


def download(visit: Visit) -> Response:
    """The bytes of a file: of the version in the path, else of the active one."""
    row = _known(visit)
    version_uuid = str(visit.params.get("version", row["version_uuid"]))
    versions = visit.state.drive.versions[row["uuid"]]
    version = next((found for found in versions if found["uuid"] == version_uuid), None)
    if version is None:
        raise not_found("File not found")
    headers = (
        ("Content-Type", version["metadata"]["mime_type"]),
        ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(_full_name(version))}"),
    )
    return Response(status=200, headers=headers, body=visit.state.drive.contents[version_uuid])


def _known(visit: Visit) -> Row:
    row = visit.state.drive.files.get(str(visit.params["uuid"]))
    if row is None:
        raise not_found("File not found")
    return row


def _named(visit: Visit) -> list[Row]:
    """The files that a body names, all of which there must be."""
    bodies = rows_of(visit.body, most=MAX_ITEMS)
    files = visit.state.drive.files
    faults = {
        str(index): [Fault("EntityNotFound", "uuid")]
        for index, body in enumerate(bodies)
        if str(body.get("uuid")) not in files
    }
    if faults:
        raise invalid(faults)
    return [files[str(body["uuid"])] for body in bodies]


def _base(visit: Visit) -> str:
    return place_of(visit.request).base


def _part_url(visit: Visit, session: Session) -> str:
    return f"{_base(visit)}/v1.0/sessions/upload/{session.token}"


def _page_url(visit: Visit, number: int) -> str:
    kept = [pair for pair in visit.request.query.split("&") if pair and not pair.startswith("page=")]
    return f"{_base(visit)}/v1.0/files?{'&'.join((*kept, f'page={number}'))}"


def _full_name(row: Row) -> str:
    extension: str = row["metadata"]["extension"]
    return f"{row['sanitized_name']}.{extension}" if extension else str(row["sanitized_name"])


def _shown(visit: Visit, row: Row) -> Row:
    folder = f"{_base(visit)}/download/{visit.state.account_uuid}/{row['uuid']}"
    name = quote(_full_name(row))
    links = {
        "download": hal.link(f"{folder}/{name}"),
        "download_version": hal.link(f"{folder}/{row['version_uuid']}/{name}"),
        "self": hal.link(f"{_base(visit)}/v1.0/files/{row['uuid']}"),
    }
    return {**row, "_links": links}


def _version_links(visit: Visit, version: Row) -> Row:
    folder = f"{_base(visit)}/download/{visit.state.account_uuid}/{version['file_uuid']}"
    href = f"{folder}/{version['uuid']}/{quote(_full_name(version))}"
    own = f"{_base(visit)}/v1.0/files/{version['file_uuid']}/versions"
    return {"download": hal.link(href), "self": hal.link(own)}


def _route(name: str, method: str, template: str, handler: Handler) -> Route:
    return Route(f"drive.{name}", method, template, handler, host="drive")


_DOWNLOAD: Final = "/download/{account}/{uuid}"
ROUTES: Final = (
    _route("session_create", "POST", "/v1.0/sessions", open_session),
    _route("upload_part", "POST", "/v1.0/sessions/upload/{token}", upload_part),
    _route("files_list", "GET", "/v1.0/files", list_files),
    _route("file_get", "GET", "/v1.0/files/{uuid}", get_file),
    _route("file_versions", "GET", "/v1.0/files/{uuid}/versions", list_versions),
    _route("file_update", "PATCH", "/v1.0/files/{uuid}", update_file),
    _route("files_delete", "DELETE", "/v1.0/files", delete_files),
    _route("files_restore", "POST", "/v1.0/files/restore", restore_files),
    _route("download", "GET", f"{_DOWNLOAD}/{{name}}", download),
    _route("download_version", "GET", f"{_DOWNLOAD}/{{version}}/{{name}}", download),
)
