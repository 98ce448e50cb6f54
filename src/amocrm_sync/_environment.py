"""What the environment says of the tokens: where they are kept, and which keys encrypt them. For clients and commands alike."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

from amocrm_sync.errors import ConfigurationError

KINDS = "a file, sqlite:///amo.db, postgresql://user@host/database, or redis://host:6379/0"

_TOKEN_FILE = "amocrm-tokens.json"  # noqa: S105 - a file name
_SQL = ("sqlite", "postgresql", "postgres")
_REDIS = ("redis", "rediss", "unix")


def variable(name: str, *, alternative: str | None = None) -> str:
    """A variable that must be there.

    Raises:
        ConfigurationError: It is not; the message names it, and what would do instead.
    """
    value = os.environ.get(name)
    if not value:
        also = f" (or {alternative})" if alternative else ""
        raise ConfigurationError(f"{name}{also} is not set in the environment")
    return value


def token_place() -> str:
    """Where tokens are kept: ``AMOCRM_TOKEN_STORE``, else the file ``AMOCRM_TOKEN_FILE``."""
    return os.environ.get("AMOCRM_TOKEN_STORE") or os.environ.get("AMOCRM_TOKEN_FILE") or _TOKEN_FILE


def token_keys() -> list[str]:
    """The keys of ``AMOCRM_TOKEN_KEYS``, the newest first; none where tokens are kept as they are."""
    return [key.strip() for key in os.environ.get("AMOCRM_TOKEN_KEYS", "").split(",") if key.strip()]


def kind_of(place: str) -> str:
    """``file``, ``sql`` or ``redis``: the kind of store is the scheme, and what has none is a file.

    Raises:
        ConfigurationError: There is no such kind of store.
    """
    scheme = place.partition(":")[0].partition("+")[0] if "://" in place else "file"
    if scheme == "file":
        return "file"
    if scheme in _SQL or scheme in _REDIS:
        return "sql" if scheme in _SQL else "redis"
    raise ConfigurationError(
        f"--store, AMOCRM_TOKEN_STORE: {scheme!r} is no kind of token store: name {KINDS}"
    )


def file_path(place: str) -> str:
    """The path of a store that is a file."""
    return place.removeprefix("file://")


@contextmanager
def expecting_extra(name: str) -> Generator[None]:
    """What is imported or made in this block needs the extra ``name``.

    Raises:
        ConfigurationError: It is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            f'a store on {name} needs an optional dependency: pip install "amocrm-sync[{name}]"'
        ) from error
