"""Histories that once broke a promise, each with what was wrong. They are run with every test."""

from __future__ import annotations

import attrs
from simulation.plan import Plan


@attrs.frozen
class Regression:
    """A plan that failed.

    Attributes:
        name: What went wrong, in words.
        plan: The history.
    """

    name: str
    plan: Plan


_CALM = Plan(
    crash=0.0,
    stall=0.0,
    refuse=0.0,
    unsent=0.0,
    lose=0.0,
    late_error=0.0,
    limited=0.0,
    list_lag=0.0,
    latency=0.2,
    token_life=86_400,
    hook_loss=0.0,
    hook_double=0.0,
    local=0.2,
    rows=5,
    pullers=1,
    fetchers=1,
    pushers=1,
    policy="manual",
)


def _drawn(seed: int) -> Plan:
    """A seed's plan as it was when it failed: there were no phones in it."""
    return attrs.evolve(Plan.draw(seed), phones=0)


REGRESSIONS = (
    Regression("a push spun on an edit that was ready behind one that waits", _drawn(3)),
    Regression("a contact merged away during the first pull was never missed", _drawn(108)),
    Regression("a lead merged away between two pages of a sweep made it skip another", _drawn(92)),
    Regression("a person deletes a row whose create is not settled: it is made again, once", _drawn(56)),
    Regression(
        "a new lead was merged into an older one before its creation was settled",
        attrs.evolve(
            _CALM,
            seed=11,
            seconds=31.5,
            page_size=2,
            lose=0.08,
            hook_delay=1.0,
            events=False,
            people=3.0,
            removals=0.9,
            pullers=2,
            first_pull=False,
        ),
    ),
    Regression(
        "where filters are off, a full comparison did not miss what was merged away",
        attrs.evolve(
            _CALM,
            seed=8,
            seconds=10.8,
            webhooks=False,
            events=False,
            filters=False,
            preread=None,
            people=2.0,
            bulk=0.0,
        ),
    ),
    Regression(
        "a contact merged away during a sweep that no events could prove made it skip another",
        attrs.evolve(
            _CALM,
            seed=6048,
            seconds=9.8,
            page_size=2,
            latency=1.5,
            webhooks=False,
            events=False,
            policy="last_write_wins",
            preread=0.0,
            rows=14,
            people=2.0,
            bulk=0.0,
            removals=0.9,
            local=0.5,
            pullers=2,
            first_pull=False,
        ),
    ),
    Regression(
        "a lead restored during a sweep, known to one of two pages only, let a third slip between them",
        _drawn(4462),
    ),
    Regression(
        "a create that a pull had met was opened again by its sender, who got no answer", Plan.draw(24976)
    ),
    Regression("a task slipped between two pages of servers that knew different changes", Plan.draw(31907)),
    Regression("two equal passes over a full second both lacked the row that had slipped", Plan.draw(59646)),
    Regression(
        "a list that was behind our own write of the same second made the next edit one in conflict with it",
        Plan.draw(14721),
    ),
    Regression("a list that was behind an answer by id took a name back", Plan.draw(553)),
)
