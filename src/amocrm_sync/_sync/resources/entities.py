# Generated from src/amocrm_sync/_async/resources/entities.py by tools/unasync.py: edit that file instead.
"""Leads, contacts and companies: the entities with custom fields, tags, notes and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

from amocrm_sync._core.batching import entries
from amocrm_sync._core.identity import Identity
from amocrm_sync._core.payloads import creation, embedded, number
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync.resources._base import Listed, ReadMany
from amocrm_sync._sync.resources._entity_files import EntityFiles
from amocrm_sync._sync.resources._links import Linked
from amocrm_sync._sync.resources._parts import (
    CustomFields,
    Notes,
    Subscriptions,
    Tags,
)
from amocrm_sync._sync.resources._writing import Creatable, Deletable, UpdateMany
from amocrm_sync._sync.resources.chats import ContactChats
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

    @cached_property
    def files(self) -> EntityFiles:
        """Files of these records."""
        return EntityFiles(self._core, self.path)


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
    nested = ("contacts", "companies")
    with_values = (
        "catalog_elements",
        "is_price_modified_by_robot",
        "loss_reason",
        "contacts",
        "only_deleted",
        "source_id",
        "source",
    )
    order_fields = ("created_at", "updated_at", "id")

    @cached_property
    def loss_reasons(self) -> LossReasons:
        """Why leads are lost."""
        return LossReasons(self._core)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Who follows a lead."""
        return Subscriptions(self._core, self.key)

    def hydrate(self, leads: Iterable[Lead]) -> Sequence[Lead]:
        """The same leads with whole contacts in ``lead.contacts``, where lists give no more than ids.

        For leads that were read without ``with_=["contacts"]`` the links are asked first, 150 leads a request; then
        each contact is read once, 250 a request, however many leads it has. Contacts that are gone are left out.
        Nothing counts as a change of the lead.
        """
        given = list(leads)
        contacts = self._contacts_of(given)
        wanted = [number(row["id"]) for rows in contacts.values() for row in rows]
        found = Contacts(self._core).get_many(wanted)
        for lead in given:
            rows = contacts.get(number(lead), ())
            lead.put_linked(
                "contacts",
                [{**found[row["id"]].raw, "is_main": row["is_main"]} for row in rows if row["id"] in found],
            )
        return given

    def _contacts_of(self, leads: Sequence[Lead]) -> Mapping[int, list[dict[str, Any]]]:
        """Ids of contacts by lead: from the leads themselves, else from their links."""
        found: dict[int, list[dict[str, Any]]] = {}
        for lead in leads:
            if "contacts" in as_object(lead.embedded):
                found[number(lead)] = [
                    {"id": contact.id, "is_main": bool(contact.is_main)} for contact in lead.contacts
                ]
        unknown = [number(lead) for lead in leads if number(lead) not in found]
        for link in self.links_many(unknown) if unknown else ():
            if link.to_entity_type == "contacts" and link.entity_id is not None:
                row = {"id": link.to_entity_id, "is_main": link.is_main}
                found.setdefault(link.entity_id, []).append(row)
        return found

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
    with_values = ("catalog_elements", "leads", "customers", "social_profiles", "only_deleted")
    order_fields = ("updated_at", "id")

    @cached_property
    def chats(self) -> ContactChats:
        """Which chats belong to which contact."""
        return ContactChats(self._core)

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
    with_values = ("catalog_elements", "leads", "customers", "contacts", "only_deleted")
    order_fields = ("updated_at", "id")
