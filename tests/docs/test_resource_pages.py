"""A page for each resource: its table of methods is what is really sent, and its two tabs say the same."""

from __future__ import annotations

import re
from functools import cached_property

import pytest
import resource_tables
from docs_pages import blocks

from amocrm_sync._sync.offered import Resources

PAGES = sorted(resource_tables.PAGES.glob("*.md"))
CALL = re.compile(r"\bam(?:o|ojo)\.[a-z_.]+\(")

pytestmark = pytest.mark.timeout(120)


def roots() -> set[str]:
    found = resource_tables.TABLE.finditer("".join(page.read_text(encoding="utf-8") for page in PAGES))
    return {root for table in found for root in table["roots"].split()}


def test_the_tables_are_what_is_sent(capsys):
    assert resource_tables.main(["--check"]) == 0, capsys.readouterr().out


def test_every_resource_of_the_client_has_a_page():
    offered = {name for name, value in vars(Resources).items() if isinstance(value, cached_property)}
    assert offered - {"_core"} <= roots()


def test_every_part_of_a_resource_has_a_page():
    """A part that several resources have is described once, at the first of them."""
    described = {type(resource_tables.resource(root)) for root in roots() - {"links"}}
    missing = [
        f"{root}.{name}"
        for root in roots() - {"links"}
        for name in resource_tables.parts_of(root)
        if type(resource_tables.resource(f"{root}.{name}")) not in described
    ]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_both_tabs_call_the_same_methods(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'^=== "(\w+)"$', text, re.MULTILINE) == ["Sync", "Async"]
    sync, other = (block for block in blocks(text) if block.language == "python")
    assert CALL.findall(sync.text)
    assert CALL.findall(sync.text) == CALL.findall(other.text)
    assert "AsyncAmoCRM(" not in sync.text
    assert "AsyncAmoCRM(" in other.text


def test_a_table_out_of_step_is_seen():
    page = "<!-- methods: currencies -->\n| `currencies.old` | |\n<!-- end of methods -->\nText.\n"
    assert resource_tables.filled(page) == (
        "<!-- methods: currencies -->\n"
        "| Method | What it sends |\n|---|---|\n"
        "| `currencies.list` | `GET /api/v4/currencies` |\n"
        "<!-- end of methods -->\nText.\n"
    )


def test_a_method_that_nobody_can_call_is_an_error():
    with pytest.raises(LookupError, match=r"tasks\.invent: give arguments"):
        resource_tables.calls_of("tasks.invent")


def test_calls_are_named_by_the_closest_endpoint():
    assert resource_tables.calls_of("unsorted.get") == ["GET /api/v4/leads/unsorted/{uid}"]
    assert resource_tables.calls_of("catalogs.delete") == ["POST /api/v2/catalogs"]
    assert resource_tables.calls_of("contacts.find_or_create") == [
        "GET /api/v4/contacts",
        "POST /api/v4/contacts",
    ]
