"""Copies on phones and in panels: what a device may see, and the signed place up to which it has seen it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs
import orjson

from amocrm_sync._core.entities import ALIASES, ENTITIES, entity_named
from amocrm_sync._core.shapes import is_set
from amocrm_sync._core.sync.local import LocalRecord, check_filter
from amocrm_sync._core.sync.projections import columns
from amocrm_sync._core.sync.records import digest
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync.errors import ConfigurationError, MustRefetch

EVERYTHING: Final = "*"
TOMBSTONES_KEPT: Final = 90 * 86_400.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SCOPE_BYTES = 1000
"""A longer scope is not carried in a cursor: a device whose rights change then fetches everything again."""

Filters = Mapping[str, Mapping[str, Any]]
"""Rights: entity → filter by columns of its table (``{}``: all of it); ``*`` for entities that are not named.
An entity that no key covers is not seen at all."""

OnLocalDelete = Callable[[LocalRecord], Mapping[str, Any] | None]
"""Gives the edit that a deletion here makes in amoCRM, whose API deletes nothing; ``None`` for none."""


def tag_deleted(name: str) -> OnLocalDelete:
    """A rule for deletions: the row gets a tag in amoCRM."""
    return lambda _: {"tags_to_add": [{"name": name}]}


def close_deleted(status_id: int = 143) -> OnLocalDelete:
    """A rule for deletions: a lead is closed in amoCRM (as lost, by default); other entities stay as they are."""
    return lambda record: {"status_id": status_id} if record.entity == "leads" else None


@attrs.frozen(kw_only=True)
class OfflineRules:
    """What a host decides about devices.

    Attributes:
        scope: What a user may see: given the user, an entity → filter mapping as in :data:`Filters`; ``None`` for
            everything.
        key: Signs cursors; by default one is made and kept in the store.
        kept: Seconds for which a device may stay away before it has to fetch everything again.
        schema: The host's own number of what its devices understand; raise it to make them fetch everything again.
    """

    scope: Callable[[str], Filters | None] | None = None
    key: bytes | None = attrs.field(default=None, repr=False)
    kept: float = attrs.field(default=TOMBSTONES_KEPT, validator=attrs.validators.gt(0))
    schema: int = 1

    def scope_of(self, user: str) -> Scope:
        """What a user may see.

        Raises:
            ConfigurationError: The host's function names an entity or a column that does not exist.
        """
        return Scope.of(None if self.scope is None else self.scope(user))


@attrs.frozen
class Scope:
    """What somebody may see. ``filters`` is ``None`` for everything."""

    filters: Filters | None

    @classmethod
    def of(cls, given: Filters | None) -> Scope:
        """A scope from what the host's function gives.

        Raises:
            ConfigurationError: It names an entity or a column that does not exist.
        """
        if given is None:
            return cls(None)
        filters: dict[str, dict[str, Any]] = {}
        for name, wanted in given.items():
            entity = ALIASES.get(name, name)
            if entity != EVERYTHING and entity not in ENTITIES:
                raise ConfigurationError(f"scope: {name!r} is no entity; known are *, {', '.join(ENTITIES)}")
            for covered in ENTITIES if entity == EVERYTHING else (entity,):
                if wanted and (entity != EVERYTHING or covered not in given):
                    check_filter(ENTITIES[covered], wanted)
            filters[entity] = {
                column: sorted(value, key=str) if is_set(value) else value for column, value in wanted.items()
            }
        return cls(filters)

    @property
    def hash(self) -> str:
        """Equal scopes have equal hashes."""
        return "all" if self.filters is None else digest(self.filters)[:12]

    def filter_for(self, entity: str) -> Mapping[str, Any] | None:
        """The filter of an entity's visible records; ``None`` where it has none."""
        if self.filters is None:
            return {}
        return self.filters.get(entity, self.filters.get(EVERYTHING))

    def allows(self, stored: Stored) -> bool:
        """Whether a record is visible, deleted or not."""
        wanted = self.filter_for(stored.record.entity)
        return wanted is not None and all(
            stored.row.get(name) in value
            if isinstance(value, list | tuple)
            else stored.row.get(name) == value
            for name, value in wanted.items()
        )


@attrs.frozen(kw_only=True)
class Place:
    """Where a device stands: in its snapshot, in a change of its rights, or behind both.

    Attributes:
        epoch: The data's epoch.
        version: Every change up to this one is contained.
        scope: The rights under which it reads, by hash.
        filters: The same, where they are short enough to be carried along.
        schema: Fingerprint of the shape of rows.
        issued: When, unix seconds.
        entities: The device's entities; empty for all.
        client: The device.
        at: ``(place of the entity, uid)`` up to which a walk over records has come; ``None`` for no walk.
        before: The filters under which it read before its rights changed, as :attr:`Scope.filters`; with ``at`` only.
        shifting: The walk is for a change of rights; else it is the snapshot.
        origin: The version from which a run of pages began: what was created after it is new to the device, also if
            it was changed again within the run.
    """

    epoch: str
    version: int
    scope: str
    filters: Any = None
    schema: str
    issued: float
    entities: tuple[str, ...] = ()
    client: str | None = None
    at: tuple[int, str] | None = None
    before: Any = None
    shifting: bool = False
    origin: int | None = None

    @property
    def known_scope(self) -> Scope | None:
        """The rights under which the device has read, where they are known still."""
        if self.scope == "all":
            return Scope(None)
        return None if self.filters is None else Scope(self.filters)

    def under(self, scope: Scope) -> Place:
        """The same place under those rights."""
        fits = scope.filters is not None and len(orjson.dumps(scope.filters)) <= _SCOPE_BYTES
        return attrs.evolve(self, scope=scope.hash, filters=scope.filters if fits else None)


def sealed(place: Place, key: bytes) -> str:
    """The place as a device carries it: readable, but signed."""
    slim = {
        name: value
        for name, value in attrs.asdict(place, recurse=False).items()
        if value is not None and value is not False and value != ()
    }
    body = orjson.dumps(slim)
    return f"{_text(body)}.{_text(_signature(body, key))}"


def opened(token: str, key: bytes) -> Place:
    """The inverse.

    Raises:
        ConfigurationError: It is no cursor at all.
        MustRefetch: It was signed with another key (that of a store which is lost, for one), or by another release.
    """
    body, _, signature = token.partition(".")
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (binascii.Error, ValueError):
        raise _no_cursor() from None
    if not raw or not given:
        raise _no_cursor()
    if not hmac.compare_digest(given, _signature(raw, key)):
        raise refetch("the cursor is of another store", "")
    fields = orjson.loads(raw)
    for name in ("entities", "at"):
        if name in fields:
            fields[name] = tuple(fields[name])
    try:
        return Place(**fields)
    except TypeError:
        raise refetch("the cursor is of another release", "") from None


def check_place(
    place: Place, *, epoch: str, schema: str, head: int, now: float, kept: float, pruned: int = 0
) -> None:
    """Hold a device's place against the data; ``pruned`` is the version up to which deletions are forgotten.

    Raises:
        MustRefetch: Its copy is void; the message says why.
    """
    reason = None
    if place.epoch != epoch or place.version > head:
        reason = "the data were reset or restored"
    elif place.schema != schema:
        reason = "rows have another shape now"
    elif now - place.issued > kept or place.version < pruned:
        reason = "the device was away for too long: deletions of that time are forgotten"
    if reason is not None:
        raise refetch(reason, epoch)


def refetch(reason: str, epoch: str) -> MustRefetch:
    """The error that tells a device to begin anew."""
    return MustRefetch(f"{reason}; fetch everything again, from initial on", new_epoch=epoch)


def schema_of(entities: Iterable[str], host_columns: Callable[[str], Iterable[str]], number: int) -> str:
    """A fingerprint of the shape of rows: the columns of every entity, and the host's number."""
    shape = {name: [*columns(name), *host_columns(name)] for name in entities}
    return digest({"columns": shape, "number": number})[:8]


def named(entities: Iterable[str]) -> tuple[str, ...]:
    """Entities by their names or aliases, in the table's order.

    Raises:
        ConfigurationError: A name is none.
    """
    try:
        wanted = {entity_named(name).name for name in entities}
    except KeyError as error:
        raise ConfigurationError(f"entities: {error.args[0]}") from None
    return tuple(name for name in ENTITIES if name in wanted)


def check_id(name: str, value: str) -> None:
    """Refuse an id of a device's own that is none.

    Raises:
        ConfigurationError: Says what one looks like.
    """
    if not _ID.fullmatch(value):
        raise ConfigurationError(f"{name}: 1 to 64 letters, digits, - or _, not {value[:80]!r}")


def make_key(random: Callable[[], float]) -> str:
    """A new key for signing, as hexadecimal text; as good as the randomness that it is given."""
    return bytes(int(random() * 256) for _ in range(32)).hex()


def _signature(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()[:16]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _no_cursor() -> ConfigurationError:
    return ConfigurationError(
        "since: this is no cursor of ours; begin with initial, and give back what it answers"
    )
