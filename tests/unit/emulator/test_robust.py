"""That no body, however odd, makes an endpoint fall over: a refusal is an answer, 500 is not."""

from __future__ import annotations

import re

import orjson
import pytest
from unit.emulator.desk import Desk
from unit.emulator.test_chats import Line

from amocrm_sync.testing.emulator.routes import ROUTES

JUNK = (5, "x", [1], None, True, {"id": {}}, [[]], {"x": [{}]})
WORDS = [
    "id",
    "name",
    "entity_id",
    "entity_type",
    "to_entity_id",
    "to_entity_type",
    "metadata",
    "_embedded",
    "custom_fields_values",
    "params",
    "add",
    "update",
    "delete",
    "settings",
    "destination",
    "text",
    "complete_till",
    "price",
    "status_id",
    "pipeline_id",
    "user_id",
    "link",
    "type",
    "enums",
    "nested",
    "rights",
    "email",
    "file_uuid",
    "uuid",
    "file_name",
    "file_size",
    "tags_to_add",
    "contact_id",
    "chat_id",
    "message",
    "payload",
    "event_type",
    "sender",
    "user",
    "conversation_id",
    "account_id",
    "services",
    "buttons",
    "attachment",
    "trusted_websites",
    "url",
    "bot_id",
    "execute_handlers",
    "data",
    "phone",
    "direction",
    "duration",
    "source",
    "earn",
    "mode",
    "is_enabled",
    "color",
    "values",
    "catalog_id",
    "field_id",
    "external_id",
    "request_id",
    "source_uid",
    "source_name",
    "default",
    "force_close",
    "linked",
    "fields",
    "sort",
    "login",
    "api_key",
    "reviews",
    "status",
    "metadata",
    "version_uuid",
]
BODIES = [
    *JUNK,
    [],
    {},
    *(dict.fromkeys(WORDS, junk) for junk in JUNK),
    *([dict.fromkeys(WORDS, junk)] for junk in JUNK),
    *(
        [{word: {"tags": junk, "leads": junk, "contacts": [junk], "segments": junk} for word in WORDS}]
        for junk in JUNK
    ),
]


@pytest.fixture
def line(desk):
    """One of everything."""
    line = Line(desk)
    line.connect()
    return line


def ids_by_path(desk: Desk) -> dict[str, int]:
    """A row for every kind, by the beginning of its path: the longest that fits counts."""
    lead, catalog = desk.lead(), desk.make("catalogs", {"name": "x"})[0]
    customer = desk.make("customers", {"name": "x"})[0]
    note = desk.make(f"leads/{lead}/notes", {"note_type": "common", "params": {"text": "x"}})[0]
    template = desk.post("chats/templates", [{"name": "x", "content": "x", "type": "waba"}])
    segment = desk.post("customers/segments", {"name": "x"}).json["id"]
    return {
        "leads": lead,
        "leads/notes": note,
        f"leads/{lead}/notes": note,
        "leads/pipelines": desk.emu.state.main_pipeline["id"],
        "leads/loss_reasons": desk.make("leads/loss_reasons", {"name": "x"})[0],
        "leads/custom_fields": desk.field("leads", "select", enums=[{"value": "a"}]),
        "contacts": desk.contact(),
        "companies": desk.company(),
        "customers": customer,
        "customers/segments": segment,
        "customers/statuses": desk.emu.state.customer_statuses.all()[0]["id"],
        "customers/transactions": desk.make(f"customers/{customer}/transactions", {"price": 1})[0],
        "catalogs": catalog,
        f"catalogs/{catalog}/elements": desk.make(f"catalogs/{catalog}/elements", {"name": "x"})[0],
        "tasks": desk.make("tasks", {"text": "x", "complete_till": 2_000_000_000})[0],
        "users": desk.emu.state.admin_id(),
        "roles": desk.make("roles", {"name": "x"})[0],
        "sources": desk.make("sources", {"name": "x", "external_id": "x"})[0],
        "chats/templates": template.ids("chat_templates")[0],
        "bots": desk.get("bots").ids("items")[0],
        "talks": desk.get("talks").rows("talks")[0]["talk_id"],
        "website_buttons": desk.post(
            "website_buttons",
            {"pipeline_id": desk.emu.state.main_pipeline["id"], "is_used_in_app": True},
        ).json["source_id"],
    }


def filled(route, line: Line) -> str:
    """The route's path with rows that there are."""
    desk = line.desk
    msgid = line.write().json["new_message"]["msgid"]
    drive = {"file_name": "x", "file_size": 1}
    session = desk.send("POST", "https://drive-b.amocrm.ru/v1.0/sessions", drive).json
    uuid = desk.send("POST", session["upload_url"], raw=b"x").json["uuid"]
    ids = ids_by_path(desk)
    values = {
        "entity_id": ids["leads"],
        "catalog_id": ids["catalogs"],
        "customer_id": ids["customers"],
        "pipeline_id": ids["leads/pipelines"],
        "source_id": ids["website_buttons"],
        "bot_id": ids["bots"],
        "uid": desk.get("leads/unsorted").rows("unsorted")[0]["uid"],
        "code": "example_widget",
        "bot_type": "salesbot",
        "channel": line.channel.id,
        "scope": line.scope,
        "msgid": msgid,
        "uuid": uuid,
        "group": "default",
    }
    desk.post(f"bots/{ids['bots']}/run", {"entity_id": ids["leads"], "entity_type": "leads"})
    values["continue_id"] = ids["leads"]
    path = route.template.replace("{entity}", route.entities[0] if route.entities else "")
    path = re.sub(r"{(\w+)}", lambda found: str(values.get(found[1], found[0])), path)
    beginning = max(
        (name for name in ids if path.startswith(f"/api/v4/{name}/{{id}}")), key=len, default=None
    )
    return path.replace("{id}", str(ids.get(beginning, 1))).replace("{", "").replace("}", "")


@pytest.mark.parametrize("route", ROUTES, ids=[route.id for route in ROUTES])
def test_no_body_makes_it_fall_over(line, route):
    desk = line.desk
    path = filled(route, line)
    for body in BODIES:
        if route.host == "amojo":
            answer = line.send(route.method, path.removeprefix("/v2/origin/custom/"), body)
        else:
            origin = "https://drive-b.amocrm.ru" if route.host == "drive" else desk.origin
            answer = desk.send(route.method, origin + path, raw=orjson.dumps(body))
        assert answer.status < 500, (body, answer.body)


PARAMS = [
    "filter",
    "entity_id",
    "contact_id",
    "chat_id",
    "id",
    "type",
    "with",
    "order",
    "limit",
    "page",
    "query",
    "before_id",
    "offset",
    "filter[id]",
    "filter[uuid]",
    "filter[entity_id]",
    "filter[to_entity_id]",
    "filter[to_catalog_id]",
    "filter[name]",
    "filter[date]",
    "filter[date][from]",
    "filter[date][date_preset]",
    "filter[size]",
    "filter[size][unit]",
    "filter[created_at]",
    "filter[created_by][]",
    "filter[type]",
    "filter[statuses]",
    "filter[custom_fields_values]",
    "filter[custom_fields_values][1]",
    "filter[updated_at][from]",
    "filter[next_price]",
    "filter[category]",
    "filter[uid]",
    "filter[pipeline_id]",
    "filter[entity_type]",
    "filter[only_in_work]",
    "filter[external_id]",
    "filter[destination]",
    "filter[value_after]",
    "filter[extensions]",
    "filter[term]",
    "order[id]",
]


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.method == "GET"], ids=lambda route: route.id
)
@pytest.mark.parametrize("value", ["x", "", "-1", "0", "99999999999999999999", "%00", "1,2", "a[b]=c"])
def test_no_query_makes_it_fall_over(line, route, value):
    path = filled(route, line)
    queries = [f"{name}={value}" for name in PARAMS] + [f"{name}[x][]={value}" for name in PARAMS]
    for query in (*queries, "&".join(queries)):
        if route.host == "amojo":
            answer = line.send("GET", f"{path.removeprefix('/v2/origin/custom/')}?{query}")
        else:
            origin = "https://drive-b.amocrm.ru" if route.host == "drive" else line.desk.origin
            answer = line.desk.send("GET", f"{origin}{path}?{query}")
        assert answer.status < 500, (query, answer.body)
