"""Parts that several models share: custom fields, tags, phone and e-mail, linked records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from amocrm_sync._core.fields_known import FIELDS
from amocrm_sync._core.shapes import as_array, as_object, is_array, is_object, objects_in
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._base import Model
from amocrm_sync.models._custom_fields import CustomFieldValues, write_row
from amocrm_sync.models._tags import Tags
from amocrm_sync.models._types import Editable, RawRows, WriteOnly

M = TypeVar("M", bound=Model)


def linked(owner: Model, key: str, model: type[M]) -> list[M]:
    """The records of one kind in ``_embedded``, typed; empty where they were not asked for (``with_=…``)."""
    return [
        model.model_validate({name: value for name, value in row.items() if name != "_links"})
        for row in objects_in(as_object(owner.embedded).get(key))
    ]


def embed(owner: Model, key: str, records: Iterable[Any]) -> None:
    """Put records to link into ``_embedded`` of a record that is to be created: models, ids, or dicts."""
    name = type(owner).__name__
    if owner.is_loaded:
        raise ConfigurationError(
            f"{name}.{key}: links of a stored record are changed with link() and unlink()"
        )
    owner.embedded = {**(owner.embedded or {}), key: [_reference(name, key, record) for record in records]}


def _reference(name: str, key: str, record: Any) -> Any:
    if isinstance(record, int) and not isinstance(record, bool):
        return {"id": record}
    if is_object(record):
        return dict(record)
    if isinstance(record, Model):
        number = getattr(record, "id", None)
        return record.create_payload() if number is None else {"id": number}
    raise ConfigurationError(f"{name}.{key}: an id, a model or a dict is needed, not {record!r}")


class WithCustomFields(Model):
    """A record with custom fields."""

    custom_fields_values: Editable[RawRows] = None
    """Custom field values as they came; :attr:`custom_fields` gives them typed."""

    @property
    def custom_fields(self) -> CustomFieldValues:
        """Custom field values by code, id or title: read, ``set``, ``clear``. May be assigned a dict."""
        return CustomFieldValues(self)

    @custom_fields.setter
    def custom_fields(self, values: Mapping[int | str, Any]) -> None:
        fields = CustomFieldValues(self)
        for key, value in values.items():
            fields.set(key, value)

    def loaded_rows(self) -> list[Mapping[str, Any]]:
        """The rows as they were loaded; what changed is what differs from them."""
        edits = self._get_edits()
        if edits is not None and edits.new:
            return []
        rows: Any = self.custom_fields_values
        if edits is not None:
            rows = edits.before.get(FIELDS, rows)
        return [*objects_in(rows)]

    def put_rows(self, rows: list[Mapping[str, Any]]) -> None:
        """Put new rows in place of the present ones."""
        self._assign(FIELDS, rows)

    def _payload_value(self, name: str, before: Any) -> Any:
        rows: Any = self.custom_fields_values
        if name != FIELDS or not is_array(rows):
            return super()._payload_value(name, before)
        changed = [row for row in rows if row not in before] if is_array(before) else rows
        if not self.is_loaded:  # a field that was never filled need not be cleared
            changed = [row for row in changed if as_object(row).get("values") is not None]
        return [write_row(row) if is_object(row) else row for row in changed]


class WithTags(Model):
    """A record with tags."""

    tags_to_add: WriteOnly[RawRows] = None
    tags_to_delete: WriteOnly[RawRows] = None

    @property
    def tags(self) -> Tags:
        """The tags: iterate, ``add``, ``remove``. Assigning names adds what is missing and removes the rest."""
        return Tags(self)

    @tags.setter
    def tags(self, names: Iterable[str]) -> None:
        Tags(self).replace(names)

    def _settle(self) -> None:
        if self.tags_to_add or self.tags_to_delete:
            vars(self)["embedded"] = {
                **as_object(self.embedded),
                "tags": [tag.as_wire() for tag in self.tags],
            }
        super()._settle()


class WithContactDetails(WithCustomFields):
    """A record with phones and e-mails (custom fields ``PHONE`` and ``EMAIL``)."""

    @property
    def phones(self) -> list[str]:
        """All phones, as written in amoCRM."""
        return self._details("PHONE")

    @property
    def emails(self) -> list[str]:
        """All e-mails."""
        return self._details("EMAIL")

    @property
    def phone(self) -> str | None:
        """The first phone. Assigning replaces it and keeps the others; ``None`` clears all."""
        return next(iter(self.phones), None)

    @phone.setter
    def phone(self, value: str | None) -> None:
        self._set_first("PHONE", value)

    @property
    def email(self) -> str | None:
        """The first e-mail. Assigning replaces it and keeps the others; ``None`` clears all."""
        return next(iter(self.emails), None)

    @email.setter
    def email(self, value: str | None) -> None:
        self._set_first("EMAIL", value)

    def _details(self, code: str) -> list[str]:
        return [text for text in as_array(self.custom_fields.get(code)) if isinstance(text, str)]

    def _set_first(self, code: str, value: str | None) -> None:
        if value is None:
            self.custom_fields.clear(code)
            return
        if not isinstance(value, str):
            raise ConfigurationError(f"{type(self).__name__}.{code.lower()}: a str is needed, not {value!r}")
        old = self._details(code)
        kind = (getattr(old[0], "enum_id", None) or getattr(old[0], "enum_code", None)) if old else None
        self.custom_fields.set(code, [(value, kind or "WORK"), *old[1:]])
