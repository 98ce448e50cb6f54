from __future__ import annotations

import pytest
from wire import Answer, Sent, Wire, hal

from amocrm_sync import AsyncAmoCRM, CatalogElementFilter, CatalogFilter, ConfigurationError
from amocrm_sync.models import CatalogElement

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AsyncAmoCRM:
        return AsyncAmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def elements(sent: Sent) -> Answer:
    """Request ids come back as numbers here, as the API page shows."""
    rows = [{"id": 500 + place, "request_id": place, "catalog_id": 7} for place in range(len(sent.json))]
    return Answer(json=hal("elements", rows))


async def test_lists_are_filtered_by_type_at_the_top_of_the_query(connect):
    wire = Wire(Answer(json=hal("catalogs", [{"id": 7, "type": "products", "sdk_widget_code": None}])))
    [catalog] = await connect(wire).catalogs.list(filter=CatalogFilter(type="products")).to_list()
    assert catalog.type == "products"
    assert wire.sent[0].query == [("page", "1"), ("limit", "250"), ("type", "products")]


async def test_elements_are_addressed_with_their_list(connect):
    wire = Wire(
        Answer(json=hal("elements", [{"id": 3, "name": "Boat", "catalog_id": 7}])),
        Answer(json={"id": 3, "invoice_link": "https://i.example"}),
        elements,
        Answer(json={"id": 3, "updated_at": 5}),
        Answer(204),
    )
    items = connect(wire).catalogs.elements
    asked = CatalogElementFilter(ids=3)
    [listed] = await items.list(7, filter=asked, query="bo", with_=["invoice_link"]).to_list()
    one = await items.get(7, 3, with_="invoice_link")
    made = await items.create_many(7, [{"name": "a"}, CatalogElement(name="b")])
    changed = await items.update(7, 3, name="Ship")
    assert await items.get_or_none(7, 4) is None
    assert (listed.name, one.invoice_link, changed.name) == ("Boat", "https://i.example", "Ship")
    assert [element.id for element in made.succeeded] == [500, 501]
    assert {sent.path.split("/elements")[0] for sent in wire.sent} == {"/api/v4/catalogs/7"}
    assert ("filter[id][]", "3") in wire.sent[0].query
    assert ("query", "bo") in wire.sent[0].query


async def test_fields_of_a_list_are_known_by_title(connect):
    field = {"id": 11, "name": "Цена", "type": "numeric", "code": "PRICE"}
    wire = Wire(Answer(json=hal("custom_fields", [field])), elements)
    await connect(wire).catalogs.elements.create(7, name="x", custom_fields={"Цена": 5})
    assert wire.sent[0].path == "/api/v4/catalogs/7/custom_fields"
    assert wire.sent[1].json[0]["custom_fields_values"][0]["field_id"] == 11


async def test_fields_of_a_list_have_groups(connect):
    wire = Wire(Answer(json=hal("custom_field_groups", [{"id": "default", "name": "Main"}])))
    [group] = await connect(wire).catalogs.custom_fields(7).groups.list().to_list()
    assert group.id == "default"
    assert wire.sent[0].path == "/api/v4/catalogs/7/custom_fields/groups"


async def test_elements_are_linked_from_their_side(connect):
    row = {"to_entity_id": 5, "to_entity_type": "leads", "metadata": None}
    wire = Wire(Answer(json=hal("links", [row])), Answer(204), Answer(json=hal("links", [row])))
    items = connect(wire).catalogs.elements
    [link] = await items.link(7, 3, ("leads", 5))
    await items.unlink(7, 3, ("leads", 5))
    [again] = await items.links(7, 3)
    assert link.to_entity_id == again.to_entity_id == 5
    assert [sent.path.rpartition("/3/")[2] for sent in wire.sent] == ["link", "unlink", "links"]


async def test_the_v2_api_deletes_lists(connect):
    wire = Wire(Answer(json=hal("items", [])), Answer(json=hal("items", [{"id": 8, "request_id": 0}])))
    catalogs = connect(wire).catalogs
    await catalogs.delete(7)
    [made] = await catalogs.change_v2(add=[{"name": "x"}])
    assert made.id == 8
    assert [sent.json for sent in wire.sent] == [{"delete": [7]}, {"add": [{"name": "x"}]}]
    assert {sent.path for sent in wire.sent} == {"/api/v2/catalogs"}


async def test_products_are_switched_at_both_addresses(connect):
    wire = Wire(
        Answer(json={"is_enabled": False}),
        Answer(json={"is_enabled": True}),
        Answer(json={"is_enabled": True, "catalog_id": 7}),
        Answer(json={"is_enabled": True, "catalog_id": 7}),
    )
    products = connect(wire).products
    assert (await products.get_settings()).is_enabled is False
    assert (await products.update_settings(is_enabled=True)).is_enabled is True
    assert (await products.get_settings_v2()).catalog_id == 7
    assert (await products.update_settings_v2(is_enabled=True)).catalog_id == 7
    assert [sent.json for sent in wire.sent if sent.body] == [{"is_enabled": True}, {"enabled": True}]


async def test_a_list_without_a_number_is_refused(connect):
    with pytest.raises(ConfigurationError, match="id: a number"):
        connect(Wire()).catalogs.elements.list("products")  # type: ignore[arg-type]
