"""How commands speak: tables for people in a terminal, plain lines in a pipe, JSON when asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Protocol, cast

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

JSONOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

Row = Mapping[str, Any]
Styles = Mapping[str, Callable[[Row], str]]
"""Column → from a row to a style of rich, as ``"bold red"``; an empty string is none."""


class Meter(Protocol):
    """Where long work reports how far it is."""

    def update(self, name: str, count: int, fraction: float | None = None) -> None:
        """``count`` items of ``name`` are done, a fraction (0 to 1) of the work, if anybody can know."""
        ...


class Output:
    """One command's voice.

    Args:
        as_json: Tables become JSON, everything else is silent.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = Console(highlight=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a person is watching; pipes get plain lines."""
        return self.console.is_terminal

    def line(self, text: str = "") -> None:
        """Say one line; silent when the answer is JSON."""
        if not self.as_json:
            self.console.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Say what went wrong, on standard error, so that a table or JSON stays clean."""
        print(f"amocrm-sync: {text}", file=sys.stderr)

    def heading(self, text: str) -> None:
        """Begin a section."""
        if not self.as_json:
            self.console.print()
            self.console.print(text, style="bold", markup=False)

    def table(
        self,
        rows: Sequence[Row],
        columns: Sequence[str],
        *,
        empty: str = "nothing to show",
        styles: Styles | None = None,
    ) -> None:
        """Rows under column names; with ``--json`` one array of objects.

        Args:
            rows: Each row maps column names to values.
            columns: What to print, in order.
            empty: The line that stands for no rows.
            styles: Column → from a row to the colour of its cell in a terminal.
        """
        if self.as_json:
            self.json([{column: row.get(column) for column in columns} for row in rows])
        elif not rows:
            self.line(empty)
        elif self.is_terminal:
            self._rich_table(rows, columns, styles or {})
        else:
            self._plain_table(rows, columns)

    def json(self, value: Any) -> None:
        """Print one JSON value on one line."""
        sys.stdout.write(orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode() + "\n")

    @contextmanager
    def meter(self) -> Generator[Meter]:
        """A progress bar per kind of thing in a terminal, a line per finished kind elsewhere."""
        if self.as_json or not self.is_terminal:
            meter = _LineMeter(self)
            yield meter
            meter.finish()
            return
        columns = (TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[count]}"))
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, *times, console=self.console) as progress:
            yield _BarMeter(progress)

    def _rich_table(self, rows: Sequence[Row], columns: Sequence[str], styles: Styles) -> None:
        table = Table()
        for column in columns:
            numeric = all(isinstance(row.get(column), int | float) for row in rows)
            table.add_column(column, justify="right" if numeric else "left")
        for row in rows:
            table.add_row(
                *(
                    Text(as_text(row.get(column)), style=styles[column](row) if column in styles else "")
                    for column in columns
                )
            )
        self.console.print(table)

    def _plain_table(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        cells = [list(columns), *([as_text(row.get(column)) for column in columns] for row in rows)]
        widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
        for line in cells:
            self.line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def as_text(value: Any) -> str:
    """One cell: dates to the second, lists joined, nothing as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        return "; ".join(as_text(item) for item in items)
    return str(value)


class _BarMeter:
    """A rich progress bar per name."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def update(self, name: str, count: int, fraction: float | None = None) -> None:
        """Move the bar of ``name``; without a fraction it only shows that something happens."""
        total = None if fraction is None else 1.0
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, count=count)
        self._progress.update(self._tasks[name], completed=fraction or 0.0, total=total, count=count)


class _LineMeter:
    """One line per name, said when the next one begins."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._current: tuple[str, int] | None = None

    def update(self, name: str, count: int, fraction: float | None = None) -> None:  # noqa: ARG002 - a line has no bar
        """Remember how far ``name`` is."""
        if self._current and self._current[0] != name:
            self.finish()
        self._current = (name, count)

    def finish(self) -> None:
        """Say the last name's line."""
        if self._current:
            self._output.line(f"  {self._current[0]}: {self._current[1]}")
            self._current = None
