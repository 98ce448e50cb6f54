# Generated from src/amocrm_sync/_async/testing_kits/sync_store.py by tools/unasync.py: edit that file instead.
"""What every sync store has to do, as a function to call from any test runner."""
# ruff: noqa: PLR2004 - figures in checks are the point

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.descent import Descent
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.keyset import Keyset
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Link, Stored
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync._sync.testing_kits.sync_store_ledgers import (
    activity_is_kept_once_by_its_key,
    clients_and_their_answers_are_kept,
    conflicts_are_listed_and_closed,
    echoes_are_matched_and_taken,
    the_log_is_newest_first,
)
from amocrm_sync._sync.testing_kits.sync_store_parts import Check, require, stored, work_of
from amocrm_sync._sync.testing_kits.sync_store_pruning import (
    tombstones_are_forgotten_while_they_mean_nothing,
)
from amocrm_sync._sync.testing_kits.sync_store_queues import (
    a_repeated_body_is_new_again,
    a_tenant_is_bound_once,
    edits_are_saved_under_their_claims_only,
    edits_keep_their_order,
    events_wait_for_their_sinks,
    mappings_are_replaced_as_a_whole,
    the_short_way_in_is_the_long_one,
)
from amocrm_sync._sync.testing_kits.sync_store_work import (
    a_lease_that_ran_out_changes_hands,
    marks_that_keep_coming_put_nothing_off,
    two_who_claim_never_get_the_same,
    work_comes_by_stream_and_priority,
    work_ends_only_if_it_was_not_marked_anew,
    work_waits_until_it_is_due,
)

RACERS = 8
_LOGGED = SyncLogEntry(run_id="r", at=0.0, operation="o", entity="leads", status="ok")


class _Abort(Exception):  # noqa: N818 - not an error: it makes a transaction roll back
    """Ends a transaction on purpose."""


def check_sync_store(store: SyncStore) -> None:
    """Hold an implementation of ``SyncStore`` against its contract.

    The checks use tenants of their own (``kit-1`` …), so the store may hold other data.

    Raises:
        AssertionError: Names the promise that was broken.
    """
    checks: list[Check] = [
        _keeps_every_field_of_a_record,
        _replaces_by_uid,
        _finds_deleted_records_only_when_asked,
        _filters_counts_and_pages,
        _touch_moves_the_fence_only,
        _unseen_are_live_and_older,
        _a_transaction_that_raises_leaves_nothing,
        _versions_never_repeat,
        _cursors_are_kept_exactly,
        _changes_come_in_order_of_version,
        _links_lead_both_ways,
        _records_change_under_a_lock_only,
        a_repeated_body_is_new_again,
        the_short_way_in_is_the_long_one,
        work_ends_only_if_it_was_not_marked_anew,
        work_waits_until_it_is_due,
        work_comes_by_stream_and_priority,
        marks_that_keep_coming_put_nothing_off,
        a_lease_that_ran_out_changes_hands,
        two_who_claim_never_get_the_same,
        edits_keep_their_order,
        edits_are_saved_under_their_claims_only,
        events_wait_for_their_sinks,
        conflicts_are_listed_and_closed,
        echoes_are_matched_and_taken,
        activity_is_kept_once_by_its_key,
        clients_and_their_answers_are_kept,
        the_log_is_newest_first,
        tombstones_are_forgotten_while_they_mean_nothing,
        mappings_are_replaced_as_a_whole,
        a_tenant_is_bound_once,
    ]
    store.prepare()
    store.prepare()
    for number, check in enumerate(checks, start=1):
        check(store, f"kit-{number}")
    _tenants_do_not_mix(store)
    _writers_take_turns(store)


def _keeps_every_field_of_a_record(store: SyncStore, tenant: str) -> None:
    full = Record(
        entity="leads",
        uid="u1",
        remote_id="7",
        local_ref="row 5",
        base={"name": "Дом “ü” 🏠", "nested": {"list": [1, None, 2.5, "x"]}, "price": 2**40},
        base_hash="hash",
        local={"price": None},
        remote_updated_at=1_800_000_000,
        read_fence=1_800_000_000.123456,
        deleted_at=1.5,
        delete_reason="trash",
        version=9,
        created_version=3,
        created_at=1.25,
        updated_at=2.25,
    )
    bare = Record(entity="leads", uid="u2")
    with store.tx(tenant) as tx:
        tx.records.put([Stored(record=full, row=project(full)), Stored(record=bare, row=project(bare))])
    with store.tx(tenant, write=False) as tx:
        require(
            tx.records.by_uid("leads", ["u1", "u2"]) == {"u1": full, "u2": bare},
            "a record comes back as it was put",
        )
        require(
            tx.records.by_remote("leads", ["7", "8"]) == {"7": full},
            "by_remote finds what has that remote id",
        )
        require(
            tx.records.by_ref("leads", ["row 5", "row 6"]) == {"row 5": full},
            "by_ref finds what belongs to the host's row",
        )
        require(tx.records.by_uid("contacts", ["u1"]) == {}, "entities are apart")
        found = tx.records.find("leads", {}, deleted=True)
    require(
        [dict(item.row) for item in found] == [project(full), project(bare)],
        "the typed row comes back as it was put",
    )


def _replaces_by_uid(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put([stored("u1", "7"), stored("u2", "8")])
        tx.records.put([stored("u1", None, base={"name": "new"})])
        require(tx.records.by_remote("leads", ["7"]) == {}, "a remote id that was taken away finds nothing")
        tx.records.put([stored("u2", "7")])
        require(
            (tx.records.by_remote("leads", ["7"]))["7"].uid == "u2",
            "a remote id may pass to another record",
        )
        tx.records.put([])
    with store.tx(tenant, write=False) as tx:
        require(tx.records.count("leads", {}) == 2, "put replaces the record with the same uid")


def _finds_deleted_records_only_when_asked(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put([stored("u1", "1"), stored("u2", "2", deleted_at=5.0, delete_reason="trash")])
        require(
            [item.record.uid for item in tx.records.find("leads", {})] == ["u1"],
            "find leaves deleted records out",
        )
        require(tx.records.count("leads", {}) == 1, "count leaves deleted records out")
        require(
            tx.records.count("leads", {}, deleted=True) == 2,
            "count takes deleted records in when asked",
        )
        require("2" in tx.records.by_remote("leads", ["2"]), "by_remote finds deleted records")


def _filters_counts_and_pages(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put([stored(f"u{n}", str(n), base={"name": f"n{n % 3}", "price": n}) for n in range(9)])
        tx.records.put([stored("u9", base={"name": None, "price": 9})])
        by_name = tx.records.find("leads", {"name": "n1"})
        require(
            [item.record.uid for item in by_name] == ["u1", "u4", "u7"],
            "find filters by a column, in order of uid",
        )
        either = tx.records.find("leads", {"name": ["n1", None], "price": [1, 7, 9]})
        require(
            [item.record.uid for item in either] == ["u1", "u7", "u9"],
            "a list means any of its values, null included",
        )
        require(tx.records.count("leads", {"name": None}) == 1, "null is found")
        page = tx.records.find("leads", {}, limit=3, offset=8)
        require(
            [item.record.uid for item in page] == ["u8", "u9"], "limit and offset page through the records"
        )
        later = tx.records.find("leads", {}, limit=2, after="u6")
        require([item.record.uid for item in later] == ["u7", "u8"], "find goes on after a uid")
        require(tx.records.count("leads", {"price": []}) == 0, "an empty list finds nothing")


def _touch_moves_the_fence_only(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put([stored("u1", "1", version=4), stored("u2", "2")])
        before = (tx.records.by_uid("leads", ["u1"]))["u1"]
        tx.records.touch("leads", ["1", "unknown"], 77.5)
        after = tx.records.by_uid("leads", ["u1", "u2"])
    require(after["u1"] == attrs.evolve(before, read_fence=77.5), "touch changes the fence and nothing else")
    require(after["u2"].read_fence == 0.0, "touch leaves other records alone")


def _unseen_are_live_and_older(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put(
            [
                stored("u1", "leads:1", entity="notes", read_fence=5.0),
                stored("u2", "leads:2", entity="notes", read_fence=10.0),
                stored("u3", "contacts:3", entity="notes", read_fence=5.0),
                stored("u4", "leads:4", entity="notes", read_fence=5.0, deleted_at=1.0),
                stored("u5", entity="notes", read_fence=5.0),
            ]
        )
        require(
            tx.records.unseen("notes", 10.0, "leads:") == ["leads:1"],
            "unseen gives live records with an older fence",
        )
        require(len(tx.records.unseen("notes", float("inf"))) == 3, "unseen knows infinity")


def _a_transaction_that_raises_leaves_nothing(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put([stored("u1", "1", base={"name": "before"})])
    try:
        with store.tx(tenant) as tx:
            tx.records.put([stored("u1", "9", base={"name": "after"}), stored("u2", "2")])
            tx.cursors.save(Cursor(stream="leads", reached=5))
            tx.work.mark(WorkKind.PULL, "leads", ["1"], 0.0)
            tx.log.add([_LOGGED])
            tx.clock.next()
            raise _Abort  # noqa: TRY301 - this is what is checked
    except _Abort:
        pass
    with store.tx(tenant, write=False) as tx:
        record = (tx.records.by_uid("leads", ["u1"]))["u1"]
        require(record.base == {"name": "before"}, "an error undoes a replaced record")
        require(set(tx.records.by_remote("leads", ["1", "2", "9"])) == {"1"}, "an error undoes remote ids")
        require(
            (tx.cursors.load("leads")).reached is None,
            "an error undoes a cursor: it never runs ahead of rows",
        )
        require(tx.work.counts() == {} and tx.log.list(9) == [], "an error undoes work and log")
        require(tx.clock.now() == 0, "an error undoes the version")


def _versions_never_repeat(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        require(tx.clock.now() == 0, "a new tenant is at version 0")
        require([tx.clock.next(), tx.clock.next()] == [1, 2], "versions rise by one")
    with store.tx(tenant, write=False) as tx:
        require(tx.clock.now() == 2, "the version is kept")


def _changes_come_in_order_of_version(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.records.put(
            [stored("u1", "1", version=3), stored("u2", "2", version=2), stored("u3", "3", version=2)]
        )
        tx.records.put(
            [stored("u2", "2", entity="contacts", version=2), stored("u4", "4", version=1, deleted_at=1.0)]
        )

    def seen(version: int, entities: list[str], limit: int = 9, **more: Any) -> list[tuple[str, str]]:
        with store.tx(tenant, write=False) as tx:
            found = tx.records.changed_since(version, entities, limit=limit, **more)
        return [(item.record.uid, item.record.entity) for item in found]

    both = ["leads", "contacts"]
    ordered = [("u4", "leads"), ("u2", "contacts"), ("u2", "leads"), ("u3", "leads"), ("u1", "leads")]
    require(seen(0, both) == ordered, "changes come by version, uid and entity, deletions included")
    require(seen(1, both) == ordered[1:], "changes of versions that were seen do not come")
    require(seen(1, ["leads"]) == ordered[2:], "changes of other entities do not come")
    require(
        seen(2, both, 2, after=("u2", "contacts")) == ordered[2:4],
        "changes go on within a version, up to the limit",
    )


def _links_lead_both_ways(store: SyncStore, tenant: str) -> None:
    link = Link(from_entity="leads", from_uid="u1", to_entity="contacts", to_remote_id="7", version=4)
    other = attrs.evolve(link, to_entity="catalog_elements", meta={"quantity": 2.5}, version=5)
    with store.tx(tenant) as tx:
        tx.links.put([link, other, attrs.evolve(link, from_uid="u2", version=4)])
        require(tx.links.of("leads", ["u1"]) == [other, link], "the links of a record, by their ends")
        require(tx.links.of("leads", ["u1"], "contacts") == [link], "the links to one entity")
        require(
            [found.from_uid for found in tx.links.to("contacts", ["7", "8"])] == ["u1", "u2"],
            "the links that lead to a row",
        )
        gone = attrs.evolve(link, version=6, deleted=True)
        tx.links.put([gone])
        require(tx.links.of("leads", ["u1"]) == [other], "a deleted link is left out")
        require(tx.links.of("leads", ["u1"], deleted=True) == [other, gone], "and found when asked for")
        changed = tx.links.changed_since(4, limit=9)
        require(changed == [other, gone], "links change with versions, deletions included")
        after = ("leads", "u1", "catalog_elements", "7")
        require(tx.links.changed_since(5, limit=9, after=after) == [gone], "and go on within a version")


def _records_change_under_a_lock_only(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant, lock=False) as tx:
        link = Link(from_entity="leads", from_uid="u", to_entity="contacts", to_remote_id="1")
        promise = "records, links and the clock change under a lock only"
        try:
            tx.records.put([stored("u", "1")])
            refused = 0
        except RuntimeError:
            refused = 1
        try:
            tx.links.put([link])
        except RuntimeError:
            refused += 1
        try:
            tx.clock.next()
        except RuntimeError:
            refused += 1
        require(refused == 3, promise)


def _cursors_are_kept_exactly(store: SyncStore, tenant: str) -> None:
    walk = Keyset(low=5, high=10, tie=Descent(low=5, high=5, page=3, before=2, size=50))
    cursor = Cursor(stream="leads", reached=4, walk=walk, full=True, started=1.5, updated_at=2.5)
    other = Cursor(stream="contacts", reached=9, updated_at=1.0)
    with store.tx(tenant) as tx:
        require(tx.cursors.load("leads") == Cursor(stream="leads"), "an unknown stream has a fresh cursor")
        tx.cursors.save(Cursor(stream="leads", reached=1))
        tx.cursors.save(cursor)
        tx.cursors.save(other)
    with store.tx(tenant, write=False) as tx:
        require(tx.cursors.load("leads") == cursor, "a cursor comes back as it was saved, its walk included")
        require(tx.cursors.all() == [other, cursor], "all cursors, by stream name")


def _tenants_do_not_mix(store: SyncStore) -> None:
    for tenant in ("kit-a", "kit-b"):
        with store.tx(tenant) as tx:
            tx.records.put([stored("u1", "1", base={"name": tenant})])
            tx.cursors.save(Cursor(stream="leads", reached=ord(tenant[-1])))
            tx.work.mark(WorkKind.PULL, "leads", [tenant], 0.0)
            tx.clock.next()
            body = Delivery(received_at=0.0, dedupe="same", body=tenant.encode(), content_type="")
            tx.inbox.add([body])
    for tenant in ("kit-a", "kit-b"):
        with store.tx(tenant) as tx:
            tx.records.touch("leads", ["1"], float(ord(tenant[-1])))
            record = (tx.records.by_remote("leads", ["1"]))["1"]
            require(record.base == {"name": tenant}, "records of tenants are apart")
            require((tx.cursors.load("leads")).reached == ord(tenant[-1]), "cursors of tenants are apart")
            require(work_of(tx, WorkKind.PULL) == {("leads", tenant)}, "work of tenants is apart")
            require(tx.clock.now() == 1, "versions of tenants are apart")
            [body] = tx.inbox.claim_new(9)
            require(body.body == tenant.encode(), "bodies of tenants are apart, also equal ones")
    with store.tx("kit-a", write=False) as tx:
        fence = (tx.records.by_uid("leads", ["u1"]))["u1"].read_fence
    require(fence == float(ord("a")), "fences of tenants are apart")


def _writers_take_turns(store: SyncStore) -> None:
    """Each reads a counter and writes it back: without turns, rises are lost."""

    def work(_: int) -> None:
        for _ in range(5):
            with store.tx("kit-turns") as tx:
                cursor = tx.cursors.load("counter")
                tx.cursors.save(attrs.evolve(cursor, reached=(cursor.reached or 0) + 1))

    bounded_map(work, range(RACERS), limit=RACERS)
    with store.tx("kit-turns", write=False) as tx:
        counted = (tx.cursors.load("counter")).reached
    require(
        counted == RACERS * 5, f"write transactions exclude each other (counted {counted} of {RACERS * 5})"
    )
