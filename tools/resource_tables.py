"""Fills the tables of methods in the reference: each method with the calls that it was really seen to send.

``python tools/resource_tables.py`` writes the pages, ``--check`` says which of them are out of step.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from amocrm_sync import AmoCRM, BatchResult
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._links import Linked
from amocrm_sync.models import Lead
from amocrm_sync.models.file import File
from amocrm_sync.testing.coverage import Recorder, endpoints
from amocrm_sync.testing.coverage_calls import CALLS, Row

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference" / "resources"
TABLE = re.compile(
    r"<!-- methods: (?P<roots>[\w. ]+) -->\n(?P<table>.*?)<!-- end of methods -->\n", re.DOTALL
)
DOWNLOAD = "https://drive-b.amocrm.ru/download/account/f-1/a.txt"
LOOKUPS = ("/api/v4/account", "/api/v4/{entity}/custom_fields")
"""What a call may ask for once and then keep: the address of the drive, the definitions of fields."""

USUAL = [
    "list",
    "get",
    "get_or_none",
    "get_many",
    "create",
    "create_many",
    "update",
    "update_many",
    "delete",
    "delete_many",
]
"""What most resources have, in the order of the tables."""

WAYS = {
    "get_or_none": (5,),
    "get_many": ([5],),
    "create_many": ([{"name": "x"}],),
    "update_many": ([{"id": 5, "name": "x"}],),
    "delete_many": ([5],),
}
"""Arguments of the methods that have no endpoint of their own."""

OWN = (
    Row("", "leads.hydrate", ([Lead.model_validate({"id": 5})],)),
    Row("", "leads.hydrate", ([Lead.model_validate({"id": 5, "_embedded": {"contacts": [{"id": 9}]}})],)),
    Row("", "leads.notes.create_many", ([{"entity_id": 5, "note_type": "common"}],)),
    Row("", "contacts.find", (), {"phone": "+79120000001"}),
    Row("", "contacts.find_or_create", (), {"phone": "+79120000001"}),
    Row("", "contacts.chats.link_many", ([{"contact_id": 5, "chat_id": "chat-1"}],)),
    Row("", "customers.transactions.create_many", (5, [{"price": 1}])),
    Row("", "customers.bonus_points.redeem", (5, 10)),
    Row("", "tasks.complete", (5,)),
    Row("", "catalogs.delete", (5,)),
    Row("", "catalogs.elements.get_or_none", (7, 5)),
    Row("", "catalogs.elements.get_many", (7, [5])),
    Row("", "catalogs.elements.create_many", (7, [{"name": "x"}])),
    Row("", "unsorted.get_or_none", ("ab12",)),
    Row("", "events.get_or_none", ("01ab",)),
    Row("", "calls.create_many", ([{"phone": "+7900"}],)),
    Row("", "short_links.create_many", ([{"url": "https://site.example", "metadata": {"entity_id": 5}}],)),
    Row("", "files.download", (File.model_validate({"uuid": "f-1", "download_url": DOWNLOAD}),)),
    Row("", "amojo.edit_message", ("c-1", "hello"), {"msgid": "m-1"}),
    Row("", "amojo.unreact", ({"id": "u-1"},), {"conversation_id": "c-1", "msgid": "m-1"}),
)
"""Calls of further methods; those with an endpoint of their own are in ``coverage_calls``."""


def filled(text: str) -> str:
    """A page with its tables as they have to be."""

    def table(found: re.Match[str]) -> str:
        rows = [line for root in found["roots"].split() for line in _lines(root)]
        head = "| Method | What it sends |\n|---|---|\n"
        return f"<!-- methods: {found['roots']} -->\n{head}{''.join(rows)}<!-- end of methods -->\n"

    return TABLE.sub(table, text)


def calls_of(method: str) -> list[str]:
    """What a method sends, e.g. ``["PATCH /api/v4/leads/{id}"]``.

    Raises:
        LookupError: Nobody said with which arguments to call it.
        AssertionError: It sent nothing that is an endpoint.
    """
    seen: dict[str, None] = {}
    for row in _rows(method):
        for http, path in _sent(row):
            seen[f"{http} {_template(http, path)}"] = None
    found = [line for line in seen if line.partition(" ")[2] not in LOOKUPS] or list(seen)
    if not found:
        raise AssertionError(f"{method}: it sent nothing")
    return found


def methods_of(root: str) -> list[str]:
    """The public methods of a resource, reading first; ``links`` are those that all cards share."""
    kind = Linked if root == "links" else type(resource(root))
    found: dict[str, None] = {}
    for owner in reversed(kind.__mro__):
        if root == "links" or owner is not Linked:
            found |= dict.fromkeys(name for name, value in vars(owner).items() if _is_method(name, value))
    found.pop("close" if root == "amojo" else "", None)  # ends the client of chats, and sends nothing
    return sorted(found, key=lambda name: USUAL.index(name) if name in USUAL else len(USUAL))


def resource(root: str, recorder: Recorder | None = None) -> Any:
    """The resource of that name, on a client whose server notes down what comes."""
    recorder = recorder or Recorder()
    amo = AmoCRM("demo", token="t", limiter=None, retry=None, http_client=recorder.client())  # noqa: S106 - no secret
    if root == "amojo":
        found: Any = amo.amojo("channel", "secret")
        recorder.sent.clear()  # it asks for the account first
        return found
    found = amo
    for name in root.split("."):
        found = getattr(found, name)
    return found


def parts_of(root: str) -> list[str]:
    """The resources that hang on a resource: ``notes`` of ``leads``."""
    kinds = type(resource(root)).__mro__
    return sorted(
        {name for kind in kinds for name, value in vars(kind).items() if isinstance(value, cached_property)}
    )


def _lines(root: str) -> Iterator[str]:
    for name in methods_of(root):
        method = f"{'leads' if root == 'links' else root}.{name}"
        if method not in LEADING:
            yield f"| `{method}` | {'<br>'.join(f'`{call}`' for call in calls_of(method))} |\n"


LEADING = ("catalogs.custom_fields", "catalogs.elements.files")
"""They send nothing: they lead to what one catalog has."""


def _is_method(name: str, value: Any) -> bool:
    return inspect.isfunction(value) and not name.startswith("_")


def _rows(method: str) -> Sequence[Row]:
    rows = [row for row in (*CALLS, *OWN) if row.method == method]
    if rows:
        return rows
    root, _, name = method.rpartition(".")
    alike = [row for row in CALLS if row.method == f"leads.{name}"]
    if name in WAYS and "elements" not in root:
        return [Row("", method, WAYS[name])]
    if alike:
        return [Row("", method, alike[0].args, alike[0].kwargs)]
    raise LookupError(f"{method}: give arguments for it in OWN")


def _sent(row: Row) -> list[tuple[str, str]]:
    recorder = Recorder()
    root, _, name = row.method.rpartition(".")
    result = getattr(resource(root, recorder), name)(*row.args, **row.kwargs)
    if isinstance(result, Pager):
        result.first()
    elif isinstance(result, BatchResult):
        result.raise_for_failures()
    return recorder.sent


def _template(http: str, path: str) -> str:
    """The path with names for its ids: that of the endpoint which says the most of it."""
    known = [item.path for item in endpoints() if item.is_reached_by(http, path)]
    if not known:
        return "/download/{account}/{uuid}/{name}" if path in DOWNLOAD else path
    return min(known, key=lambda found: (found.count("{"), -len(found)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or check them; 1 where one is out of step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    stale = 0
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (new := filled(text)) != text:
            stale += 1
            print(
                f"{page.name}: {'out of step, run python tools/resource_tables.py' if is_check else 'written'}"
            )
            if not is_check:
                page.write_text(new, encoding="utf-8")
    return 1 if is_check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
