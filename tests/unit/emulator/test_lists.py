"""Filters, orders and pages: what is honoured, what is ignored, and that nothing is lost between pages."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property_depth import examples
from unit.emulator.desk import Desk

T0 = 1_700_000_000


@pytest.mark.parametrize(
    "style", ["filter[id]={0}", "filter[id][]={0}&filter[id][]={1}", "filter[id][0]={0}&filter[id][1]={1}"]
)
def test_ids_in_all_three_ways_of_writing_a_list(desk, style):
    ids = desk.make("leads", {}, {}, {})
    wanted = ids[:2] if "{1}" in style else ids[:1]
    assert desk.get("leads?" + style.format(*ids)).ids("leads") == wanted
    assert desk.get("leads?" + quote(style.format(*ids), safe="=&")).ids("leads") == wanted


def test_unknown_ids_are_just_not_there(desk):
    lead_id = desk.lead()
    assert desk.get(f"leads?filter[id][]={lead_id}&filter[id][]=5").ids("leads") == [lead_id]
    assert desk.get("leads?filter[id][]=5").status == 204


def test_bounds_are_inclusive(desk):
    ids = desk.make("leads", *({"updated_at": T0 + at, "price": at} for at in range(5)))
    assert (
        desk.get(f"leads?filter[updated_at][from]={T0 + 1}&filter[updated_at][to]={T0 + 3}").ids("leads")
        == ids[1:4]
    )
    assert desk.get(f"leads?filter[updated_at][from]={T0 + 3}").ids("leads") == ids[3:]
    assert desk.get(f"leads?filter[updated_at][to]={T0}").ids("leads") == ids[:1]
    assert desk.get("leads?filter[price][from]=1&filter[price][to]=2").ids("leads") == ids[1:3]
    assert desk.get("leads?filter[price]=4").ids("leads") == ids[4:]


def test_stages_are_filtered_by_pairs_only(desk):
    main = next(iter(desk.emu.pipelines))
    won, open_ = desk.lead(status_id=142), desk.lead()
    stage = desk.emu.leads[open_]["status_id"]
    pair = "filter[statuses][{0}][pipeline_id]={1}&filter[statuses][{0}][status_id]={2}"
    assert desk.get("leads?" + pair.format(0, main, 142)).ids("leads") == [won]
    both = pair.format(0, main, 142) + "&" + pair.format(1, main, stage)
    assert desk.get("leads?" + both).ids("leads") == [won, open_]
    assert desk.get("leads?filter[statuses][0][status_id]=142").ids("leads") == [won, open_]
    assert desk.get(f"leads?filter[pipeline_id]={main}").ids("leads") == [won, open_]
    assert desk.get("leads?" + pair.format(0, 1, 142)).status == 204


@pytest.mark.parametrize(
    "query",
    [
        "filter[status_id]=142",
        "filter[nonsense]=1",
        "filter[id]=abc",
        "filter[updated_at]=5",
        "filter[updated_at][since]=5",
        "filter=5",
        "order[name]=asc",
        "order=updated_at",
        "with=nonsense",
        "nonsense=1",
    ],
)
def test_what_the_server_does_not_know_is_ignored_without_a_word(desk, query):
    ids = desk.make("leads", {"status_id": 142}, {})
    assert desk.get(f"leads?{query}").ids("leads") == ids


def test_contacts_cannot_be_filtered_by_price_nor_ordered_by_created_at(desk):
    ids = desk.make("contacts", {"created_at": T0 + 9}, {"created_at": T0})
    assert desk.get("contacts?filter[price]=1&order[created_at]=asc").ids("contacts") == ids


def test_names_authors_and_owners(desk):
    (user_id,) = desk.make("users", {"name": "Bob", "email": "b@example.com", "password": "Secret1"})
    one, two = desk.make(
        "companies", {"name": "A & B"}, {"name": "C", "responsible_user_id": user_id, "created_by": 0}
    )
    assert desk.get("companies?filter[name]=" + quote("A & B")).ids("companies") == [one]
    assert desk.get("companies?filter[name][]=C&filter[name][]=D").ids("companies") == [two]
    assert desk.get(f"companies?filter[responsible_user_id][]={user_id}").ids("companies") == [two]
    assert desk.get("companies?filter[created_by]=0").ids("companies") == [two]


def test_custom_fields_by_value_enum_flag_and_range(desk):
    enums = [{"value": "Red", "sort": 1}, {"value": "Blue", "sort": 2}]
    text, choice = desk.field("leads", "text"), desk.field("leads", "select", enums=enums)
    flag, date = desk.field("leads", "checkbox"), desk.field("leads", "date")
    number, multi = desk.field("leads", "numeric"), desk.field("leads", "legal_entity")

    def value(field_id, given):
        return {"field_id": field_id, "values": [{"value": given}]}

    one = desk.lead(
        custom_fields_values=[value(text, "x"), value(choice, "Red"), value(flag, True), value(number, 5)]
    )
    two = desk.lead(
        custom_fields_values=[value(text, "y"), value(choice, "Blue"), value(flag, False), value(date, T0)]
    )
    red = desk.emu.custom_fields("leads")[choice]["enums"][0]["id"]

    def find(query):
        return desk.get("leads?filter[custom_fields_values]" + query).ids("leads")

    assert find(f"[{text}][]=x") == [one]
    assert find(f"[{text}]=y") == [two]
    assert find(f"[{choice}][]={red}") == [one]
    assert find(f"[{choice}][]=Red") == []
    assert find(f"[{flag}]=0") == [two]
    assert find(f"[{date}][from]={T0}&filter[custom_fields_values][{date}][to]={T0}") == [two]
    assert find(f"[{number}][to]=5") == [one]
    assert find(f"[{multi}]=x") == [one, two]
    assert find("[999]=x") == [one, two]


def test_search_reads_names_and_values_and_knows_phones_by_digits(desk):
    phone = {"field_code": "PHONE", "values": [{"value": "+7 (912) 000-11-22"}]}
    ann, bob = desk.make("contacts", {"name": "Анна", "custom_fields_values": [phone]}, {"name": "Bob"})
    assert desk.get("contacts?query=" + quote("анна")).ids("contacts") == [ann]
    assert desk.get("contacts?query=79120001122").ids("contacts") == [ann]
    assert desk.get("contacts?query=bo").ids("contacts") == [bob]
    assert desk.get("contacts?query=nobody").status == 204


def test_without_the_paid_option_filters_are_ignored_and_the_flag_says_so():
    desk = Desk(filters_enabled=False)
    ids = desk.make("leads", {"updated_at": T0}, {})
    assert desk.get(f"leads?filter[id]={ids[0]}&filter[updated_at][to]={T0}").ids("leads") == ids
    assert desk.get("account?with=is_api_filter_enabled").json["is_api_filter_enabled"] is False
    desk.make(
        "tasks", {"text": "a", "complete_till": 1, "task_type_id": 2}, {"text": "b", "complete_till": 1}
    )
    assert len(desk.get("tasks?filter[task_type]=2").ids("tasks")) == 1


LEADS = st.lists(
    st.fixed_dictionaries(
        {
            "created_at": st.integers(T0, T0 + 6),
            "updated_at": st.integers(T0, T0 + 6),
            "price": st.integers(0, 3),
        }
    ),
    max_size=30,
)
BOUND = st.one_of(st.none(), st.integers(T0 - 1, T0 + 7))


QUESTIONS = st.fixed_dictionaries(
    {
        "low": BOUND,
        "high": BOUND,
        "created": BOUND,
        "price": st.one_of(st.none(), st.integers(0, 3)),
        "order": st.sampled_from(["id", "created_at", "updated_at"]),
        "direction": st.sampled_from(["asc", "desc"]),
        "limit": st.integers(1, 9),
    }
)


def query_of(ask) -> str:
    parts = {
        f"order[{ask['order']}]": ask["direction"],
        "limit": ask["limit"],
        "filter[updated_at][from]": ask["low"],
        "filter[updated_at][to]": ask["high"],
        "filter[created_at][from]": ask["created"],
        "filter[price]": ask["price"],
    }
    return "&".join(f"{name}={value}" for name, value in parts.items() if value is not None)


def is_wanted(ask, lead) -> bool:
    return (
        (ask["low"] is None or lead["updated_at"] >= ask["low"])
        and (ask["high"] is None or lead["updated_at"] <= ask["high"])
        and (ask["created"] is None or lead["created_at"] >= ask["created"])
        and ask["price"] in (None, lead["price"])
    )


@examples(60)
@given(leads=LEADS, ask=QUESTIONS, deleted=st.sets(st.integers(0, 29)))
def test_the_pages_together_are_the_filtered_set_in_order(leads, ask, deleted):
    desk = Desk()
    ids = [row["id"] for row in desk.emu.load("/api/v4/leads", leads)] if leads else []
    rows = {}
    for at, (row_id, lead) in enumerate(zip(ids, leads, strict=True)):
        if at in deleted:
            desk.emu.ui.delete_lead(row_id)
        else:
            rows[row_id] = {"id": row_id, **lead}
    found = desk.walk("leads?" + query_of(ask), "leads")
    assert sorted(found) == [row_id for row_id, lead in rows.items() if is_wanted(ask, lead)]
    order = [rows[row_id][ask["order"]] for row_id in found]
    assert order == sorted(order, reverse=ask["direction"] == "desc")


@examples(40)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["add", "edit", "delete", "restore"]), st.integers(0, 9), st.integers(T0, T0 + 5)
        ),
        max_size=30,
    )
)
def test_indexes_stay_true_through_changes(steps):
    desk = Desk()
    live: dict[int, int] = {}
    trash: set[int] = set()
    for action, which, at in steps:
        if action == "add":
            live[desk.lead(created_at=T0, updated_at=at)] = at
        elif action == "restore" and trash:
            lead_id = sorted(trash)[which % len(trash)]
            trash.remove(lead_id)
            desk.emu.ui.restore_lead(lead_id)
            live[lead_id] = desk.now
        elif live:
            lead_id = sorted(live)[which % len(live)]
            if action == "edit":
                desk.patch(f"leads/{lead_id}", {"updated_at": at})
                live[lead_id] = at
            elif action == "delete":
                desk.emu.ui.delete_lead(lead_id)
                trash.add(lead_id)
                del live[lead_id]
    expected = sorted(live, key=lambda lead_id: (live[lead_id], lead_id))
    assert desk.walk("leads?order[updated_at]=asc&limit=7", "leads") == expected
    assert desk.walk("leads?with=only_deleted", "leads") == sorted(trash)
