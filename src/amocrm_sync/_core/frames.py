"""Rows to a data frame, with whichever library is installed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from amocrm_sync.errors import ConfigurationError


def to_frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A pandas data frame, or a polars one where only that is installed.

    Raises:
        ConfigurationError: Neither is installed.
    """
    for name in ("pandas", "polars"):
        try:
            library = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        return library.DataFrame(list(rows))
    raise ConfigurationError('to_dataframe needs pandas or polars: pip install "amocrm-sync[pandas]"')
