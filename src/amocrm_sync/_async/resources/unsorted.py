"""Unsorted, the incoming leads: ``/api/v4/leads/unsorted``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._async.pager import AsyncPager
from amocrm_sync._async.resources._writing import AsyncWriting
from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.filters import AnyFilter, build_query
from amocrm_sync._core.linking import Target, link_payload
from amocrm_sync._core.payloads import creation, text_key
from amocrm_sync._core.shapes import as_object
from amocrm_sync.errors import NotFoundError
from amocrm_sync.models import Unsorted, UnsortedSummary
from amocrm_sync.models.page import parse_rows


class AsyncUnsortedLeads(AsyncWriting[Unsorted]):
    """Incoming leads. Their key is ``uid``; calls and forms can be made by API, mails and chats cannot."""

    path = "/api/v4/leads/unsorted"
    key = "unsorted"
    model = Unsorted
    nested = ("leads", "contacts", "companies")
    order_fields = ("created_at", "updated_at", "id")

    def list(
        self,
        *,
        filter: AnyFilter | None = None,
        order: Mapping[str, str] | None = None,
        limit: int | None = None,
        page: int = 1,
    ) -> AsyncPager[Unsorted]:
        """Incoming leads that wait. There is no filter by time; ``order`` by ``id`` is not on the API page."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, filter=filter, order=order, limit=limit, page=page)

    async def get(self, uid: str) -> Unsorted:
        """One incoming lead.

        Raises:
            NotFoundError: There is none with this uid.
        """
        return await self._get(f"{self.path}/{text_key(uid)}", f"{self.path}/{{uid}}", ())

    async def get_or_none(self, uid: str) -> Unsorted | None:
        """One incoming lead, or ``None`` where there is none with this uid."""
        try:
            return await self.get(uid)
        except NotFoundError:
            return None

    async def create_forms(
        self, items: Iterable[Unsorted | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[Unsorted]:
        """Put in what was sent by forms; each needs ``source_uid``, ``source_name`` and ``metadata``.

        What comes back has ``uid`` and the ids of the records that were made. The same one twice is an error.
        """
        return await self._incoming("forms", items, batch_size)

    async def create_sip(
        self, items: Iterable[Unsorted | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[Unsorted]:
        """Put in calls that came in; as :meth:`create_forms`. ``is_call_event_needed`` also adds the call's note."""
        return await self._incoming("sip", items, batch_size)

    async def accept(self, uid: str, *, user_id: int | None = None, status_id: int | None = None) -> Unsorted:
        """Accept it: its lead and contacts become visible.

        Args:
            uid: Its key.
            user_id: In whose name the records are made.
            status_id: The stage that the lead goes to.
        """
        return await self._decide("POST", uid, "accept", {"user_id": user_id, "status_id": status_id})

    async def decline(self, uid: str, *, user_id: int | None = None) -> Unsorted:
        """Decline it: its records go to the trash, and are named in the answer."""
        return await self._decide("DELETE", uid, "decline", {"user_id": user_id})

    async def link(
        self, uid: str, to: Target, *, user_id: int | None = None, contact_id: int | None = None
    ) -> Unsorted:
        """Link an incoming chat to a lead or customer that is there already.

        The API page allows it for chats, the official PHP SDK for mails as well.

        Args:
            uid: Its key.
            to: A saved lead or customer, or a pair such as ``("leads", 5)``.
            user_id: Who does it.
            contact_id: The contact that takes over the incoming one.
        """
        [row] = link_payload(to, {})
        link: dict[str, Any] = {"entity_id": row["to_entity_id"], "entity_type": row["to_entity_type"]}
        if contact_id is not None:
            link["metadata"] = {"contact_id": contact_id}
        return await self._decide("POST", uid, "link", {"user_id": user_id, "link": link})

    async def summary(self, *, filter: AnyFilter | None = None) -> UnsortedSummary:
        """How many came in, and what became of them."""
        path = f"{self.path}/summary"
        data = await self._command("GET", path, path, query=build_query(filter=filter))
        return parse_rows([as_object(data)], UnsortedSummary, strict=self._core.strict)[0]

    async def _incoming(
        self, kind: str, items: Iterable[Any], batch_size: int | None
    ) -> BatchResult[Unsorted]:
        made = await self._prepared(self._entries(items, lambda given: creation(Unsorted, given, {})))
        return await self._batches("POST", f"{self.path}/{kind}", made, self._size(batch_size))

    async def _decide(self, method: Any, uid: str, action: str, body: Mapping[str, Any]) -> Unsorted:
        path = f"{self.path}/{text_key(uid)}/{action}"
        sent = {name: value for name, value in body.items() if value is not None}
        return await self._one(method, path, f"{self.path}/{{uid}}/{action}", sent)
