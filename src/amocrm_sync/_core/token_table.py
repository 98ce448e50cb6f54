"""Token records and leases in memory, and their text form: what the memory store and the file store have in common."""

from __future__ import annotations

from typing import Any

import attrs
import orjson

from amocrm_sync._core.shapes import json_object
from amocrm_sync._core.tokens import TokenKey, TokenRecord

FORMAT = "amocrm-sync tokens"
FORMAT_VERSION = 1


@attrs.frozen
class LeaseRow:
    """Who may refresh, and until when (unix seconds)."""

    holder: str
    until: float


@attrs.frozen
class TokenTable:
    """All records and leases of one store. Not safe for threads by itself: its owner locks."""

    records: dict[TokenKey, TokenRecord] = attrs.field(factory=dict[TokenKey, TokenRecord])
    leases: dict[TokenKey, LeaseRow] = attrs.field(factory=dict[TokenKey, LeaseRow])

    def swap(self, key: TokenKey, old_version: int | None, new: TokenRecord) -> bool:
        """Store ``new`` if the stored version is ``old_version``."""
        current = self.records.get(key)
        if (None if current is None else current.version) != old_version:
            return False
        self.records[key] = new
        return True

    def delete(self, key: TokenKey) -> bool:
        """Forget a record; whether there was one."""
        return self.records.pop(key, None) is not None

    def take(self, key: TokenKey, row: LeaseRow, now: float) -> bool:
        """Take the lease, unless somebody has it. Leases that have run out are dropped."""
        for other, held in list(self.leases.items()):
            if held.until <= now:
                del self.leases[other]
        if key in self.leases:
            return False
        self.leases[key] = row
        return True

    def holds(self, key: TokenKey, holder: str, now: float) -> bool:
        """Whether the lease is this holder's and has not run out."""
        row = self.leases.get(key)
        return row is not None and row.holder == holder and row.until > now

    def give_back(self, key: TokenKey, holder: str) -> bool:
        """End the lease if it is this holder's; whether it was."""
        row = self.leases.get(key)
        if row is None or row.holder != holder:
            return False
        del self.leases[key]
        return True

    def to_bytes(self) -> bytes:
        """The text form, secrets included."""
        tokens = [{**attrs.asdict(key), "record": record.to_dict()} for key, record in self.records.items()]
        leases = [{**attrs.asdict(key), **attrs.asdict(row)} for key, row in self.leases.items()]
        document = {"format": FORMAT, "version": FORMAT_VERSION, "tokens": tokens, "leases": leases}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_bytes(cls, text: bytes) -> TokenTable:
        """The table that :meth:`to_bytes` wrote.

        Raises:
            ValueError: The text is anything else; the message says what, without quoting it.
        """
        document = json_object(text)
        if document.get("format") != FORMAT:
            raise ValueError("it is empty" if not text.strip() else "it is not the JSON of a token file")
        version = document.get("version")
        if version != FORMAT_VERSION:
            known = f"version {version}" if isinstance(version, int) else "an unknown version"
            raise ValueError(f"it is of {known}, this library reads {FORMAT_VERSION}")
        try:
            return cls(
                {_key(row): _record(row["record"]) for row in document["tokens"]},
                {_key(row): LeaseRow(str(row["holder"]), float(row["until"])) for row in document["leases"]},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"a row of it is damaged ({type(error).__name__})") from None


def _key(row: dict[str, Any]) -> TokenKey:
    parts = [row[name] for name in ("client_id", "account", "owner")]
    if not all(isinstance(part, str) for part in parts):
        raise TypeError("a key is text")
    return TokenKey(*parts)


def _record(data: dict[str, Any]) -> TokenRecord:
    record = TokenRecord.from_dict(data)
    refresh_ok = record.refresh_token is None or isinstance(record.refresh_token, str)
    if not isinstance(record.access_token, str) or not refresh_ok or type(record.version) is not int:
        raise TypeError("a token is text and a version is a whole number")
    return record
