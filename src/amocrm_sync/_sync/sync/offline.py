# Generated from src/amocrm_sync/_async/sync/offline.py by tools/unasync.py: edit that file instead.
"""``engine.offline``: copies on phones and in panels, kept in step while the network comes and goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from amocrm_sync._core.sync.offline import Place, Scope
from amocrm_sync._core.sync.offline_edits import parsed
from amocrm_sync._core.sync.offline_rows import Change, judged
from amocrm_sync._core.sync.stored import Stored
from amocrm_sync._sync.sync.context import SyncContext
from amocrm_sync._sync.sync.offline_desk import OfflineDesk, walk, whole_versions
from amocrm_sync._sync.sync.offline_outgoing import Outgoing
from amocrm_sync._sync.sync.offline_standing import device_standing
from amocrm_sync._sync.sync.offline_watermelon import Watermelon
from amocrm_sync._sync.sync.protocols import SyncTx

PAGE = 500


class Offline:
    """The protocol for devices that keep a copy of their own; every answer is plain data, ready for JSON.

    A device fetches :meth:`initial` page by page, then asks :meth:`incremental` from the cursor that it was given. Its
    own edits go to :meth:`outgoing`, numbered from 1, and are taken once, however often they are sent. It needs no CRM
    behind it: an engine without a client serves it as well.

    ``user`` is whoever is signed in: ``SyncConfig.offline.scope`` says what they may see and change.
    """

    def __init__(self, context: SyncContext) -> None:
        self._desk = OfflineDesk(context)
        self._outgoing = Outgoing(self._desk)
        self._watermelon = Watermelon(self._desk, self._outgoing)

    def initial(
        self,
        *,
        user: str = "",
        entities: Sequence[str] | None = None,
        page: str | None = None,
        limit: int = PAGE,
        client_id: str | None = None,
    ) -> dict[str, Any]:
        """A page of everything that the user may see.

        Args:
            user: Who is signed in.
            entities: Some of the entities only; the cursor stays with them.
            page: What the page before gave as ``next``. A walk goes on where it stopped, also after days.
            limit: Rows of a page.
            client_id: The device.

        Returns:
            ``{changes: {entity: {created, updated, deleted}}, version, next, cursor}``: one of ``next`` and ``cursor``
            is ``None``. What changes during the walk comes with :meth:`incremental` after it.

        Raises:
            ConfigurationError: Names what is wrong with an argument.
            MustRefetch: The walk has to begin anew: the data were reset, or the user's rights have changed.
        """
        desk = self._desk
        desk.open()
        scope = desk.rules.scope_of(user)
        with desk.context.tx(write=False) as tx:
            if page is None:
                place = desk.begin(tx, scope, desk.entities(entities), client_id)
                place = attrs.evolve(place, at=(0, ""))
            else:
                place = desk.place(tx, page, client_id)
                if place.scope != scope.hash or place.at is None or place.shifting:
                    raise desk.void(tx, "the user's rights have changed")
            found, place = self._walk(tx, place, scope, limit)
        token = desk.told(place)
        ended = place.at is None
        desk.seen(user, place, token if ended else None)
        return {
            "changes": desk.grouped((item, "created", {}) for item in found),
            "version": place.version,
            "next": None if ended else token,
            "cursor": token if ended else None,
        }

    def incremental(
        self, *, user: str = "", since: str, limit: int = 1000, client_id: str | None = None
    ) -> dict[str, Any]:
        """What has changed since a cursor, oldest first, a transaction never torn apart.

        A row that the device's own edit made, unchanged since, says ``mine: true``. ``updated`` may name a row that
        the device does not have (it came into the user's sight), and ``deleted`` one that it never had.

        Args:
            user: Who is signed in. Where their rights have changed, what they may see now comes as created, and what
                not any more as deleted.
            since: The cursor.
            limit: About so many rows; more if one transaction changed more.
            client_id: The device, where the cursor does not say it.

        Returns:
            ``{changes, cursor, version, has_more, last_mutation_id}``.

        Raises:
            ConfigurationError: The cursor is none of ours.
            MustRefetch: The device has to begin with :meth:`initial`.
        """
        desk = self._desk
        desk.open()
        scope = desk.rules.scope_of(user)
        with desk.context.tx(write=False) as tx:
            place = desk.place(tx, since, client_id)
            own, last = desk.own(tx, place.client)
            if place.at is not None or place.scope != scope.hash:
                changes, place = self._shift(tx, place, scope, limit)
                has_more = True
            else:
                names = place.entities or desk.offered
                head = tx.clock.now()
                found, version, has_more = whole_versions(tx, place.version, head, names, limit)
                origin = place.version if place.origin is None else place.origin
                changes = [judged(item, origin, scope, own) for item in found]
                place = attrs.evolve(place, version=version, origin=origin if has_more else None).under(scope)
        cursor = desk.told(place)
        desk.seen(user, place, cursor)
        return {
            "changes": desk.grouped(changes),
            "version": place.version,
            "cursor": cursor,
            "has_more": has_more,
            "last_mutation_id": last,
        }

    def outgoing(
        self, *, user: str = "", client_id: str, mutations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Take a device's edits, each once, with what became of it.

        Args:
            user: Who is signed in.
            client_id: The device, ``[A-Za-z0-9_-]{1,64}``; another user on it takes another one.
            mutations: ``{id, entity, uid, op, fields, base}`` each, ``id`` counting up from 1 without a gap; ``base``
                is what the device saw in these fields before, ``at`` (optional) when it was made. ``fields`` are
                columns of the typed table or fields as amoCRM calls them; a new record's ``uid`` is the device's own.

        Returns:
            ``{results, last_mutation_id, version}``. A result's ``status``: ``applied``, ``merged``, ``conflict`` and
            ``held`` (with ``record``, the true state), ``rejected`` (with ``reason``) or ``duplicate`` (with ``was``).

        Raises:
            ConfigurationError: Names what is wrong with the request as a whole.
            MutationGap: An edit before these never arrived; nothing was taken.
        """
        self._desk.open()
        return self._outgoing.take(user, client_id, parsed(mutations))

    def status(self, *, user: str = "", client_id: str | None = None) -> dict[str, Any]:
        """Where the data stand, and a device with its edits.

        Returns:
            ``{epoch, version, initial_done, open_conflicts, lag, client}``; ``client`` has the device's place, its
            last edit, and how many of its edits are accepted, sent, confirmed by amoCRM, in conflict, or dead.

        Raises:
            ConfigurationError: The device is another user's.
        """
        self._desk.open()
        return device_standing(self._desk, user, client_id)

    def watermelon_pull(
        self,
        *,
        user: str = "",
        last_pulled_at: int | None = None,
        schema_version: int | None = None,  # noqa: ARG002 - an app sends it; only its migrations mean something here
        migration: Mapping[str, Any] | None = None,
        client_id: str | None = None,
    ) -> dict[str, Any]:
        """WatermelonDB's ``pullChanges``: ``{changes, timestamp}``, the timestamp being our version number.

        Args:
            user: Who is signed in.
            last_pulled_at: The last timestamp; ``None`` the first time.
            schema_version: The app's schema; only its migrations mean something here.
            migration: ``{from, tables, columns}``, as WatermelonDB gives it: what is new comes whole.
            client_id: The device. Needed where rights are in force.

        Raises:
            MustRefetch: The app resets its database and pulls from the beginning.
        """
        self._desk.open()
        return self._watermelon.pull(user, last_pulled_at, migration, client_id)

    def watermelon_push(
        self,
        *,
        user: str = "",
        changes: Mapping[str, Mapping[str, Sequence[Any]]],
        last_pulled_at: int | None = None,
        client_id: str | None = None,
    ) -> dict[str, Any]:
        """WatermelonDB's ``pushChanges``: all of it or nothing.

        Returns:
            ``{experimentalRejectedIds}``: records that can never be taken stay changed on the device.

        Raises:
            PullFirst: A record was changed here since the device has pulled; WatermelonDB pulls and pushes again.
        """
        self._desk.open()
        return self._watermelon.push(user, changes, last_pulled_at, client_id)

    def new_epoch(self) -> str:
        """Make every copy void, because the data were restored from a backup or filled anew; the new epoch.

        Each device is told to fetch everything again at its next request.
        """
        self._desk.open()
        with self._desk.context.tx() as tx:
            epoch = self._desk.context.new_uid()
            tx.tenant.new_epoch(epoch)
        return epoch

    def _walk(self, tx: SyncTx, place: Place, scope: Scope, limit: int) -> tuple[list[Stored], Place]:
        names = place.entities or self._desk.offered
        found, at = walk(tx, names, place.at or (0, ""), scope, limit)
        return found, attrs.evolve(place, at=at)

    def _shift(self, tx: SyncTx, place: Place, scope: Scope, limit: int) -> tuple[list[Change], Place]:
        """A page of what a change of rights means: what comes into sight, and what leaves it."""
        if place.at is None:
            before = place.known_scope
            if before is None:
                raise self._desk.void(tx, "the user's rights have changed")
            place = attrs.evolve(place, at=(0, ""), before={"was": before.filters}, shifting=True).under(
                scope
            )
        elif not place.shifting or place.scope != scope.hash:
            raise self._desk.void(tx, "the user's rights have changed")
        before = Scope(place.before["was"])
        found, place = self._walk(tx, place, Scope(None), limit)
        changes: list[Change] = []
        for item in found:
            had, has = before.allows(item), scope.allows(item)
            if had != has:
                changes.append((item, "created" if has else "deleted", {}))
        return changes, place if place.at else attrs.evolve(place, before=None, shifting=False)
