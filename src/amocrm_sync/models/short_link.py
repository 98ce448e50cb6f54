"""Short links: one for each contact, so that a visit can be told."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import JsonObject, OnCreate, ReadOnly, WriteOnly


class ShortLink(Model):
    """A short link."""

    url: OnCreate[str] = None
    """The page on creation, the short link in the answer."""
    metadata: OnCreate[JsonObject] = None
    """``{"entity_type": "contacts", "entity_id": …}``."""
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def contact_id(self) -> int | None:
        """The contact, wherever the answer has it."""
        number = (self.metadata or self.model_extra or {}).get("entity_id")
        return number if isinstance(number, int) else None
