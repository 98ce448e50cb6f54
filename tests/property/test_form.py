"""What is written as a form is read back; no input breaks the reader."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qsl, unquote_plus

from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.form import FormTooLarge, as_list, encode_brackets, parse_brackets

# What PHP would rename (dots, white space, brackets, NUL) is no name to send.
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="[]. \0\t\n\r\v\f"), min_size=1, max_size=8)
SCALARS = st.text(max_size=12) | st.integers() | st.booleans()
TREES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, min_size=1, max_size=4) | st.dictionaries(KEYS, below, min_size=1, max_size=4)
    ),
    max_leaves=12,
)
FORMS = st.dictionaries(KEYS, TREES, max_size=5)
HOSTILE = st.text("ab01[].=& %+\0я5BD", max_size=60)


def as_read(value):
    """A written value as PHP's reader sees it."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(index): as_read(item) for index, item in enumerate(value)}
    return str(int(value)) if isinstance(value, bool) else str(value)


@given(FORMS, st.booleans())
def test_round_trip(form, escape):
    written = encode_brackets(form, escape_brackets=escape)
    assert parse_brackets(written) == as_read(form)
    assert parse_brackets(written.encode()) == as_read(form)
    assert written.isascii()


@given(st.lists(SCALARS, min_size=1), st.booleans())
def test_a_list_comes_back_in_order(items, escape):
    read = parse_brackets(encode_brackets({"filter": {"id": items}}, escape_brackets=escape))
    assert as_list(read["filter"]["id"]) == [as_read(item) for item in items]


@given(st.binary(max_size=300) | HOSTILE)
def test_any_input_gives_dicts_of_text_or_says_that_it_is_too_large(data):
    with suppress(FormTooLarge):
        assert_shape(parse_brackets(data, max_depth=6, max_pairs=20), depth=6)


def assert_shape(tree, depth):
    assert type(tree) is dict
    assert depth > 0
    for key, value in tree.items():
        assert type(key) is str
        if not isinstance(value, str):
            assert value
            assert_shape(value, depth - 1)


@given(st.dictionaries(KEYS, st.text(max_size=20)))
def test_a_flat_form_agrees_with_the_standard_library(form):
    body = encode_brackets(form, escape_brackets=True)
    assert parse_brackets(body) == dict(parse_qsl(body, keep_blank_values=True))


@given(st.text("%0123456789abcdefABCDEF+ zя", max_size=40) | st.text(max_size=20))
def test_values_are_decoded_as_by_the_standard_library(value):
    value = value.replace("&", "").encode("utf-8", "replace").decode()
    assert parse_brackets(f"a={value}") == {"a": unquote_plus(value)}


PATHS = st.tuples(st.sampled_from("ab"), st.lists(st.sampled_from(["a", "b", "", "0", "1", "5"]), max_size=3))


@given(st.lists(st.tuples(PATHS, st.sampled_from("xyz")), max_size=8))
def test_each_pair_lands_where_a_reader_without_memory_puts_it(pairs):
    tree = {}
    names = []
    for (head, below), value in pairs:
        names.append(head + "".join(f"[{key}]" for key in below) + "=" + value)
        plant(tree, [head, *below], value)
    assert parse_brackets("&".join(names)) == tree


def plant(tree, keys, value):
    for position, sent in enumerate(keys, 1):
        key = sent or str(max((int(other) + 1 for other in tree if other.isdigit()), default=0))
        if position == len(keys):
            tree[key] = value
        elif not isinstance(tree.get(key), dict):
            tree[key] = {}
        tree = tree[key]
