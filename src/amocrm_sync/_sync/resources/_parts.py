# Generated from src/amocrm_sync/_async/resources/_parts.py by tools/unasync.py: edit that file instead.
"""Parts that hang on several entities: links, notes, tags, custom fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from amocrm_sync._core.batching import BATCH, BatchResult, entries
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.linking import Target, link_payload
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import (
    Core,
    Creatable,
    Deletable,
    Listed,
    Resource,
    UpdateMany,
    creation,
    embedded,
    number,
)
from amocrm_sync.models import CustomField, Link, Model, Note, Tag
from amocrm_sync.models.page import parse_rows

M = TypeVar("M", bound=Model)


class Linked(Resource[M]):
    """An entity that can be linked to others."""

    def link(
        self,
        id: int,
        to: Target | Iterable[Target],
        *,
        is_main: bool | None = None,
        quantity: float | None = None,
        catalog_id: int | None = None,
        price_id: int | None = None,
    ) -> Sequence[Link]:
        """Link a record to one or more others.

        Args:
            id: The record.
            to: A saved model, a pair such as ``("contacts", 5)``, or several of them.
            is_main: Whether the contact becomes the main one.
            quantity: For catalog elements.
            catalog_id: For catalog elements: their catalog (required by the API).
            price_id: For catalog elements: the price field.
        """
        metadata = {"is_main": is_main, "quantity": quantity, "catalog_id": catalog_id, "price_id": price_id}
        data = self._linking("link", id, link_payload(to, metadata))
        return self._links(data)

    def unlink(self, id: int, to: Target | Iterable[Target], *, catalog_id: int | None = None) -> None:
        """Remove links; ``to`` as in :meth:`link`."""
        self._linking("unlink", id, link_payload(to, {"catalog_id": catalog_id}))

    def links(self, id: int) -> Sequence[Link]:
        """What a record is linked to."""
        path = f"{self.path}/{number(id)}/links"
        return self._links(self._command("GET", path, f"{self.path}/{{id}}/links"))

    def _linking(self, action: str, id: int, rows: Sequence[dict[str, Any]]) -> Any:
        path = f"{self.path}/{number(id)}/{action}"
        return self._command("POST", path, f"{self.path}/{{id}}/{action}", list(rows))

    def _links(self, data: Any) -> Sequence[Link]:
        return parse_rows(embedded(data, "links"), Link, strict=self._core.strict)


class Tags(Creatable[Tag]):
    """Tags of one entity type. An existing name is not an error: its id is returned."""

    key = "tags"
    model = Tag

    def __init__(self, core: Core, entity: str) -> None:
        super().__init__(core)
        self.path = f"/api/v4/{entity}/tags"

    def list(
        self,
        *,
        query: str | None = None,
        filter: AnyFilter | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> Pager[Tag]:
        """The tags, lazily."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, query=query, filter=filter, limit=limit, page=page)


class CustomFields(
    Listed[CustomField],
    Creatable[CustomField],
    UpdateMany[CustomField],
    Deletable[CustomField],
):
    """Definitions of custom fields of one entity type."""

    key = "custom_fields"
    model = CustomField
    max_limit = 50

    def __init__(self, core: Core, entity: str) -> None:
        super().__init__(core)
        self.path = f"/api/v4/{entity}/custom_fields"


class Notes(UpdateMany[Note]):
    """Notes of one entity type; they hang on a parent record."""

    key = "notes"
    model = Note

    def __init__(self, core: Core, entity: str) -> None:
        super().__init__(core)
        self._entity = entity
        self.path = f"/api/v4/{entity}/notes"

    def list(
        self,
        parent: int | None = None,
        /,
        *,
        filter: AnyFilter | None = None,
        with_: Sequence[str] | str = (),
        order: Mapping[str, str] | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> Pager[Note]:
        """Notes of one record, or of all records of this type where none is named."""
        path, template = self.path, self.path
        if parent is not None:
            path = f"/api/v4/{self._entity}/{number(parent)}/notes"
            template = f"/api/v4/{self._entity}/{{id}}/notes"
        limit = self.max_limit if limit is None else limit
        return self._pager(path, template, filter=filter, with_=with_, order=order, limit=limit, page=page)

    def get(self, id: int, *, with_: Sequence[str] | str = ()) -> Note:
        """One note by its own id.

        Raises:
            NotFoundError: There is none with this id.
        """
        return self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", with_)

    def create(
        self,
        parent: int,
        item: Note | Mapping[str, Any] | None = None,
        /,
        *,
        text: str | None = None,
        **fields: Any,
    ) -> Note:
        """Add a note to a record: ``create(lead_id, text="…")``, or any type with ``note_type`` and ``params``."""
        if text is not None:
            fields = {"note_type": "common", "params": {"text": text}, **fields}
        payload = {**creation(Note, item, fields), "entity_id": number(parent)}
        return self._create(self.path, self.path, payload, item)

    def create_many(
        self, items: Iterable[Note | Mapping[str, Any]], *, batch_size: int = BATCH
    ) -> BatchResult[Note]:
        """Add many notes; each names its record in ``entity_id``."""
        made = entries(items, lambda given: creation(Note, given, {}))
        return self._batches("POST", self.path, made, batch_size)

    def pin(self, id: int) -> None:
        """Pin a note (known from the official PHP SDK; not on the API page)."""
        self._command("POST", f"{self.path}/{number(id)}/pin", f"{self.path}/{{id}}/pin")

    def unpin(self, id: int) -> None:
        """Unpin a note (known from the official PHP SDK; not on the API page)."""
        self._command("POST", f"{self.path}/{number(id)}/unpin", f"{self.path}/{{id}}/unpin")
