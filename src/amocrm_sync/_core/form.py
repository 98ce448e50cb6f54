"""PHP bracket forms: ``a[b][0]=1`` to nested dicts and back, for query strings and urlencoded bodies.

Reading follows what PHP does with ``$_GET`` and ``$_POST``, because both ends of amoCRM are PHP: its webhooks
are written for such a reader, and its filters are read by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import quote, unquote_plus

from amocrm_sync.errors import AmoCRMError

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 16
MAX_PAIRS: Final = 50_000

_Path: TypeAlias = tuple[str | None, ...]

_LONGEST_CACHED_NAME: Final = 256
_LONGEST_INDEX: Final = 18  # more digits than this are a name for PHP as well: they overflow its integers
_NO_KEY: Final = frozenset(["", *" \t\n\r\v\f"])
_IN_HEAD: Final = str.maketrans(" .", "__")
_IN_BROKEN_NAME: Final = str.maketrans(" .[", "___")


class FormTooLarge(AmoCRMError):  # noqa: N818 - says what is the matter, like its siblings
    """A form is larger than its reader allows; nothing of it was kept.

    Attributes:
        limit: Which limit: ``bytes``, ``pairs`` or ``depth`` (levels; ``a[b]`` has two).
        allowed: The limit's figure.
    """

    limit: Literal["bytes", "pairs", "depth"]
    allowed: int


def parse_brackets(
    data: bytes | str,
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_pairs: int = MAX_PAIRS,
) -> dict[str, Any]:
    """Read a urlencoded form as PHP does; no content is refused, only size.

    Every level is a dict with the keys as strings, as sent; every value is a string. ``a[]=1&a[]=2`` gives
    ``{"a": {"0": "1", "1": "2"}}`` (see :func:`as_list`). The last of two equal keys wins, and so does the
    later of a scalar and an array under one name. What follows a closed bracket is dropped (``a[b]c`` is
    ``a[b]``); in a name whose first bracket is never closed, and before the first bracket, spaces, dots and
    brackets become ``_``; a pair without a name is dropped. Bytes that are no UTF-8 become U+FFFD.

    Raises:
        FormTooLarge: More bytes, pairs or levels than allowed.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    if len(raw) > max_bytes:
        raise _too_large("bytes", max_bytes)
    if raw.count(b"&") >= max_pairs:
        raise _too_large("pairs", max_pairs)
    root: dict[str, Any] = {}
    numbering = _Numbering()
    for pair in raw.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        path = _cached_path(name) if len(name) <= _LONGEST_CACHED_NAME else _path(name)
        if len(path) > max_depth:
            raise _too_large("depth", max_depth)
        if path:
            _put(root, path, _decoded(value), numbering)
    return root


def as_list(value: Any) -> list[Any]:
    """A list from any of the ways in which a list is sent.

    ``{"0": a, "1": b}`` and ``[a, b]`` give ``[a, b]``, in the order of the numbers and whatever gaps they
    have; a scalar, or a dict with other keys, gives a list of that one value; ``None`` gives ``[]``. Do not
    use it on a map whose keys happen to be ids.
    """
    if value is None:
        return []
    if isinstance(value, list):
        return cast("list[object]", value)
    if not isinstance(value, dict):
        return [value]
    items = cast("dict[str, Any]", value)
    if all(map(_is_index, items)):
        return [items[key] for key in sorted(items, key=int)]
    return [items]


def encode_brackets(mapping: Mapping[str, Any], *, escape_brackets: bool) -> str:
    """Write nested dicts and lists as a bracket form.

    ``None`` and empty collections are left out: a filter that must match nothing is the caller's business.
    ``True`` is ``1``, ``False`` is ``0``, an aware datetime is unix seconds. A key may hold brackets of its
    own (``"filter[updated_at][from]"``).

    Args:
        mapping: What to write; values are str, int, float, Decimal, bool, datetime, enum, or dicts and
            lists of them.
        escape_brackets: ``False`` is for query strings: brackets and commas stand as they are, a list of
            scalars is ``id[]=1&id[]=2``. ``True`` is for bodies: everything is escaped, lists are numbered.

    Raises:
        TypeError: A value has no place in a form; the message names its key.
        ValueError: A datetime has no timezone; the message names its key.
    """
    names, values = ("", "") if escape_brackets else ("[]", ",")
    return "&".join(
        f"{quote(name, safe=names)}={quote(value, safe=values)}"
        for key, item in mapping.items()
        for name, value in _pairs(str(key), item, number_all=escape_brackets)
    )


class _Numbering:
    """The next number of each array that had an ``[]``; holds the arrays so that their ids stay theirs."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next: dict[int, tuple[dict[str, Any], int]] = {}

    def key(self, array: dict[str, Any]) -> str:
        """The key that ``[]`` stands for in this array."""
        known = self._next.get(id(array))
        number = known[1] if known else max((int(key) + 1 for key in array if _is_index(key)), default=0)
        self._next[id(array)] = (array, number + 1)
        return str(number)

    def note(self, array: dict[str, Any], key: str) -> None:
        """A number was given by name: ``[]`` goes on after it."""
        known = self._next.get(id(array))
        if known and _is_index(key) and int(key) >= known[1]:
            self._next[id(array)] = (array, int(key) + 1)

    def __bool__(self) -> bool:
        return bool(self._next)


def _put(root: dict[str, Any], path: _Path, value: str, numbering: _Numbering) -> None:
    node = root
    last = len(path) - 1
    for level, name in enumerate(path):
        if name is None:
            key = numbering.key(node)
        else:
            key = name
            if numbering:
                numbering.note(node, key)
        if level == last:
            node[key] = value
            return
        below = node.get(key, "")
        if below.__class__ is not dict:
            fresh: dict[str, Any] = {}
            below = node[key] = fresh
        node = below


def _path(raw: str) -> _Path:
    """The keys that a name leads through; ``None`` for ``[]``; empty when the name counts for nothing."""
    name = unquote_plus(raw).partition("\0")[0].lstrip(" ")
    head, bracket, rest = name.partition("[")
    if not head:
        return ()
    if not bracket:
        return (head.translate(_IN_HEAD),)
    if "]" not in rest:
        return (name.translate(_IN_BROKEN_NAME),)
    path: list[str | None] = [head.translate(_IN_HEAD)]
    start = 0
    while (end := rest.find("]", start)) >= 0:
        key = rest[start:end]
        path.append(None if key in _NO_KEY else key)
        if rest[end + 1 : end + 2] != "[":
            break
        start = end + 2
    return tuple(path)


# The same few hundred names come with every webhook. Only names are kept, never values, and no long ones.
_cached_path = lru_cache(maxsize=4096)(_path)


def _decoded(value: str) -> str:
    if "%" in value:
        return unquote_plus(value)
    return value.replace("+", " ") if "+" in value else value


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _LONGEST_INDEX and (key[0] != "0" or key == "0")


def _too_large(limit: Literal["bytes", "pairs", "depth"], allowed: int) -> FormTooLarge:
    return FormTooLarge(f"the form has more than {allowed} {limit}", limit=limit, allowed=allowed)


def _pairs(name: str, value: Any, *, number_all: bool) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[object, object]", value).items():
            yield from _pairs(f"{name}[{key}]", item, number_all=number_all)
    elif isinstance(value, list | tuple | set | frozenset | range):
        items = list(cast("list[object]", value))
        base = name.removesuffix("[]")
        numbered = number_all or any(isinstance(item, Mapping | list | tuple) for item in items)
        for index, item in enumerate(items):
            yield from _pairs(f"{base}[{index}]" if numbered else f"{base}[]", item, number_all=number_all)
    elif value is not None:
        yield name, _scalar(name, value)


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Enum):
        return _scalar(name, value.value)
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name}: the datetime has no timezone; give it one, e.g. tzinfo=UTC")
        return str(int(value.timestamp()))
    hint = "; give a datetime with a timezone" if isinstance(value, date) else ""
    raise TypeError(f"{name}: a {type(value).__name__} cannot go into a form{hint}")
