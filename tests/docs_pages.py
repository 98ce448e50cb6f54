"""Code blocks of Markdown pages, with the lines they stand on."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)(?: +title=\"(?P<file>[^\"]+)\")?[^\n]*$")
NO_RUN = re.compile(r"^ *<!-- no-run: (?P<reason>\S.*) -->$")


@attrs.frozen
class Block:
    """One fenced block.

    Attributes:
        language: The word after the fence, e.g. ``python``.
        text: The code.
        line: The line of the page that its first line of code stands on.
        reason: Why it is not run, or ``None``.
        file: The file that the reader saves it as (``title="app.py"``), or ``None``.
    """

    language: str
    text: str
    line: int
    reason: str | None = None
    file: str | None = None

    def compile(self, page: Path) -> object:
        """The block as code whose tracebacks point into the page."""
        return compile("\n" * (self.line - 1) + self.text, str(page), "exec", dont_inherit=True)

    @property
    def commands(self) -> list[str]:
        """The command lines of a console block: what follows ``$``, with the lines that continue it."""
        text = self.text.replace("\\\n", " ")
        return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def blocks(text: str) -> list[Block]:
    """Every fenced block of a page, in order.

    Raises:
        ValueError: A fence is not closed, or a no-run mark has no Python or console block after it.
    """
    found: list[Block] = []
    lines = text.split("\n")
    reason: str | None = None
    number = 0
    while number < len(lines):
        mark = NO_RUN.match(lines[number])
        fence = FENCE.match(lines[number])
        number += 1
        if mark:
            reason = mark["reason"]
        elif fence:
            end = _closing(lines, number, fence["indent"])
            cut = len(fence["indent"])
            code = "\n".join(line[cut:] for line in lines[number:end]) + "\n"
            found.append(Block(fence["language"], code, number + 1, reason, fence["file"]))
            number, reason = end + 1, None
        elif reason and lines[number - 1].strip():
            raise ValueError(f"line {number}: a no-run mark stands right above its block")
    return found


def _closing(lines: list[str], start: int, indent: str) -> int:
    for index in range(start, len(lines)):
        if lines[index].rstrip() == f"{indent}```":
            return index
    raise ValueError(f"line {start}: the fence is not closed")
