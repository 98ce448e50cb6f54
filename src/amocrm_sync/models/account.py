"""The account that the token belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import linked
from amocrm_sync.models._types import JsonObject, ReadOnly, Timestamp


class UserGroup(Model):
    """A department."""

    id: ReadOnly[int] = None
    name: ReadOnly[str] = None
    uuid: ReadOnly[str] = None


class TaskType(Model):
    """A kind of task: 1 follow-up and 2 meeting stand in every account, the rest is the account's own."""

    id: ReadOnly[int] = None
    name: ReadOnly[str] = None
    color: ReadOnly[str] = None
    icon_id: ReadOnly[int] = None
    code: ReadOnly[str] = None


class Account(Model):
    """The account. Fields marked ``with=`` arrive only when they are asked for by ``with_=[…]``."""

    id: ReadOnly[int] = None
    name: ReadOnly[str] = None
    subdomain: ReadOnly[str] = None
    current_user_id: ReadOnly[int] = None
    """The user behind the token."""
    country: ReadOnly[str] = None
    currency: ReadOnly[str] = None
    """ISO code."""
    currency_symbol: ReadOnly[str] = None
    customers_mode: ReadOnly[str] = None
    """``unavailable``, ``disabled``, ``segments``, ``periodicity`` or ``dynamic``."""
    is_unsorted_on: ReadOnly[bool] = None
    is_loss_reason_enabled: ReadOnly[bool] = None
    is_helpbot_enabled: ReadOnly[bool] = None
    is_technical_account: ReadOnly[bool] = None
    contact_name_display_order: ReadOnly[int] = None
    """1: first name first; 2: last name first."""
    created_at: ReadOnly[Timestamp] = None
    created_by: ReadOnly[int] = None
    updated_at: ReadOnly[Timestamp] = None
    updated_by: ReadOnly[int] = None
    mobile_feature_version: ReadOnly[int] = None
    amojo_id: ReadOnly[str] = None
    """The account in the chat API (``with=amojo_id``)."""
    uuid: ReadOnly[str] = None
    version: ReadOnly[int] = None
    """``with=version``"""
    drive_url: ReadOnly[str] = None
    """Base URL of the file service (``with=drive_url``)."""
    is_api_filter_enabled: ReadOnly[bool] = None
    """Whether lists honour filters (``with=is_api_filter_enabled``)."""
    invoices_settings: ReadOnly[JsonObject] = None
    """``with=invoices_settings``"""
    datetime_settings: ReadOnly[JsonObject] = None
    """``with=datetime_settings``; :attr:`timezone` reads it wherever the server puts it."""
    entity_names: ReadOnly[JsonObject] = None
    """Renamed entity titles by entity and language (``with=entity_names``)."""

    @property
    def timezone(self) -> str | None:
        """IANA name of the account's timezone, e.g. ``Europe/Moscow`` (``with=datetime_settings``)."""
        return self._datetime_setting("timezone")

    @property
    def timezone_offset(self) -> str | None:
        """The offset that the server names with it, e.g. ``+03:00``."""
        return self._datetime_setting("timezone_offset")

    @property
    def users_groups(self) -> list[UserGroup]:
        """The departments (``with=users_groups``)."""
        return linked(self, "users_groups", UserGroup)

    @property
    def task_types(self) -> list[TaskType]:
        """The kinds of tasks (``with=task_types``)."""
        return linked(self, "task_types", TaskType)

    @property
    def amojo_rights(self) -> dict[str, Any]:
        """Chat rights: ``can_direct``, ``can_create_groups`` (``with=amojo_rights``)."""
        return dict(self._embedded_object("amojo_rights"))

    def _datetime_setting(self, name: str) -> str | None:
        for place in (
            self.datetime_settings,
            self._embedded_object("datetime_settings"),
            self._embedded_object("datetime_formats"),
        ):
            value = (place or {}).get(name)
            if value is not None:
                return str(value)
        return None

    def _embedded_object(self, key: str) -> Mapping[str, Any]:
        return as_object(as_object(self.embedded).get(key))


class AccountAddress(Model):
    """Where an account is reached now."""

    id: ReadOnly[int] = None
    subdomain: ReadOnly[str] = None
    domain: ReadOnly[str] = None
    """The whole host, e.g. ``mycompany.amocrm.ru``."""
    top_level_domain: ReadOnly[str] = None
