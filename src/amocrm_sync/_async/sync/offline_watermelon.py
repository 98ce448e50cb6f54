"""WatermelonDB's two functions over the same records, rights and ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._async.sync.offline_desk import AsyncOfflineDesk, walk, whole_versions
from amocrm_sync._async.sync.offline_outgoing import AsyncOutgoing
from amocrm_sync._async.sync.protocols import AsyncSyncTx
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.offline import Place, Scope, check_id
from amocrm_sync._core.sync.offline_edits import DeviceEdit
from amocrm_sync._core.sync.offline_rows import Change, flat, grouped, judged, row_of
from amocrm_sync._core.sync.offline_watermelon import edits_of, migrated
from amocrm_sync._core.sync.stored import Client, Stored
from amocrm_sync.errors import ConfigurationError, PullFirst

_CHUNK = 1000


class AsyncWatermelon:
    """``pullChanges`` and ``pushChanges``. An answer is whole, as WatermelonDB wants it: it has no pages."""

    def __init__(self, desk: AsyncOfflineDesk, outgoing: AsyncOutgoing) -> None:
        self._desk = desk
        self._outgoing = outgoing
        self._context = desk.context

    async def pull(
        self, user: str, last: int | None, migration: Mapping[str, Any] | None, client_id: str | None
    ) -> dict[str, Any]:
        """See :meth:`AsyncOffline.watermelon_pull`."""
        desk, scope = self._desk, self._desk.rules.scope_of(user)
        if client_id is None and scope.filters is not None:
            raise ConfigurationError(
                "clientId: needed, because rights are in force: it tells when they change"
            )
        if client_id is not None:
            check_id("clientId", client_id)
        async with self._context.tx(write=client_id is not None) as tx:
            client = None if client_id is None else await desk.client(tx, client_id, user)
            here = await desk.begin(tx, scope, desk.offered, client_id)
            before = await self._before(tx, client, here, last) if last else None
            if before is None:
                changes = await self._all(tx, scope, desk.offered, "created")
            else:
                if before.scope != scope.hash:
                    here = attrs.evolve(here, version=await tx.clock.next())
                changes = await self._since(tx, before, scope, migration)
            if client is not None:
                told = f"{desk.told(before or here)} {desk.told(here)}"
                now = self._context.clock.now()
                await tx.clients.save(
                    attrs.evolve(client, scope_hash=scope.hash, last_cursor=told, seen_at=now)
                )
        return {"changes": grouped(changes, self._flat), "timestamp": here.version}

    async def push(
        self,
        user: str,
        changes: Mapping[str, Mapping[str, Sequence[Any]]],
        last: int | None,
        client_id: str | None,
    ) -> dict[str, Any]:
        """See :meth:`AsyncOffline.watermelon_push`."""
        desk, scope = self._desk, self._desk.rules.scope_of(user)
        name = client_id or "watermelon"
        check_id("clientId", name)
        desk.entities(list(changes) or None)
        events: list[SyncEvent] = []
        async with self._context.tx() as tx:
            client = await desk.client(tx, name, user) if client_id else Client(client_id=name, user=user)
            edits = edits_of(
                changes,
                self._context.config.host,
                first=client.last_mutation_id + 1,
                is_local_only=desk.is_local_only,
            )
            await self._hold_against(tx, client_id, edits, last or 0)
            results = await self._outgoing.take_part(
                tx, client, scope, edits, events, keep=client_id is not None
            )
        await self._context.listeners.tell(events)
        rejected: dict[str, list[str]] = {}
        for row in results:
            if row["status"] == "rejected" and row["op"] != "delete":
                rejected.setdefault(row["entity"], []).append(row["uid"])
        return {"experimentalRejectedIds": rejected}

    async def _before(self, tx: AsyncSyncTx, client: Client | None, here: Place, last: int) -> Place:
        """Where the device stood when it pulled last.

        Raises:
            MustRefetch: We do not know any more, or the data were reset since.
        """
        if client is None:
            place = attrs.evolve(here, version=last)
            await self._desk.check(tx, place)
            return place
        for token in (client.last_cursor or "").split():
            place = self._desk.read(token)
            if place.version == last:
                await self._desk.check(tx, place)
                return place
        raise await self._desk.void(tx, "this copy is not the one that we know of")

    async def _since(
        self, tx: AsyncSyncTx, before: Place, scope: Scope, migration: Mapping[str, Any] | None
    ) -> list[Change]:
        """What is new, each record once."""
        found: list[Change] = []
        if before.scope != scope.hash:
            was = before.known_scope
            if was is None:
                raise await self._desk.void(tx, "the user's rights have changed")
            for item, _, _ in await self._all(tx, Scope(None), self._desk.offered, ""):
                had, has = was.allows(item), scope.allows(item)
                if had != has:
                    found.append((item, "created" if has else "deleted", {}))
        tables, columns = migrated(migration)
        found += await self._all(tx, scope, tables, "created")
        own, _ = await self._desk.own(tx, before.client)
        since, more = before.version, True
        head = await tx.clock.now()
        while more:
            start = since
            items, since, more = await whole_versions(tx, start, head, self._desk.offered, _CHUNK)
            found += [judged(item, before.version, scope, own) for item in items]
        found += await self._all(tx, scope, columns, "updated")
        once: dict[tuple[str, str], Change] = {}
        for item, heading, _ in found:
            once.setdefault((item.record.entity, item.record.uid), (item, heading, {}))
        return list(once.values())

    async def _all(self, tx: AsyncSyncTx, scope: Scope, names: tuple[str, ...], heading: str) -> list[Change]:
        """Every visible record."""
        found: list[Change] = []
        at: tuple[int, str] | None = (0, "")
        while at is not None and names:
            items, at = await walk(tx, names, at, scope, _CHUNK)
            found += [(item, heading, {}) for item in items]
        return found

    async def _hold_against(
        self, tx: AsyncSyncTx, client_id: str | None, edits: Sequence[DeviceEdit], last: int
    ) -> None:
        """Refuse to write over what the device has not seen.

        Raises:
            PullFirst: A record has changed since.
        """
        own, _ = await self._desk.own(tx, client_id)
        for edit in edits:
            if edit.op != "update":
                continue
            record = (await tx.records.by_uid(edit.entity, [edit.uid])).get(edit.uid)
            is_own = record is not None and own.versions.get((edit.entity, edit.uid)) == record.version
            if record is not None and record.version > last and not is_own:
                raise PullFirst(f"{edit.entity} {edit.uid} has changed since; pull, then push again")

    def _flat(self, item: Stored) -> dict[str, Any]:
        return flat(row_of(item, is_local_only=self._desk.is_local_only), item.record.entity)
