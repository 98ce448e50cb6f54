# Generated from src/amocrm_sync/_async/resources/entities.py by tools/unasync.py: edit that file instead.
"""Leads, contacts and companies: the entities with custom fields, tags, notes and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from amocrm_sync._core.batching import entries
from amocrm_sync._core.identity import Identity
from amocrm_sync._sync.resources._base import (
    Creatable,
    Deletable,
    Listed,
    ReadMany,
    UpdateMany,
    creation,
    embedded,
)
from amocrm_sync._sync.resources._parts import CustomFields, Linked, Notes, Tags
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Company, Contact, Lead, LeadComplexResult, LossReason, Model
from amocrm_sync.models.page import parse_rows

M = TypeVar("M", bound=Model)

COMPLEX_BATCH = 50
"""Leads that ``leads/complex`` takes in one request."""


class Entity(ReadMany[M], Creatable[M], UpdateMany[M], Linked[M]):
    """What leads, contacts and companies have in common."""

    @cached_property
    def notes(self) -> Notes:
        """Notes of these records."""
        return Notes(self._core, self.key)

    @cached_property
    def tags(self) -> Tags:
        """Tags of this entity type."""
        return Tags(self._core, self.key)

    @cached_property
    def custom_fields(self) -> CustomFields:
        """Definitions of this entity's custom fields."""
        return CustomFields(self._core, self.key)


class LossReasons(Listed[LossReason], Creatable[LossReason], Deletable[LossReason]):
    """Why leads are lost."""

    path = "/api/v4/leads/loss_reasons"
    key = "loss_reasons"
    model = LossReason


class Leads(Entity[Lead]):
    """Leads: ``/api/v4/leads``."""

    path = "/api/v4/leads"
    key = "leads"
    model = Lead
    entity = "leads"

    @cached_property
    def loss_reasons(self) -> LossReasons:
        """Why leads are lost."""
        return LossReasons(self._core)

    def create_complex(self, items: Iterable[Lead | Mapping[str, Any]]) -> Sequence[LeadComplexResult]:
        """Create up to 50 leads, each with one contact and one company in its ``_embedded``, in one request.

        The only method that runs the account's duplicate control: ``merged`` says that an existing record was used.

        Raises:
            ConfigurationError: More than 50 items.
            ValidationError: Names the items and fields that the server refused.
        """
        made = entries(items, lambda given: creation(Lead, given, {}))
        if len(made) > COMPLEX_BATCH:
            raise ConfigurationError(f"items: at most {COMPLEX_BATCH} leads in one call, not {len(made)}")
        prepared = self._prepared(made)
        path = f"{self.path}/complex"
        data = self._command("POST", path, path, [entry.payload for entry in prepared])
        return parse_rows(embedded(data, self.key), LeadComplexResult, strict=self._core.strict)


class Contacts(Entity[Contact]):
    """Contacts: ``/api/v4/contacts``."""

    path = "/api/v4/contacts"
    key = "contacts"
    model = Contact
    entity = "contacts"

    def find(self, *, phone: str | None = None, email: str | None = None) -> Contact | None:
        """The contact whose phone or e-mail is exactly this one (the oldest, if there are several).

        The server's search is fuzzy (it looks into every field), so its answers are held against the PHONE and EMAIL
        fields here: two people are never taken for one.
        """
        wanted = Identity(phone=phone, email=email)
        found: dict[int, Contact] = {}
        for query in wanted.queries():
            for contact in self.list(query=query, order={"id": "asc"}):
                if contact.id is not None and wanted.matches(contact.phones, contact.emails):
                    found[contact.id] = contact
        return found[min(found)] if found else None

    def find_or_create(
        self, *, phone: str | None = None, email: str | None = None, name: str | None = None, **fields: Any
    ) -> Contact:
        """The contact with this phone or e-mail, created where there is none.

        Args:
            phone: In any notation; ``8 (912) …`` and ``+7 912 …`` are one number.
            email: Compared without regard to case.
            name: Name of a new contact; the phone or e-mail where not given.
            **fields: Further fields of a new contact.
        """
        found = self.find(phone=phone, email=email)
        if found is not None:
            return found
        contact = Contact(name=name or phone or email, **fields)
        for code, value in (("PHONE", phone), ("EMAIL", email)):
            if value:
                contact.custom_fields.set(code, value, enum="WORK")
        return self.create(contact)


class Companies(Entity[Company]):
    """Companies: ``/api/v4/companies``."""

    path = "/api/v4/companies"
    key = "companies"
    model = Company
    entity = "companies"
