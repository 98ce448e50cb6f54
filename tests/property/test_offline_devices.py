"""Ten phones under loss, doubling, delay, absence, changing rights and resets: every copy ends up right, each edit counts once.

``OFFLINE_SEEDS=a..b`` plays other histories than the suite's: ``make simulate-offline``.
"""

from __future__ import annotations

import os

import attrs
import pytest
from offline_devices import World

from amocrm_sync._core.sync.offline import Scope
from amocrm_sync._sync.sync import offline
from amocrm_sync._sync.sync.offline_outgoing import Outgoing

BLOCKS = 6

pytestmark = pytest.mark.timeout(1800 if "OFFLINE_SEEDS" in os.environ else 120)


def seeds() -> range:
    first, _, last = os.environ.get("OFFLINE_SEEDS", "0..119").partition("..")
    return range(int(first), int(last) + 1)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_copy_converges(block):
    totals: dict[str, int] = {}
    for seed in seeds()[block::BLOCKS]:
        world = World(seed)
        world.run()
        world.check()
        for name, number in world.counted.items():
            totals[name] = totals.get(name, 0) + number
    assert all(totals.values()), "a history without trouble shows nothing"


def takes_edits_twice(monkeypatch):
    """The number up to which edits were taken is forgotten."""
    take_part = Outgoing.take_part

    def forgetful(self, tx, client, scope, edits, *rest):
        forgotten = attrs.evolve(client, last_mutation_id=min(edit.id for edit in edits) - 1)
        return take_part(self, tx, forgotten, scope, edits, *rest)

    monkeypatch.setattr(Outgoing, "take_part", forgetful)


def runs_ahead(monkeypatch):
    """A cursor covers more than the page before it had."""
    whole_versions = offline.whole_versions

    def hasty(tx, since, head, names, limit):
        found, _, _ = whole_versions(tx, since, head, names, limit)
        return found, head, False

    monkeypatch.setattr(offline, "whole_versions", hasty)


def overlooks_rights(monkeypatch):
    """A change of rights goes unnoticed."""
    monkeypatch.setattr(Scope, "hash", property(lambda _: "all"))


def keeps_the_dead(monkeypatch):
    """A deletion is told as a change."""
    judged = offline.judged

    def unmoved(item, *rest):
        _, heading, more = judged(item, *rest)
        return item, "updated" if heading == "deleted" else heading, more

    monkeypatch.setattr(offline, "judged", unmoved)


@pytest.mark.parametrize("fault", [takes_edits_twice, runs_ahead, overlooks_rights, keeps_the_dead])
def test_the_histories_would_show_a_fault(fault, monkeypatch):
    fault(monkeypatch)
    with pytest.raises(AssertionError):  # noqa: PT012 - which of the histories shows it is not the point
        for seed in range(40):
            world = World(seed)
            world.run()
            world.check()
