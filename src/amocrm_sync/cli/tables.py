"""Spooled records into the file that was asked for. It appears whole or not at all."""

from __future__ import annotations

import csv
import importlib
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from amocrm_sync import ConfigurationError
from amocrm_sync._core.tabular import Kind, Layout
from amocrm_sync.cli.spool import Spool
from amocrm_sync.models import Model, parse_rows

Timezone = Callable[[], tzinfo | None]
Writer = Callable[[Spool, Path, type[Model], Timezone], int]

BATCH = 1000
"""Records that are in memory at a time."""


def write_jsonl(spool: Spool, out: Path, _model: type[Model], _timezone: Timezone) -> int:
    """Records as the API gave them, one a line."""
    with _whole(out) as target:
        shutil.copyfile(spool.path, target)
    return spool.rows


def write_csv(spool: Spool, out: Path, model: type[Model], timezone: Timezone) -> int:
    """One column a field; UTF-8 with a mark that tells Excel so, times in ISO 8601."""
    with _whole(out) as target, target.open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        layout = _layout(spool, model)
        table.writerow(layout.columns)
        for rows in _batches(spool, model, layout, timezone):
            table.writerows([_csv_cell(cell) for cell in row.values()] for row in rows)
    return spool.rows


def write_parquet(spool: Spool, out: Path, model: type[Model], timezone: Timezone) -> int:
    """One typed column a field."""
    arrow, parquet = _pyarrow()
    layout = _layout(spool, model)
    schema = arrow.schema([(name, _arrow_type(arrow, kind)) for name, kind in layout.columns.items()])
    with _whole(out) as target, parquet.ParquetWriter(target, schema) as writer:
        for rows in _batches(spool, model, layout, timezone):
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
    return spool.rows


WRITERS: dict[str, Writer] = {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}


def _records(spool: Spool, model: type[Model]) -> Iterator[list[Model]]:
    lines = iter(spool)
    while batch := list(islice(lines, BATCH)):
        yield parse_rows([orjson.loads(line) for line in batch], model)


def _layout(spool: Spool, model: type[Model]) -> Layout:
    """The columns that hold every record."""
    layout = Layout()
    layout.add(model())
    for records in _records(spool, model):
        for record in records:
            layout.add(record)
    return layout


def _batches(
    spool: Spool, model: type[Model], layout: Layout, timezone: Timezone
) -> Iterator[list[dict[str, Any]]]:
    zone = (timezone() if layout.needs_timezone else None) or UTC
    for records in _records(spool, model):
        yield [layout.row(record, zone) for record in records]


def _csv_cell(cell: Any) -> Any:
    """A cell as text; what a spreadsheet would run as a formula is marked as text by an apostrophe."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().-]*$)")
"""What a spreadsheet would run; a phone or a number is none of it."""


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise ConfigurationError(
            '--format parquet needs pyarrow: pip install "amocrm-sync[parquet]"'
        ) from None


def _arrow_type(arrow: Any, kind: Kind) -> Any:
    types: dict[Kind, Any] = {
        "int": arrow.int64(),
        "float": arrow.float64(),
        "bool": arrow.bool_(),
        "datetime": arrow.timestamp("us", tz="UTC"),
        "date": arrow.date32(),
        "text": arrow.string(),
    }
    return types[kind]


@contextmanager
def _whole(out: Path) -> Generator[Path]:
    """A path beside ``out`` that is renamed over it if all goes well, and removed if not."""
    beside = out.with_name(f".{out.name}.new")
    try:
        yield beside
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
