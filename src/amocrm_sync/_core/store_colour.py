"""A sync client needs a sync store, an async client an async one: said at once, not as "coroutine was never awaited"."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import Any

from amocrm_sync.errors import ConfigurationError

_METHODS = ("load", "swap", "delete", "lease")


def expect_store(store: Any, wanted: str) -> Any:
    """The store, if it is of the colour that ``wanted`` names (``TokenStore`` or ``AsyncTokenStore``).

    Raises:
        ConfigurationError: It is no token store, or of the other colour; the message names the right one.
    """
    name = type(store).__name__
    missing = [method for method in _METHODS if not callable(getattr(store, method, None))]
    if missing:
        raise ConfigurationError(
            f"store: {name} is not a token store (it has no {', '.join(missing)}); "
            f"use e.g. {_twin('FileTokenStore', wanted)}('tokens.json') from amocrm_sync.stores"
        )
    is_async = any(iscoroutinefunction(getattr(store, method)) for method in _METHODS)
    if is_async is not wanted.startswith("Async"):
        colours = ("async", "sync") if is_async else ("sync", "async")
        raise ConfigurationError(
            f"store: {name} is {colours[0]}, and this client is {colours[1]}; use {_twin(name, wanted)}"
        )
    return store


def _twin(name: str, wanted: str) -> str:
    """The name of the same store in the wanted colour."""
    bare = name.removeprefix("Async")
    return f"Async{bare}" if wanted.startswith("Async") else bare
