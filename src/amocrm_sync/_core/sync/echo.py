"""The echo ledger: what we wrote ourselves within the last day, by a fingerprint of each value.

Nothing is decided by it that the stored state can decide. It answers two questions that the state alone cannot: whether
a change that amoCRM reports was ours, and whether a list that shows an older value is merely behind our write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from amocrm_sync._core.sync.fields import flatten, plain
from amocrm_sync._core.sync.stored import Echo

KEPT_FOR = 86_400.0
"""Seconds that the ledger remembers a write."""
LAG = 30.0
"""Seconds within which a list may still show what was there before our write."""


def value_hash(value: Any) -> str:
    """A fingerprint that does not depend on notation: the order of keys, a number sent as text, blanks around it."""
    return hashlib.sha256(orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def echoes_of(entity: str, remote_id: str, fields: Mapping[str, Any], now: float) -> list[Echo]:
    """The ledger's rows of an acknowledged write."""
    return [
        Echo(entity=entity, remote_id=remote_id, field=path, value_hash=value_hash(value), written_at=now)
        for path, value in flatten(fields).items()
    ]


def is_own(
    ledger: Iterable[Echo], field: str, value: Any, changed_at: float, *, tolerance: float = 2.0
) -> bool:
    """Whether a reported change is the one that we made: the same field and value, at the moment of our write.

    A person who sets a value back later in the day makes the same change at another moment, so it is theirs.

    Args:
        ledger: Rows of the record.
        field: The field.
        value: What was reported to be there afterwards.
        changed_at: When amoCRM says that it happened, unix seconds.
        tolerance: Seconds by which the two moments may differ: amoCRM's seconds are whole, and an answer travels.
    """
    wanted = value_hash(value)
    return any(
        row.field == field and row.value_hash == wanted and abs(row.written_at - changed_at) <= tolerance
        for row in ledger
    )
