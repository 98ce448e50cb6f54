from __future__ import annotations

import pytest
from wire import Answer, Sent, Wire, hal

from amocrm_sync import (
    AsyncAmoCRM,
    ConfigurationError,
    CustomerFilter,
    InvalidResponseError,
    TransactionFilter,
)
from amocrm_sync.models import Customer, Transaction

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AsyncAmoCRM:
        return AsyncAmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def echo(key: str):
    def answer(sent: Sent) -> Answer:
        rows = [
            {"id": row.get("id", 100 + place), "request_id": row.get("request_id")}
            for place, row in enumerate(sent.json)
        ]
        return Answer(json=hal(key, rows))

    return answer


async def test_customers_are_listed_by_status_and_expected_purchase(connect):
    row = {"id": 1, "name": "Ann", "ltv": 10, "_embedded": {"segments": [{"id": 7}], "contacts": [{"id": 4}]}}
    wire = Wire(Answer(json=hal("customers", [row])))
    asked = CustomerFilter(status_id=[5], next_price=(1, 20))
    [customer] = await connect(wire).customers.list(filter=asked, with_=["contacts"]).to_list()
    assert ([one.id for one in customer.segments], [one.id for one in customer.contacts]) == ([7], [4])
    assert wire.sent[0].query == [
        ("page", "1"),
        ("limit", "250"),
        ("with", "contacts"),
        ("filter[status_id][]", "5"),
        ("filter[next_price][from]", "1"),
        ("filter[next_price][to]", "20"),
    ]


async def test_request_ids_of_customers_are_never_a_plain_zero(connect):
    wire = Wire(otherwise=echo("customers"))
    result = await connect(wire).customers.create_many([{"name": "a"}, Customer(name="b", segments=[7])])
    assert [row["request_id"] for row in wire.sent[0].json] == ["n0", "n1"]
    assert wire.sent[0].json[1]["_embedded"] == {"segments": [{"id": 7}]}
    assert [customer.id for customer in result.succeeded] == [100, 101]


async def test_updated_customers_are_found_under_either_name(connect):
    for key in ("customers", "leads"):
        wire = Wire(otherwise=echo(key))
        result = await connect(wire).customers.update_many([{"id": 3, "name": "x"}])
        assert [customer.id for customer in result.succeeded] == [3]


async def test_the_mode_is_set(connect):
    wire = Wire(Answer(json={"mode": "segments", "is_enabled": True}))
    mode = await connect(wire).customers.set_mode("segments")
    assert (mode.mode, mode.is_enabled) == ("segments", True)
    assert (wire.sent[0].method, wire.sent[0].path) == ("PATCH", "/api/v4/customers/mode")
    assert wire.sent[0].json == {"mode": "segments", "is_enabled": True}


async def test_statuses_are_a_collection_of_their_own(connect):
    wire = Wire(
        Answer(json=hal("statuses", [{"id": 1, "type": 3, "color": "#fff"}])), echo("statuses"), Answer(204)
    )
    statuses = connect(wire).customers.statuses
    [status] = await statuses.list().to_list()
    made = await statuses.create(name="New", sort=10)
    await statuses.delete(5)
    assert (status.type, made.id) == (3, 100)
    assert [(sent.method, sent.path) for sent in wire.sent] == [
        ("GET", "/api/v4/customers/statuses"),
        ("POST", "/api/v4/customers/statuses"),
        ("DELETE", "/api/v4/customers/statuses/5"),
    ]


async def test_a_segment_goes_out_as_one_object(connect):
    wire = Wire(
        Answer(json={"id": 9, "name": "VIP", "customers_count": 0}), Answer(json=hal("custom_fields", []))
    )
    segments = connect(wire).customers.segments
    segment = await segments.create(name="VIP", color="ae003f")
    assert (segment.id, segment.customers_count) == (9, 0)
    assert wire.sent[0].json == {"name": "VIP", "color": "ae003f"}
    await segments.custom_fields.list().to_list()
    assert wire.sent[1].path == "/api/v4/customers/segments/custom_fields"


async def test_purchases_are_added_to_a_customer_and_read_at_both_addresses(connect):
    for key in ("transactions", "customers"):
        wire = Wire(otherwise=echo(key))
        item = Transaction(
            price=5, catalog_elements=[{"id": 3, "metadata": {"catalog_id": 1, "quantity": 2}}]
        )
        made = await connect(wire).customers.transactions.create(12, item, accrue_bonus=False)
        assert (made.id, made.price) == (100, 5)
        assert wire.sent[0].url.endswith("/api/v4/customers/12/transactions?accrue_bonus=false")
        assert wire.sent[0].json[0]["_embedded"]["catalog_elements"][0]["metadata"]["quantity"] == 2
    row = {"id": 8, "price": 5, "_embedded": {"customer": {"id": 12}}}
    wire = Wire(
        Answer(json=row), Answer(json=row), Answer(204), Answer(204), Answer(json=hal("transactions", [row]))
    )
    transactions = connect(wire).customers.transactions
    assert (await transactions.get(8)).customer == 12
    await transactions.get(8, customer_id=12)
    await transactions.delete(8)
    await transactions.delete(8, customer_id=12)
    assert len(await transactions.list(12, filter=TransactionFilter(ids=[8])).to_list()) == 1
    assert [sent.path.removeprefix("/api/v4/customers/") for sent in wire.sent] == [
        "transactions/8",
        "12/transactions/8",
        "transactions/8",
        "12/transactions/8",
        "12/transactions",
    ]


async def test_bonus_points_go_one_way_at_a_time(connect):
    wire = Wire(Answer(json={"bonus_points": 15}), Answer(json={"bonus_points": 5}), Answer(json={}))
    points = connect(wire).customers.bonus_points
    assert await points.earn(12, 15) == 15
    assert await points.redeem(12, 10) == 5
    assert [sent.json for sent in wire.sent] == [{"earn": 15}, {"redeem": 10}]
    with pytest.raises(InvalidResponseError, match="bonus_points"):
        await points.earn(12, 1)
    with pytest.raises(ConfigurationError, match="more than 0"):
        await points.earn(12, -5)


async def test_followers_are_users_and_departments(connect):
    rows = [{"subscriber_id": 1, "type": "user"}, {"subscriber_id": 1, "type": "group"}]
    wire = Wire(Answer(json=hal("subscriptions", rows)), Answer(204))
    client = connect(wire)
    assert [one.type for one in await client.customers.subscriptions.list(3).to_list()] == ["user", "group"]
    assert await client.leads.subscriptions.list(4).to_list() == []
    assert [sent.path for sent in wire.sent] == [
        "/api/v4/customers/3/subscriptions",
        "/api/v4/leads/4/subscriptions",
    ]
