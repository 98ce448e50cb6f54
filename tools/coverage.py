"""Which method serves which endpoint of the API: ``--check`` compares, without it docs/reference/coverage.md is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from amocrm_sync.testing.coverage import Covered, endpoints, problems, sdk_surface, survey
from amocrm_sync.testing.coverage_calls import REASONS, SDK_REASONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "coverage.md"
HEAD = """# Coverage of the API

Every endpoint of amoCRM's API, and the method that serves it. This page is written by `tools/coverage.py`, which really
sends each call to a transport that writes it down: a method that stopped sending what it says would fail the suite.
`python -m amocrm_sync.testing.coverage --json` prints the same for programs.

"""


def page(covered: Sequence[Covered]) -> str:
    """The page, as text."""
    return HEAD + "\n".join(_lines(covered)) + "\n"


def _lines(covered: Sequence[Covered]) -> Iterator[str]:
    every = endpoints()
    sdk = sdk_surface()["endpoints"]
    yield f"{len(covered)} of {len(every)} endpoints have a method, {len(REASONS)} a reason why not. Of the {len(sdk)} that the"
    yield f"official PHP SDK sends, {len(sdk) - len(SDK_REASONS)} are among them."
    methods = {row.id: row.method for row in covered}
    for group, rows in groupby(every, key=lambda endpoint: endpoint.id.partition(".")[0]):
        yield from ("", f"## {group}", "", "| Endpoint | Method |", "|---|---|")
        for endpoint in rows:
            served = (
                f"`{methods[endpoint.id]}`" if endpoint.id in methods else f"none: {REASONS[endpoint.id]}"
            )
            host = "" if endpoint.host == "account" else f" ({endpoint.host})"
            yield f"| `{endpoint.http} {endpoint.path}`{host} | {served} |"
    yield from (
        "",
        "## Sent by the official PHP SDK only",
        "",
        "| Endpoint | Why there is no method |",
        "|---|---|",
    )
    for line, reason in SDK_REASONS.items():
        yield f"| `{line}` | {reason} |"


def main(arguments: Sequence[str], target: Path = PAGE) -> int:
    """Write the page, or compare it; the exit code says whether all is well."""
    covered = survey()
    wrong = problems(covered)
    text = page(covered) if not wrong else ""
    if not wrong and "--check" in arguments:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            wrong.append(f"stale: {target.name}; run `python tools/coverage.py`")
    elif not wrong:
        target.write_text(text, encoding="utf-8")
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
