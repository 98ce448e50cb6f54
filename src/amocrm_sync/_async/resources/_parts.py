"""Parts that hang on several entities: notes, tags, custom fields and their groups, subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._base import AsyncCore, AsyncListed, AsyncResource
from amocrm_sync._async.resources._writing import (
    AsyncCreatable,
    AsyncDeletable,
    AsyncUpdateMany,
    AsyncWriting,
)
from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.payloads import change, creation, number, text_key
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import CustomField, CustomFieldGroup, Note, Subscription, Tag


class AsyncTags(AsyncCreatable[Tag]):
    """Tags of one entity type. An existing name is not an error: its id is returned."""

    key = "tags"
    model = Tag

    def __init__(self, core: AsyncCore, entity: str) -> None:
        super().__init__(core)
        self.path = f"/api/v4/{entity}/tags"

    def list(
        self,
        *,
        query: str | None = None,
        filter: AnyFilter | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> AsyncPager[Tag]:
        """The tags, lazily."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, query=query, filter=filter, limit=limit, page=page)

    async def update_many(
        self, items: Iterable[Tag | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[Tag]:
        """Rename or recolour tags of leads (known from the official PHP SDK; not on the API page).

        Raises:
            ConfigurationError: These are not tags of leads: only those can be changed.
        """
        if self.path != "/api/v4/leads/tags":
            raise ConfigurationError(f"{self.path}: only tags of leads can be changed")
        return await self._many(
            "PATCH", self._entries(items, lambda given: change(Tag, given, {})), batch_size
        )


class AsyncFieldGroups(AsyncWriting[CustomFieldGroup]):
    """Groups of custom fields: the tabs of a card. Their ids are text: ``default``, ``leads_1234``."""

    key = "custom_field_groups"
    model = CustomFieldGroup

    def __init__(self, core: AsyncCore, path: str, template: str) -> None:
        super().__init__(core)
        self.path, self._template = f"{path}/groups", f"{template}/groups"

    def list(self) -> AsyncPager[CustomFieldGroup]:
        """All groups, in one request."""
        return self._pager(self.path, self.template)

    async def get(self, id: str) -> CustomFieldGroup:
        """One group.

        Raises:
            NotFoundError: There is none with this id.
        """
        return await self._get(f"{self.path}/{text_key(id)}", f"{self.template}/{{id}}", ())

    async def create(
        self, item: CustomFieldGroup | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> CustomFieldGroup:
        """Add a group; the API needs ``name`` and ``sort``."""
        return await self._create(self.path, self.template, creation(CustomFieldGroup, item, fields), item)

    async def create_many(
        self, items: Iterable[CustomFieldGroup | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[CustomFieldGroup]:
        """Add many groups."""
        made = self._entries(items, lambda given: creation(CustomFieldGroup, given, {}))
        return await self._many("POST", made, batch_size)

    async def update(
        self, item: CustomFieldGroup | Mapping[str, Any] | str, /, **fields: Any
    ) -> CustomFieldGroup:
        """Change a group; ``fields=[ids]`` moves fields into it."""
        payload = change(CustomFieldGroup, item, fields, text_key)
        return await self._update(f"{self.path}/{payload['id']}", f"{self.template}/{{id}}", payload, item)

    async def delete(self, id: str) -> None:
        """Delete a group; predefined ones cannot be deleted."""
        await self._command("DELETE", f"{self.path}/{text_key(id)}", f"{self.template}/{{id}}")


class AsyncCustomFields(
    AsyncListed[CustomField],
    AsyncCreatable[CustomField],
    AsyncUpdateMany[CustomField],
    AsyncDeletable[CustomField],
):
    """Definitions of custom fields of one entity type.

    On update, items of a list field that are left out are deleted with their values: read the field first and send
    every item with its id.
    """

    key = "custom_fields"
    model = CustomField
    max_limit = 50
    order_fields = ("sort", "id")

    def __init__(self, core: AsyncCore, entity: str, template: str | None = None) -> None:
        super().__init__(core)
        self.path = f"/api/v4/{entity}/custom_fields"
        self._template = f"/api/v4/{template or entity}/custom_fields"

    @cached_property
    def groups(self) -> AsyncFieldGroups:
        """Their groups, the tabs of a card. Segments have none."""
        return AsyncFieldGroups(self._core, self.path, self.template)


class AsyncSubscriptions(AsyncResource[Subscription]):
    """Who follows a lead or a customer. Read only."""

    key = "subscriptions"
    model = Subscription

    def __init__(self, core: AsyncCore, entity: str) -> None:
        super().__init__(core)
        self._entity = entity
        self.path = f"/api/v4/{entity}"

    def list(self, parent: int, /, *, limit: int | None = None, page: int = 1) -> AsyncPager[Subscription]:
        """The users and departments that follow one record."""
        path, template = f"{self.path}/{number(parent)}/subscriptions", f"{self.path}/{{id}}/subscriptions"
        return self._pager(path, template, limit=self.max_limit if limit is None else limit, page=page)


class AsyncNotes(AsyncUpdateMany[Note]):
    """Notes of one entity type; they hang on a parent record.

    The API has most of them under two addresses, one with the parent and one without; both do the same.
    """

    key = "notes"
    model = Note
    with_values = ("is_pinned",)
    order_fields = ("updated_at", "id")

    def __init__(self, core: AsyncCore, entity: str) -> None:
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
    ) -> AsyncPager[Note]:
        """Notes of one record, or of all records of this type where none is named."""
        path, template = self._under(parent)
        limit = self.max_limit if limit is None else limit
        return self._pager(path, template, filter=filter, with_=with_, order=order, limit=limit, page=page)

    async def get(self, id: int, *, parent: int | None = None, with_: Sequence[str] | str = ()) -> Note:
        """One note by its own id.

        Raises:
            NotFoundError: There is none with this id.
        """
        path, template = self._under(parent)
        return await self._get(f"{path}/{number(id)}", f"{template}/{{id}}", with_)

    async def create(
        self,
        parent: int,
        item: Note | Mapping[str, Any] | None = None,
        /,
        *,
        text: str | None = None,
        **fields: Any,
    ) -> Note:
        """Add a note to a record: ``create(lead_id, text="…")``, or any type with ``details=CallInNote(…)``."""
        if text is not None:
            fields = {"note_type": "common", "params": {"text": text}, **fields}
        payload = {**creation(Note, item, fields), "entity_id": number(parent)}
        return await self._create(self.path, self.path, payload, item)

    async def create_many(
        self,
        items: Iterable[Note | Mapping[str, Any]],
        *,
        parent: int | None = None,
        batch_size: int | None = None,
    ) -> BatchResult[Note]:
        """Add many notes: each names its record in ``entity_id``, or all go to ``parent``."""
        made = self._entries(items, lambda given: creation(Note, given, {}))
        path, template = self._under(parent)
        return await self._batches("POST", path, made, self._size(batch_size), template=template)

    async def update(
        self, item: Note | Mapping[str, Any] | int, /, *, parent: int | None = None, **fields: Any
    ) -> Note:
        """Change a note. With ``parent`` it goes to the address that the API page names; both are served.

        The API needs ``note_type`` and ``params`` whole; a loaded note brings them along.
        """
        payload = _note_change(item, fields)
        path, template = self._under(parent)
        return await self._update(f"{path}/{payload['id']}", f"{template}/{{id}}", payload, item)

    async def update_many(
        self,
        items: Iterable[Note | Mapping[str, Any]],
        *,
        parent: int | None = None,
        batch_size: int | None = None,
    ) -> BatchResult[Note]:
        """Change many notes, of one parent or of any."""
        made = self._entries(items, lambda given: _note_change(given, {}))
        path, template = self._under(parent)
        return await self._batches("PATCH", path, made, self._size(batch_size), template=template)

    async def pin(self, id: int) -> None:
        """Pin a note (known from the official PHP SDK; not on the API page)."""
        await self._command("POST", f"{self.path}/{number(id)}/pin", f"{self.path}/{{id}}/pin")

    async def unpin(self, id: int) -> None:
        """Unpin a note (known from the official PHP SDK; not on the API page)."""
        await self._command("POST", f"{self.path}/{number(id)}/unpin", f"{self.path}/{{id}}/unpin")

    def _under(self, parent: int | None) -> tuple[str, str]:
        """Path and template of the collection, of one parent or of all."""
        if parent is None:
            return self.path, self.path
        return (
            f"/api/v4/{self._entity}/{number(parent)}/notes",
            f"/api/v4/{self._entity}/{{entity_id}}/notes",
        )


def _note_change(item: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A change with what the API needs beside it."""
    payload = change(Note, item, fields)
    if isinstance(item, Note) and set(payload) > {"id"}:
        whole = {"note_type": item.note_type, "params": item.params}
        payload = {**{name: value for name, value in whole.items() if value is not None}, **payload}
    return payload
