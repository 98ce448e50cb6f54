"""Fills the table of routes and roles in the reference, from the table that the handlers route by.

``python tools/route_tables.py`` writes the page, ``--check`` says whether it is out of step.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from amocrm_sync.handlers import CRMHandlers, Group, Role, Route

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "routes.md"
TABLE = re.compile(r"<!-- routes: (?P<group>\w+) -->\n.*?<!-- end of routes -->\n", re.DOTALL)
ROLES = (Role.ADMIN, Role.USER, Role.GUEST, Role.SERVICE)
HEAD = "| Route | What it does | admin | user | guest | service |\n|---|---|---|---|---|---|\n"


def filled(text: str) -> str:
    """The page with its tables as they have to be."""
    handlers = CRMHandlers()

    def table(found: re.Match[str]) -> str:
        rows = "".join(
            line(route, handlers.router.path_of(route))
            for route in handlers.router.routes
            if route.group is Group(found["group"])
        )
        return f"<!-- routes: {found['group']} -->\n{HEAD}{rows}<!-- end of routes -->\n"

    return TABLE.sub(table, text)


def line(route: Route, path: str) -> str:
    """One row."""
    marks = ["public"] * 4 if route.is_public else ["yes" if role in route.roles else "no" for role in ROLES]
    notes = [route.summary]
    if route.development:
        notes.append("*Development only.*")
    if route.rate is not None:
        notes.append(f"*Limited: {route.rate.value}.*")
    return f"| `{route.method} {path}` | {' '.join(notes)} | {' | '.join(marks)} |\n"


def main(arguments: list[str]) -> int:
    """Write or check; the exit code says whether all is in step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args(arguments).check
    text = PAGE.read_text(encoding="utf-8")
    wanted = filled(text)
    if text == wanted:
        return 0
    if check:
        print(f"stale: {PAGE.name}; run `make generate`", file=sys.stderr)
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
