# Generated from src/amocrm_sync/_async/testing_kits/sync_store.py by tools/unasync.py: edit that file instead.
"""What every sync store has to do, as a function to call from any test runner."""
# ruff: noqa: PLR2004 - figures in checks are the point

from __future__ import annotations

from typing import Any

import attrs

from amocrm_sync._core.sync.cursors import Cursor
from amocrm_sync._core.sync.inbox import Delivery
from amocrm_sync._core.sync.keyset import Keyset, Passes
from amocrm_sync._core.sync.projections import project
from amocrm_sync._core.sync.records import Record
from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.sync.protocols import Stored, SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import Check, all_hints, require
from amocrm_sync._sync.testing_kits.sync_store_queues import (
    a_repeated_body_is_new_again,
    a_tenant_is_bound_once,
    edits_keep_their_order,
    hints_are_dropped_only_by_their_own_generation,
    hints_wait_until_they_are_due,
    mappings_are_replaced_as_a_whole,
    the_log_is_newest_first,
)

RACERS = 8


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
        a_repeated_body_is_new_again,
        hints_are_dropped_only_by_their_own_generation,
        hints_wait_until_they_are_due,
        edits_keep_their_order,
        the_log_is_newest_first,
        mappings_are_replaced_as_a_whole,
        a_tenant_is_bound_once,
    ]
    store.prepare()
    store.prepare()
    for number, check in enumerate(checks, start=1):
        check(store, f"kit-{number}")
    _tenants_do_not_mix(store)
    _writers_take_turns(store)


def _stored(uid: str, remote_id: str | None = None, *, entity: str = "leads", **more: Any) -> Stored:
    fields: dict[str, Any] = more.pop(
        "base", {"name": f"lead {uid}", "price": 10, "custom_fields_values": None}
    )
    record = Record(entity=entity, uid=uid, remote_id=remote_id, base=fields, base_hash="h", **more)
    return Stored(record=record, row=project(record))


def _keeps_every_field_of_a_record(store: SyncStore, tenant: str) -> None:
    full = Record(
        entity="leads",
        uid="u1",
        remote_id="7",
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
        tx.put([Stored(record=full, row=project(full)), Stored(record=bare, row=project(bare))])
    with store.tx(tenant, write=False) as tx:
        require(
            tx.by_uid("leads", ["u1", "u2"]) == {"u1": full, "u2": bare},
            "a record comes back as it was put",
        )
        require(tx.by_remote("leads", ["7", "8"]) == {"7": full}, "by_remote finds what has that remote id")
        require(tx.by_uid("contacts", ["u1"]) == {}, "entities are apart")
        found = tx.find("leads", {}, deleted=True)
    require(
        [dict(item.row) for item in found] == [project(full), project(bare)],
        "the typed row comes back as it was put",
    )


def _replaces_by_uid(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put([_stored("u1", "7"), _stored("u2", "8")])
        tx.put([_stored("u1", None, base={"name": "new"})])
        require(tx.by_remote("leads", ["7"]) == {}, "a remote id that was taken away finds nothing")
        tx.put([_stored("u2", "7")])
        require((tx.by_remote("leads", ["7"]))["7"].uid == "u2", "a remote id may pass to another record")
        tx.put([])
    with store.tx(tenant, write=False) as tx:
        require(tx.count("leads", {}) == 2, "put replaces the record with the same uid")


def _finds_deleted_records_only_when_asked(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put([_stored("u1", "1"), _stored("u2", "2", deleted_at=5.0, delete_reason="trash")])
        require(
            [item.record.uid for item in tx.find("leads", {})] == ["u1"],
            "find leaves deleted records out",
        )
        require(tx.count("leads", {}) == 1, "count leaves deleted records out")
        require(tx.count("leads", {}, deleted=True) == 2, "count takes deleted records in when asked")
        require("2" in tx.by_remote("leads", ["2"]), "by_remote finds deleted records")


def _filters_counts_and_pages(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put([_stored(f"u{n}", str(n), base={"name": f"n{n % 3}", "price": n}) for n in range(9)])
        tx.put([_stored("u9", base={"name": None, "price": 9})])
        by_name = tx.find("leads", {"name": "n1"})
        require(
            [item.record.uid for item in by_name] == ["u1", "u4", "u7"],
            "find filters by a column, in order of uid",
        )
        either = tx.find("leads", {"name": ["n1", None], "price": [1, 7, 9]})
        require(
            [item.record.uid for item in either] == ["u1", "u7", "u9"],
            "a list means any of its values, null included",
        )
        require(tx.count("leads", {"name": None}) == 1, "null is found")
        page = tx.find("leads", {}, limit=3, offset=8)
        require(
            [item.record.uid for item in page] == ["u8", "u9"], "limit and offset page through the records"
        )
        require(tx.count("leads", {"price": []}) == 0, "an empty list finds nothing")


def _touch_moves_the_fence_only(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put([_stored("u1", "1", version=4), _stored("u2", "2")])
        before = (tx.by_uid("leads", ["u1"]))["u1"]
        tx.touch("leads", ["1", "unknown"], 77.5)
        after = tx.by_uid("leads", ["u1", "u2"])
    require(after["u1"] == attrs.evolve(before, read_fence=77.5), "touch changes the fence and nothing else")
    require(after["u2"].read_fence == 0.0, "touch leaves other records alone")


def _unseen_are_live_and_older(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put(
            [
                _stored("u1", "leads:1", entity="notes", read_fence=5.0),
                _stored("u2", "leads:2", entity="notes", read_fence=10.0),
                _stored("u3", "contacts:3", entity="notes", read_fence=5.0),
                _stored("u4", "leads:4", entity="notes", read_fence=5.0, deleted_at=1.0),
                _stored("u5", entity="notes", read_fence=5.0),
            ]
        )
        require(
            tx.unseen("notes", 10.0, "leads:") == ["leads:1"],
            "unseen gives live records with an older fence",
        )
        require(len(tx.unseen("notes", float("inf"))) == 3, "unseen knows infinity")


def _a_transaction_that_raises_leaves_nothing(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        tx.put([_stored("u1", "1", base={"name": "before"})])
    try:
        with store.tx(tenant) as tx:
            tx.put([_stored("u1", "9", base={"name": "after"}), _stored("u2", "2")])
            tx.save_cursor(Cursor(stream="leads", reached=5))
            tx.add_hints([("leads", "1")], due_at=0.0)
            tx.add_log(SyncLogEntry(run_id="r", at=0.0, operation="o", entity="leads", status="ok"))
            tx.next_version()
            raise _Abort  # noqa: TRY301 - this is what is checked
    except _Abort:
        pass
    with store.tx(tenant, write=False) as tx:
        record = (tx.by_uid("leads", ["u1"]))["u1"]
        require(record.base == {"name": "before"}, "an error undoes a replaced record")
        require(set(tx.by_remote("leads", ["1", "2", "9"])) == {"1"}, "an error undoes remote ids")
        require(
            (tx.load_cursor("leads")).reached is None,
            "an error undoes a cursor: it never runs ahead of rows",
        )
        require(tx.due_hints(9.0, 9) == [] and tx.log(9) == [], "an error undoes hints and log")
        require(tx.version() == 0, "an error undoes the version")


def _versions_never_repeat(store: SyncStore, tenant: str) -> None:
    with store.tx(tenant) as tx:
        require(tx.version() == 0, "a new tenant is at version 0")
        require([tx.next_version(), tx.next_version()] == [1, 2], "versions rise by one")
    with store.tx(tenant, write=False) as tx:
        require(tx.version() == 2, "the version is kept")


def _cursors_are_kept_exactly(store: SyncStore, tenant: str) -> None:
    walk = Keyset(low=5, high=10, tie=Passes(page=3, digest="ab", previous="cd", count=1))
    cursor = Cursor(stream="leads", reached=4, walk=walk, full=True, started=1.5, updated_at=2.5)
    other = Cursor(stream="contacts", reached=9, updated_at=1.0)
    with store.tx(tenant) as tx:
        require(tx.load_cursor("leads") == Cursor(stream="leads"), "an unknown stream has a fresh cursor")
        tx.save_cursor(Cursor(stream="leads", reached=1))
        tx.save_cursor(cursor)
        tx.save_cursor(other)
    with store.tx(tenant, write=False) as tx:
        require(tx.load_cursor("leads") == cursor, "a cursor comes back as it was saved, its walk included")
        require(tx.cursors() == [other, cursor], "all cursors, by stream name")


def _tenants_do_not_mix(store: SyncStore) -> None:
    for tenant in ("kit-a", "kit-b"):
        with store.tx(tenant) as tx:
            tx.put([_stored("u1", "1", base={"name": tenant})])
            tx.save_cursor(Cursor(stream="leads", reached=ord(tenant[-1])))
            tx.add_hints([("leads", tenant)], due_at=0.0)
            tx.next_version()
            tx.add_delivery(Delivery(received_at=0.0, dedupe="same", body=tenant.encode(), content_type=""))
    for tenant in ("kit-a", "kit-b"):
        with store.tx(tenant) as tx:
            tx.touch("leads", ["1"], float(ord(tenant[-1])))
            record = (tx.by_remote("leads", ["1"]))["1"]
            require(record.base == {"name": tenant}, "records of tenants are apart")
            require((tx.load_cursor("leads")).reached == ord(tenant[-1]), "cursors of tenants are apart")
            require(all_hints(tx) == {("leads", tenant)}, "hints of tenants are apart")
            require(tx.version() == 1, "versions of tenants are apart")
            [body] = tx.new_deliveries(9)
            require(body.body == tenant.encode(), "bodies of tenants are apart, also equal ones")
    with store.tx("kit-a", write=False) as tx:
        fence = (tx.by_uid("leads", ["u1"]))["u1"].read_fence
    require(fence == float(ord("a")), "fences of tenants are apart")


def _writers_take_turns(store: SyncStore) -> None:
    """Each reads a counter and writes it back: without turns, rises are lost."""

    def work(_: int) -> None:
        for _ in range(5):
            with store.tx("kit-turns") as tx:
                cursor = tx.load_cursor("counter")
                tx.save_cursor(attrs.evolve(cursor, reached=(cursor.reached or 0) + 1))

    bounded_map(work, range(RACERS), limit=RACERS)
    with store.tx("kit-turns", write=False) as tx:
        counted = (tx.load_cursor("counter")).reached
    require(
        counted == RACERS * 5, f"write transactions exclude each other (counted {counted} of {RACERS * 5})"
    )
