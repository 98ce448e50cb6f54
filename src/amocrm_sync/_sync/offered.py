# Generated from src/amocrm_sync/_async/offered.py by tools/unasync.py: edit that file instead.
"""What a client offers: one property for each resource, made when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # resources bring the models; a client is ready before they are needed
    from amocrm_sync._sync.resources._base import Core
    from amocrm_sync._sync.resources.account import AccountInfo, Roles, Users, Webhooks
    from amocrm_sync._sync.resources.bots import Bots
    from amocrm_sync._sync.resources.calls import Calls
    from amocrm_sync._sync.resources.catalogs import Catalogs, Products
    from amocrm_sync._sync.resources.customers import Customers
    from amocrm_sync._sync.resources.entities import Companies, Contacts, Leads
    from amocrm_sync._sync.resources.events import Events
    from amocrm_sync._sync.resources.extras import Currencies, ShortLinks
    from amocrm_sync._sync.resources.files import Files
    from amocrm_sync._sync.resources.pipelines import Pipelines
    from amocrm_sync._sync.resources.sources import Sources, WebsiteButtons
    from amocrm_sync._sync.resources.talks import ChatTemplates, Talks
    from amocrm_sync._sync.resources.tasks import Tasks
    from amocrm_sync._sync.resources.unsorted import UnsortedLeads
    from amocrm_sync._sync.resources.widgets import Widgets


class Resources:
    """The resources of an account, as a client has them."""

    if TYPE_CHECKING:

        @cached_property
        def _core(self) -> Core:
            """What they share; the client makes it."""
            ...

    @cached_property
    def account(self) -> AccountInfo:
        """The account itself."""
        from amocrm_sync._sync.resources.account import AccountInfo

        return AccountInfo(self._core)

    @cached_property
    def users(self) -> Users:
        """Users (for administrators)."""
        from amocrm_sync._sync.resources.account import Users

        return Users(self._core)

    @cached_property
    def roles(self) -> Roles:
        """Roles and rights (for administrators)."""
        from amocrm_sync._sync.resources.account import Roles

        return Roles(self._core)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Webhook subscriptions (for administrators)."""
        from amocrm_sync._sync.resources.account import Webhooks

        return Webhooks(self._core)

    @cached_property
    def leads(self) -> Leads:
        """Leads."""
        from amocrm_sync._sync.resources.entities import Leads

        return Leads(self._core)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts."""
        from amocrm_sync._sync.resources.entities import Contacts

        return Contacts(self._core)

    @cached_property
    def companies(self) -> Companies:
        """Companies."""
        from amocrm_sync._sync.resources.entities import Companies

        return Companies(self._core)

    @cached_property
    def tasks(self) -> Tasks:
        """Tasks."""
        from amocrm_sync._sync.resources.tasks import Tasks

        return Tasks(self._core)

    @cached_property
    def pipelines(self) -> Pipelines:
        """Pipelines and their stages."""
        from amocrm_sync._sync.resources.pipelines import Pipelines

        return Pipelines(self._core)

    @cached_property
    def files(self) -> Files:
        """Files of the account, on their drive."""
        from amocrm_sync._sync.resources.files import Files

        return Files(self._core)

    @cached_property
    def customers(self) -> Customers:
        """Customers, with their statuses, segments and purchases."""
        from amocrm_sync._sync.resources.customers import Customers

        return Customers(self._core)

    @cached_property
    def unsorted(self) -> UnsortedLeads:
        """Incoming leads that wait to be accepted."""
        from amocrm_sync._sync.resources.unsorted import UnsortedLeads

        return UnsortedLeads(self._core)

    @cached_property
    def events(self) -> Events:
        """The history of the account."""
        from amocrm_sync._sync.resources.events import Events

        return Events(self._core)

    @cached_property
    def catalogs(self) -> Catalogs:
        """Lists and their elements."""
        from amocrm_sync._sync.resources.catalogs import Catalogs

        return Catalogs(self._core)

    @cached_property
    def products(self) -> Products:
        """Whether products are switched on."""
        from amocrm_sync._sync.resources.catalogs import Products

        return Products(self._core)

    @cached_property
    def calls(self) -> Calls:
        """Calls of a telephony."""
        from amocrm_sync._sync.resources.calls import Calls

        return Calls(self._core)

    @cached_property
    def widgets(self) -> Widgets:
        """Widgets."""
        from amocrm_sync._sync.resources.widgets import Widgets

        return Widgets(self._core)

    @cached_property
    def sources(self) -> Sources:
        """Sources of leads."""
        from amocrm_sync._sync.resources.sources import Sources

        return Sources(self._core)

    @cached_property
    def website_buttons(self) -> WebsiteButtons:
        """Buttons on websites."""
        from amocrm_sync._sync.resources.sources import WebsiteButtons

        return WebsiteButtons(self._core)

    @cached_property
    def talks(self) -> Talks:
        """Conversations in chats."""
        from amocrm_sync._sync.resources.talks import Talks

        return Talks(self._core)

    @cached_property
    def chat_templates(self) -> ChatTemplates:
        """Templates of chat messages."""
        from amocrm_sync._sync.resources.talks import ChatTemplates

        return ChatTemplates(self._core)

    @cached_property
    def bots(self) -> Bots:
        """Bots."""
        from amocrm_sync._sync.resources.bots import Bots

        return Bots(self._core)

    @cached_property
    def short_links(self) -> ShortLinks:
        """Short links."""
        from amocrm_sync._sync.resources.extras import ShortLinks

        return ShortLinks(self._core)

    @cached_property
    def currencies(self) -> Currencies:
        """Currencies."""
        from amocrm_sync._sync.resources.extras import Currencies

        return Currencies(self._core)
