"""Links between records."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, JsonObject, ReadOnly


class Link(Model):
    """A link from one record to another. Lists of one record leave out ``entity_id`` and ``entity_type``."""

    entity_id: Editable[int] = None
    entity_type: ReadOnly[str] = None
    """``leads``, ``contacts``, ``companies`` or ``customers``."""
    to_entity_id: Editable[int] = None
    to_entity_type: Editable[str] = None
    """As above, or ``catalog_elements``."""
    metadata: Editable[JsonObject] = None
    """``main_contact``, ``quantity``, ``catalog_id``, ``price_id``."""

    @property
    def is_main(self) -> bool:
        """Whether it leads to the main contact."""
        metadata = self.metadata or {}
        return bool(metadata.get("main_contact") or metadata.get("is_main"))
