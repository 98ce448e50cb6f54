"""Which store of tokens a command works on: a flag, or the environment."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from amocrm_sync._environment import KINDS

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="AMOCRM_TOKEN_STORE",
        help=f"Where tokens are kept: {KINDS}. The environment is safer for an address with a password.",
    ),
]


class BrokenStore:
    """Stands for a store that could not be opened, for the one who looks for the cause: every use raises it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def load(self, *_: Any, **__: Any) -> Any:
        """Fails."""
        raise self._error

    swap = delete = lease = load
