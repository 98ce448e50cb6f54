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


REGRESSIONS = (
    Regression("a push spun on an edit that was ready behind one that waits", Plan.draw(3)),
    Regression("a contact merged away during the first pull was never missed", Plan.draw(108)),
    Regression("a lead merged away between two pages of a sweep made it skip another", Plan.draw(92)),
    Regression("a person deletes a row whose create is not settled: it is made again, once", Plan.draw(56)),
)
