# Generated from src/amocrm_sync/_async/resources/calls.py by tools/unasync.py: edit that file instead.
"""Calls of a telephony: ``/api/v4/calls``. They can be added, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from amocrm_sync._core.batching import Entry
from amocrm_sync._core.payloads import embedded, number
from amocrm_sync._core.shapes import as_array, as_object, is_object
from amocrm_sync._sync.resources._writing import Creatable
from amocrm_sync.errors import AmoCRMError, ItemError, ValidationError
from amocrm_sync.models import Call, CallNotice
from amocrm_sync.models.page import parse_rows


class Calls(Creatable[Call]):
    """Calls. The server looks for the record by the last ten digits of the phone.

    Where nobody has that number nothing is stored, and still the answer is 200, with the reason in ``errors``. That
    is a failure here: ``create`` raises ``ValidationError``, ``create_many`` has the call in ``failed``.
    """

    path = "/api/v4/calls"
    key = "calls"
    model = Call

    def _missing(self, entry: Entry, position: int, data: Any) -> AmoCRMError:
        errors = [error for error in as_array(as_object(data).get("errors")) if error]
        mine = [error for error in errors if _is_about(error, entry, position)]
        anybody = [error for error in errors if not _has_address(error)]
        if not (mine or anybody):
            return super()._missing(entry, position, data)
        items = [item for error in mine or anybody for item in _items(error, entry.request_id)]
        told = "; ".join(item.detail or item.code for item in items)
        return ValidationError(
            f"the call was not stored: {told}",
            status=200,
            title="not stored",
            detail=told,
            items=tuple(items),
        )

    def notify(self, phone: str, users: int | Iterable[int] | None = None) -> Sequence[CallNotice]:
        """Show a pop-up about a ringing call: to some users, or to all. Nothing is stored.

        A documented route of the v2 API (``/api/v2/events/``) that has no successor.
        """
        notice: dict[str, Any] = {"type": "phone_call", "phone_number": phone}
        if users is not None:
            ids = [users] if isinstance(users, int) else users
            notice["users"] = [number(key) for key in ids]
        path = "/api/v2/events/"
        data = self._command("POST", path, path, {"add": [notice]})
        return parse_rows(embedded(data, "items"), CallNotice, strict=self._core.strict)


def _has_address(error: Any) -> bool:
    return is_object(error) and any(name in error for name in ("request_id", "index"))


def _is_about(error: Any, entry: Entry, position: int) -> bool:
    row = as_object(error)
    if row.get("request_id") is not None:
        return str(row["request_id"]) == entry.request_id
    return row.get("index") == position


def _items(error: Any, request_id: str) -> list[ItemError]:
    """The shape of ``errors`` is not documented: a list inside, one object, and bare text are read."""
    row: dict[str, Any] = error if is_object(error) else {"detail": error}
    inner = row.get("errors")
    parts = [part for part in as_array(inner) if is_object(part)] or ([inner] if is_object(inner) else [row])
    return [
        ItemError(
            request_id,
            str(part.get("code", part.get("status", ""))),
            str(part.get("path", "")),
            str(part.get("detail") or part.get("title") or part.get("message") or ""),
        )
        for part in parts
    ]
