"""Companies."""

from __future__ import annotations

from amocrm_sync.models import contact as contact_module
from amocrm_sync.models import customer as customer_module
from amocrm_sync.models import lead as lead_module
from amocrm_sync.models._parts import WithContactDetails, WithTags, linked
from amocrm_sync.models._types import Editable, ReadOnly, Timestamp, WriteOnly
from amocrm_sync.models.catalog import CatalogElement


class Company(WithContactDetails, WithTags):
    """A company. Links are in ``contacts`` and ``leads`` when asked for by ``with_=[…]``."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
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
    request_id: WriteOnly[str] = None
    """Echoed in the answer, not stored."""

    @property
    def contacts(self) -> list[contact_module.Contact]:
        """Its contacts, with their ids only (``with=contacts``)."""
        return linked(self, "contacts", contact_module.Contact)

    @property
    def leads(self) -> list[lead_module.Lead]:
        """Its leads, with their ids only (``with=leads``)."""
        return linked(self, "leads", lead_module.Lead)

    @property
    def customers(self) -> list[customer_module.Customer]:
        """Its customers, with their ids only (``with=customers``)."""
        return linked(self, "customers", customer_module.Customer)

    @property
    def catalog_elements(self) -> list[CatalogElement]:
        """Linked list elements: ids and ``metadata`` (``with=catalog_elements``)."""
        return linked(self, "catalog_elements", CatalogElement)
