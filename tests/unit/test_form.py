"""Bracket forms as PHP reads them, and as we write them."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum

import pytest

from amocrm_sync._core.form import FormTooLarge, as_list, encode_brackets, parse_brackets


@pytest.mark.parametrize(
    ("form", "read"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("a=1&b=2", {"a": "1", "b": "2"}, id="flat"),
        pytest.param("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}, id="nested"),
        pytest.param("a%5Bb%5D=1", {"a": {"b": "1"}}, id="escaped brackets"),
        pytest.param("a[]=1&a[]=2", {"a": {"0": "1", "1": "2"}}, id="numbered by the reader"),
        pytest.param("a[1]=x&a[0]=y", {"a": {"1": "x", "0": "y"}}, id="order as sent"),
        pytest.param(
            "a[]=1&a[7]=2&a[]=3&a[3]=4&a[]=5",
            {"a": {"0": "1", "7": "2", "8": "3", "3": "4", "9": "5"}},
            id="goes on after the greatest number",
        ),
        pytest.param("a[07]=1&a[-3]=2&a[]=3", {"a": {"07": "1", "-3": "2", "0": "3"}}, id="07 is a name"),
        pytest.param("a[][b]=1&a[][b]=2", {"a": {"0": {"b": "1"}, "1": {"b": "2"}}}, id="dicts in a list"),
        pytest.param("a[0][]=1&a[0][]=2&a[1][]=3", {"a": {"0": {"0": "1", "1": "2"}, "1": {"0": "3"}}}),
        pytest.param("a=1&a=2", {"a": "2"}, id="the last of equal keys"),
        pytest.param("a=1&a[b]=2", {"a": {"b": "2"}}, id="array after scalar"),
        pytest.param("a[b]=2&a=1", {"a": "1"}, id="scalar after array"),
        pytest.param("a[]=1&a[]=2&a=3&a[]=4", {"a": {"0": "4"}}, id="a new array starts from nought"),
        pytest.param("a[b=1", {"a_b": "1"}, id="first bracket never closed"),
        pytest.param("a[b.c [d=1", {"a_b_c__d": "1"}, id="nothing closed at all"),
        pytest.param("a[b][c=1", {"a": {"b": "1"}}, id="second bracket never closed"),
        pytest.param("a[b]c=1&a[d]]=2", {"a": {"b": "1", "d": "2"}}, id="rest after a bracket"),
        pytest.param("a[[b]=1", {"a": {"[b": "1"}}, id="bracket in a key"),
        pytest.param("a[b.c d]=1", {"a": {"b.c d": "1"}}, id="dots stay inside brackets"),
        pytest.param("a[+]=1&a[ b]=2", {"a": {"0": "1", " b": "2"}}, id="one space is no key"),
        pytest.param("a.b c=1&a.b[x]=2", {"a_b_c": "1", "a_b": {"x": "2"}}, id="dots before brackets"),
        pytest.param("++a=1", {"a": "1"}, id="leading spaces"),
        pytest.param("a%00b=1", {"a": "1"}, id="a name ends at NUL"),
        pytest.param("]=1", {"]": "1"}, id="a lonely bracket"),
        pytest.param("=1&&[x]=2&%20=3", {}, id="no name"),
        pytest.param("a&b=&c==1", {"a": "", "b": "", "c": "=1"}, id="no value"),
        pytest.param("a=1%2B1+%26+%D0%BE%D0%BA", {"a": "1+1 & ок"}, id="decoding"),
        pytest.param("a=%FF%zz%4", {"a": "\N{REPLACEMENT CHARACTER}%zz%4"}, id="broken escapes"),
        pytest.param(b"a=\xff\xd0\xbe", {"a": "\N{REPLACEMENT CHARACTER}о"}, id="raw bytes"),
        pytest.param("a=о", {"a": "о"}, id="raw text"),
        pytest.param("a=\ud800", {"a": "?"}, id="half a surrogate"),
    ],
)
def test_a_form_is_read_as_php_does(form, read):
    result = parse_brackets(form)
    assert result == read
    assert [*_keys(result)] == [*_keys(read)]


def _keys(tree):
    for key, value in tree.items():
        yield key
        if isinstance(value, dict):
            yield from _keys(value)


def test_a_number_too_long_for_php_is_a_name():
    name = "9" * 5000
    assert parse_brackets(f"a[{name}]=1&a[]=2") == {"a": {name: "1", "0": "2"}}


@pytest.mark.parametrize(
    ("form", "limits", "limit"),
    [
        ("a=12345", {"max_bytes": 6}, "bytes"),
        ("a=ы", {"max_bytes": 3}, "bytes"),
        ("a=1&b=2&c=3", {"max_pairs": 2}, "pairs"),
        ("a[b][c]=1", {"max_depth": 2}, "depth"),
        ("a" + "[b]" * 100 + "=1", {}, "depth"),
        (b"a=" + b"x" * 1024 * 1024, {}, "bytes"),
    ],
)
def test_a_form_over_a_limit_is_refused_and_the_error_says_which(form, limits, limit):
    with pytest.raises(FormTooLarge) as caught:
        parse_brackets(form, **limits)
    assert caught.value.limit == limit
    assert str(caught.value.allowed) in str(caught.value)
    assert limit in str(caught.value)


def test_a_form_at_its_limits_is_read():
    assert parse_brackets("a[b]=1&c=2", max_bytes=10, max_pairs=2, max_depth=2) == {"a": {"b": "1"}, "c": "2"}


def test_the_error_pickles():
    with pytest.raises(FormTooLarge) as caught:
        parse_brackets("a=1", max_bytes=1)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.limit, copy.allowed, str(copy)) == ("bytes", 1, str(caught.value))


@pytest.mark.parametrize(
    "query", ["id=7&id[]=5&id[]=6", "id[]=5&id[]=6", "id[0]=5&id[1]=6", "id[1]=6&id[0]=5"]
)
def test_a_list_is_read_from_each_way_to_send_it(query):
    assert as_list(parse_brackets(query)["id"]) == ["5", "6"]


@pytest.mark.parametrize(
    ("value", "items"),
    [
        ("5", ["5"]),
        (["5"], ["5"]),
        (None, []),
        ({}, []),
        ({"3": "a", "12": "b"}, ["a", "b"]),
        ({"value": "x", "enum": "1"}, [{"value": "x", "enum": "1"}]),
        ({"0": "a", "value": "x"}, [{"0": "a", "value": "x"}]),
    ],
)
def test_as_list(value, items):
    assert as_list(value) == items


class Rank(Enum):
    FIRST = "first"


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"page": 2, "query": "a&b=c+d é"}, "page=2&query=a%26b%3Dc%2Bd%20%C3%A9"),
        ({"with": "contacts,source"}, "with=contacts,source"),
        ({"filter": {"id": [1, 2]}}, "filter[id][]=1&filter[id][]=2"),
        ({"filter": {"id": (1, 2)}}, "filter[id][]=1&filter[id][]=2"),
        ({"filter[id]": [1], "filter[name][]": ["a"]}, "filter[id][]=1&filter[name][]=a"),
        (
            {
                "filter": {
                    "statuses": [{"pipeline_id": 1, "status_id": 142}, {"pipeline_id": 2, "status_id": 3}]
                }
            },
            (
                "filter[statuses][0][pipeline_id]=1&filter[statuses][0][status_id]=142"
                "&filter[statuses][1][pipeline_id]=2&filter[statuses][1][status_id]=3"
            ),
        ),
        (
            {"filter": {"updated_at": {"from": datetime(2026, 1, 1, tzinfo=UTC), "to": None}}},
            "filter[updated_at][from]=1767225600",
        ),
        ({"a": True, "b": False, "c": None, "d": [], "e": {}}, "a=1&b=0"),
        ({"price": Decimal("1E+3"), "rate": 1.5, "rank": Rank.FIRST}, "price=1000&rate=1.5&rank=first"),
        ({}, ""),
    ],
)
def test_query_strings(params, query):
    assert encode_brackets(params, escape_brackets=False) == query


def test_bodies_are_escaped_and_numbered():
    body = encode_brackets({"a": {"id": [1, 2], "with": "x,y"}, "b": [{"c": True}]}, escape_brackets=True)
    assert body == "a%5Bid%5D%5B0%5D=1&a%5Bid%5D%5B1%5D=2&a%5Bwith%5D=x%2Cy&b%5B0%5D%5Bc%5D=1"


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [
        (datetime(2026, 1, 1), ValueError, "timezone"),  # noqa: DTZ001 - that is the mistake
        (date(2026, 1, 1), TypeError, "datetime"),
        (b"x", TypeError, "bytes"),
        (object(), TypeError, "object"),
    ],
)
def test_what_cannot_be_sent_is_named_by_its_key(value, kind, hint):
    with pytest.raises(kind, match=r"filter\[x\]") as caught:
        encode_brackets({"filter": {"x": value}}, escape_brackets=False)
    assert hint in str(caught.value)
