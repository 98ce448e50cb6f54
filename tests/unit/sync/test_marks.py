"""How a row that we create carries our id: in a field or in a tag."""

from __future__ import annotations

import pytest

from amocrm_sync._core.sync.marks import FieldMark, TagMark, kept, marks_of

UID = "019b76da-a800-7113-b63c-5ab661c35de1"
TAG = {"name": f"EXT_UID {UID}"}


def row_of(fields):
    """A new row as a list shows it."""
    tags = [*fields.get("_embedded", {}).get("tags", ()), *fields.get("tags_to_add", ())]
    custom = fields.get("custom_fields_values")
    return {
        "custom_fields_values": custom,
        "_embedded": {"tags": [{"id": number, **tag} for number, tag in enumerate(tags)]},
    }


@pytest.mark.parametrize("mark", [FieldMark(7), TagMark("EXT_UID")])
@pytest.mark.parametrize(
    "fields",
    [
        {"name": "New"},
        {"custom_fields_values": [{"field_id": 8, "values": [{"value": "x"}]}]},
        {"_embedded": {"tags": [{"name": "vip"}], "contacts": [{"id": 1}]}},
        {"_embedded": {"contacts": [{"id": 1}]}},
    ],
)
def test_what_is_put_on_is_read_again_and_everything_else_stays(mark, fields):
    marked = mark.on(fields, UID)
    assert mark.uids_of(row_of(marked)) == [UID]
    assert mark.uids_of(row_of(fields)) == []
    assert marked.items() >= {name: fields[name] for name in fields if name == "name"}.items()
    assert marked.get("_embedded", {}).get("contacts") == fields.get("_embedded", {}).get("contacts")
    assert {"id": 0, "name": "vip"} in row_of(marked)["_embedded"]["tags"] or "vip" not in str(fields)


def test_tags_that_are_cleared_leave_ours():
    assert TagMark("EXT_UID").on({"_embedded": {"tags": None}}, UID) == {"_embedded": {"tags": [TAG]}}


def test_a_tag_of_another_kind_is_not_ours():
    for name in ("EXT_UID", "EXT_UIDX 5", "ext 5", None):
        assert TagMark("EXT_UID").uids_of({"_embedded": {"tags": [{"name": name}]}}) == []


def test_rows_that_were_merged_carry_several():
    tags = [{"name": "EXT_UID a"}, {"name": "vip"}, {"name": "EXT_UID b"}]
    assert TagMark("EXT_UID").uids_of({"_embedded": {"tags": tags}}) == ["a", "b"]


@pytest.mark.parametrize(
    ("edit", "row", "is_taken_off"),
    [
        ({"price": 1}, {"_embedded": {"tags": [TAG]}}, True),
        ({"price": 1}, {"_embedded": {"tags": [{"name": "EXT_UID other"}]}}, False),
        ({"price": 1}, {}, False),
        ({"tags_to_add": [{"name": "deleted"}]}, {"_embedded": {"tags": [TAG]}}, False),
        ({"_embedded": {"tags": []}}, {"_embedded": {"tags": [TAG]}}, False),
    ],
)
def test_an_edit_takes_our_tag_off_unless_it_speaks_of_tags_itself(edit, row, is_taken_off):
    sent = TagMark("EXT_UID").off(edit, UID, row)
    assert sent == ({**edit, "tags_to_delete": [TAG]} if is_taken_off else edit)
    assert FieldMark(7).off(edit, UID, row) == edit


def test_orders_about_tags_are_not_kept_as_fields_of_the_row():
    base = {
        "name": "x",
        "_embedded": {"tags": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}]},
    }
    orders = {"tags_to_add": [{"name": "d"}], "tags_to_delete": [{"name": "a"}, {"id": 2}]}
    assert kept({**base, **orders}) == {"name": "x", "_embedded": {"tags": [{"id": 3, "name": "c"}]}}
    assert kept({"name": "x", **orders}) == {"name": "x"}
    assert kept(base) is base


def test_the_field_goes_before_the_tag():
    settings = {"markers": {"leads": 7}, "tagged": {"leads": "EXT_UID", "contacts": "EXT_UID"}}
    assert marks_of(settings) == {
        "leads": (FieldMark(7), TagMark("EXT_UID")),
        "contacts": (TagMark("EXT_UID"),),
    }
    assert marks_of({}) == {}
