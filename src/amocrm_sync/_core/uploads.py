"""An upload as data: the session that the drive opened, how far it is, and what each answer means.

Source: the API page ``files-api``. Parts go one after the other; each answer names the address of the next part, the
last one is the file. Nothing is said there of going on after a lost part: the drive takes a part at the address that
it gave for it, so that is what is tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync.errors import ConfigurationError, InvalidResponseError


@attrs.frozen(kw_only=True)
class UploadSession:
    """An upload that has begun. ``attrs.asdict`` gives it as plain values, to be kept for another process.

    Attributes:
        session_id: The drive's number for it; it lives for 24 hours at most.
        url: Where the next part goes. It carries the right to upload, so it is in no repr.
        part_size: Bytes of a part; only the last one is shorter.
        size: Bytes of the whole file.
        sent: Bytes that the drive has confirmed.
        content_type: Media type that goes with the parts.
    """

    session_id: int
    url: str = attrs.field(repr=False)
    part_size: int = attrs.field(validator=attrs.validators.ge(1))
    size: int
    sent: int = 0
    content_type: str = "application/octet-stream"

    @property
    def next_part(self) -> int:
        """Bytes of the next part."""
        return min(self.part_size, self.size - self.sent)

    @property
    def is_last_part(self) -> bool:
        """Whether the next part ends the file."""
        return self.sent + self.next_part >= self.size

    def advanced(self, answer: Mapping[str, Any]) -> UploadSession | None:
        """The session after a part; ``None`` where the answer is the finished file.

        Raises:
            InvalidResponseError: The drive ends before the file does, or goes on after it.
        """
        sent = self.sent + self.next_part
        url = answer.get("next_url")
        if sent >= self.size and answer.get("uuid"):
            return None
        if sent >= self.size or not isinstance(url, str) or not url:
            raise InvalidResponseError(
                f"after {sent} of {self.size} bytes the drive answered neither with the next address nor with the file"
            )
        return attrs.evolve(self, url=url, sent=sent)


def opened_session(answer: Mapping[str, Any], *, size: int, content_type: str) -> UploadSession:
    """The session that the drive's answer describes.

    Raises:
        ConfigurationError: The file is larger than the drive takes.
        InvalidResponseError: The answer describes no session.
    """
    largest, part, url = (answer.get(name) for name in ("max_file_size", "max_part_size", "upload_url"))
    if isinstance(largest, int) and size > largest:
        raise ConfigurationError(f"size: the drive takes files of up to {largest} bytes, not {size}")
    if not isinstance(part, int) or part < 1 or not isinstance(url, str):
        raise InvalidResponseError(
            "the drive opened no upload session: max_part_size or upload_url is missing"
        )
    return UploadSession(
        session_id=int(answer.get("session_id") or 0),
        url=url,
        part_size=part,
        size=size,
        content_type=content_type,
    )
