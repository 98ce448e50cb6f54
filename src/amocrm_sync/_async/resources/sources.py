"""Where leads come from: ``/api/v4/sources`` and ``/api/v4/website_buttons``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._base import AsyncResource
from amocrm_sync._async.resources._writing import AsyncCreatable, AsyncDeleteMany, AsyncUpdateMany
from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.payloads import number
from amocrm_sync.errors import ConfigurationError, NotFoundError
from amocrm_sync.models import Source, WebsiteButton

MAX_DOMAINS = 10


class AsyncSources(AsyncCreatable[Source], AsyncUpdateMany[Source], AsyncDeleteMany[Source]):
    """Sources that the integration owns; for administrators. External integrations have none."""

    path = "/api/v4/sources"
    key = "sources"
    model = Source
    max_batch = 50  # amocrm.ru says 50, Kommo 100
    max_deletes = 100

    def list(self, *, filter: AnyFilter | None = None) -> AsyncPager[Source]:
        """The sources, in one request (at most 100)."""
        return self._pager(self.path, self.path, filter=filter)

    async def get(self, id: int) -> Source:
        """One source.

        Raises:
            NotFoundError: There is none with this id, or it was deleted.
        """
        return await self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", ())

    async def get_or_none(self, id: int) -> Source | None:
        """One source, or ``None`` where there is none with this id."""
        try:
            return await self.get(id)
        except NotFoundError:
            return None


class AsyncWebsiteButtons(AsyncResource[WebsiteButton]):
    """Buttons on websites; for administrators, and integrations only. Their key is the id of their source."""

    path = "/api/v4/website_buttons"
    key = "website_buttons"
    model = WebsiteButton
    with_values = ("scripts", "deleted")

    def list(
        self, *, with_: Sequence[str] | str = (), limit: int | None = None, page: int = 1
    ) -> AsyncPager[WebsiteButton]:
        """The buttons, lazily; ``with_=["scripts"]`` brings what goes into the page."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, with_=with_, limit=limit, page=page)

    async def get(self, source_id: int, *, with_: Sequence[str] | str = ()) -> WebsiteButton:
        """One button.

        Raises:
            NotFoundError: The source has none.
        """
        path = f"{self.path}/{number(source_id)}"
        return await self._get(path, f"{self.path}/{{source_id}}", with_)

    async def create(
        self,
        pipeline_id: int,
        *,
        trusted_websites: Iterable[str] = (),
        is_used_in_app: bool | None = None,
        name: str | None = None,
    ) -> WebsiteButton:
        """Make a button. Its source is there at once, the button itself a little later (``creation_status``).

        Args:
            pipeline_id: Where its leads go.
            trusted_websites: Up to ten domains that it may stand on.
            is_used_in_app: Needed where no domains are given.
            name: Its title (not on the API page).
        """
        domains = list(trusted_websites)
        if len(domains) > MAX_DOMAINS:
            raise ConfigurationError(f"trusted_websites: at most {MAX_DOMAINS} domains, not {len(domains)}")
        if not domains and not is_used_in_app:
            raise ConfigurationError("trusted_websites: give domains, or is_used_in_app=True")
        body: dict[str, Any] = {"pipeline_id": pipeline_id, "trusted_websites": domains}
        further = {"is_used_in_app": is_used_in_app, "name": name}
        body.update({key: value for key, value in further.items() if value is not None})
        return await self._one("POST", self.path, self.path, body)

    async def update(
        self, source_id: int, *, add_websites: Iterable[str] = (), name: str | None = None
    ) -> WebsiteButton:
        """Let a button stand on further domains, or rename it. Domains are added only where it has one already."""
        body: dict[str, Any] = {} if name is None else {"name": name}
        domains = list(add_websites)
        if domains:
            body["trusted_websites"] = {"add": domains}
        if not body:
            raise ConfigurationError("add_websites or name: give at least one")
        path = f"{self.path}/{number(source_id)}"
        return await self._one("PATCH", path, f"{self.path}/{{source_id}}", body)

    async def add_online_chat(self, source_id: int) -> None:
        """Give a button the online chat of its pipeline, a little later; an existing chat is used."""
        path = f"{self.path}/{number(source_id)}/online_chat"
        await self._command("POST", path, f"{self.path}/{{source_id}}/online_chat")
