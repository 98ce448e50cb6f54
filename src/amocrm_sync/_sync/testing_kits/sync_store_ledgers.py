# Generated from src/amocrm_sync/_async/testing_kits/sync_store_ledgers.py by tools/unasync.py: edit that file instead.
"""Checks of the sync store kit: conflicts, echoes, activity, clients and the log."""
# ruff: noqa: PLR2004 - figures in checks are the point

from __future__ import annotations

import attrs

from amocrm_sync._core.sync.reports import SyncLogEntry
from amocrm_sync._core.sync.stored import Activity, Client, Conflict, Echo, Mutation
from amocrm_sync._sync.sync.protocols import SyncStore
from amocrm_sync._sync.testing_kits.sync_store_parts import require


def conflicts_are_listed_and_closed(store: SyncStore, tenant: str) -> None:
    """A conflict keeps what each side had, until somebody decides."""
    conflict = Conflict(
        entity="leads", uid="u1", field="price", base=1, local={"a": [2]}, remote=None, opened_at=3.5, seq=4
    )
    with store.tx(tenant, lock=False) as tx:
        first, second = tx.conflicts.add([conflict, attrs.evolve(conflict, entity="tasks", uid="u2")])
        require(0 < first.id < second.id, "conflicts are numbered in order")
        require(attrs.evolve(first, id=0) == conflict, "a conflict is kept as it was")
        require(tx.conflicts.list() == [first, second], "conflicts are listed, the oldest first")
        require(tx.conflicts.list(limit=1, offset=1) == [second], "limit and offset page through them")
        require(tx.conflicts.list(entity="tasks") == [second], "conflicts of an entity")
        require(tx.conflicts.list(uid="u1") == [first], "conflicts of a record")
        closed = attrs.evolve(first, state="resolved", resolution="value", value=[7], by="Ann", closed_at=9.0)
        tx.conflicts.save(closed)
        require(tx.conflicts.get(first.id) == closed, "a conflict is replaced by its id")
        require(tx.conflicts.get(10**6) is None, "an unknown conflict is none")
        require(tx.conflicts.list(["open", "auto"]) == [second], "conflicts in some states")
        require(tx.conflicts.counts() == {"resolved": 1, "open": 1}, "conflicts are counted by state")
        require(tx.conflicts.prune(9.0) == 0, "conflicts are pruned by the moment of the decision")
        require(tx.conflicts.prune(9.5, 0) == 0, "no more are pruned than were asked for")
        require(tx.conflicts.prune(9.5, 2) == 1, "a conflict that was decided is pruned")
        require(tx.conflicts.list() == [second], "an open conflict stays, however old it is")


def echoes_are_matched_and_taken(store: SyncStore, tenant: str) -> None:
    """What we wrote is known again when it comes back."""
    echo = Echo(entity="leads", remote_id="1", field="price", value_hash="aa", written_at=5.0)
    other = attrs.evolve(echo, value_hash="bb", written_at=3.0)
    with store.tx(tenant) as tx:
        tx.echo.put([echo, other, attrs.evolve(echo, remote_id="2")])
        require(tx.echo.match("leads", ["1", "9"]) == [other, echo], "values that we wrote, oldest first")
        require(tx.echo.match("contacts", ["1"]) == [], "entities are apart")
        again = attrs.evolve(other, written_at=8.0)
        tx.echo.put([again, attrs.evolve(echo, written_at=1.0)])
        require(tx.echo.match("leads", ["1"]) == [echo, again], "the later moment is kept")
        tx.echo.take([echo, attrs.evolve(echo, field="name")])
        require(tx.echo.match("leads", ["1"]) == [again], "what has come back is forgotten")
        tx.echo.take([])
        require(tx.echo.prune(9.0, 0) == 0, "no more are pruned than were asked for")
        require(tx.echo.prune(8.0, 5) == 1, "old values are pruned")
        require(tx.echo.match("leads", ["1", "2"]) == [again], "newer ones stay")


def activity_is_kept_once_by_its_key(store: SyncStore, tenant: str) -> None:
    """Two sources may tell of one event."""
    row = Activity(
        at=5.0,
        key="ev1",
        entity="leads",
        remote_id="1",
        uid="u1",
        event="lead.updated",
        actor="42",
        source="event",
        account_id=7,
        before={"price": 1},
        after=[None],
        raw={"id": "ev1"},
        created_at=6.0,
    )
    plain = Activity(at=9.0, entity="tasks", remote_id="1", event="task.created")
    with store.tx(tenant, lock=False) as tx:
        require(tx.activity.add([row, row, plain, plain]) == 3, "a key is kept once, rows without one all")
        require(tx.activity.add([attrs.evolve(row, actor="x")]) == 0, "the first row of a key stays")
        require(tx.activity.add([]) == 0, "nothing is added")
        found = tx.activity.list()
        require([attrs.evolve(item, id=0) for item in found] == [plain, plain, row], "the latest come first")
        require(found[0].id > found[1].id > found[2].id > 0, "rows are numbered")
        require(tx.activity.list("leads", "1") == found[2:], "the rows of one record")
        require(tx.activity.list(uid="u1") == found[2:], "also by our id")
        require(tx.activity.list("tasks", limit=1, offset=1) == found[1:2], "limit and offset")
        require(tx.activity.prune(9.5, 1) == 1, "no more are pruned than were asked for")
        require(len(tx.activity.list()) == 2, "the others stay")
        tx.activity.prune(9.0)
        require(tx.activity.add([row]) == 1, "a pruned key is forgotten")


def clients_and_their_answers_are_kept(store: SyncStore, tenant: str) -> None:
    """A phone that sends its edits twice gets the same answers."""
    client = Client(client_id="c1", user="ann", scope_hash="s", last_mutation_id=3, seen_at=1.5)
    answers = [Mutation(client_id="c1", mutation_id=number, result={"n": number}) for number in (1, 2, 3)]
    with store.tx(tenant) as tx:
        require(tx.clients.load("c1") is None, "an unknown client is none")
        tx.clients.save(attrs.evolve(client, last_mutation_id=1))
        tx.clients.save(client)
        require(tx.clients.load("c1") == client, "a client is replaced by its id")
        tx.mutations.put(answers)
        tx.mutations.put([attrs.evolve(answers[1], result=None, version=9)])
        found = tx.mutations.get("c1", [2, 3, 4])
        require(
            found == {2: attrs.evolve(answers[1], result=None, version=9), 3: answers[2]},
            "answers are kept by client and number",
        )
        require(tx.mutations.get("c2", [1]) == {}, "clients are apart")
        require(tx.mutations.prune("c1", 2) == 2, "answers that were seen are pruned")
        require(tx.mutations.get("c1", [1, 2, 3]) == {3: answers[2]}, "later ones stay")
        tx.mutations.put([Mutation(client_id="nobody", mutation_id=1, result=None)])
        require(tx.mutations.forget(1.5, 9) == 0, "a client that was seen since keeps its answers")
        require(tx.mutations.forget(1.6, 9) == 1, "the answers of a silent client are forgotten")
        require(len(tx.mutations.get("nobody", [1])) == 1, "those of no client stay")


def the_log_is_newest_first(store: SyncStore, tenant: str) -> None:
    """The log is read from its end."""
    entries = [
        SyncLogEntry(
            run_id=f"r{n}",
            at=n,
            operation="sync_leads",
            entity="leads",
            status="ok",
            details={"n": n},
            seconds=0.5,
        )
        for n in range(3)
    ]
    with store.tx(tenant, lock=False) as tx:
        tx.log.add(entries)
        require(tx.log.list(2) == [entries[2], entries[1]], "the log is given newest first, up to the limit")
        require(tx.log.counts() == {"sync_leads": 3}, "the log is counted by operation")
        require(tx.log.list(9, run_id="r1") == [entries[1]], "the log of one run")
        require(tx.log.prune(1.0, 9) == 1, "the log is pruned by age")
        require(tx.log.list(9) == [entries[2], entries[1]], "newer rows stay")
