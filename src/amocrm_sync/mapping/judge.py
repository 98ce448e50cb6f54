"""From what a name says to a status: rules in order, the first that applies decides.

Every rule has a name, a strength between 0 and 1, and the words that it rests on. The strength is an opinion;
:mod:`.calibration` turns it into a frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import attrs

from .concepts import Role
from .reading import Match, Reading
from .statuses import Status

__all__ = ["Verdict", "judge"]


@attrs.frozen
class Verdict:
    """What the name alone says.

    Attributes:
        status: The status.
        rule: Key of the rule, for explanation and calibration.
        strength: How far the rule is trusted, before calibration.
        because: The matches that it rests on.
        against: Matches that point elsewhere.
    """

    status: Status
    rule: str
    strength: float
    because: tuple[Match, ...] = ()
    against: tuple[Match, ...] = ()


def judge(reading: Reading) -> Verdict:
    """Return the verdict of the first rule that applies."""
    facts = _Facts(reading)
    for rule in _RULES:
        verdict = rule(facts)
        if verdict is not None:
            return _weaken(verdict, reading)
    return _unknown(facts)


class _Facts:
    """The matches of a reading by role, as the rules ask for them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.matches = reading.matches

    def of(self, *roles: Role, negated: bool | None = False) -> tuple[Match, ...]:
        return tuple(m for m in self.matches if m.role in roles and (negated is None or m.negated is negated))

    def concept(self, *concepts: str, negated: bool | None = False) -> tuple[Match, ...]:
        return tuple(
            m for m in self.matches if m.concept in concepts and (negated is None or m.negated is negated)
        )

    @property
    def working(self) -> tuple[Match, ...]:
        return self.of(Role.STATE, Role.STEP, negated=None)


def _revived(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.REVIVE)
    return Verdict(Status.IN_PROGRESS, "revived", 0.92, found) if found else None


def _negated_end(facts: _Facts) -> Verdict | None:
    if facts.of(Role.OUTCOME):
        return None
    failed = facts.concept("won", negated=True) + facts.of(Role.SUCCESS, negated=True)
    if failed:
        return Verdict(Status.CLOSED, "not_won", 0.9, failed)
    open_ended = facts.of(Role.OUTCOME, Role.DONE, negated=True)
    if open_ended and not facts.of(Role.NEW, Role.UNTOUCHED):
        return Verdict(Status.IN_PROGRESS, "not_ended", 0.85, open_ended)
    return None


def _before_end(facts: _Facts) -> Verdict | None:
    ends, before = facts.of(Role.OUTCOME, Role.SUCCESS, Role.DONE), facts.of(Role.BEFORE)
    states = facts.concept("in_work", "waiting", "prep", "thinking", "check", "objection")
    if ends and (before or states) and not facts.concept("closed", "archived"):
        return Verdict(Status.IN_PROGRESS, "before_end", 0.8, before + states, ends)
    return None


def _ended(facts: _Facts) -> Verdict | None:
    ends = facts.of(Role.OUTCOME)
    if not ends:
        return None
    if all(m.concept == "refund" for m in ends):
        return Verdict(Status.CLOSED, "refund", 0.6, ends)
    steps = facts.working
    certain = {"won", "closed", "archived", "spam", "duplicate", "lost"}
    strength = 0.97 if not steps else 0.9 if any(m.concept in certain for m in ends) else 0.86
    return Verdict(Status.CLOSED, "ended", strength, ends, steps)


def _succeeded(facts: _Facts) -> Verdict | None:
    good, steps = facts.of(Role.SUCCESS), facts.working
    if not good:
        return None
    if steps and not facts.concept("paid", "payment"):
        return Verdict(Status.IN_PROGRESS, "step_succeeded", 0.75, good + steps, good)
    return Verdict(Status.CLOSED, "ended", 0.95 if not steps else 0.7, good)


def _untouched(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.UNTOUCHED)
    return Verdict(Status.NEW, "untouched", 0.93, found) if found else None


def _finished(facts: _Facts) -> Verdict | None:
    done, steps = facts.of(Role.DONE), facts.working
    if not done:
        return None
    cancelled, finished, whole = facts.concept("cancelled"), facts.concept("done"), facts.of(Role.WHOLE)
    if cancelled:
        return (
            Verdict(Status.IN_PROGRESS, "step_cancelled", 0.6, steps, cancelled)
            if steps and not whole
            else Verdict(Status.CLOSED, "ended", 0.93, cancelled)
        )
    if steps:
        return Verdict(Status.IN_PROGRESS, "step_finished", 0.92, steps + done)
    if finished:
        return Verdict(
            Status.CLOSED,
            "finished",
            0.86 if whole or facts.concept("deal", "order", "request") else 0.75,
            finished,
        )
    if facts.concept("handed_over"):
        return Verdict(Status.CLOSED, "handed_over", 0.6, done)
    if facts.concept("sale") and not facts.reading.unknown and len(facts.matches) == 1:
        return Verdict(Status.CLOSED, "handed_over", 0.58, done)
    if facts.concept("ready") and len(facts.matches) == 1 and not facts.reading.unknown:
        return Verdict(Status.CLOSED, "handed_over", 0.55, done)
    return None


def _new(facts: _Facts) -> Verdict | None:
    fresh, steps = facts.of(Role.NEW), facts.working
    if not fresh:
        return None
    if steps:
        words = fresh + steps
        return Verdict(Status.IN_PROGRESS, "new_step", 0.7, words, fresh)
    if facts.concept("backlog") and len(fresh) == 1:
        return Verdict(Status.NEW, "new", 0.72, fresh)
    known = not facts.reading.unknown
    strength = 0.96 if known else 0.88
    if facts.concept("client", "deal", "project") or facts.of(Role.WHOLE):
        strength -= 0.12
    return Verdict(Status.NEW, "new", strength, fresh)


def _state(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.STATE, negated=None)
    return (
        Verdict(Status.IN_PROGRESS, "state", 0.95, found + facts.of(Role.STEP), facts.of(Role.FIRST))
        if found
        else None
    )


def _first_contact(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.FIRST)
    if not found:
        return None
    steps = facts.of(Role.STEP)
    if steps:
        return Verdict(Status.IN_PROGRESS, "step", 0.8, steps, found)
    return Verdict(Status.NEW, "first_contact", 0.52, found)


def _step(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.STEP, negated=None)
    if not found:
        return None
    requests = facts.concept("request")
    if requests and all(m.concept in {"received", "message"} for m in found):
        return Verdict(Status.NEW, "request", 0.82, requests, found)
    vague = all(
        m.concept in {"received", "sent", "service", "schedule", "transfer", "engagement", "credit"}
        for m in found
    )
    strength = 0.9 if vague else 0.95
    return Verdict(Status.IN_PROGRESS, "step", strength - 0.1 * bool(requests), found, requests)


def _subject(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.SUBJECT)
    if not found or facts.reading.cues or len(facts.reading.unknown) > 1:
        return None
    if facts.concept("request"):
        return Verdict(Status.NEW, "request", 0.8, facts.concept("request"))
    if facts.concept("lead"):
        return Verdict(Status.NEW, "lead", 0.55 if not facts.reading.unknown else 0.4, facts.concept("lead"))
    return None


def _grammar(facts: _Facts) -> Verdict | None:
    if not facts.reading.cues:
        return None
    strong = any(cue.kind in {"an action", "going on"} for cue in facts.reading.cues)
    return Verdict(Status.IN_PROGRESS, "grammar", 0.88 if strong else 0.84)


def _unknown(facts: _Facts) -> Verdict:
    return Verdict(Status.IN_PROGRESS, "unknown", 0.6, facts.matches)


_RULES: Final[tuple[Callable[[_Facts], Verdict | None], ...]] = (
    _revived, _negated_end, _before_end, _ended, _untouched, _succeeded, _finished,
    _new, _state, _first_contact, _step, _subject, _grammar,
)  # fmt: skip


def _weaken(verdict: Verdict, reading: Reading) -> Verdict:
    """Trust a verdict less that rests on a slip of the keyboard, or leaves most of the name unread."""
    strength = verdict.strength
    if verdict.because and all(m.spelling != "written" for m in verdict.because):
        strength -= 0.06 if _all_heard(verdict.because) else 0.12
    strength -= min(0.06, 0.02 * len(reading.unknown))
    return attrs.evolve(verdict, strength=max(strength, 0.3))


def _all_heard(matches: Iterable[Match]) -> bool:
    return all(m.spelling == "heard" for m in matches)
