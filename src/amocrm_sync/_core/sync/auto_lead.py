"""Who writes to us: a person known by a number of a messenger, a phone or an e-mail, and how to find their contact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from amocrm_sync._core.identity import Identity, email_key, phone_key
from amocrm_sync._core.shapes import objects_in
from amocrm_sync._core.sync.fields import CUSTOM, value_at
from amocrm_sync._core.sync.records import Row
from amocrm_sync.errors import ConfigurationError


@attrs.frozen(kw_only=True)
class AutoLead:
    """Where the lead of a first contact goes, and by what its person is known.

    Attributes:
        identity_field: Id or code of the contact's field that holds the identity (a Telegram id, say); ``None`` where
            people are known by phone or e-mail only.
        pipeline_id: The lead's pipeline; by default the account's main one.
        stage_id: The lead's stage; by default the pipeline's first.
        fields: More fields of the lead.
    """

    identity_field: int | str | None = None
    pipeline_id: int | None = None
    stage_id: int | None = None
    fields: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@attrs.frozen(kw_only=True)
class Person:
    """Somebody by what is known of them; any part that is exactly the same makes a contact theirs.

    Attributes:
        field: Id or code of the field of the identity.
        identity: What stands in it.
        phone: A phone in any notation.
        email: An e-mail.
    """

    field: str | None = None
    identity: str | None = None
    phone: str | None = None
    email: str | None = None

    @classmethod
    def of(cls, given: str | int | Mapping[str, Any], settings: AutoLead) -> Person:
        """A person from what a host has: an identity, or a dict with ``phone``, ``email`` and fields of the contact.

        Raises:
            ConfigurationError: It is nothing to know somebody by.
        """
        known: dict[str, Any]
        if isinstance(given, Mapping):
            known = {str(name): value for name, value in given.items() if value not in (None, "")}
        elif settings.identity_field is not None:
            known = {str(settings.identity_field): given}
        else:
            known = {"email" if "@" in str(given) else "phone": given}
        phone, email = known.pop("phone", None), known.pop("email", None)
        own = {name: value for name, value in known.items() if name != "name"}
        if len(own) > 1:
            raise ConfigurationError(
                f"identity: one field besides phone and email makes a person known, not {', '.join(sorted(own))}"
            )
        if phone is None and email is None and not own:
            raise ConfigurationError("identity: give an id, a phone or an e-mail")
        if phone is not None or email is not None:
            Identity(phone=phone and str(phone), email=email and str(email))
        name, value = next(iter(own.items()), (None, None))
        return cls(
            field=name,
            identity=None if value is None else str(value).strip(),
            phone=None if phone is None else str(phone),
            email=None if email is None else str(email),
        )

    @property
    def key(self) -> str:
        """What is the same for the same person."""
        if self.identity is not None:
            return f"{self.field}={self.identity}"
        return f"phone={phone_key(self.phone)}" if self.phone else f"email={email_key(self.email or '')}"

    @property
    def label(self) -> str:
        """A name for want of a better one."""
        return self.identity or self.phone or self.email or ""

    def queries(self) -> list[str]:
        """What to ask amoCRM's search for, the surest first."""
        found = [self.identity] if self.identity is not None else []
        if self.phone or self.email:
            found += Identity(phone=self.phone, email=self.email).queries()
        return found

    def columns(self) -> Iterator[dict[str, Any]]:
        """Filters of the local contacts among which they may be."""
        if self.identity is not None:
            yield {"telegram": self.identity}
        if self.phone:
            key = phone_key(self.phone)
            yield {"phone": sorted({self.phone, key, f"+{key}", f"8{key[1:]}"})}
        if self.email:
            yield {"email": sorted({self.email, email_key(self.email)})}

    def is_in(self, row: Mapping[str, Any]) -> bool:
        """Whether a contact is theirs."""
        if self.identity is not None and self.identity in _values(row, self.field or ""):
            return True
        if not self.phone and not self.email:
            return False
        person = Identity(phone=self.phone, email=self.email)
        return person.matches(_values(row, "PHONE"), _values(row, "EMAIL"))

    def fields(self, name: str | None) -> Row:
        """The fields of a new contact."""
        custom: list[Row] = []
        if self.identity is not None and self.field is not None:
            place = {"field_id": int(self.field)} if self.field.isdigit() else {"field_code": self.field}
            custom.append({**place, "values": [{"value": self.identity}]})
        for code, value in (("PHONE", self.phone), ("EMAIL", self.email)):
            if value:
                custom.append({"field_code": code, "values": [{"value": value, "enum_code": "WORK"}]})
        return {"name": name or self.label, CUSTOM: custom}


def _values(row: Mapping[str, Any], field: str) -> list[str]:
    return [str(item.get("value")).strip() for item in objects_in(value_at(row, f"{CUSTOM}.{field}"))]
