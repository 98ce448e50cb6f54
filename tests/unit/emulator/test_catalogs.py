"""Lists, their elements, the old v2 method, the products' switch, and links to elements."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk


@pytest.fixture
def catalog(desk) -> int:
    return desk.make("catalogs", {"name": "Склад"})[0]


def field_codes(desk, catalog_id):
    return {
        row["code"]: row for row in desk.get(f"catalogs/{catalog_id}/custom_fields").rows("custom_fields")
    }


class TestCatalogs:
    def test_a_new_list_is_answered_whole(self, desk):
        answer = desk.post("catalogs", [{"name": "Склад", "can_link_multiple": False, "request_id": "7"}])
        (row,) = answer.rows("catalogs")
        assert (row["type"], row["can_link_multiple"], row["request_id"]) == ("regular", False, "7")
        assert row["_links"]["self"]["href"].endswith(f"/api/v4/catalogs/{row['id']}")
        kept = desk.get(f"catalogs/{row['id']}").json
        assert {**kept, "request_id": "7"} == row

    def test_list_update_and_missing(self, desk, catalog):
        other = desk.make("catalogs", {"name": "Счета", "type": "invoices"})[0]
        assert desk.get("catalogs").ids("catalogs") == [catalog, other]
        assert desk.get("catalogs?type=invoices").ids("catalogs") == [other]
        assert desk.patch(f"catalogs/{catalog}", {"name": "Новое"}).json["request_id"] == str(catalog)
        assert desk.patch("catalogs", [{"id": catalog, "sort": 5}]).rows("catalogs")[0]["sort"] == 5
        assert desk.get(f"catalogs/{catalog}").json["name"] == "Новое"
        assert desk.get("catalogs/1").status == 204
        assert desk.get("catalogs/1/elements").status == 404

    def test_one_list_of_invoices_and_ten_in_all(self, desk):
        desk.make("catalogs", {"name": "Счета", "type": "invoices"})
        again = desk.post("catalogs", [{"name": "x", "type": "invoices"}, {"name": "y", "type": "own"}])
        assert again.faults == [("0", "type", "NotUnique"), ("1", "type", "NotSupportedChoice")]
        assert desk.post("catalogs", [{"name": str(at)} for at in range(10)]).status == 400
        assert len(desk.make("catalogs", *({"name": str(at)} for at in range(9)))) == 9

    def test_the_type_stays(self, desk, catalog):
        answer = desk.patch(f"catalogs/{catalog}", {"type": "invoices"})
        assert answer.faults == [("0", "type", "FieldNotExpected")]

    def test_kinds_bring_their_fields(self, desk):
        invoices = desk.make("catalogs", {"name": "Счета", "type": "invoices"})[0]
        codes = field_codes(desk, invoices)
        assert {"BILL_STATUS", "PAYER", "SUPPLIER", "ITEMS", "BILL_PRICE"} <= codes.keys()
        assert [enum["code"] for enum in codes["BILL_STATUS"]["enums"]][:2] == ["created", "paid"]
        assert desk.delete(f"catalogs/{invoices}/custom_fields/{codes['ITEMS']['id']}").status == 400


class TestProducts:
    def test_v4_switch_makes_the_list(self, desk):
        assert desk.get("catalogs/products/settings").json == {"is_enabled": False}
        assert desk.patch("catalogs/products/settings", {"is_enabled": True}).json == {"is_enabled": True}
        (row,) = desk.get("catalogs").rows("catalogs")
        assert (row["type"], row["can_be_deleted"]) == ("products", False)
        assert {"SKU", "DESCRIPTION", "PRICE", "GROUP", "EXTERNAL_ID"} == field_codes(desk, row["id"]).keys()

    def test_v2_tells_the_list_too(self, desk):
        off = desk.send("GET", "/api/v2/products_settings").json
        assert off == {"is_enabled": False, "catalog_id": None}
        on = desk.send("POST", "/api/v2/products_settings", {"enabled": True}).json
        assert on == {"is_enabled": True, "catalog_id": desk.get("catalogs").ids("catalogs")[0]}
        again = desk.send("POST", "/api/v2/products_settings", {"enable": False}).json
        assert again == {**on, "is_enabled": False}

    def test_a_wrong_body(self, desk):
        answer = desk.patch("catalogs/products/settings", {"is_enabled": "yes"})
        assert answer.faults == [("0", "is_enabled", "InvalidType")]


class TestV2:
    def test_add_update_delete(self, desk, catalog):
        made = desk.send("POST", "/api/v2/catalogs", {"add": [{"name": "Второй", "request_id": 4}]})
        (row,) = made.rows("items")
        assert row["request_id"] == "4"
        changed = desk.send("POST", "/api/v2/catalogs", {"update": [{"id": row["id"], "name": "Третий"}]})
        assert changed.rows("items")[0]["id"] == row["id"]
        (listed,) = desk.send("GET", f"/api/v2/catalogs?id={row['id']}").rows("items")
        assert listed["name"] == "Третий"
        element = desk.make(f"catalogs/{catalog}/elements", {"name": "x"})[0]
        lead = desk.lead()
        link = {"to_entity_id": element, "to_entity_type": "catalog_elements"}
        desk.post(f"leads/{lead}/link", [{**link, "metadata": {"catalog_id": catalog}}])
        assert desk.send("POST", "/api/v2/catalogs", {"delete": [catalog]}).status == 200
        assert desk.get("catalogs").ids("catalogs") == [row["id"]]
        assert desk.get(f"leads/{lead}?with=catalog_elements").json["_embedded"]["catalog_elements"] == []

    def test_deleting_what_is_not_there_changes_nothing(self, desk, catalog):
        answer = desk.send("POST", "/api/v2/catalogs", {"delete": [catalog, 5]})
        assert answer.faults == [("0", "delete", "EntityNotFound")]
        assert desk.get("catalogs").ids("catalogs") == [catalog]


class TestElements:
    def test_create_read_update(self, desk, catalog):
        field = desk.field(f"catalogs/{catalog}", "text")
        values = [{"field_id": field, "values": [{"value": "A-1"}]}]
        answer = desk.post(
            f"catalogs/{catalog}/elements",
            [{"name": "Болт", "custom_fields_values": values}, {"name": "Гайка", "request_id": "g"}],
        )
        first, second = answer.rows("elements")
        assert (first["request_id"], second["request_id"]) == (0, "g")
        assert first["catalog_id"] == catalog
        assert first["custom_fields_values"][0]["values"] == [{"value": "A-1"}]
        path = f"catalogs/{catalog}/elements/{first['id']}"
        cleared = [{"field_id": field, "values": None}]
        assert desk.patch(path, {"name": "Винт", "custom_fields_values": cleared}).json["name"] == "Винт"
        assert desk.get(path).json["custom_fields_values"] is None
        many = desk.patch(f"catalogs/{catalog}/elements", [{"id": second["id"], "currency_id": 3}])
        assert many.rows("elements")[0]["request_id"] == second["id"]

    def test_lists_keep_to_themselves(self, desk, catalog):
        other = desk.make("catalogs", {"name": "Иной"})[0]
        mine = desk.make(f"catalogs/{catalog}/elements", {"name": "Болт"}, {"name": "Гайка"})
        theirs = desk.make(f"catalogs/{other}/elements", {"name": "Болт"})[0]
        path = f"catalogs/{catalog}/elements"
        assert desk.walk(f"{path}?limit=1", "elements") == mine
        assert desk.get(f"{path}?query=гайка").ids("elements") == mine[1:]
        assert desk.get(f"{path}?filter[id][]={mine[1]}").ids("elements") == mine[1:]
        assert desk.get(f"{path}?id[]={mine[0]}").ids("elements") == mine[:1]
        assert desk.get(f"{path}/{theirs}").status == 204
        assert desk.patch(f"{path}/{theirs}", {"name": "x"}).status == 404
        assert desk.patch(path, [{"id": theirs, "name": "x"}]).faults == [("0", "id", "EntityNotFound")]

    def test_invoices_have_a_link_and_a_place_for_a_warning(self, desk, catalog):
        invoices = desk.make("catalogs", {"name": "Счета", "type": "invoices"})[0]
        (made,) = desk.post(f"catalogs/{invoices}/elements", [{"name": "Счёт"}]).rows("elements")
        assert made["invoice_link"].startswith("https://pay.amocrm.ru/")
        path = f"catalogs/{invoices}/elements/{made['id']}"
        assert "invoice_link" not in desk.get(path).json
        assert desk.get(f"{path}?with=invoice_link").json["invoice_link"] == made["invoice_link"]
        assert desk.get(path).json["_embedded"]["warning"] == {"message": None}
        plain = desk.make(f"catalogs/{catalog}/elements", {"name": "x"})[0]
        row = desk.get(f"catalogs/{catalog}/elements/{plain}?with=invoice_link").json
        assert row["invoice_link"] is None

    def test_webhooks(self, desk, catalog):
        desk.subscribe("add_catalog_element", "update_catalog_element")
        element = desk.make(f"catalogs/{catalog}/elements", {"name": "Болт"})[0]
        desk.patch(f"catalogs/{catalog}/elements/{element}", {"name": "Винт"})
        (added, changed) = [body["catalogs"] for _, body in desk.hooks()]
        assert added["add"]["0"]["type"] == "catalog"
        assert changed["update"]["0"]["name"] == "Винт"
        assert changed["update"]["0"]["catalog_id"] == str(catalog)


class TestLinks:
    def test_from_a_lead(self, desk, catalog):
        lead, element = desk.lead(), desk.make(f"catalogs/{catalog}/elements", {"name": "Болт"})[0]
        link = {"to_entity_id": element, "to_entity_type": "catalog_elements"}
        assert desk.post(f"leads/{lead}/link", [link]).faults == [
            ("0", "metadata.catalog_id", "FieldMissing")
        ]
        link["metadata"] = {"catalog_id": catalog, "quantity": 2.5}
        shown = desk.post(f"leads/{lead}/link", [link]).rows("links")[0]
        assert shown["metadata"] == {"catalog_id": catalog, "quantity": 2.5, "price_id": None}
        (row,) = desk.get(f"leads/{lead}?with=catalog_elements").json["_embedded"]["catalog_elements"]
        assert (row["id"], row["metadata"]["quantity"]) == (element, 2.5)
        assert desk.get(f"leads/{lead}/links").rows("links")[0]["to_entity_type"] == "catalog_elements"
        assert desk.get(f"leads/{lead}/links?filter[to_catalog_id]={catalog}").status == 200
        assert desk.get(f"leads/{lead}/links?filter[to_catalog_id]=5").status == 204
        assert desk.post(f"leads/{lead}/unlink", [link]).status == 204
        assert desk.get(f"leads/{lead}/links").status == 204

    def test_from_an_element(self, desk, catalog):
        lead, element = desk.lead(), desk.make(f"catalogs/{catalog}/elements", {"name": "Болт"})[0]
        path = f"catalogs/{catalog}/elements/{element}"
        assert desk.get(f"{path}/links").status == 204
        link = {"to_entity_id": lead, "to_entity_type": "leads", "metadata": {"quantity": 3}}
        assert desk.post(f"{path}/link", [link]).status == 200
        (row,) = desk.get(f"{path}/links").rows("links")
        assert (row["to_entity_id"], row["metadata"]["quantity"]) == (lead, 3)
        assert desk.get(f"{path}/links?filter[to_entity_id]=5&filter[to_entity_type]=leads").status == 204
        assert desk.post(f"{path}/unlink", [link]).status == 204
        assert desk.get(f"{path}/links").status == 204

    def test_an_element_of_another_list_is_refused(self, desk, catalog):
        other = desk.make("catalogs", {"name": "Иной"})[0]
        element = desk.make(f"catalogs/{catalog}/elements", {"name": "Болт"})[0]
        body = {
            "to_entity_id": element,
            "to_entity_type": "catalog_elements",
            "metadata": {"catalog_id": other},
        }
        answer = desk.post(f"leads/{desk.lead()}/link", [body])
        assert answer.faults == [("0", "metadata.catalog_id", "NotSupportedChoice")]
        assert desk.get(f"catalogs/{other}/elements/{element}/links").status == 404
        wrong = {"to_entity_id": element, "to_entity_type": "contacts"}
        answer = desk.post(f"catalogs/{catalog}/elements/{element}/link", [wrong])
        assert answer.faults == [("0", "to_entity_type", "NotSupportedChoice")]


def test_a_field_of_an_unknown_list_is_404():
    assert Desk().get("catalogs/5/custom_fields").status == 404


def test_a_person_may_delete_an_element(desk, catalog):
    desk.subscribe("delete_catalog_element")
    element, lead = desk.make(f"catalogs/{catalog}/elements", {"name": "x"})[0], desk.lead()
    link = {"to_entity_id": lead, "to_entity_type": "leads"}
    desk.post(f"catalogs/{catalog}/elements/{element}/link", [link])
    desk.emu.ui.delete_element(element)
    assert desk.get(f"catalogs/{catalog}/elements").status == 204
    assert desk.get(f"leads/{lead}/links").status == 204
    ((_, body),) = desk.hooks()
    assert body["catalogs"]["delete"]["0"]["catalog_id"] == str(catalog)


@pytest.mark.parametrize("metadata", ["x", [], {"catalog_id": "x"}])
def test_odd_metadata_is_refused_not_stumbled_over(desk, catalog, metadata):
    element = desk.make(f"catalogs/{catalog}/elements", {"name": "x"})[0]
    body = {"to_entity_id": element, "to_entity_type": "catalog_elements", "metadata": metadata}
    assert desk.post(f"leads/{desk.lead()}/link", [body]).status == 400
