"""Making a plan that fails smaller: one fault, one actor after the other is left out, while it still fails the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from simulation.plan import Plan

_LESS: tuple[dict[str, Any], ...] = (
    *({name: 0.0} for name in ("ban", "lose_refresh", "limited", "unsent", "refuse", "lose", "late_error")),
    *({name: 0.0} for name in ("crash", "stall", "list_lag", "hook_loss", "hook_double", "bulk", "removals")),
    *({name: 1} for name in ("pullers", "fetchers", "pushers")),
    {"phones": 0},
    {"webhooks": False},
    {"events": False},
    {"reconcile": False},
    {"filters": True},
    {"first_pull": True},
    {"token_life": 86_400},
    {"latency": 0.2},
)


def shrunk(
    plan: Plan, violation: str, violations: Callable[[Plan], Sequence[str]]
) -> tuple[Plan, Sequence[str]]:
    """The smallest plan that was found to break the same promise, and what it breaks."""
    promise, left = violation.partition(":")[0], (violation,)
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for less in _smaller(plan):
            found = violations(less)
            if any(each.partition(":")[0] == promise for each in found):
                plan, left, is_smaller = less, tuple(found), True
                break
    return plan, left


def _smaller(plan: Plan) -> Iterator[Plan]:
    for less in _LESS:
        smaller = attrs.evolve(plan, **less)
        if smaller != plan:
            yield smaller
    if plan.seconds > 5.0:
        yield attrs.evolve(plan, seconds=plan.seconds * 0.7)
    if plan.rows > 1:
        yield attrs.evolve(plan, rows=plan.rows - 1)
