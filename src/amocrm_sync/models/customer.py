"""Customers: people and companies that buy again, with their statuses, segments and purchases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models import company as company_module
from amocrm_sync.models import contact as contact_module
from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import WithCustomFields, WithTags, embed, linked
from amocrm_sync.models._types import (
    Editable,
    JsonObject,
    ListOf,
    Money,
    OnCreate,
    RawRows,
    ReadOnly,
    Timestamp,
    WriteOnly,
)
from amocrm_sync.models.catalog import CatalogElement


class CustomersMode(Model):
    """How customers are kept in the account."""

    mode: Editable[str] = None
    """``segments`` or ``periodicity``."""
    is_enabled: Editable[bool] = None


class CustomerStatus(Model):
    """A status of customers (periodicity mode)."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    sort: Editable[int] = None
    is_default: ReadOnly[bool] = None
    color: Editable[str] = None
    """Hex with ``#``, from amoCRM's palette."""
    type: ReadOnly[int] = None
    """0 normal, 1 purchase expected, 2 not bought, 3 closed, 4 bought recently."""
    conditions: ReadOnly[RawRows] = None
    """When a customer comes here."""
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None


class Segment(WithCustomFields):
    """A segment of customers (segmentation mode)."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    color: Editable[str] = None
    """Hex without ``#``, from amoCRM's palette."""
    customers_count: ReadOnly[int] = None
    available_products_price_types: Editable[ListOf[int]] = None
    """Ids of the price fields that its customers may buy at."""
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None


class Customer(WithCustomFields, WithTags):
    """A customer. A new one may be made with ``tags=[…]`` and ``segments=[id, …]``."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    next_price: Editable[Money] = None
    """Expected amount of the next purchase."""
    next_date: Editable[Timestamp] = None
    """When it is expected; required on creation in periodicity mode."""
    responsible_user_id: Editable[int] = None
    group_id: ReadOnly[int] = None
    status_id: Editable[int] = None
    periodicity: Editable[int] = None
    """Days between purchases (periodicity mode)."""
    created_by: Editable[int] = None
    """0 is the robot."""
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    closest_task_at: ReadOnly[Timestamp] = None
    is_deleted: ReadOnly[bool] = None
    ltv: ReadOnly[Money] = None
    """Sum of all purchases."""
    purchases_count: ReadOnly[int] = None
    average_check: ReadOnly[Money] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None
    """Echoed in the answer, not stored."""

    @property
    def segments(self) -> list[Segment]:
        """Its segments, with their ids only. Settable until the customer is created."""
        return linked(self, "segments", Segment)

    @segments.setter
    def segments(self, records: Iterable[Any]) -> None:
        embed(self, "segments", records)

    @property
    def contacts(self) -> list[contact_module.Contact]:
        """Its contacts, with ``id`` and ``is_main`` only (``with=contacts``)."""
        return linked(self, "contacts", contact_module.Contact)

    @property
    def companies(self) -> list[company_module.Company]:
        """Its companies, with their ids only (``with=companies``)."""
        return linked(self, "companies", company_module.Company)

    @property
    def catalog_elements(self) -> list[CatalogElement]:
        """Linked list elements: ids and ``metadata`` (``with=catalog_elements``)."""
        return linked(self, "catalog_elements", CatalogElement)


class Transaction(Model):
    """A purchase of a customer. It can be added and deleted, not changed."""

    id: ReadOnly[int] = None
    price: OnCreate[Money] = None
    """Amount; the one field that the API needs."""
    comment: OnCreate[str] = None
    completed_at: OnCreate[Timestamp] = None
    customer_id: ReadOnly[int] = None
    next_price: WriteOnly[Money] = None
    """Sets the customer's next expected amount."""
    next_date: WriteOnly[Timestamp] = None
    """Sets the customer's next expected date."""
    metadata: WriteOnly[JsonObject] = None
    """``receipt_link``, ``external_id`` (known from the official PHP SDK only)."""
    created_by: OnCreate[int] = None
    updated_by: ReadOnly[int] = None
    created_at: ReadOnly[Timestamp] = None
    updated_at: ReadOnly[Timestamp] = None
    is_deleted: ReadOnly[bool] = None
    account_id: ReadOnly[int] = None
    request_id: WriteOnly[str] = None

    @property
    def customer(self) -> int | None:
        """Id of the customer, wherever the answer has it."""
        number = as_object(as_object(self.embedded).get("customer")).get("id", self.customer_id)
        return number if isinstance(number, int) else None

    @property
    def catalog_elements(self) -> list[CatalogElement]:
        """What was bought: ids and ``metadata``. Settable until the purchase is added."""
        return linked(self, "catalog_elements", CatalogElement)

    @catalog_elements.setter
    def catalog_elements(self, records: Iterable[Any]) -> None:
        embed(self, "catalog_elements", records)
