"""Users."""

from __future__ import annotations

from pydantic import Field

from amocrm_sync.models._base import Model
from amocrm_sync.models._parts import linked
from amocrm_sync.models._types import OnCreate, ReadOnly, WriteOnly
from amocrm_sync.models.account import UserGroup
from amocrm_sync.models.role import Rights, Role


class User(Model):
    """A user of the account. For administrators; the API can create users, not change them."""

    id: ReadOnly[int] = None
    name: OnCreate[str] = None
    email: OnCreate[str] = None
    password: WriteOnly[str] = Field(default=None, repr=False)
    """Sent on creation only; shown in no repr."""
    lang: OnCreate[str] = None
    rights: OnCreate[Rights] = None
    uuid: ReadOnly[str] = None
    """``with=uuid``"""
    amojo_id: ReadOnly[str] = None
    """The user in the chat API (``with=amojo_id``)."""
    user_rank: ReadOnly[str] = None
    """``newbie``, ``candidate`` or ``master`` (``with=user_rank``)."""
    phone_number: ReadOnly[str] = None
    """``with=phone_number``"""
    request_id: WriteOnly[str] = None

    @property
    def roles(self) -> list[Role]:
        """Its roles, with id and name (``with=role``)."""
        return linked(self, "roles", Role)

    @property
    def groups(self) -> list[UserGroup]:
        """Its departments (``with=group``)."""
        return linked(self, "groups", UserGroup)
