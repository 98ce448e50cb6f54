"""The file service's own store: upload sessions, files, versions, contents."""

from __future__ import annotations

import mimetypes
import random
import unicodedata
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias

import attrs

Row: TypeAlias = dict[str, Any]

SESSION_TTL: Final = 24 * 3600
_KINDS: Final = ("image", "video", "audio")
_DOCUMENTS: Final = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "txt", "csv", "rtf"}
)


@attrs.define(kw_only=True)
class Session:
    """One upload under way. Parts are joined once, at the end.

    Attributes:
        token: What the address of the next part ends with; each part has its own.
        file_uuid: The file that gets a new version; ``None`` makes a new file.
    """

    id: int
    name: str
    size: int
    mime_type: str
    file_uuid: str | None
    by: int
    expires_at: int
    token: str = attrs.field(repr=False)
    parts: list[bytes] = attrs.field(factory=list[bytes], repr=False)
    received: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every byte has come."""
        return self.received == self.size


class Drive:
    """Files by uuid with their versions (rows), and the bytes of every version."""

    def __init__(self, seed: int) -> None:
        """Start empty, with randomness of its own."""
        self.files: dict[str, Row] = {}
        self.versions: dict[str, list[Row]] = {}
        self.contents: dict[str, bytes] = {}
        self.sessions: dict[str, Session] = {}
        self._random = random.Random(seed)

    def uuid(self) -> str:
        """A uuid that the seed decides."""
        text = f"{self._random.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], f"4{text[13:16]}", f"8{text[17:20]}", text[20:]))

    def token(self) -> str:
        """The tail of a part's address."""
        return f"{self._random.getrandbits(384):096x}"

    def open(self, session: Session) -> Session:
        """Begin an upload."""
        self.sessions[session.token] = session
        return session

    def take(self, session: Session, part: bytes) -> None:
        """Keep a part; its address is dead from now on."""
        del self.sessions[session.token]
        session.parts.append(part)
        session.received += len(part)
        if not session.is_whole:
            session.token = self.token()
            self.sessions[session.token] = session

    def finish(self, session: Session, now: int) -> Row:
        """Make a file, or a new active version of one, of all parts."""
        author: Row = {"id": session.by, "type": "internal"}
        version = _version(self.uuid(), session, now, author)
        self.contents[version["uuid"]] = b"".join(session.parts)
        session.parts.clear()
        file_uuid = session.file_uuid or self.uuid()
        version["file_uuid"] = file_uuid
        self.versions.setdefault(file_uuid, []).append(version)
        if file_uuid not in self.files:
            self.files[file_uuid] = {
                "uuid": file_uuid,
                "is_trashed": False,
                "created_at": now,
                "created_by": author,
                "deleted_at": None,
                "deleted_by": None,
                "source_id": None,
                "previews": None,
            }
        return self.activate(file_uuid, version["uuid"], now, session.by)

    def activate(self, file_uuid: str, version_uuid: str, now: int, by: int) -> Row:
        """Make a version the one that the file shows."""
        row = self.files[file_uuid]
        for version in self.versions[file_uuid]:
            version["is_main"] = version["uuid"] == version_uuid
            if version["is_main"]:
                shown = ("name", "sanitized_name", "type", "size", "metadata")
                row |= {name: version[name] for name in shown}
        row |= {
            "version_uuid": version_uuid,
            "has_multiple_versions": len(self.versions[file_uuid]) > 1,
            "updated_at": now,
            "updated_by": {"id": by, "type": "internal"},
        }
        return row

    def rename(self, file_uuid: str, name: str, now: int, by: int) -> Row:
        """Give a file another name, without the extension."""
        row = self.files[file_uuid]
        stamps: Row = {"updated_at": now, "updated_by": {"id": by, "type": "internal"}}
        row |= {"name": name, "sanitized_name": sanitized(name), **stamps}
        for version in self.versions[file_uuid]:
            if version["is_main"]:
                version |= {"name": name, "sanitized_name": sanitized(name)}
        return row


def sanitized(name: str) -> str:
    """A name in ASCII."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in plain) or "file"


def _version(uuid: str, session: Session, now: int, author: Row) -> Row:
    path = PurePosixPath(session.name)
    extension = path.suffix.removeprefix(".").lower()
    return {
        "uuid": uuid,
        "type": _type_of(session.mime_type, extension),
        "name": path.stem,
        "sanitized_name": sanitized(path.stem),
        "size": session.size,
        "is_main": True,
        "source_id": None,
        "created_at": now,
        "created_by": author,
        "updated_at": now,
        "updated_by": author,
        "metadata": {"extension": extension, "mime_type": session.mime_type},
        "previews": None,
    }


def _type_of(mime_type: str, extension: str) -> str:
    kind = mime_type.partition("/")[0]
    if kind in _KINDS:
        return kind
    return "document" if extension in _DOCUMENTS else "file"


def mime_type_of(name: str) -> str:
    """What a name says about the content, where the client said nothing."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
