"""Leads, contacts and companies: what is taken, what is refused, what follows from it."""

from __future__ import annotations

import pytest


@pytest.fixture
def pipeline(desk) -> int:
    """A second pipeline with stages "one" and "two"."""
    body = {"name": "Second", "sort": 5, "is_main": False, "is_unsorted_on": True}
    stages = [{"name": "one", "sort": 20}, {"name": "two", "sort": 30}]
    return desk.make("leads/pipelines", {**body, "_embedded": {"statuses": stages}})[0]


def stage_ids(desk, pipeline_id: int) -> dict[str, int]:
    return {stage["name"]: stage_id for stage_id, stage in desk.emu.stages(pipeline_id).items()}


def test_a_lead_needs_nothing_and_starts_in_the_first_stage_of_the_main_pipeline(desk):
    lead = desk.get(f"leads/{desk.lead()}").json
    main = next(row for row in desk.emu.pipelines.values() if row["is_main"])
    stage = desk.emu.stages(main["id"])[lead["status_id"]]
    assert (lead["pipeline_id"], stage["type"]) == (main["id"], 0)
    assert stage["sort"] == min(
        row["sort"] for row in desk.emu.stages(main["id"]).values() if row["type"] == 0
    )
    assert lead["price"] == 0
    assert lead["created_at"] == lead["updated_at"] == desk.now
    assert lead["created_by"] == lead["updated_by"] == lead["responsible_user_id"] == min(desk.emu.users)
    assert lead["custom_fields_values"] is None
    assert lead["_embedded"] == {"tags": [], "companies": []}


def test_what_with_adds_and_what_stays_hidden_without(desk):
    contact, company = desk.contact(name="Ann"), desk.company(name="Firm")
    embedded = {"contacts": [{"id": contact}], "companies": [{"id": company}]}
    lead_id = desk.lead(_embedded=embedded)
    bare = desk.get(f"leads/{lead_id}").json
    assert "contacts" not in bare["_embedded"]
    assert not {"source_id", "is_price_modified_by_robot"} & bare.keys()
    names = "contacts,source_id,is_price_modified_by_robot,loss_reason,source,catalog_elements"
    full = desk.get(f"leads/{lead_id}?with={names}").json
    assert [(row["id"], row["is_main"]) for row in full["_embedded"]["contacts"]] == [(contact, True)]
    assert [row["id"] for row in full["_embedded"]["companies"]] == [company]
    assert full["_embedded"]["loss_reason"] == []
    assert full["_embedded"]["catalog_elements"] == []
    assert full["source_id"] is None
    assert [row["id"] for row in desk.get(f"contacts/{contact}?with=leads").json["_embedded"]["leads"]] == [
        lead_id
    ]
    linked = desk.get(f"companies/{company}?with=leads,contacts").json["_embedded"]
    assert [row["id"] for row in linked["leads"]] == [lead_id]
    assert linked["contacts"] == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": 5}, "name"),
        ({"price": "100"}, "price"),
        ({"price": 1.5}, "price"),
        ({"price": True}, "price"),
        ({"status_id": "142"}, "status_id"),
        ({"created_at": "2026-01-01"}, "created_at"),
        ({"responsible_user_id": None}, "responsible_user_id"),
        ({"custom_fields_values": {}}, "custom_fields_values"),
        ({"tags_to_add": {"name": "x"}}, "tags_to_add"),
        ({"_embedded": 5}, "_embedded"),
    ],
)
def test_wrong_types_are_refused_by_name(desk, body, path):
    assert desk.post("leads", [body]).faults == [("0", path, "InvalidType")]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"status_id": 1}, "status_id"),
        ({"pipeline_id": 1}, "pipeline_id"),
        ({"responsible_user_id": 1}, "responsible_user_id"),
        ({"loss_reason_id": 1, "status_id": 143}, "loss_reason_id"),
        ({"_embedded": {"contacts": [{"id": 1}]}}, "_embedded.contacts.0.id"),
        ({"_embedded": {"companies": [{"id": 1}]}}, "_embedded.companies.0.id"),
        ({"_embedded": {"tags": [{"id": 1}]}}, "_embedded.tags.0"),
    ],
)
def test_ids_of_nothing_are_refused_by_name(desk, body, path):
    assert desk.post("leads", [body]).faults == [("0", path, "NotSupportedChoice")]


@pytest.mark.parametrize(
    "name", ["account_id", "is_deleted", "closest_task_at", "group_id", "score", "labor_cost"]
)
def test_a_read_only_field_is_refused_unless_it_says_what_is_stored(desk, name):
    lead_id = desk.lead()
    stored = desk.get(f"leads/{lead_id}").json[name]
    assert desk.patch(f"leads/{lead_id}", {name: stored, "price": 5}).status == 200
    assert desk.patch(f"leads/{lead_id}", {name: 12345}).faults == [("0", name, "FieldNotExpected")]
    assert desk.post("leads", [{name: 12345}]).faults == [("0", name, "FieldNotExpected")]


def test_a_row_that_was_read_can_be_sent_back_whole(desk):
    lead = desk.get(f"leads/{desk.lead(name='a')}").json
    lead["price"] = 77
    assert desk.patch("leads", [lead]).status == 200
    assert desk.emu.leads[lead["id"]]["price"] == 77


def test_a_deactivated_user_is_refused_as_author_and_owner(desk):
    (user_id,) = desk.make("users", {"name": "Bob", "email": "b@example.com", "password": "Secret1"})
    lead_id = desk.lead(created_by=user_id, responsible_user_id=user_id)
    assert desk.post("users/deactivate", [{"id": user_id}]).status == 204
    fault = [("0", "created_by", "NotSupportedChoice")]
    assert desk.patch(f"leads/{lead_id}", {"created_by": user_id}).faults == fault
    assert desk.patch(f"leads/{lead_id}", {"price": 1}).status == 200
    assert desk.post("users/activate", [{"id": user_id}]).status == 202
    assert desk.patch(f"leads/{lead_id}", {"created_by": user_id}).status == 200


def test_an_update_moves_updated_at_with_the_clock_and_keeps_the_rest(desk):
    lead_id = desk.lead(name="a", price=5)
    before = desk.emu.leads[lead_id]
    desk.clock.advance(90)
    answer = desk.patch(f"leads/{lead_id}", {"price": 6})
    assert answer.json["id"] == lead_id
    assert answer.json["updated_at"] == desk.now == before["updated_at"] + 90
    assert desk.emu.leads[lead_id] == {**before, "price": 6, "updated_at": desk.now}


def test_times_and_authors_may_be_given(desk):
    given = {"created_at": 1_500_000_000, "updated_at": 1_500_000_100, "created_by": 0}
    lead_id = desk.lead(**given)
    assert {key: desk.emu.leads[lead_id][key] for key in given} == given
    desk.patch(f"leads/{lead_id}", {"updated_at": 1_500_000_200})
    assert desk.emu.leads[lead_id]["updated_at"] == 1_500_000_200


def test_updates_of_unknown_or_deleted_rows_are_refused(desk):
    lead_id = desk.lead()
    desk.emu.ui.delete_lead(lead_id)
    fault = [("0", "id", "EntityNotFound")]
    assert desk.patch(f"leads/{lead_id}", {"price": 1}).faults == fault
    assert desk.patch("leads", [{"id": 5, "price": 1}]).faults == fault
    assert desk.patch("leads", [{"price": 1}]).faults == fault


def test_closing_a_lead_sets_the_time_and_reopening_clears_time_and_reason(desk):
    (reason,) = desk.make("leads/loss_reasons", {"name": "Too dear"})
    lead_id = desk.lead()
    first = desk.emu.leads[lead_id]["status_id"]
    desk.clock.advance(10)
    assert desk.patch(f"leads/{lead_id}", {"status_id": 143, "loss_reason_id": reason}).status == 200
    assert desk.emu.leads[lead_id]["closed_at"] == desk.now
    assert (
        desk.get(f"leads/{lead_id}?with=loss_reason").json["_embedded"]["loss_reason"][0]["name"]
        == "Too dear"
    )
    desk.patch(f"leads/{lead_id}", {"status_id": first})
    assert (desk.emu.leads[lead_id]["closed_at"], desk.emu.leads[lead_id]["loss_reason_id"]) == (None, None)


def test_a_loss_reason_belongs_to_lost_leads_only(desk):
    (reason,) = desk.make("leads/loss_reasons", {"name": "Too dear"})
    fault = [("0", "loss_reason_id", "NotSupportedChoice")]
    assert desk.post("leads", [{"loss_reason_id": reason}]).faults == fault
    assert desk.post("leads", [{"loss_reason_id": reason, "status_id": 142}]).faults == fault


def test_a_stage_of_another_pipeline_needs_that_pipeline_beside_it(desk, pipeline):
    two = stage_ids(desk, pipeline)["two"]
    lead_id = desk.lead()
    answer = desk.patch(f"leads/{lead_id}", {"status_id": two})
    assert answer.faults == [("0", "status_id", "NotSupportedChoice")]
    assert "send pipeline_id" in answer.json["validation-errors"][0]["errors"][0]["detail"]
    assert desk.patch(f"leads/{lead_id}", {"status_id": two, "pipeline_id": pipeline}).status == 200
    assert desk.emu.leads[lead_id]["status_id"] == two


def test_a_pipeline_alone_means_its_first_stage(desk, pipeline):
    one = stage_ids(desk, pipeline)["one"]
    assert desk.emu.leads[desk.lead(pipeline_id=pipeline)]["status_id"] == one
    lead_id = desk.lead()
    desk.patch(f"leads/{lead_id}", {"pipeline_id": pipeline})
    assert desk.emu.leads[lead_id]["status_id"] == one


def test_won_and_lost_stand_in_every_pipeline(desk, pipeline):
    lead_id = desk.lead(pipeline_id=pipeline, status_id=142)
    assert (desk.emu.leads[lead_id]["pipeline_id"], desk.emu.leads[lead_id]["status_id"]) == (pipeline, 142)
    assert desk.emu.leads[lead_id]["closed_at"] == desk.now


def test_an_update_of_a_lead_ignores_embedded_contacts_and_companies(desk):
    contact, company = desk.contact(), desk.company()
    lead_id = desk.lead()
    embedded = {"contacts": [{"id": contact}], "companies": [{"id": company}]}
    assert desk.patch(f"leads/{lead_id}", {"price": 5, "_embedded": embedded}).status == 200
    assert desk.emu.linked("leads", lead_id, "contacts") == []
    assert desk.emu.linked("leads", lead_id, "companies") == []


def test_names_of_contacts_are_joined_from_their_parts(desk):
    contact = desk.contact(first_name="Ann", last_name="Lee")
    assert desk.emu.contacts[contact]["name"] == "Ann Lee"
    desk.patch(f"contacts/{contact}", {"last_name": "Ray"})
    assert desk.emu.contacts[contact]["name"] == "Ann Ray"
    answer = desk.patch("contacts", [{"id": contact, "name": "Dr Ann", "request_id": "q"}])
    assert [(row["name"], row["request_id"]) for row in answer.rows("contacts")] == [("Dr Ann", "q")]


class TestTags:
    def names(self, desk, lead_id):
        return [tag["name"] for tag in desk.get(f"leads/{lead_id}").json["_embedded"]["tags"]]

    def test_embedded_tags_replace_and_null_clears(self, desk):
        lead_id = desk.lead(_embedded={"tags": [{"name": "a"}, {"name": "b"}]})
        assert self.names(desk, lead_id) == ["a", "b"]
        desk.patch(f"leads/{lead_id}", {"_embedded": {"tags": [{"name": "c"}]}})
        assert self.names(desk, lead_id) == ["c"]
        desk.patch(f"leads/{lead_id}", {"_embedded": {"tags": None}})
        assert self.names(desk, lead_id) == []

    def test_adding_and_deleting_keep_the_others(self, desk):
        lead_id = desk.lead(tags_to_add=[{"name": "a"}, {"name": "b"}])
        desk.patch(
            f"leads/{lead_id}",
            {"tags_to_add": [{"name": "c"}, {"name": "b"}], "tags_to_delete": [{"name": "a"}]},
        )
        assert self.names(desk, lead_id) == ["b", "c"]

    def test_the_replacing_form_wins(self, desk):
        lead_id = desk.lead(tags_to_add=[{"name": "a"}])
        body = {"tags_to_add": [{"name": "b"}], "_embedded": {"tags": [{"name": "c"}]}}
        desk.patch(f"leads/{lead_id}", body)
        assert self.names(desk, lead_id) == ["c"]

    def test_the_same_name_is_one_tag_of_leads_and_another_of_contacts(self, desk):
        first, second = desk.lead(tags_to_add=[{"name": "vip"}]), desk.lead(tags_to_add=[{"name": "vip"}])
        contact = desk.contact(tags_to_add=[{"name": "vip"}])
        tag = desk.emu.leads[first]["tags"][0]
        assert desk.emu.leads[second]["tags"][0]["id"] == tag["id"]
        assert desk.emu.contacts[contact]["tags"][0]["id"] != tag["id"]
        other = desk.lead(tags_to_add=[{"id": tag["id"]}])
        assert self.names(desk, other) == ["vip"]


class TestTrash:
    def test_deleted_rows_leave_lists_and_show_their_stump_on_demand(self, desk):
        kept, lost = desk.lead(), desk.lead()
        desk.clock.advance(60)
        desk.emu.ui.delete_lead(lost)
        assert desk.get("leads").ids("leads") == [kept]
        assert desk.get(f"leads/{lost}").status == 204
        (row,) = desk.get("leads?with=only_deleted").rows("leads")
        del row["_links"]
        assert row == {
            "id": lost,
            "updated_at": desk.now,
            "updated_by": min(desk.emu.users),
            "is_deleted": True,
        }
        assert desk.get(f"leads/{lost}?with=only_deleted").json["is_deleted"] is True
        assert list(desk.emu.leads) == [kept]
        assert list(desk.emu.trash("leads")) == [lost]

    def test_restored_rows_are_whole_again(self, desk):
        lead_id = desk.lead(name="a")
        desk.emu.ui.delete_lead(lead_id)
        desk.emu.ui.restore_lead(lead_id)
        assert desk.get("leads").rows("leads")[0]["name"] == "a"
        assert desk.get("leads?with=only_deleted").status == 204

    def test_the_trash_is_filtered_like_the_list(self, desk):
        first, second = desk.contact(), desk.contact()
        desk.emu.ui.delete_contact(first)
        desk.clock.advance(100)
        desk.emu.ui.delete_contact(second)
        path = f"contacts?with=only_deleted&filter[updated_at][from]={desk.now}"
        assert desk.get(path).ids("contacts") == [second]

    def test_links_to_deleted_rows_are_not_shown(self, desk):
        contact = desk.contact()
        lead_id = desk.lead(_embedded={"contacts": [{"id": contact}]})
        desk.emu.ui.delete_contact(contact)
        assert desk.get(f"leads/{lead_id}?with=contacts").json["_embedded"]["contacts"] == []
        assert desk.get(f"leads/{lead_id}/links").status == 204


class TestComplex:
    def test_a_lead_its_contact_and_company_in_one_row(self, desk):
        body = {
            "name": "Deal",
            "request_id": "x",
            "_embedded": {
                "tags": [{"name": "site"}],
                "contacts": [{"first_name": "Ann", "last_name": "Lee"}],
                "companies": [{"name": "Firm"}],
            },
        }
        (made,) = desk.post("leads/complex", [body]).json
        assert made["request_id"] == ["x"]
        assert made["merged"] is False
        assert desk.emu.contacts[made["contact_id"]]["name"] == "Ann Lee"
        assert desk.emu.companies[made["company_id"]]["name"] == "Firm"
        assert desk.emu.linked("leads", made["id"], "contacts") == [made["contact_id"]]
        assert desk.emu.linked("contacts", made["contact_id"], "companies") == [made["company_id"]]
        assert desk.emu.leads[made["id"]]["tags"][0]["name"] == "site"

    def test_known_rows_are_linked_by_id(self, desk):
        contact = desk.contact(name="Ann")
        (made,) = desk.post("leads/complex", [{"_embedded": {"contacts": [{"id": contact}]}}]).json
        assert (made["contact_id"], made["company_id"]) == (contact, None)
        assert len(desk.emu.contacts) == 1

    def test_its_limits(self, desk):
        assert desk.post("leads/complex", [{} for _ in range(51)]).status == 422
        assert len(desk.post("leads/complex", [{} for _ in range(50)]).json) == 50
        two = {"_embedded": {"contacts": [{}, {}]}}
        assert desk.post("leads/complex", [two]).faults == [("0", "_embedded.contacts", "TooMany")]
        fields = [desk.field("leads", "text", name=f"f{at}") for at in range(41)]
        values = [{"field_id": field_id, "values": [{"value": "x"}]} for field_id in fields]
        body = {"custom_fields_values": values}
        assert desk.post("leads/complex", [body]).faults == [("0", "custom_fields_values", "TooMany")]
        assert desk.post("leads/complex", [{"custom_fields_values": values[:40]}]).status == 200

    def test_faults_inside_are_named_by_their_whole_path(self, desk):
        body = {"_embedded": {"contacts": [{"name": 5}], "companies": [{"id": 1}]}}
        assert desk.post("leads/complex", [body]).faults == [
            ("0", "_embedded.contacts.0.name", "InvalidType"),
            ("0", "_embedded.companies.0.id", "NotSupportedChoice"),
        ]
        assert len(desk.emu.leads) == len(desk.emu.contacts) == 0
