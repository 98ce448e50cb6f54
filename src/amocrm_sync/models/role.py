"""Roles and rights."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from amocrm_sync._core.shapes import as_array, as_object
from amocrm_sync.models._base import Model
from amocrm_sync.models._types import (
    EMPTY_ARRAY_IS_OBJECT,
    Editable,
    JsonObject,
    RawRows,
    ReadOnly,
    WriteOnly,
)


class UserRights(Model):
    """What a user or a role may do.

    Rights are letters: ``A`` all, ``G`` own department, ``L`` linked (lists), ``M`` own, ``D`` denied.
    """

    leads: Editable[JsonObject] = None
    """``view``, ``edit``, ``add``, ``delete``, ``export``."""
    contacts: Editable[JsonObject] = None
    companies: Editable[JsonObject] = None
    tasks: Editable[JsonObject] = None
    """``edit``, ``delete``."""
    mail_access: Editable[bool] = None
    catalog_access: Editable[bool] = None
    catalog_rights: Editable[RawRows] = None
    status_rights: Editable[RawRows] = None
    """Rights by stage: ``entity_type``, ``pipeline_id``, ``status_id``, ``rights``."""
    is_admin: ReadOnly[bool] = None
    """Users only, like the four below."""
    is_free: Editable[bool] = None
    is_active: ReadOnly[bool] = None
    group_id: Editable[int] = None
    role_id: Editable[int] = None
    """The role that overrides the detailed rights."""


Rights: TypeAlias = Annotated[UserRights, EMPTY_ARRAY_IS_OBJECT]


class Role(Model):
    """A named set of rights."""

    id: ReadOnly[int] = None
    name: Editable[str] = None
    rights: Editable[Rights] = None
    request_id: WriteOnly[str] = None

    @property
    def user_ids(self) -> list[int]:
        """Ids of the users that have it (``with=users``)."""
        rows = as_array(as_object(self.embedded).get("users"))
        return [number for number in rows if isinstance(number, int)]
