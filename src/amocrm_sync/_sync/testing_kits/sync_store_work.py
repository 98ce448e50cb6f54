# Generated from src/amocrm_sync/_async/testing_kits/sync_store_work.py by tools/unasync.py: edit that file instead.
"""Checks of the sync store kit: work is done once, by one at a time, and never forgotten."""
# ruff: noqa: PLR2004 - figures in checks are the point

from __future__ import annotations

import attrs

from amocrm_sync._core.sync.work import Claim, WorkKind
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import require, work_of

PULL, PUSH = WorkKind.PULL, WorkKind.PUSH
RACERS = 4
JOBS = 60


def work_ends_only_if_it_was_not_marked_anew(store: SyncStore, tenant: str) -> None:
    """Work that began before a mark does not end what that mark asks for."""
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1", "2"], 0.0)
        taken = tx.work.claim(PULL, 0.0, "me", 10.0, 10)
        require([claim.key for claim in taken] == ["1", "2"], "a claim gives the work, the oldest first")
        require(tx.work.claim(PULL, 9.0, "other", 19.0, 10) == [], "nobody else gets it meanwhile")
        tx.work.mark(PULL, "leads", ["1"], 5.0)
        require(tx.work.claim(PULL, 9.0, "other", 19.0, 10) == [], "not even when it is marked anew")
        tx.work.finish(taken)
        require(work_of(tx, PULL, 4.0) == set(), "work marked anew is due when that says")
        left = work_of(tx, PULL, 5.0)
        require(left == {("leads", "1")}, "a mark that came while the work was done is not lost")
        [again] = tx.work.claim(PULL, 5.0, "me", 15.0, 10)
        require(again.generation > taken[1].generation, "generations never repeat")
        require(again.lease_token != taken[0].lease_token, "lease tokens never repeat")
        tx.work.finish([again])
        require(tx.work.counts() == {}, "work on the last mark ends it")
        tx.work.mark(PULL, "leads", [], 0.0)
        require(tx.work.next_due(PULL) is None, "without work nothing is due")


def work_waits_until_it_is_due(store: SyncStore, tenant: str) -> None:
    """Work is given out when it is due, and put off after a failure."""
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1"], 10.0)
        require(tx.work.claim(PULL, 9.9, "me", 20.0, 5) == [], "work waits until it is due")
        require(tx.work.next_due(PULL) == 10.0, "next_due says when")
        taken = tx.work.claim(PULL, 10.0, "me", 20.0, 5)
        require(tx.work.next_due(PULL) == 20.0, "work that is held is due when its lease ends")
        tx.work.retry(taken, 30.0, "down")
        require(tx.work.claim(PULL, 29.0, "me", 40.0, 5) == [], "failed work is put off")
        [later] = tx.work.claim(PULL, 30.0, "me", 40.0, 5)
        require((later.attempts, later.error) == (1, "down"), "a failure is counted, with its error")
        tx.work.mark(PULL, "leads", ["1"], 35.0)
        tx.work.retry([later], 99.0, "down again")
        [anew] = tx.work.claim(PULL, 35.0, "me", 45.0, 5)
        require(anew.attempts == 2, "failed work that was marked anew is due when that said")
        tx.work.release([anew])
        require(
            (tx.work.claim(PULL, 35.0, "me", 45.0, 5))[0].attempts == 2,
            "work that is given back is free at once, and counts no failure",
        )


def work_comes_by_stream_and_priority(store: SyncStore, tenant: str) -> None:
    """One claim takes work of one kind and stream; what is urgent goes first."""
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1", "2", "3"], 1.0)
        tx.work.mark(PULL, "contacts", ["1"], 0.5)
        tx.work.mark(PUSH, "leads", ["u1"], 0.0)
        tx.work.mark(PULL, "tasks", ["9"], 2.0, prio=1)
        require(tx.work.counts() == {PULL: 5, PUSH: 1}, "work is counted by kind")
        order: list[list[str]] = []
        while claims := tx.work.claim(PULL, 5.0, "me", 15.0, 2):
            order.append([f"{claim.stream} {claim.key}" for claim in claims])
        wanted = [["tasks 9"], ["contacts 1"], ["leads 1", "leads 2"], ["leads 3"]]
        require(order == wanted, "claims go by priority, then by what is due longest, one stream at a time")
        [edit] = tx.work.claim(PUSH, 5.0, "me", 15.0, 9)
        require((edit.kind, edit.key) == (PUSH, "u1"), "kinds are apart")


def marks_that_keep_coming_put_nothing_off(store: SyncStore, tenant: str) -> None:
    """A row that changes all the time is read all the same."""
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1"], 1.0, prio=3)
        tx.work.mark(PULL, "leads", ["1", "1"], 2.0)
        [claim] = tx.work.claim(PULL, 1.0, "me", 11.0, 9)
        require((claim.due_at, claim.prio) == (1.0, 3), "a later mark does not put earlier work off")


def a_lease_that_ran_out_changes_hands(store: SyncStore, tenant: str) -> None:
    """Who was too slow can neither end nor change what another does now."""
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", ["1", "2"], 0.0)
        slow = tx.work.claim(PULL, 0.0, "slow", 10.0, 9)
        require(tx.work.held(slow) == slow, "who claims holds")
        kept = tx.work.extend(slow[:1], 20.0)
        require([claim.lease_until for claim in kept] == [20.0], "a lease can be made longer")
    with store.tx(tenant, lock=False) as tx:
        quick = tx.work.claim(PULL, 10.0, "quick", 20.0, 9)
        require([claim.key for claim in quick] == ["2"], "work is free again when its lease has ended")
        require(tx.work.held(slow) == slow[:1], "the lease has changed hands")
        tx.work.finish(slow[1:])
        tx.work.retry(slow[1:], 99.0, "late")
        tx.work.release(slow[1:])
        require(tx.work.extend(slow[1:], 99.0) == [], "a lost lease cannot be made longer")
        require(tx.work.held(quick) == quick, "who lost the lease changes nothing")
        tx.work.finish(quick)
        require(tx.work.held(quick) == [], "finished work is held by nobody")
        tx.work.mark(PULL, "leads", ["2"], 10.0)
        [fresh] = tx.work.claim(PULL, 10.0, "third", 20.0, 9)
        for old in (slow[1], quick[0], attrs.evolve(fresh, lease_token=None)):
            tx.work.finish([old])
        require(tx.work.held([fresh]) == [fresh], "old leases mean nothing to work that came later")


def two_who_claim_never_get_the_same(store: SyncStore, tenant: str) -> None:
    """Several at a time, each on a connection of its own, take all the work and none of it twice."""
    keys = [f"{number:03}" for number in range(JOBS)]
    with store.tx(tenant, lock=False) as tx:
        tx.work.mark(PULL, "leads", keys, 0.0)

    def take(racer: int) -> list[Claim]:
        mine: list[Claim] = []
        while True:
            with store.tx(tenant, lock=False) as tx:
                claims = tx.work.claim(PULL, 1.0, f"racer {racer}", 11.0, 7)
            if not claims:
                return mine
            mine += claims
            with store.tx(tenant, lock=False) as tx:
                tx.work.finish(claims[1:])

    taken = [claim for mine in bounded_map(take, range(RACERS), limit=RACERS) for claim in mine]
    require(sorted(claim.key for claim in taken) == keys, "racing claims share the work, each key once")
    owners = {claim.lease_token: claim.lease_owner for claim in taken}
    require(all(owners[claim.lease_token] == claim.lease_owner for claim in taken), "tokens are not shared")
