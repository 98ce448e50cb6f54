"""Tags."""

from __future__ import annotations

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, ReadOnly, WriteOnly


class Tag(Model):
    """A tag of leads, contacts, companies or customers."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    color: Editable[str] = None
    """Hex without ``#``, from amoCRM's palette; leads only."""
    request_id: WriteOnly[str] = None
