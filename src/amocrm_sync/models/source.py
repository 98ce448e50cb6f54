"""Where leads come from: sources of an integration, and buttons on websites."""

from __future__ import annotations

from typing import Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import Editable, OnCreate, RawRows, ReadOnly, WriteOnly


class Source(Model):
    """A source of leads that the integration owns."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    pipeline_id: Editable[int] = None
    external_id: OnCreate[str] = None
    """Your own id: up to 36 printable ASCII characters; cannot be changed later."""
    default: Editable[bool] = None
    origin_code: Editable[str] = None
    """Code of the chat channel, up to 20 characters."""
    services: Editable[RawRows] = None
    """``[{"type": "whatsapp", "pages": [{"id", "name", "link"}], "params": {…}}]``."""
    request_id: WriteOnly[str] = None


class WebsiteButton(Model):
    """A button on a website. Its key is ``source_id``."""

    account_id: ReadOnly[int] = None
    source_id: ReadOnly[int] = None
    button_id: ReadOnly[int] = None
    """``None`` until it has been made."""
    name: Editable[str] = None
    pipeline_id: OnCreate[int] = None
    is_used_in_app: WriteOnly[bool] = None
    trusted_websites: Editable[Any] = None
    """Domains: a list on creation and in answers."""
    is_duplication_control_enabled: ReadOnly[bool] = None
    creation_status: ReadOnly[str] = None
    """``created`` or ``creation_pending``."""
    script: ReadOnly[str] = None
    """What goes into the page (``with=scripts``)."""
    is_deleted: ReadOnly[bool] = None
    """``with=deleted`` (known from the official PHP SDK only)."""
