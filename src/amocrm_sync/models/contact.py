"""Contacts."""

from __future__ import annotations

from amocrm_sync.models import company as company_module
from amocrm_sync.models import customer as customer_module
from amocrm_sync.models import lead as lead_module
from amocrm_sync.models._parts import WithContactDetails, WithTags, linked
from amocrm_sync.models._types import Editable, ReadOnly, Timestamp, WriteOnly
from amocrm_sync.models.catalog import CatalogElement


class Contact(WithContactDetails, WithTags):
    """A person. ``phone``, ``email``, ``custom_fields`` and ``tags`` can be read and written."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    """Full name."""
    first_name: Editable[str] = None
    last_name: Editable[str] = None
    responsible_user_id: Editable[int] = None
    group_id: ReadOnly[int] = None
    created_by: Editable[int] = None
    """0 is the robot."""
    updated_by: Editable[int] = None
    created_at: Editable[Timestamp] = None
    updated_at: Editable[Timestamp] = None
    closest_task_at: ReadOnly[Timestamp] = None
    is_deleted: ReadOnly[bool] = None
    is_unsorted: ReadOnly[bool] = None
    account_id: ReadOnly[int] = None
    is_main: ReadOnly[bool] = None
    """Whether it is the main contact of the lead that it was read from."""
    request_id: WriteOnly[str] = None
    """Echoed in the answer, not stored."""

    @property
    def leads(self) -> list[lead_module.Lead]:
        """Its leads, with their ids only (``with=leads``)."""
        return linked(self, "leads", lead_module.Lead)

    @property
    def companies(self) -> list[company_module.Company]:
        """Its companies, with their ids only; the API gives at most one."""
        return linked(self, "companies", company_module.Company)

    @property
    def company(self) -> company_module.Company | None:
        """Its company, with its id only."""
        return next(iter(self.companies), None)

    @property
    def customers(self) -> list[customer_module.Customer]:
        """Its customers, with their ids only (``with=customers``)."""
        return linked(self, "customers", customer_module.Customer)

    @property
    def catalog_elements(self) -> list[CatalogElement]:
        """Linked list elements: ids and ``metadata`` (``with=catalog_elements``)."""
        return linked(self, "catalog_elements", CatalogElement)
