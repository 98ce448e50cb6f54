"""Records to a data frame, with whichever library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import Any

from amocrm_sync._core.tabular import Kind, Layout
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models._base import Model

LIBRARIES = ("pandas", "polars")

_PANDAS: dict[Kind, str] = {
    "int": "Int64",
    "float": "Float64",
    "bool": "boolean",
    "datetime": "datetime64[us, UTC]",
    "date": "object",
    "text": "object",
}


def to_frame(
    records: Iterable[Model], layout: Layout, *, timezone: tzinfo = UTC, library: str | None = None
) -> Any:
    """A pandas data frame, or a polars one where only that is installed or it is asked for.

    Columns have types of their own, so that an empty column is no surprise and a number stays one beside a gap.

    Raises:
        ConfigurationError: Neither library is installed, or not the one that is asked for.
    """
    if library is not None and library not in LIBRARIES:
        raise ConfigurationError(f"library: one of {', '.join(LIBRARIES)} is needed, not {library!r}")
    rows = [layout.row(record, timezone) for record in records]
    columns = {name: [row[name] for row in rows] for name in layout.columns}
    for name in LIBRARIES if library is None else (library,):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        return (_pandas if name == "pandas" else _polars)(module, columns, layout.columns)
    wanted = library or "pandas"
    raise ConfigurationError(
        f'to_dataframe needs {library or "pandas or polars"}: pip install "amocrm-sync[{wanted}]"'
    )


def _pandas(pandas: Any, columns: dict[str, list[Any]], kinds: dict[str, Kind]) -> Any:
    made = {name: pandas.Series(values, dtype=_PANDAS[kinds[name]]) for name, values in columns.items()}
    return pandas.DataFrame(made)


def _polars(polars: Any, columns: dict[str, list[Any]], kinds: dict[str, Kind]) -> Any:
    types: dict[Kind, Any] = {
        "int": polars.Int64,
        "float": polars.Float64,
        "bool": polars.Boolean,
        "datetime": polars.Datetime("us", "UTC"),
        "date": polars.Date,
        "text": polars.String,
    }
    return polars.DataFrame(columns, schema={name: types[kind] for name, kind in kinds.items()})
