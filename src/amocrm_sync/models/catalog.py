"""Lists (the API calls them catalogs), their elements, and the products switch."""

from __future__ import annotations

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import WithCustomFields
from amocrm_sync.models._types import Editable, JsonObject, OnCreate, ReadOnly, Timestamp, WriteOnly


class Catalog(Model):
    """A list of the account: at most ten, of them one of invoices and one of products."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    type: OnCreate[str] = None
    """``regular``, ``invoices``, ``products``, or ``suppliers`` (the last from the official PHP SDK only)."""
    sort: Editable[int] = None
    can_add_elements: Editable[bool] = None
    can_show_in_cards: Editable[bool] = None
    """Whether cards have a tab of it; written by the v2 page only."""
    can_link_multiple: Editable[bool] = None
    """Whether one element may hang on several records."""
    can_be_deleted: ReadOnly[bool] = None
    sdk_widget_code: ReadOnly[str] = None
    """The widget that manages it."""
    created_by: Editable[int] = None
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None


class CatalogElement(WithCustomFields):
    """An element of a list: a product, an invoice, or whatever the list is of."""

    id: ReadOnly[int] = None
    catalog_id: ReadOnly[int] = None
    name: Editable[str] = None
    currency_id: Editable[int] = None
    """Known from the official PHP SDK only."""
    is_deleted: ReadOnly[bool] = None
    invoice_link: ReadOnly[str] = None
    """The printable invoice (``with=invoice_link``); ``None`` outside the list of invoices."""
    metadata: ReadOnly[JsonObject] = None
    """``quantity``, ``catalog_id``, ``price_id``: only where the element stands inside another record."""
    created_by: Editable[int] = None
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def warning(self) -> str | None:
        """What the server has to say of an invoice that it calculated anew."""
        outer = as_object(self.embedded).get("warning", (self.model_extra or {}).get("warning"))
        message = as_object(outer).get("message")
        return message if isinstance(message, str) else None


class ProductsSettings(Model):
    """Whether products are switched on."""

    is_enabled: Editable[bool] = None
    catalog_id: ReadOnly[int] = None
    """The list of products; only the v2 answer has it."""
