"""One call for each endpoint: which method serves it, with the least arguments that it takes."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen
class Row:
    """One endpoint and the call that reaches it.

    Attributes:
        id: The endpoint, as ``endpoints.json`` calls it.
        method: The method from the client, e.g. ``leads.notes.pin``; ``OAuthFlow.…`` for those of the flow.
        args: Its arguments.
        kwargs: Its keyword arguments.
    """

    id: str
    method: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = attrs.field(factory=dict[str, Any])


def _row(id: str, method: str, *args: Any, **kwargs: Any) -> Row:
    return Row(id, method, args, kwargs)


def _crud(prefix: str, resource: str, actions: str = "list get create update_many update_one") -> list[Row]:
    """The usual calls of a collection."""
    calls: dict[str, tuple[str, tuple[Any, ...]]] = {
        "list": ("list", ()),
        "get": ("get", (5,)),
        "create": ("create", ({"name": "x"},)),
        "update_many": ("update_many", ([{"id": 5, "name": "x"}],)),
        "update_one": ("update", ({"id": 5, "name": "x"},)),
        "update": ("update", ({"id": 5, "name": "x"},)),
        "delete": ("delete", (5,)),
        "delete_one": ("delete", (5,)),
        "delete_many": ("delete_many", ([5, 6],)),
    }
    return [
        Row(f"{prefix}.{action}", f"{resource}.{calls[action][0]}", calls[action][1])
        for action in actions.split()
    ]


_LEAD = ("leads", 5)
_CONTACT = ("contacts", 9)
_ALL = "list get create update delete"
_ACCOUNT = "demo.amocrm.ru"
_PERSON = {"id": "u-1", "name": "Ann"}

OAUTH = [
    _row("oauth.authorize", "OAuthFlow.authorization_url", owner="user-42"),
    _row("oauth.token", "OAuthFlow.exchange_code", "code", account=_ACCOUNT),
    _row("oauth.exchange_api_key", "OAuthFlow.exchange_api_key", "login", "key", account=_ACCOUNT),
    _row("oauth.account_subdomain", "account.address"),
    _row("oauth.account_current_subdomain", "OAuthFlow.refresh", "user-42"),
    _row("oauth.resource_owner", "account.current_user"),
    _row("account.get", "account.get"),
]

CARDS = [
    *_crud("leads", "leads"),
    _row("leads.complex", "leads.create_complex", [{"name": "x"}]),
    *_crud("contacts", "contacts"),
    *_crud("companies", "companies"),
    *_crud("customers", "customers"),
    _row("customers.mode", "customers.set_mode", "segments"),
    _row("contacts.chats_list", "contacts.chats.list"),
    _row("contacts.chats_link", "contacts.chats.link", 5, "chat-1"),
    _row("leads.subscriptions", "leads.subscriptions.list", 5),
    _row("customers.subscriptions", "customers.subscriptions.list", 5),
    *_crud("customer_statuses", "customers.statuses", _ALL),
    *_crud("segments", "customers.segments", _ALL),
    _row("transactions.list", "customers.transactions.list"),
    _row("transactions.list_by_customer", "customers.transactions.list", 5),
    _row("transactions.get", "customers.transactions.get", 6),
    _row("transactions.get_by_customer", "customers.transactions.get", 6, customer_id=5),
    _row("transactions.create", "customers.transactions.create", 5, price=1),
    _row("transactions.delete", "customers.transactions.delete", 6),
    _row("transactions.delete_by_customer", "customers.transactions.delete", 6, customer_id=5),
    _row("bonus_points.change", "customers.bonus_points.earn", 5, 10),
    _row("tags.list", "leads.tags.list"),
    _row("tags.create", "leads.tags.create", name="vip"),
    _row("tags.update", "leads.tags.update_many", [{"id": 5, "name": "vip"}]),
    *_crud("tasks", "tasks"),
]

NOTES_AND_LINKS = [
    _row("notes.list_by_type", "leads.notes.list"),
    _row("notes.list_by_entity", "leads.notes.list", 5),
    _row("notes.get", "leads.notes.get", 8),
    _row("notes.get_in_entity", "leads.notes.get", 8, parent=5),
    _row("notes.create", "leads.notes.create", 5, text="x"),
    _row("notes.create_for_entity", "leads.notes.create_many", [{"note_type": "common"}], parent=5),
    _row("notes.update_many", "leads.notes.update_many", [{"id": 8, "params": {}}]),
    _row("notes.update_for_entity", "leads.notes.update_many", [{"id": 8, "params": {}}], parent=5),
    _row("notes.update_one", "leads.notes.update", 8, params={}),
    _row("notes.update_in_entity", "leads.notes.update", 8, params={}, parent=5),
    _row("notes.pin", "leads.notes.pin", 8),
    _row("notes.unpin", "leads.notes.unpin", 8),
    _row("links.list", "leads.links", 5),
    _row("links.link", "leads.link", 5, _CONTACT),
    _row("links.unlink", "leads.unlink", 5, _CONTACT),
    _row("links.mass_list", "leads.links_many", [5, 6]),
    _row("links.mass_link", "leads.link_many", [(5, _CONTACT)]),
    _row("links.mass_unlink", "leads.unlink_many", [(5, _CONTACT)]),
    _row("entity_files.list", "leads.files.list", 5),
    _row("entity_files.attach", "leads.files.attach", 5, "f-1"),
    _row("entity_files.detach", "leads.files.detach", 5, "f-1"),
]

SETTINGS = [
    _row("pipelines.list", "pipelines.list"),
    *_crud("pipelines", "pipelines", "get create update delete"),
    _row("statuses.list", "pipelines.stages.list", 7),
    _row("statuses.get", "pipelines.stages.get", 7, 142),
    _row("statuses.create", "pipelines.stages.create", 7, name="x", sort=10),
    _row("statuses.update", "pipelines.stages.update", 7, 5, name="x"),
    _row("statuses.delete", "pipelines.stages.delete", 7, 5),
    *_crud("loss_reasons", "leads.loss_reasons", "list get create delete"),
    *_crud("custom_fields", "leads.custom_fields", "list get create update_many update_one delete"),
    _row("cf_groups.list", "leads.custom_fields.groups.list"),
    _row("cf_groups.get", "leads.custom_fields.groups.get", "leads_1"),
    _row("cf_groups.create", "leads.custom_fields.groups.create", name="x", sort=1),
    _row("cf_groups.update", "leads.custom_fields.groups.update", "leads_1", name="x"),
    _row("cf_groups.delete", "leads.custom_fields.groups.delete", "leads_1"),
    *_crud("users", "users", "list get create"),
    _row("users.activate", "users.activate", [5]),
    _row("users.deactivate", "users.deactivate", [5]),
    *_crud("roles", "roles", _ALL),
    _row("webhooks.list", "webhooks.list"),
    _row("webhooks.subscribe", "webhooks.subscribe", "https://h.example/x", ["add_lead"]),
    _row("webhooks.unsubscribe", "webhooks.unsubscribe", "https://h.example/x"),
    _row("currencies.list", "currencies.list"),
]

LISTS = [
    *_crud("catalogs", "catalogs"),
    _row("catalogs.v2_list", "catalogs.list_v2"),
    _row("catalogs.v2_change", "catalogs.change_v2", delete=[5]),
    _row("catalog_elements.list", "catalogs.elements.list", 7),
    _row("catalog_elements.get", "catalogs.elements.get", 7, 5),
    _row("catalog_elements.create", "catalogs.elements.create", 7, name="x"),
    _row("catalog_elements.update_many", "catalogs.elements.update_many", 7, [{"id": 5, "name": "x"}]),
    _row("catalog_elements.update_one", "catalogs.elements.update", 7, 5, name="x"),
    _row("catalog_elements.links", "catalogs.elements.links", 7, 5),
    _row("catalog_elements.link", "catalogs.elements.link", 7, 5, _LEAD),
    _row("catalog_elements.unlink", "catalogs.elements.unlink", 7, 5, _LEAD),
    _row("products.settings_get", "products.get_settings"),
    _row("products.settings_update", "products.update_settings", is_enabled=True),
    _row("products.settings_v2_get", "products.get_settings_v2"),
    _row("products.settings_v2_set", "products.update_settings_v2", is_enabled=True),
]

HISTORY = [
    _row("unsorted.list", "unsorted.list"),
    _row("unsorted.get", "unsorted.get", "ab12"),
    _row("unsorted.create_sip", "unsorted.create_sip", [{"source_uid": "s"}]),
    _row("unsorted.create_forms", "unsorted.create_forms", [{"source_uid": "s"}]),
    _row("unsorted.accept", "unsorted.accept", "ab12"),
    _row("unsorted.decline", "unsorted.decline", "ab12"),
    _row("unsorted.link", "unsorted.link", "ab12", _LEAD),
    _row("unsorted.summary", "unsorted.summary"),
    _row("events.list", "events.list"),
    _row("events.get", "events.get", "01ab"),
    _row("events.types", "events.types.list"),
    _row("calls.create", "calls.create", direction="inbound", duration=1, source="pbx", phone="+7900"),
    _row("calls.notify_v2", "calls.notify", "+7900"),
]

TOOLS = [
    _row("widgets.list", "widgets.list"),
    _row("widgets.get", "widgets.get", "my_widget"),
    _row("widgets.install", "widgets.install", "my_widget", {"a": "b"}),
    _row("widgets.uninstall", "widgets.uninstall", "my_widget"),
    _row("widgets.continue", "widgets.continue_bot", "/api/v4/salesbot/3/continue/4"),
    *_crud("bots", "bots", "list get"),
    _row("bots.run", "bots.run", 3, _LEAD),
    _row("bots.run_many", "bots.run_many", [(3, _LEAD)]),
    _row("bots.stop", "bots.stop", 3, _LEAD),
    _row("salesbot.run_v2", "bots.run_v2", [(3, _LEAD)]),
    _row("talks.list", "talks.list"),
    _row("talks.get", "talks.get", 5),
    _row("talks.close", "talks.close", 5),
    _row("talks.messages", "talks.messages", 5),
    _row("talks.send_message", "talks.send_message", 5, "hello"),
    *_crud("sources", "sources", "list get create update_many update_one delete_many delete_one"),
    _row("website_buttons.list", "website_buttons.list"),
    _row("website_buttons.get", "website_buttons.get", 8),
    _row("website_buttons.create", "website_buttons.create", 7, is_used_in_app=True),
    _row("website_buttons.update", "website_buttons.update", 8, name="x"),
    _row("website_buttons.online_chat", "website_buttons.add_online_chat", 8),
    _row("short_links.create", "short_links.create", "https://site.example", 5),
    *_crud(
        "chat_templates",
        "chat_templates",
        "list get create update_many update_one delete_many delete_one",
    ),
    _row("chat_templates.send_review", "chat_templates.send_review", 5),
    _row("chat_templates.set_review", "chat_templates.set_review", 5, 6, status="approved"),
]

FILES = [
    _row("files.links", "files.links", "f-1"),
    _row("drive.session_create", "files.upload", b"abc", name="a.txt"),
    _row("drive.upload_part", "files.upload", b"abc", name="a.txt"),
    _row("drive.files_list", "files.list"),
    _row("drive.file_get", "files.get", "f-1"),
    _row("drive.file_versions", "files.versions", "f-1"),
    _row("drive.file_update", "files.update", "f-1", name="x"),
    _row("drive.files_delete", "files.delete", "f-1"),
    _row("drive.files_restore", "files.restore", "f-1"),
]

CHATS = [
    _row("amojo.connect", "amojo.connect"),
    _row("amojo.disconnect", "amojo.disconnect"),
    _row("amojo.chat_create", "amojo.create_chat", "c-1", _PERSON),
    _row("amojo.message_send", "amojo.send_message", "c-1", "hello", sender=_PERSON, msgid="m-1"),
    _row("amojo.history", "amojo.history", "c-1"),
    _row("amojo.delivery_status", "amojo.delivery_status", "m-1", "read"),
    _row("amojo.typing", "amojo.typing", "c-1", "u-1"),
    _row("amojo.react", "amojo.react", "👍", _PERSON, conversation_id="c-1", msgid="m-1"),
]

CALLS = (
    *OAUTH,
    *CARDS,
    *NOTES_AND_LINKS,
    *SETTINGS,
    *LISTS,
    *HISTORY,
    *TOOLS,
    *FILES,
    *CHATS,
)
"""Every endpoint that has a method."""

REASONS: dict[str, str] = {}
"""Endpoints without a method, and why."""

SDK_REASONS = {
    "GET /api/v4/events/types/{id}": "inherited by the SDK's service; no page, and the API has no ids of types",
    "GET /api/v4/short_links": "inherited by the SDK's service; the page has creation only",
    "GET /api/v4/short_links/{id}": "inherited by the SDK's service; the page has creation only",
    "PATCH /api/v4/leads/loss_reasons/{id}": "inherited by the SDK's service; no page names it",
    "PATCH /api/v4/roles": "inherited by the SDK's service, which never sends the ids: it cannot work",
    "PATCH /api/v4/{entity_type}/tags/{id}": "inherited by the SDK's service; tags.update_many serves leads",
}
"""Endpoints of the official PHP SDK that the facts do not have, and why."""
