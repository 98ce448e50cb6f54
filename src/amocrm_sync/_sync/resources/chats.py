# Generated from src/amocrm_sync/_async/resources/chats.py by tools/unasync.py: edit that file instead.
"""Which chats belong to which contact: ``/api/v4/contacts/chats``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.filters import AnyFilter, filter_params
from amocrm_sync._core.filters_lists import ChatLinkFilter
from amocrm_sync._core.form import encode_brackets
from amocrm_sync._core.payloads import creation, number
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._writing import Writing
from amocrm_sync.models import ChatLink


class ContactChats(Writing[ChatLink]):
    """Chats of contacts, for administrators. Only chats of channels that the integration owns are seen."""

    path = "/api/v4/contacts/chats"
    key = "chats"
    model = ChatLink

    def list(self, *, filter: AnyFilter | None = None) -> Pager[ChatLink]:
        """Links between chats and contacts; a dict stands at the top of the query here, not under ``filter``."""
        asked = (
            filter
            if filter is None or isinstance(filter, ChatLinkFilter)
            else ChatLinkFilter(**filter_params(filter)["filter"])
        )
        query = encode_brackets(filter_params(asked), escape_brackets=False)
        parse = None if asked is None else self._checked(asked)
        return self._unchecked_pager(self.path, self.path, query, parse)

    def link(self, contact_id: int, chat_id: str) -> ChatLink:
        """Give a chat to a contact. A chat belongs to one contact, a contact may have many chats."""
        payload: dict[str, Any] = {"contact_id": number(contact_id), "chat_id": chat_id}
        return self._create(self.path, self.path, payload)

    def link_many(
        self, links: Iterable[ChatLink | Mapping[str, Any]], *, batch_size: int | None = None
    ) -> BatchResult[ChatLink]:
        """Give many chats to contacts; each item has ``contact_id`` and ``chat_id``."""
        return self._many(
            "POST", self._entries(links, lambda given: creation(ChatLink, given, {})), batch_size
        )
