"""Leads."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models import company as company_module
from amocrm_sync.models import contact as contact_module
from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import WithCustomFields, WithTags, embed, linked
from amocrm_sync.models._types import Editable, ListOf, Money, OnCreate, ReadOnly, Timestamp, WriteOnly
from amocrm_sync.models.catalog import CatalogElement
from amocrm_sync.models.loss_reason import LossReason
from amocrm_sync.models.source import Source


class Lead(WithCustomFields, WithTags):
    """A lead. A new one may be made with ``contacts=[…]``, ``company=…`` and ``tags=[…]``."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    price: Editable[Money] = None
    """Budget in whole units; a ``Decimal`` where the account counts minor units."""
    price_with_minor_units: ReadOnly[Decimal] = None
    responsible_user_id: Editable[int] = None
    group_id: ReadOnly[int] = None
    """Department of the responsible user."""
    status_id: Editable[int] = None
    """Stage; 142 (won) and 143 (lost) stand in every pipeline, so a stage is ``(pipeline_id, status_id)``."""
    pipeline_id: Editable[int] = None
    loss_reason_id: Editable[int] = None
    source_id: ReadOnly[int] = None
    """``with=source_id``"""
    created_by: Editable[int] = None
    """0 is the robot."""
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    closed_at: Editable[Timestamp] = None
    closest_task_at: ReadOnly[Timestamp] = None
    is_deleted: ReadOnly[bool] = None
    is_unsorted: ReadOnly[bool] = None
    score: ReadOnly[int] = None
    account_id: ReadOnly[int] = None
    labor_cost: ReadOnly[int] = None
    """Seconds spent on it."""
    is_price_computed: ReadOnly[bool] = None
    is_price_modified_by_robot: ReadOnly[bool] = None
    """``with=is_price_modified_by_robot``"""
    visitor_uid: OnCreate[str] = None
    request_id: WriteOnly[str] = None
    """Echoed in the answer, not stored."""

    @property
    def contacts(self) -> list[contact_module.Contact]:
        """Its contacts, with ``id`` and ``is_main`` only (``with=contacts``). Settable until the lead is created."""
        return linked(self, "contacts", contact_module.Contact)

    @contacts.setter
    def contacts(self, records: Iterable[Any]) -> None:
        embed(self, "contacts", records)

    @property
    def main_contact(self) -> contact_module.Contact | None:
        """The contact that is marked as main; ``None`` where there is none or contacts were not asked for."""
        return next((contact for contact in self.contacts if contact.is_main), None)

    @property
    def companies(self) -> list[company_module.Company]:
        """Its companies, with their ids only; the API gives at most one."""
        return linked(self, "companies", company_module.Company)

    @property
    def company(self) -> company_module.Company | None:
        """Its company, with its id only. Settable until the lead is created."""
        return next(iter(self.companies), None)

    @company.setter
    def company(self, record: Any) -> None:
        embed(self, "companies", [] if record is None else [record])

    @property
    def loss_reason(self) -> LossReason | None:
        """Why it was lost (``with=loss_reason``)."""
        return next(iter(linked(self, "loss_reason", LossReason)), None)

    @property
    def catalog_elements(self) -> list[CatalogElement]:
        """Linked list elements: ids and ``metadata`` (``with=catalog_elements``)."""
        return linked(self, "catalog_elements", CatalogElement)

    @property
    def source(self) -> Source | None:
        """Where it came from, with id and name (``with=source``)."""
        row = as_object(as_object(self.embedded).get("source"))
        return Source.model_validate(dict(row)) if row else None


class LeadComplexResult(Model):
    """What became of one item of ``leads/complex``."""

    id: ReadOnly[int] = None
    contact_id: ReadOnly[int] = None
    company_id: ReadOnly[int] = None
    request_id: ReadOnly[ListOf[str]] = None
    """Request ids of all items that ended in this lead."""
    merged: ReadOnly[bool] = None
    """Whether duplicate control found an existing record and merged the item into it."""
