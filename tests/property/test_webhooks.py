"""The webhook parser against any bytes, any tree, and every well-formed body."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync.webhooks import UnknownEvent, WebhookEvents, WebhookTooLarge, parse

KEYS = {
    "leads": "lead",
    "contacts": "contact",
    "companies": "company",
    "customers": "customer",
    "task": "task",
    "catalogs": "catalog_element",
    "talk": "talk",
    "unsorted": "unsorted",
    "message": "message",
    "outgoing_message": "outgoing_message",
}
ACTIONS = st.sampled_from(["add", "update", "delete", "restore", "status", "responsible", "mail_in"])
ID_FIELDS = {"talk": "talk_id", "unsorted": "uid"}

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)
FIELDS = st.dictionaries(
    st.sampled_from(
        ["name", "status_id", "updated_at", "price", "created_at", "text", "responsible_user_id"]
    ),
    TEXT | st.integers(0, 2**40).map(str),
    max_size=4,
)
CUSTOM_FIELDS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(1, 10**6).map(str), "name": TEXT},
        optional={
            "code": st.sampled_from(["PHONE", "EMAIL", "SKU"]),
            "values": st.lists(st.fixed_dictionaries({"value": TEXT, "enum": TEXT}), min_size=1, max_size=3)
            | st.lists(TEXT, min_size=1, max_size=3)
            | st.fixed_dictionaries({"value": TEXT, "enum": TEXT}),
        },
    ),
    min_size=1,
    max_size=3,
)
TAGS = st.lists(st.fixed_dictionaries({"id": TEXT, "name": TEXT}), min_size=1, max_size=3)
ITEMS = st.builds(
    lambda fields, extra: {**fields, **extra},
    FIELDS,
    st.fixed_dictionaries({}, optional={"custom_fields": CUSTOM_FIELDS, "tags": TAGS}),
)
IDS = st.integers(1, 2**40).map(str)
ACCOUNT = st.fixed_dictionaries(
    {"id": IDS, "subdomain": TEXT, "_links": st.just({"self": "https://example.amocrm.ru"})}
)


@st.composite
def bodies(draw):
    """A body as a tree, and the (entity, action, id) of each item in it, in order."""
    keys = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=3, unique=True))
    tree, expected = {}, []
    for key in keys:
        tree[key] = {}
        for action in draw(st.lists(ACTIONS, min_size=1, max_size=3, unique=True)):
            items = draw(st.lists(st.tuples(IDS, ITEMS), min_size=1, max_size=3))
            entity = KEYS[key]
            tree[key][action] = [{ID_FIELDS.get(entity, "id"): id_, **item} for id_, item in items]
            expected += [(entity, action, id_) for id_, _ in items]
    return with_account(draw, tree), expected


def with_account(draw, tree):
    account = draw(st.none() | ACCOUNT)
    if account is None:
        return tree
    return {"account": account, **tree} if draw(st.booleans()) else {**tree, "account": account}


def wire(tree):
    """The tree as PHP writes it, by a writer that shares nothing with the library."""

    def pairs(name, value):
        if isinstance(value, str):
            yield name, value
            return
        for key, below in enumerate(value) if isinstance(value, list) else value.items():
            yield from pairs(f"{name}[{key}]", below)

    return urlencode([pair for key, value in tree.items() for pair in pairs(key, value)])


@given(bodies())
def test_every_item_becomes_exactly_one_event(drawn):
    tree, expected = drawn
    events = parse(wire(tree))
    assert [(event.entity, event.action, event.id) for event in events] == expected
    assert events.problems == ()
    assert not any(isinstance(event, UnknownEvent) for event in events)


@given(bodies())
def test_a_form_and_the_same_in_json_give_equal_events(drawn):
    tree, _ = drawn
    form, as_json = parse(wire(tree)), parse(json.dumps(tree))
    assert form == as_json
    assert form == parse(orjson.dumps(tree), content_type="application/json")
    assert [event.key for event in form] == [event.key for event in as_json]


@given(bodies())
def test_custom_fields_and_tags_arrive_whole(drawn):
    tree, _ = drawn
    items = [item for key in KEYS for group in tree.get(key, {}).values() for item in group]
    events = parse(
        wire({"account": tree.get("account", {}), **{key: tree[key] for key in KEYS if key in tree}})
    )
    assert [event.tags for event in events] == [
        tuple(tag["name"] for tag in item.get("tags", [])) for item in items
    ]
    for event, item in zip(events, items, strict=True):
        sent = item.get("custom_fields", [])
        assert [str(field.id) for field in event.custom_fields] == [field["id"] for field in sent]
        assert [len(field.values) for field in event.custom_fields] == [count(field) for field in sent]


def count(field):
    values = field.get("values", [])
    return len(values) if isinstance(values, list) else 1


ANY_KEY = st.sampled_from(
    [
        "leads",
        "contacts",
        "task",
        "unsorted",
        "message",
        "add",
        "delete",
        "note",
        "account",
        "event",
        "action",
        "data",
        "type",
        "id",
        "0",
        "1",
        "custom_fields",
        "values",
        "value",
        "tags",
        "token",
        "return_url",
        "reviews",
    ]
)
ANY_TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.just("5"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(ANY_KEY | TEXT, below, max_size=4),
    max_leaves=20,
)
ANY_FORM = st.lists(
    st.tuples(
        st.builds(
            lambda head, rest: head + "".join(f"[{key}]" for key in rest),
            ANY_KEY,
            st.lists(ANY_KEY | st.just(""), max_size=6),
        ),
        TEXT | st.just("5"),
    ),
    max_size=8,
).map(urlencode)


def read_whole(events):
    """Everything that an event can be asked for, asked for."""
    assert isinstance(events, WebhookEvents)
    for event in events:
        for name in dir(event):
            if not name.startswith("_"):
                getattr(event, name)
        assert event.matches(event.name)
        assert event.custom_field("PHONE") is None or event.custom_fields
    assert len(list(events)) == len(events)
    assert all(problem.reason for problem in events.problems)
    assert repr(events)


@given(st.binary(max_size=200) | st.text(max_size=100) | ANY_FORM | ANY_TREE.map(json.dumps))
def test_no_content_raises_and_every_event_can_be_read(body):
    read_whole(parse(body))


@given(st.dictionaries(ANY_KEY, ANY_TREE, min_size=1), st.integers(1, 5))
def test_the_depth_limit_refuses_what_is_deeper_and_nothing_else(tree, depth):
    body = json.dumps(tree)
    if levels(tree) > depth:
        with pytest.raises(WebhookTooLarge):
            parse(body, max_depth=depth)
    else:
        assert parse(body, max_depth=depth) == parse(body)


def levels(tree):
    if isinstance(tree, dict | list):
        below = tree.values() if isinstance(tree, dict) else tree
        return 1 + max(map(levels, below), default=0)
    return 0


@given(ANY_FORM)
def test_nothing_is_lost_in_silence(body):
    """A body that says anything beside the account gives an event or a problem."""
    events = parse(body)
    names = {pair.partition("%5B")[0].partition("=")[0] for pair in body.split("&")} - {
        "",
        "account",
        "action",
    }
    assert not names or events or events.problems
