"""Typed filters of customers, lists, links, unsorted, talks and what surrounds them."""

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.filters import CompanyFilter, Filter, Ids, Names, When, as_list, as_range
from amocrm_sync.errors import ConfigurationError


@attrs.frozen(kw_only=True)
class CustomerFilter(CompanyFilter):
    """Filter of ``customers.list``."""

    status_id: Ids = attrs.field(default=None, converter=as_list)
    next_price: When = attrs.field(default=None, converter=as_range)
    next_date: When = attrs.field(default=None, converter=as_range)


@attrs.frozen(kw_only=True)
class TransactionFilter(Filter):
    """Filter of ``customers.transactions.list``."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})


@attrs.frozen(kw_only=True)
class CatalogFilter(Filter):
    """Filter of ``catalogs.list``: known from the official PHP SDK only, and not under ``filter``."""

    type: str | None = None
    """``regular``, ``invoices``, ``products`` or ``suppliers``."""

    def to_query(self) -> dict[str, Any]:
        """At the top of the query."""
        return self.to_params()


@attrs.frozen(kw_only=True)
class CatalogElementFilter(Filter):
    """Filter of ``catalogs.elements.list``. The API page has ``filter[id][]``; the official PHP SDK sends ``id[]``."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})


@attrs.frozen(kw_only=True)
class CustomFieldFilter(Filter):
    """Filter of ``custom_fields.list``. ``ids`` is known from the official PHP SDK only."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    type: Names = attrs.field(default=None, converter=as_list)


@attrs.frozen(kw_only=True)
class TagFilter(Filter):
    """Filter of ``tags.list``: ids, or one exact name."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    name: str | None = None


@attrs.frozen(kw_only=True)
class LinkFilter(Filter):
    """Filter of ``links`` and ``links_many``: one record, or the elements of one list."""

    to_entity_id: int | None = None
    to_entity_type: str | None = None
    to_catalog_id: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse an id without its type."""
        Filter.__attrs_post_init__(self)
        if self.to_entity_id is not None and self.to_entity_type is None:
            raise ConfigurationError("to_entity_id: give to_entity_type as well, an id alone says nothing")


@attrs.frozen(kw_only=True)
class UnsortedFilter(Filter):
    """Filter of ``unsorted.list``. There is none by time."""

    uid: Names = attrs.field(default=None, converter=as_list)
    category: Names = attrs.field(default=None, converter=as_list)
    """``sip``, ``mail``, ``forms``, ``chats``."""
    pipeline_id: int | None = None


@attrs.frozen(kw_only=True)
class UnsortedSummaryFilter(Filter):
    """Filter of ``unsorted.summary``; the range is held against both arrival and decision."""

    uid: Names = attrs.field(default=None, converter=as_list)
    created_at: When = attrs.field(default=None, converter=as_range)
    pipeline_id: int | None = None


@attrs.frozen(kw_only=True)
class ChatLinkFilter(Filter):
    """Filter of ``contacts.chats.list``; not under ``filter``."""

    contact_id: Ids = attrs.field(default=None, converter=as_list)
    chat_id: Names = attrs.field(default=None, converter=as_list)

    def to_query(self) -> dict[str, Any]:
        """At the top of the query."""
        return self.to_params()


@attrs.frozen(kw_only=True)
class SourceFilter(Filter):
    """Filter of ``sources.list``: your own ids."""

    external_id: Names = attrs.field(default=None, converter=as_list)


@attrs.frozen(kw_only=True)
class ChatTemplateFilter(Filter):
    """Filter of ``chat_templates.list``: your own ids."""

    external_id: Names = attrs.field(default=None, converter=as_list)


@attrs.frozen(kw_only=True)
class TalkFilter(Filter):
    """Filter of ``talks.list``. ``entity_id`` works only together with ``entity_type`` (``lead``, ``customer``)."""

    talk_id: Ids = attrs.field(default=None, converter=as_list)
    contact_id: Ids = attrs.field(default=None, converter=as_list)
    entity_id: Ids = attrs.field(default=None, converter=as_list)
    entity_type: str | None = None
    only_in_work: bool | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what the server ignores."""
        Filter.__attrs_post_init__(self)
        if self.entity_id is not None and self.entity_type is None:
            raise ConfigurationError(
                "entity_id: give entity_type as well, the server ignores entity_id without it"
            )

    def to_params(self) -> dict[str, Any]:
        """``only_in_work`` is a flag by being there: ``False`` is left out."""
        params = super().to_params()
        if not self.only_in_work:
            params.pop("only_in_work", None)
        return params


@attrs.frozen(kw_only=True)
class BotFilter(Filter):
    """Filter of ``bots.list``."""

    ids: Ids = attrs.field(default=None, converter=as_list, metadata={"wire": "id"})
    type_functionality: Names = attrs.field(default=None, converter=as_list)
    """``greeting``, ``marketing``, ``nps``, ``regular``."""
