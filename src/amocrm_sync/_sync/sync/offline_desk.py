# Generated from src/amocrm_sync/_async/sync/offline_desk.py by tools/unasync.py: edit that file instead.
"""What serves devices shares: their rows in the store, their rights, and the places that they are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from amocrm_sync._core.entities import ENTITIES
from amocrm_sync._core.sync.offline import (
    OfflineRules,
    Place,
    Scope,
    check_place,
    make_key,
    named,
    opened,
    refetch,
    schema_of,
    sealed,
)
from amocrm_sync._core.sync.offline_edits import KEPT_ANSWERS
from amocrm_sync._core.sync.offline_rows import Change, Own, grouped, row_of
from amocrm_sync._core.sync.records import Row
from amocrm_sync._core.sync.stored import Client, Stored
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.housekeeping import PRUNED
from amocrm_sync._sync.sync.protocols import SyncTx
from amocrm_sync.errors import ConfigurationError, MustRefetch

_KEY = "offline_key"


@attrs.define
class OfflineDesk:
    """The parts that every call of a device needs."""

    context: SyncContext
    _key: bytes = b""

    @property
    def rules(self) -> OfflineRules:
        """What the host has decided."""
        return self.context.config.offline

    @property
    def is_local_only(self) -> bool:
        """Whether there is no CRM behind."""
        return self.context.remote is None

    @property
    def offered(self) -> tuple[str, ...]:
        """Every entity that devices may have."""
        synced = self.context.config.entities
        return tuple(
            name for name in ENTITIES if name in synced or (name == "stages" and "pipelines" in synced)
        )

    @property
    def schema(self) -> str:
        """The fingerprint of the shape of rows."""
        return schema_of(self.offered, self.context.config.host.columns, self.rules.schema)

    def open(self) -> None:
        """Open the store; make the key and the first epoch where there are none."""
        self.context.open()
        if self._key:
            return
        with self.context.tx(write=False) as tx:
            kept, epoch = (tx.tenant.settings()).get(_KEY), tx.tenant.epoch()
        if kept is None or not epoch:
            with self.context.tx() as tx:
                settings = tx.tenant.settings()
                kept = settings.get(_KEY) or make_key(self.context.random.random)
                tx.tenant.save_settings({**settings, _KEY: kept})
                if not tx.tenant.epoch():
                    tx.tenant.new_epoch(self.context.new_uid())
        self._key = self.rules.key or bytes.fromhex(kept)

    def entities(self, wanted: Iterable[str] | None) -> tuple[str, ...]:
        """The entities that a device asks for; all that are offered by default.

        Raises:
            ConfigurationError: One of them is not offered.
        """
        if wanted is None:
            return self.offered
        names = named(wanted)
        missing = [name for name in names if name not in self.offered]
        if missing or not names:
            raise ConfigurationError(
                f"entities: {', '.join(missing) or 'none'}: offered are {', '.join(self.offered)}"
            )
        return names

    def grouped(self, changes: Iterable[Change]) -> dict[str, dict[str, list[Any]]]:
        """Changes by entity and heading, as the protocol tells them."""
        return grouped(changes, lambda item: row_of(item, is_local_only=self.is_local_only))

    def begin(self, tx: SyncTx, scope: Scope, entities: tuple[str, ...], client_id: str | None) -> Place:
        """The place of a device that begins now."""
        return Place(
            epoch=tx.tenant.epoch(),
            version=tx.clock.now(),
            scope=scope.hash,
            schema=self.schema,
            issued=self.context.clock.now(),
            entities=() if entities == self.offered else entities,
            client=client_id,
        ).under(scope)

    def place(self, tx: SyncTx, token: str, client_id: str | None) -> Place:
        """The place that a device was told, as far as it still means something.

        Raises:
            ConfigurationError: It is no cursor of ours, or another device's.
            MustRefetch: The device's copy is void.
        """
        try:
            place = opened(token, self._key)
        except MustRefetch as error:
            raise MustRefetch(error.message, new_epoch=tx.tenant.epoch()) from None
        self.check(tx, place)
        if client_id is not None and place.client not in (None, client_id):
            raise ConfigurationError("client_id: this cursor was given to another device")
        return place if client_id is None else attrs.evolve(place, client=client_id)

    def check(self, tx: SyncTx, place: Place) -> None:
        """Hold a place against the data.

        Raises:
            MustRefetch: The device's copy is void.
        """
        check_place(
            place,
            epoch=tx.tenant.epoch(),
            schema=self.schema,
            head=tx.clock.now(),
            now=self.context.clock.now(),
            kept=self.rules.kept,
            pruned=(tx.tenant.settings()).get(PRUNED, 0),
        )

    def void(self, tx: SyncTx, reason: str) -> Exception:
        """The error that tells a device to begin anew."""
        return refetch(reason, tx.tenant.epoch())

    def told(self, place: Place) -> str:
        """A place as the device carries it, from now on."""
        return sealed(attrs.evolve(place, issued=self.context.clock.now()), self._key)

    def read(self, token: str) -> Place:
        """The inverse; its age and epoch are not looked at."""
        return opened(token, self._key)

    def client(self, tx: SyncTx, client_id: str, user: str) -> Client:
        """A device's row, new where it was never seen.

        Raises:
            ConfigurationError: It is another user's.
        """
        found = tx.clients.load(client_id)
        if found is None:
            return Client(client_id=client_id, user=user)
        if found.user != user:
            raise ConfigurationError(
                "client_id: another user has it; a device takes a new one when somebody else signs in"
            )
        return found

    def seen(self, user: str, place: Place, cursor: str | None) -> None:
        """Note down where a device stands, if it has said who it is."""
        if place.client is None:
            return
        with self.context.tx() as tx:
            client = self.client(tx, place.client, user)
            tx.clients.save(
                attrs.evolve(
                    client,
                    scope_hash=place.scope,
                    last_cursor=cursor or client.last_cursor,
                    seen_at=self.context.clock.now(),
                )
            )

    def own(self, tx: SyncTx, client_id: str | None) -> tuple[Own, int | None]:
        """What a device did itself of late, and the number of its last edit."""
        client = None if client_id is None else tx.clients.load(client_id)
        if client is None:
            return Own({}, frozenset()), None
        last = client.last_mutation_id
        answers = tx.mutations.get(client.client_id, range(max(1, last - KEPT_ANSWERS + 1), last + 1))
        rows: list[Row] = [answers[number].result for number in sorted(answers)]
        made = [row for row in rows if row.get("made")]
        return (
            Own(
                {(row["entity"], row["uid"]): row["made"] for row in made},
                frozenset((row["entity"], row["uid"]) for row in made if row["op"] == "create"),
            ),
            last,
        )


def whole_versions(
    tx: SyncTx, since: int, head: int, names: tuple[str, ...], limit: int
) -> tuple[list[Stored], int, bool]:
    """Records changed after a version, whole versions only; up to which version, and whether there are more.

    A version is one transaction: a device never stands in the middle of one. So a page is longer than ``limit`` where
    a single version is.
    """
    found = tx.records.changed_since(since, names, limit=limit + 1)
    found = [item for item in found if item.record.version <= head]
    if len(found) <= limit:
        return found, head, False
    last = found[-1].record.version
    whole = [item for item in found if item.record.version < last]
    if whole:
        return whole, whole[-1].record.version, True
    while True:
        place = found[-1].record
        more = tx.records.changed_since(last, names, limit=limit, after=(place.uid, place.entity))
        found += [item for item in more if item.record.version == last]
        if not more or more[-1].record.version > last or len(more) < limit:
            return found, last, True


def walk(
    tx: SyncTx, names: tuple[str, ...], at: tuple[int, str], scope: Scope, limit: int
) -> tuple[list[Stored], tuple[int, str] | None]:
    """Visible live records from a place on, entity by entity in order of uid; and the place after them."""
    index, after = at
    found: list[Stored] = []
    while index < len(names):
        wanted = scope.filter_for(names[index])
        room = limit - len(found)
        rows: list[Stored] = []
        if wanted is not None:
            rows = tx.records.find(names[index], wanted, limit=room, after=after or None)
        found += rows
        if len(rows) == room:
            return found, (index, rows[-1].record.uid)
        index, after = index + 1, ""
    return found, None
