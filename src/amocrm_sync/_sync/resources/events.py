# Generated from src/amocrm_sync/_async/resources/events.py by tools/unasync.py: edit that file instead.
"""Events, the history of the account: ``/api/v4/events``. Read only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.payloads import text_key
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Resource
from amocrm_sync.errors import NotFoundError
from amocrm_sync.models import Event, EventKind


class EventTypes(Resource[EventKind]):
    """Kinds of events."""

    path = "/api/v4/events/types"
    key = "events_types"
    model = EventKind

    def list(self, *, language_code: str | None = None) -> Pager[EventKind]:
        """All kinds with their titles, in ``ru``, ``en``, ``es`` or ``pt``; the user's language where not given."""
        query = f"language_code={text_key(language_code)}" if language_code else ""
        return self._unchecked_pager(self.path, self.path, query)


class Events(Resource[Event]):
    """Events. A user sees those of the records that they may see."""

    path = "/api/v4/events"
    key = "events"
    model = Event
    max_limit = 100  # amocrm.ru says 100, Kommo 250: the smaller works with both
    with_values = (
        "contact_name",
        "lead_name",
        "company_name",
        "catalog_element_name",
        "customer_name",
        "catalog_name",
        "note",
    )

    def list(
        self,
        *,
        filter: AnyFilter | None = None,
        with_: Sequence[str] | str = (),
        limit: int | None = None,
        page: int = 1,
    ) -> Pager[Event]:
        """Events, lazily; no order is documented.

        Messages of a chat whose lead or customer was deleted come as events of the contact.
        """
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, filter=filter, with_=with_, limit=limit, page=page)

    def get(self, id: str, *, with_: Sequence[str] | str = ()) -> Event:
        """One event; its id is text.

        Raises:
            NotFoundError: There is none with this id.
        """
        return self._get(f"{self.path}/{text_key(id)}", f"{self.path}/{{id}}", with_)

    def get_or_none(self, id: str, *, with_: Sequence[str] | str = ()) -> Event | None:
        """One event, or ``None`` where there is none with this id."""
        try:
            return self.get(id, with_=with_)
        except NotFoundError:
            return None

    @cached_property
    def types(self) -> EventTypes:
        """Kinds of events."""
        return EventTypes(self._core)
