# Generated from src/amocrm_sync/_async/resources/customers.py by tools/unasync.py: edit that file instead.
"""Customers and what hangs on them: ``/api/v4/customers``. A plan without customers answers 402 or 422."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal

from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.payloads import creation, number
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Listed, Resource
from amocrm_sync._sync.resources._parts import CustomFields, Subscriptions
from amocrm_sync._sync.resources._writing import (
    Creatable,
    Deletable,
    Updatable,
    Writing,
)
from amocrm_sync._sync.resources.entities import Entity
from amocrm_sync.errors import ConfigurationError, InvalidResponseError
from amocrm_sync.models import Customer, CustomersMode, CustomerStatus, Segment, Transaction
from amocrm_sync.models.page import parse_rows

CUSTOMER_TRANSACTIONS = "/api/v4/customers/{customer_id}/transactions"


class CustomerStatuses(
    Listed[CustomerStatus],
    Creatable[CustomerStatus],
    Updatable[CustomerStatus],
    Deletable[CustomerStatus],
):
    """Statuses of customers (periodicity mode); at most 30, writes are for administrators."""

    path = "/api/v4/customers/statuses"
    key = "statuses"
    model = CustomerStatus


class Segments(Listed[Segment], Updatable[Segment], Deletable[Segment]):
    """Segments of customers (segmentation mode); at most 100, writes are for administrators."""

    path = "/api/v4/customers/segments"
    key = "segments"
    model = Segment
    entity = "customers/segments"

    @cached_property
    def custom_fields(self) -> CustomFields:
        """Definitions of the custom fields of segments."""
        return CustomFields(self._core, "customers/segments")

    def create(self, item: Segment | Mapping[str, Any] | None = None, /, **fields: Any) -> Segment:
        """Create a segment: the one collection that takes a single object instead of an array."""
        made = creation(Segment, item, fields)
        [payload] = self._core.fields.resolve("customers/segments", [made])
        return self._one("POST", self.path, self.path, payload)


class Transactions(Writing[Transaction]):
    """Purchases of customers. They are added and deleted, never changed."""

    path = "/api/v4/customers/transactions"
    key = "transactions"
    model = Transaction
    other_keys = (
        "customers",
    )  # the sample of the API page has this name, the official PHP SDK reads the other

    def list(
        self,
        customer_id: int | None = None,
        /,
        *,
        filter: AnyFilter | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> Pager[Transaction]:
        """Purchases of one customer, or of all where none is named."""
        path, template = self._under(customer_id)
        limit = self.max_limit if limit is None else limit
        return self._pager(path, template, filter=filter, limit=limit, page=page)

    def get(self, id: int, *, customer_id: int | None = None) -> Transaction:
        """One purchase, at either of its addresses.

        Raises:
            NotFoundError: There is none with this id.
        """
        path, template = self._under(customer_id)
        return self._get(f"{path}/{number(id)}", f"{template}/{{id}}", ())

    def create(
        self,
        customer_id: int,
        item: Transaction | Mapping[str, Any] | None = None,
        /,
        *,
        accrue_bonus: bool | None = None,
        **fields: Any,
    ) -> Transaction:
        """Add a purchase; the API needs ``price``.

        Args:
            customer_id: Whose it is.
            item: A model or a dict.
            accrue_bonus: Whether bonus points are given for it (known from the official PHP SDK only).
            **fields: Fields instead of an item, or over it.
        """
        path, template = self._under(customer_id)
        payload = creation(Transaction, item, fields)
        return self._create(path, template, payload, item, query=_accrue(accrue_bonus))

    def create_many(
        self,
        customer_id: int,
        items: Iterable[Transaction | Mapping[str, Any]],
        *,
        accrue_bonus: bool | None = None,
        batch_size: int | None = None,
    ) -> BatchResult[Transaction]:
        """Add many purchases of one customer."""
        path, template = self._under(customer_id)
        made = self._entries(items, lambda given: creation(Transaction, given, {}))
        return self._batches(
            "POST", path, made, self._size(batch_size), template=template, query=_accrue(accrue_bonus)
        )

    def delete(self, id: int, *, customer_id: int | None = None) -> None:
        """Delete a purchase; the API page has both addresses, the official PHP SDK the one with the customer."""
        path, template = self._under(customer_id)
        self._command("DELETE", f"{path}/{number(id)}", f"{template}/{{id}}")

    def _under(self, customer_id: int | None) -> tuple[str, str]:
        if customer_id is None:
            return self.path, self.path
        return f"/api/v4/customers/{number(customer_id)}/transactions", CUSTOMER_TRANSACTIONS


class BonusPoints(Resource[Customer]):
    """Bonus points of customers."""

    path = "/api/v4/customers"
    key = "customers"
    model = Customer

    def earn(self, customer_id: int, points: int) -> int:
        """Add points; the new balance comes back."""
        return self._change(customer_id, {"earn": points})

    def redeem(self, customer_id: int, points: int) -> int:
        """Take points away; the new balance comes back."""
        return self._change(customer_id, {"redeem": points})

    def _change(self, customer_id: int, body: dict[str, int]) -> int:
        [points] = body.values()
        if points <= 0:
            raise ConfigurationError(
                f"points: more than 0 is needed, not {points}; the other method goes the other way"
            )
        path = f"{self.path}/{number(customer_id)}/bonus_points"
        answer = self._command("POST", path, f"{self.path}/{{id}}/bonus_points", body)
        balance = as_object(answer).get("bonus_points")
        if not isinstance(balance, int):
            raise InvalidResponseError(f"bonus_points: a number was expected, not {balance!r}")
        return balance


class Customers(Entity[Customer]):
    """Customers: ``/api/v4/customers``."""

    path = "/api/v4/customers"
    key = "customers"
    model = Customer
    entity = "customers"
    with_values = ("catalog_elements", "contacts", "companies", "group_id")
    other_keys = ("leads",)  # a sample of the API page wraps updated customers so
    request_id_prefix = "n"  # the official PHP SDK says that a plain 0 is mishandled here

    @cached_property
    def statuses(self) -> CustomerStatuses:
        """Statuses of customers."""
        return CustomerStatuses(self._core)

    @cached_property
    def segments(self) -> Segments:
        """Segments of customers."""
        return Segments(self._core)

    @cached_property
    def transactions(self) -> Transactions:
        """Purchases."""
        return Transactions(self._core)

    @cached_property
    def bonus_points(self) -> BonusPoints:
        """Bonus points."""
        return BonusPoints(self._core)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who follows a customer."""
        return Subscriptions(self._core, self.key)

    def set_mode(self, mode: Literal["segments", "periodicity"], *, is_enabled: bool = True) -> CustomersMode:
        """Switch customers on or off, and say how they are kept. For administrators.

        Raises:
            PaymentRequiredError: The account's plan has no customers.
        """
        path = f"{self.path}/mode"
        body = {"mode": mode, "is_enabled": is_enabled}
        answer = self._command("PATCH", path, path, body)
        return parse_rows([{**body, **as_object(answer)}], CustomersMode, strict=self._core.strict)[0]


def _accrue(accrue_bonus: bool | None) -> str:
    return "" if accrue_bonus is None else f"accrue_bonus={str(accrue_bonus).lower()}"
