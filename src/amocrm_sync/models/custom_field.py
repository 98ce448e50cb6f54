"""Definitions of custom fields, their enums and their groups."""

from __future__ import annotations

from typing import Annotated, Any

from amocrm_sync.models._base import Model
from amocrm_sync.models._types import (
    EMPTY_ARRAY_IS_OBJECT,
    Editable,
    ListOf,
    OnCreate,
    RawRows,
    ReadOnly,
    WriteOnly,
)


class FieldEnum(Model):
    """One item of a list field, or one kind of a phone or e-mail."""

    id: Editable[int] = None
    value: Editable[str] = None
    sort: Editable[int] = None
    code: Editable[str] = None


class NestedEnum(Model):
    """One item of a category field; ``parent_id`` makes the tree."""

    id: Editable[int] = None
    parent_id: Editable[int] = None
    value: Editable[str] = None
    sort: Editable[int] = None
    request_id: WriteOnly[str] = None
    parent_request_id: WriteOnly[str] = None


class CustomField(Model):
    """The definition of a custom field."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    type: OnCreate[str] = None
    """E.g. ``text``, ``numeric``, ``select``; the set is open."""
    code: Editable[str] = None
    """A symbolic name that can be used instead of the id."""
    sort: Editable[int] = None
    account_id: ReadOnly[int] = None
    entity_type: ReadOnly[str] = None
    group_id: Editable[str] = None
    is_predefined: ReadOnly[bool] = None
    is_deletable: Editable[bool] = None
    is_api_only: Editable[bool] = None
    is_computed: ReadOnly[bool] = None
    is_visible: Editable[bool] = None
    is_required: Editable[bool] = None
    required_statuses: Editable[RawRows] = None
    hidden_statuses: Editable[RawRows] = None
    enums: Editable[ListOf[Annotated[FieldEnum, EMPTY_ARRAY_IS_OBJECT]]] = None
    """Items of a list field. On update, items without an id are added and items that are left out are deleted."""
    nested: Editable[ListOf[Annotated[NestedEnum, EMPTY_ARRAY_IS_OBJECT]]] = None
    remind: Editable[str] = None
    """``never``, ``day``, ``week`` or ``month``, for birthdays."""
    currency: Editable[str] = None
    """ISO code, for monetary fields."""
    chained_lists: Editable[RawRows] = None
    tracking_callback: Editable[str] = None
    search_in: Editable[str] = None
    settings: Editable[Any] = None
    request_id: WriteOnly[str] = None
    catalog_id: ReadOnly[int] = None


class CustomFieldGroup(Model):
    """A tab of the card that holds custom fields. Ids are strings."""

    id: ReadOnly[str] = None
    name: Editable[str] = None
    sort: Editable[int] = None
    entity_type: ReadOnly[str] = None
    is_predefined: ReadOnly[bool] = None
    type: ReadOnly[str] = None
    fields: Editable[ListOf[int]] = None
    """Ids of the fields in it."""
    request_id: WriteOnly[str] = None
