# Generated from src/amocrm_sync/_async/resources/account.py by tools/unasync.py: edit that file instead.
"""The account and its people: account, users, roles, webhook subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from amocrm_sync._core.batching import chunks
from amocrm_sync._core.call import Call
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.hosts import is_amocrm_host
from amocrm_sync._core.payloads import number
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Listed, Resource
from amocrm_sync._sync.resources._writing import Creatable, Deletable, Updatable
from amocrm_sync.models import Account, AccountAddress, Role, User, Webhook
from amocrm_sync.models.page import parse_one

SWITCHED = 10
"""Users that one request creates, switches on or switches off."""


class AccountInfo(Resource[Account]):
    """The account that the token belongs to: ``/api/v4/account``."""

    path = "/api/v4/account"
    key = "account"
    model = Account
    with_values = (
        "amojo_id",
        "amojo_rights",
        "users_groups",
        "task_types",
        "version",
        "entity_names",
        "datetime_settings",
        "drive_url",
        "is_api_filter_enabled",
        "invoices_settings",
        "uuid",
    )

    def get(self, *, with_: Sequence[str] | str = ()) -> Account:
        """The account; ``with_`` brings ``users_groups``, ``task_types``, ``datetime_settings``, ``drive_url`` …."""
        return self._get(self.path, self.path, with_)

    def current_user(self) -> User:
        """The user behind the token, as the OAuth provider of the official PHP SDK reads it.

        A legacy v3 route whose fields and availability are not documented; ``get().current_user_id`` is documented.
        """
        path = "/v3/user"
        reply = self._command("GET", path, path)
        return parse_one(orjson.dumps(reply), User, strict=self._core.strict)

    def address(self) -> AccountAddress:
        """Where the account of the token is now, as the consent host says (``www.amocrm.ru`` …).

        The API page calls it deprecated. A connection needs no call for it: a renewal of tokens finds an account that
        has moved by itself.
        """
        path = "/oauth2/account/subdomain"
        host = self._core.engine.account
        origin = f"https://www.{host.partition('.')[2]}" if is_amocrm_host(host) else None
        return self._core.engine.send(
            Call(
                method="GET",
                path=path,
                template=path,
                origin=origin,
                parse=lambda reply: parse_one(reply.body, AccountAddress, strict=self._core.strict),
            )
        )


class Users(Listed[User], Creatable[User]):
    """Users. Lists and writes are for administrators: others get a ``ForbiddenError``."""

    path = "/api/v4/users"
    key = "users"
    model = User
    max_batch = SWITCHED
    with_values = ("role", "group", "uuid", "amojo_id", "user_rank", "phone_number")

    def activate(self, ids: Sequence[int]) -> None:
        """Switch users on, 10 a request.

        Known from the official PHP SDK and Kommo, which disagree on the status (204 or 202); not on the API page.
        """
        self._switch("activate", ids)

    def deactivate(self, ids: Sequence[int]) -> None:
        """Switch users off, 10 a request (known from the official PHP SDK and Kommo; not on the API page)."""
        self._switch("deactivate", ids)

    def _switch(self, action: str, ids: Sequence[int]) -> None:
        path = f"{self.path}/{action}"
        for part in chunks(list(ids), SWITCHED):
            self._command("POST", path, path, [{"id": number(key)} for key in part])


class Roles(Listed[Role], Creatable[Role], Updatable[Role], Deletable[Role]):
    """Roles and their rights, for administrators."""

    path = "/api/v4/roles"
    key = "roles"
    model = Role
    with_values = ("users",)


class Webhooks(Resource[Webhook]):
    """Webhook subscriptions, for administrators: ``/api/v4/webhooks``. The address is their key."""

    path = "/api/v4/webhooks"
    key = "webhooks"
    model = Webhook

    def list(self, *, filter: AnyFilter | None = None) -> Pager[Webhook]:
        """The subscriptions; one with ``disabled`` has been switched off by amoCRM after too many failures."""
        return self._pager(self.path, self.path, filter=filter)

    def subscribe(self, destination: str, settings: Sequence[str], *, sort: int | None = None) -> Webhook:
        """Subscribe an address, or replace what it is subscribed to; switches a disabled one on again.

        Args:
            destination: Public https address, with a secret in its path (amoCRM signs nothing).
            settings: Names such as ``status_lead``; known ones are in ``amocrm_sync.webhooks``.
            sort: Place in the list.
        """
        body: dict[str, Any] = {"destination": destination, "settings": list(settings)}
        if sort is not None:
            body["sort"] = sort
        row = self._command("POST", self.path, self.path, body)
        return parse_one(orjson.dumps({**body, **as_object(row)}), Webhook, strict=self._core.strict)

    def unsubscribe(self, destination: str) -> None:
        """Remove the subscription of an address.

        Raises:
            NotFoundError: There is none for exactly this address.
        """
        self._command("DELETE", self.path, self.path, {"destination": destination})
