"""PHP bracket forms: ``a[b][0]=1`` to nested dicts and back, for query strings and urlencoded bodies.

Reading follows what PHP does with ``$_GET`` and ``$_POST``, because both ends of amoCRM are PHP: its webhooks
are written for such a reader, and its filters are read by one.
"""

from __future__ import annotations

import re
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
_ESCAPES: Final = re.compile("(?:%[0-9A-Fa-f]{2})+")
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
    node, parents = root, None
    for pair in raw.decode("utf-8", "replace").split("&"):
        name, _, value = pair.partition("=")
        place = _cached_place(name) if len(name) <= _LONGEST_CACHED_NAME else _place(name)
        if place is None:
            continue
        above, key = place
        if above is not parents:  # neighbours mostly share their parents, and a cached place its tuple
            if len(above) >= max_depth:
                raise _too_large("depth", max_depth)
            node = _descend(root, above, numbering)
            parents = None if None in above else above
        if key is None or numbering:
            key = numbering.key(node, key)
        node[key] = _decoded(value) if "%" in value else value.replace("+", " ")
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
        f"{_quoted(name, names)}={quote(value, safe=values)}"
        for key, item in mapping.items()
        for name, value in _pairs(str(key), item, number_all=escape_brackets)
    )


@lru_cache(maxsize=4096)
def _quoted(text: str, safe: str) -> str:
    """A name, escaped; those of our forms are few, and come again and again."""
    return quote(text, safe=safe)


class _Numbering(dict[int, tuple[dict[str, Any], int]]):
    """The next number of each array that had an ``[]``; holds the arrays so that their ids stay theirs."""

    def key(self, array: dict[str, Any], name: str | None) -> str:
        """The key for a name, or for an ``[]``, which takes the number after the greatest so far."""
        known = self.get(id(array))
        if name is None:
            following = (
                known[1] if known else max((int(key) + 1 for key in array if _is_index(key)), default=0)
            )
            self[id(array)] = (array, following + 1)
            return str(following)
        if known and _is_index(name) and int(name) >= known[1]:
            self[id(array)] = (array, int(name) + 1)
        return name


def _descend(root: dict[str, Any], above: _Path, numbering: _Numbering) -> dict[str, Any]:
    """The array at the end of a path; what is missing is made, and a scalar on the way gives way."""
    node = root
    for name in above:
        key = numbering.key(node, name) if name is None or numbering else name
        below = node.get(key, "")
        if below.__class__ is not dict:
            fresh: dict[str, Any] = {}
            below = node[key] = fresh
        node = below
    return node


def _place(raw: str) -> tuple[_Path, str | None] | None:
    """Where a name leads: the arrays above, and the key; ``None`` when the name counts for nothing."""
    path = _path(unquote_plus(raw))
    return (path[:-1], path[-1]) if path else None


def _path(decoded: str) -> _Path:
    """The keys in a name; ``None`` for ``[]``."""
    name = decoded.partition("\0")[0].lstrip(" ")
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


@lru_cache(maxsize=4096)
def _cached_place(raw: str) -> tuple[_Path, str | None] | None:
    """The same few hundred names come with every webhook. Only names are kept, never values."""
    place = _place(raw)
    return (_shared(place[0]), place[1]) if place else None


@lru_cache(maxsize=1024)
def _shared(path: _Path) -> _Path:
    """One tuple for equal paths, so that they can be compared by identity."""
    return path


def _decoded(value: str) -> str:
    """Decoded as by ``unquote_plus``, in half its time: letters other than Latin come as long runs."""
    return _ESCAPES.sub(_unescape, value.replace("+", " "))


def _unescape(run: re.Match[str]) -> str:
    return bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace")


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
