"""Pending consents in a file that many processes share. Blocking, shared by both colours."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import attrs
import orjson

from amocrm_sync._core.callback import PendingConsent, state_digest
from amocrm_sync._core.shapes import json_object
from amocrm_sync._tokenfile import LockedFile

T = TypeVar("T")
Rows = dict[str, PendingConsent]


class StateFile:
    """A JSON file of pending consents by the digest of their state. A damaged one is begun anew: consents last minutes."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = LockedFile(path)
        self.path = self._file.path

    def put(self, state: str, pending: PendingConsent, now: float) -> None:
        """Remember a state and drop those that have expired."""

        def edit(rows: Rows) -> None:
            for digest in [digest for digest, other in rows.items() if other.expires_at <= now]:
                del rows[digest]
            rows[state_digest(state)] = pending

        self._change(edit)

    def take(self, state: str) -> PendingConsent | None:
        """Give what belongs to a state and forget it, alone."""
        return self._change(lambda rows: rows.pop(state_digest(state), None))

    def _change(self, edit: Callable[[Rows], T]) -> T:
        with self._file.alone():
            rows = _read(self._file.load() or b"{}")
            before = dict(rows)
            result = edit(rows)
            if rows != before:
                self._file.save(
                    orjson.dumps({digest: attrs.asdict(pending) for digest, pending in rows.items()})
                )
            return result


def _read(text: bytes) -> Rows:
    rows: Rows = {}
    for digest, row in json_object(text).items():
        match row:
            case {"owner": str(owner), "expires_at": int() | float() as expires_at}:
                rows[digest] = PendingConsent(owner=owner, expires_at=expires_at)
            case _:
                continue
    return rows
