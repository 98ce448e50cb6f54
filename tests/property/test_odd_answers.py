"""Whatever amoCRM leaves out, sets to null, writes as ``[]`` or invents: in loose mode it is read, and nothing raises.

Every answer of every cassette is taken apart: each value in it, however deep, is dropped, nulled, emptied or renamed in
turn, and the record that is read from it is looked at from all sides.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples

import amocrm_sync.models
from amocrm_sync.models import (
    Account,
    AccountAddress,
    Bot,
    Call,
    Catalog,
    CatalogElement,
    ChatTemplate,
    Company,
    Contact,
    Customer,
    CustomerStatus,
    CustomField,
    CustomFieldGroup,
    EntityFile,
    Event,
    EventKind,
    File,
    FileLink,
    FileVersion,
    Lead,
    LeadComplexResult,
    Link,
    LossReason,
    Model,
    Note,
    Pipeline,
    ProductsSettings,
    Role,
    Segment,
    ShortLink,
    Source,
    Stage,
    Subscription,
    Tag,
    Talk,
    Task,
    TemplateReview,
    Transaction,
    UnknownNote,
    Unsorted,
    UnsortedSummary,
    User,
    Webhook,
    WebsiteButton,
    Widget,
    parse_one,
    parse_page,
)
from amocrm_sync.models._fields import wire_fields
from amocrm_sync.models.amojo import Chat, ChatChannel, ChatMessage

CASSETTES = sorted((Path(__file__).parent.parent / "cassettes").glob("*/*.yaml"))
MODELS = [
    model
    for name in amocrm_sync.models.__all__
    if isinstance(model := getattr(amocrm_sync.models, name), type)
    and issubclass(model, Model)
    and model is not Model
]
PLACES: dict[str, tuple[type[Model], str]] = {
    r"/account": (Account, ""),
    r"/oauth2/account/subdomain": (AccountAddress, ""),
    r"/bots": (Bot, "items"),
    r"/calls": (Call, "calls"),
    r"/v2/origin/custom/[\w-]+/connect": (ChatChannel, ""),
    r"/v2/origin/custom/[\w-]+/chats": (Chat, ""),
    r"/v2/origin/custom/[\w-]+/chats/[\w-]+/history": (ChatMessage, "messages"),
    r"/catalogs/\d+/elements": (CatalogElement, "elements"),
    r"/catalogs/products/settings|/products_settings": (ProductsSettings, ""),
    r"/catalogs": (Catalog, "catalogs"),
    r"/chats/templates/\d+/review": (TemplateReview, "reviews"),
    r"/chats/templates": (ChatTemplate, "chat_templates"),
    r"/companies": (Company, "companies"),
    r"/contacts": (Contact, "contacts"),
    r"/\w+/custom_fields/groups": (CustomFieldGroup, "custom_field_groups"),
    r"/\w+/custom_fields": (CustomField, "custom_fields"),
    r"/customers/segments": (Segment, "segments"),
    r"/customers/statuses": (CustomerStatus, "statuses"),
    r"/customers/(\d+/)?transactions": (Transaction, "transactions"),
    r"/customers": (Customer, "customers"),
    r"/events/types": (EventKind, "events_types"),
    r"/events": (Event, "events"),
    r"/leads/\d+/files": (EntityFile, "files"),
    r"/files/[^/]+/links": (FileLink, "entities"),
    r"/v1.0/files/[^/]+/versions": (FileVersion, "versions"),
    r"/v1.0/files(/restore)?": (File, "files"),
    r"/leads/complex": (LeadComplexResult, ""),
    r"/leads/(\d+/)?link(s)?": (Link, "links"),
    r"/leads/loss_reasons": (LossReason, "loss_reasons"),
    r"/leads/(\d+/)?notes": (Note, "notes"),
    r"/leads/pipelines/\d+/statuses": (Stage, "statuses"),
    r"/leads/pipelines": (Pipeline, "pipelines"),
    r"/leads/\d+/subscriptions": (Subscription, "subscriptions"),
    r"/leads/tags": (Tag, "tags"),
    r"/leads/unsorted/summary": (UnsortedSummary, ""),
    r"/leads/unsorted": (Unsorted, "unsorted"),
    r"/leads": (Lead, "leads"),
    r"/roles": (Role, "roles"),
    r"/short_links": (ShortLink, "short_links"),
    r"/sources": (Source, "sources"),
    r"/talks": (Talk, "talks"),
    r"/tasks": (Task, "tasks"),
    r"/users": (User, "users"),
    r"/webhooks": (Webhook, "webhooks"),
    r"/website_buttons": (WebsiteButton, "website_buttons"),
    r"/widgets": (Widget, "widgets"),
}
"""What an address answers with: the model, and the name of its rows in a list."""


names = st.text("abc", min_size=1, max_size=5)
whole = st.integers(-(2**53), 2**53)


def answers(path: Path) -> Iterator[tuple[type[Model], str, Any]]:
    """Model, key and body of every good answer with a body."""
    for interaction in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
        body = interaction["response"]["body"]["string"]
        if interaction["response"]["status"]["code"] >= 400 or not body or body == "{}":
            continue
        address = re.sub(
            r"^https://[^/]+(/drive)?(/api/v[24]|/ajax/v4)?", "", interaction["request"]["uri"]
        ).partition("?")[0]
        for place, (model, key) in PLACES.items():
            if re.fullmatch(rf"({place})(/[\w-]+)?(/(accept|decline|link))?/?", address):
                yield model, key, json.loads(body)
                break


def rows(path: Path) -> Iterator[tuple[type[Model], dict[str, Any]]]:
    for model, key, body in answers(path):
        found = body
        if isinstance(body, dict):
            found = (
                body.get("_embedded", {}).get(key) or body.get("entities") or body.get("messages") or [body]
            )
        for row in found:
            yield model, row


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The address of every value inside, however deep."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield (*at, key)
        yield from places(item, (*at, key))


def changed(row: Any) -> Iterator[Any]:
    """The row with one thing in it out of the ordinary, in every way there is."""
    body = orjson.dumps(row)
    for *parents, last in places(row):
        for odd in ("drop", "null", "empty", "strange"):
            other = orjson.loads(body)
            inner = other
            for key in parents:
                inner = inner[key]
            value = inner[last]
            if odd == "drop" and isinstance(inner, dict):
                del inner[last]
            elif odd == "null":
                inner[last] = None
            elif odd == "empty" and isinstance(value, dict):
                inner[last] = []
            elif odd == "strange" and last in ("field_type", "note_type", "type", "code"):
                inner[last] = "of_tomorrow" if isinstance(value, str) else 99
            elif odd == "strange" and isinstance(value, dict):
                value["field_of_tomorrow"] = {"a": [1]}
            else:
                continue
            yield other


def look_at(record: Model) -> None:
    """Everything that a host may ask of a record."""
    for name in dir(type(record)):
        if not name.startswith("_") and isinstance(getattr(type(record), name), property):
            part = getattr(record, name)
            for one in part if isinstance(part, list) else ():
                if isinstance(one, Model):
                    assert one.changes() == {}
    custom_fields = getattr(record, "custom_fields", None)
    if custom_fields is not None:
        assert len(list(custom_fields.items())) == len(list(custom_fields.values()))
    assert record.changes() == {}
    assert repr(record)


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_an_answer_with_anything_missing_or_new_is_read(path):
    seen: set[bytes] = set()
    for model, row in rows(path):
        for odd in (row, {**row, "field_of_tomorrow": [{}]}, dict.fromkeys(row), *changed(row)):
            body = orjson.dumps(odd)
            if body not in seen:
                seen.add(body)
                look_at(parse_one(b"[%b]" % body, model))


@pytest.mark.parametrize("path", CASSETTES, ids=lambda path: path.stem)
def test_a_list_answer_with_an_odd_envelope_is_read(path):
    for model, key, body in answers(path):
        if not isinstance(body, dict) or key not in body.get("_embedded", {}):
            continue
        for odd in (
            {**body, "_links": []},
            {**body, "_links": None, "_page": None},
            {**body, "_embedded": {**body["_embedded"], "field_of_tomorrow": [{}]}},
            {"_embedded": body["_embedded"]},
        ):
            page = parse_page(orjson.dumps(odd), key, model)
            assert len(page.items) == len(body["_embedded"][key])
            assert page.quarantined == []
        for empty in ([], {}, None, {key: []}, {key: {}}, {key: None}):
            assert parse_page(orjson.dumps({**body, "_embedded": empty}), key, model).items == []


def test_every_cassette_but_those_of_refusals_and_of_tokens_is_taken_apart():
    empty = {path.stem for path in CASSETTES if not any(rows(path))}
    tokens = {"oauth_tokens", "oauth_refused", "oauth_api_key"}
    assert empty == tokens | {
        "blocked",
        "chats_refused",
        "nothing_found",
        "nothing_there",
        "refused_lead",
        "sources_not_found",
    }


@pytest.mark.parametrize("model", MODELS)
@examples(12)
@given(data=st.data())
def test_any_model_reads_nulls_gaps_and_news(model, data):
    """Also those that no cassette has: each field is absent, null or, where it is an object, ``[]``."""
    fields = wire_fields(model)
    objects = {name for name, field in model.model_fields.items() if "dict" in str(field.annotation)}
    row: dict[str, Any] = {
        "field_of_tomorrow": {"a": None},
        "_embedded": data.draw(st.sampled_from([[], {}, None])),
    }
    for field in fields.values():
        odd = st.sampled_from(["absent", None, *([[]] if field.name in objects else [])])
        if (value := data.draw(odd)) != "absent":
            row[field.wire] = value
    record = parse_one(orjson.dumps([row]), model)
    look_at(record)
    assert record.model_extra == {"field_of_tomorrow": {"a": None}}
    assert pickle.loads(pickle.dumps(record)) == record


@examples(30)
@given(kind=names, params=st.dictionaries(names, st.none() | whole))
def test_a_note_of_tomorrow_keeps_what_it_has(kind, params):
    row = {"id": 1, "note_type": f"of_tomorrow_{kind}", "params": params}
    note = parse_one(orjson.dumps(row), Note)
    assert isinstance(note.details, UnknownNote)
    assert note.params == params


@examples(30)
@given(kind=names, value=st.none() | whole | names | st.lists(whole, max_size=2))
def test_a_field_of_tomorrow_keeps_its_value(kind, value):
    field = {"field_id": 7, "field_type": f"of_tomorrow_{kind}", "values": [{"value": value}]}
    lead = parse_one(orjson.dumps({"id": 1, "custom_fields_values": [field]}), Lead)
    assert list(lead.custom_fields) == [7]
    assert lead.raw["custom_fields_values"] == [field]
    look_at(lead)
