# Generated from src/amocrm_sync/_async/resources/extras.py by tools/unasync.py: edit that file instead.
"""Small collections: short links and currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from amocrm_sync._core.batching import BatchResult, Entry
from amocrm_sync._core.call import Method
from amocrm_sync._core.payloads import creation, number
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Resource
from amocrm_sync._sync.resources._writing import Writing
from amocrm_sync.models import Currency, ShortLink


class ShortLinks(Writing[ShortLink]):
    """Short links: one page for one contact, so that its visit can be told."""

    path = "/api/v4/short_links"
    key = "short_links"
    model = ShortLink
    sends_request_id = False

    def create(self, url: str, contact_id: int) -> ShortLink:
        """The short link of a page for a contact.

        Raises:
            AmbiguousWriteError: The answer leaves it out: the user may not see this contact.
        """
        return self._create(self.path, self.path, _row(url, contact_id))

    def create_many(
        self, links: Iterable[ShortLink | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[ShortLink]:
        """Short links of many contacts; each item has ``url`` and ``metadata``.

        Contacts that the user may not see are skipped by the server: they are in ``ambiguous``.
        """
        return self._many(
            "POST", self._entries(links, lambda given: creation(ShortLink, given, {})), batch_size
        )

    def _matched(
        self,
        method: Method,  # noqa: ARG002 - there is one
        part: Sequence[Entry],
        rows: Sequence[Mapping[str, Any]],
    ) -> Mapping[int, Mapping[str, Any]]:
        """By contact: the answer has no request ids, and skips some; several of one contact come in turn."""
        by_contact: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_contact.setdefault(_contact(row), []).append(row)
        found: dict[int, Mapping[str, Any]] = {}
        for entry in part:
            mine = by_contact.get(_contact(entry.payload))
            if mine:
                found[entry.index] = mine.pop(0)
        return found


class Currencies(Resource[Currency]):
    """Currencies of the account (known from the official PHP SDK only)."""

    path = "/api/v4/currencies"
    key = "currencies"
    model = Currency

    def list(self, *, limit: int | None = None, page: int = 1) -> Pager[Currency]:
        """The currencies, lazily."""
        return self._pager(self.path, self.path, limit=self.max_limit if limit is None else limit, page=page)


def _row(url: str, contact_id: int) -> dict[str, Any]:
    return {"url": url, "metadata": {"entity_type": "contacts", "entity_id": number(contact_id)}}


def _contact(row: Mapping[str, Any]) -> str:
    """The contact of a row; the API page has it in ``metadata``, older answers beside it."""
    return str(as_object(row.get("metadata")).get("entity_id", row.get("entity_id")))
