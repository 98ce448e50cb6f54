"""What a client offers: one property for each resource, made when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # resources bring the models; a client is ready before they are needed
    from amocrm_sync._async.resources._base import AsyncCore
    from amocrm_sync._async.resources.account import AsyncAccountInfo, AsyncRoles, AsyncUsers, AsyncWebhooks
    from amocrm_sync._async.resources.bots import AsyncBots
    from amocrm_sync._async.resources.calls import AsyncCalls
    from amocrm_sync._async.resources.catalogs import AsyncCatalogs, AsyncProducts
    from amocrm_sync._async.resources.customers import AsyncCustomers
    from amocrm_sync._async.resources.entities import AsyncCompanies, AsyncContacts, AsyncLeads
    from amocrm_sync._async.resources.events import AsyncEvents
    from amocrm_sync._async.resources.extras import AsyncCurrencies, AsyncShortLinks
    from amocrm_sync._async.resources.files import AsyncFiles
    from amocrm_sync._async.resources.pipelines import AsyncPipelines
    from amocrm_sync._async.resources.sources import AsyncSources, AsyncWebsiteButtons
    from amocrm_sync._async.resources.talks import AsyncChatTemplates, AsyncTalks
    from amocrm_sync._async.resources.tasks import AsyncTasks
    from amocrm_sync._async.resources.unsorted import AsyncUnsortedLeads
    from amocrm_sync._async.resources.widgets import AsyncWidgets


class AsyncResources:
    """The resources of an account, as a client has them."""

    if TYPE_CHECKING:

        @cached_property
        def _core(self) -> AsyncCore:
            """What they share; the client makes it."""
            ...

    @cached_property
    def account(self) -> AsyncAccountInfo:
        """The account itself."""
        from amocrm_sync._async.resources.account import AsyncAccountInfo

        return AsyncAccountInfo(self._core)

    @cached_property
    def users(self) -> AsyncUsers:
        """Users (for administrators)."""
        from amocrm_sync._async.resources.account import AsyncUsers

        return AsyncUsers(self._core)

    @cached_property
    def roles(self) -> AsyncRoles:
        """Roles and rights (for administrators)."""
        from amocrm_sync._async.resources.account import AsyncRoles

        return AsyncRoles(self._core)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """Webhook subscriptions (for administrators)."""
        from amocrm_sync._async.resources.account import AsyncWebhooks

        return AsyncWebhooks(self._core)

    @cached_property
    def leads(self) -> AsyncLeads:
        """Leads."""
        from amocrm_sync._async.resources.entities import AsyncLeads

        return AsyncLeads(self._core)

    @cached_property
    def contacts(self) -> AsyncContacts:
        """Contacts."""
        from amocrm_sync._async.resources.entities import AsyncContacts

        return AsyncContacts(self._core)

    @cached_property
    def companies(self) -> AsyncCompanies:
        """Companies."""
        from amocrm_sync._async.resources.entities import AsyncCompanies

        return AsyncCompanies(self._core)

    @cached_property
    def tasks(self) -> AsyncTasks:
        """Tasks."""
        from amocrm_sync._async.resources.tasks import AsyncTasks

        return AsyncTasks(self._core)

    @cached_property
    def pipelines(self) -> AsyncPipelines:
        """Pipelines and their stages."""
        from amocrm_sync._async.resources.pipelines import AsyncPipelines

        return AsyncPipelines(self._core)

    @cached_property
    def files(self) -> AsyncFiles:
        """Files of the account, on their drive."""
        from amocrm_sync._async.resources.files import AsyncFiles

        return AsyncFiles(self._core)

    @cached_property
    def customers(self) -> AsyncCustomers:
        """Customers, with their statuses, segments and purchases."""
        from amocrm_sync._async.resources.customers import AsyncCustomers

        return AsyncCustomers(self._core)

    @cached_property
    def unsorted(self) -> AsyncUnsortedLeads:
        """Incoming leads that wait to be accepted."""
        from amocrm_sync._async.resources.unsorted import AsyncUnsortedLeads

        return AsyncUnsortedLeads(self._core)

    @cached_property
    def events(self) -> AsyncEvents:
        """The history of the account."""
        from amocrm_sync._async.resources.events import AsyncEvents

        return AsyncEvents(self._core)

    @cached_property
    def catalogs(self) -> AsyncCatalogs:
        """Lists and their elements."""
        from amocrm_sync._async.resources.catalogs import AsyncCatalogs

        return AsyncCatalogs(self._core)

    @cached_property
    def products(self) -> AsyncProducts:
        """Whether products are switched on."""
        from amocrm_sync._async.resources.catalogs import AsyncProducts

        return AsyncProducts(self._core)

    @cached_property
    def calls(self) -> AsyncCalls:
        """Calls of a telephony."""
        from amocrm_sync._async.resources.calls import AsyncCalls

        return AsyncCalls(self._core)

    @cached_property
    def widgets(self) -> AsyncWidgets:
        """Widgets."""
        from amocrm_sync._async.resources.widgets import AsyncWidgets

        return AsyncWidgets(self._core)

    @cached_property
    def sources(self) -> AsyncSources:
        """Sources of leads."""
        from amocrm_sync._async.resources.sources import AsyncSources

        return AsyncSources(self._core)

    @cached_property
    def website_buttons(self) -> AsyncWebsiteButtons:
        """Buttons on websites."""
        from amocrm_sync._async.resources.sources import AsyncWebsiteButtons

        return AsyncWebsiteButtons(self._core)

    @cached_property
    def talks(self) -> AsyncTalks:
        """Conversations in chats."""
        from amocrm_sync._async.resources.talks import AsyncTalks

        return AsyncTalks(self._core)

    @cached_property
    def chat_templates(self) -> AsyncChatTemplates:
        """Templates of chat messages."""
        from amocrm_sync._async.resources.talks import AsyncChatTemplates

        return AsyncChatTemplates(self._core)

    @cached_property
    def bots(self) -> AsyncBots:
        """Bots."""
        from amocrm_sync._async.resources.bots import AsyncBots

        return AsyncBots(self._core)

    @cached_property
    def short_links(self) -> AsyncShortLinks:
        """Short links."""
        from amocrm_sync._async.resources.extras import AsyncShortLinks

        return AsyncShortLinks(self._core)

    @cached_property
    def currencies(self) -> AsyncCurrencies:
        """Currencies."""
        from amocrm_sync._async.resources.extras import AsyncCurrencies

        return AsyncCurrencies(self._core)
