"""From what a name says to a status: rules in order, the first that applies decides.

Every rule has a name, a strength between 0 and 1, and the words that it rests on. The strength is an opinion;
:mod:`.calibration` turns it into a frequency.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

import attrs

from amocrm_sync.mapping.concepts import Role
from amocrm_sync.mapping.reading import Match, Reading
from amocrm_sync.mapping.statuses import Status

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
    for rule, needed in _RULES:
        if needed.isdisjoint(facts.roles):
            continue
        verdict = rule(facts)
        if verdict is not None:
            return _weaken(verdict, reading)
    return _weaken(_grammar(facts), reading) if reading.cues else _unknown(facts)


class _Facts:
    """The matches of a reading by role and concept, as the rules ask for them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.matches = reading.matches
        self.roles = {match.role for match in reading.matches}
        self._concepts = {match.entry.concept for match in reading.matches}

    def of(self, *roles: Role) -> tuple[Match, ...]:
        """Return the matches of these roles that are not negated."""
        if self.roles.isdisjoint(roles):
            return ()
        return tuple(match for match in self.matches if match.role in roles and not match.negated)

    def negated(self, *roles: Role) -> tuple[Match, ...]:
        """Return the matches of these roles that are negated."""
        if self.roles.isdisjoint(roles):
            return ()
        return tuple(match for match in self.matches if match.role in roles and match.negated)

    def concept(self, *concepts: str) -> tuple[Match, ...]:
        """Return the matches with these meanings that are not negated."""
        if self._concepts.isdisjoint(concepts):
            return ()
        return tuple(match for match in self.matches if match.entry.concept in concepts and not match.negated)

    @functools.cached_property
    def working(self) -> tuple[Match, ...]:
        """The matches that tell of work, negated or not: "not paid" is as open as "paid"."""
        if self.roles.isdisjoint(_WORK):
            return ()
        return tuple(match for match in self.matches if match.role in _WORK)


_WORK: Final = (Role.STATE, Role.STEP)


def _revived(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.REVIVE)
    return Verdict(Status.IN_PROGRESS, "revived", 0.92, found) if found else None


def _negated_end(facts: _Facts) -> Verdict | None:
    if facts.of(Role.OUTCOME):
        return None
    failed = tuple(m for m in facts.negated(Role.OUTCOME, Role.SUCCESS) if m.concept in {"won", "success"})
    if failed:
        return Verdict(Status.CLOSED, "not_won", 0.9, failed)
    unfit = tuple(m for m in facts.negated(Role.STEP) if m.concept == "qualification")
    if unfit:
        return Verdict(Status.CLOSED, "not_qualified", 0.85, unfit)
    open_ended = facts.negated(Role.OUTCOME, Role.DONE)
    if open_ended and not facts.of(Role.NEW, Role.UNTOUCHED):
        return Verdict(Status.IN_PROGRESS, "not_ended", 0.9, open_ended)
    return None


def _before_end(facts: _Facts) -> Verdict | None:
    ends, before = facts.of(Role.OUTCOME, Role.SUCCESS, Role.DONE), facts.of(Role.BEFORE)
    states = facts.concept("in_work", "waiting", "prep", "thinking", "check", "objection")
    if facts.of(Role.NEW) or not ends:
        return None
    if before or (states and not facts.concept("closed", "archived")):
        return Verdict(Status.IN_PROGRESS, "before_end", 0.74, before + states, ends)
    return None


def _ended(facts: _Facts) -> Verdict | None:
    ends = facts.of(Role.OUTCOME)
    if not ends:
        return None
    if all(m.concept == "refund" for m in ends):
        return Verdict(Status.CLOSED, "refund", 0.5, ends)
    steps = facts.working
    certain = {"won", "closed", "archived", "spam", "duplicate", "lost"}
    strength = 0.97 if not steps else 0.9 if any(m.concept in certain for m in ends) else 0.86
    if any(m.role is Role.STATE for m in steps):
        strength -= 0.15
    aside = facts.reading.unknown or any(m.concept in _SAMPLES for m in steps)
    if aside and all(m.concept == "won" for m in ends):
        strength -= 0.12  # who "bought" something that nobody knows may have bought a sample, or for us
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
    if found:
        begun = facts.concept("paid", "prepayment", "contract")
        if begun:  # "paid, lessons not started": it is the service that nobody began
            return Verdict(Status.IN_PROGRESS, "step", 0.6, begun, found)
        return Verdict(Status.NEW, "untouched", 0.93, found)
    # "Not processed", "not taken up": what is not being worked on, and of which nothing else is said.
    idle = tuple(m for m in facts.negated(Role.STATE) if m.concept == "in_work")
    return Verdict(Status.NEW, "untouched", 0.78, idle) if idle and facts.working == idle else None


def _interrupted(facts: _Facts) -> Verdict | None:
    bad, steps = facts.concept("cancelled", "failed"), facts.working
    if not bad:
        return None
    if not steps or facts.concept(*_WHOLES):
        return Verdict(Status.CLOSED, "ended", 0.93 if facts.concept("cancelled") else 0.8, bad)
    if facts.concept("failed") or any(m.concept in _APPOINTMENTS for m in steps):
        return Verdict(Status.IN_PROGRESS, "step_cancelled", 0.5, steps, bad)
    return Verdict(Status.CLOSED, "ended", 0.55, bad, steps)


def _finished(facts: _Facts) -> Verdict | None:
    done, steps = facts.of(Role.DONE), facts.working
    if done and steps:
        return Verdict(Status.IN_PROGRESS, "step_finished", 0.93, steps + done)
    if done and any(cue.kind == "an action" for cue in facts.reading.cues):
        return Verdict(Status.IN_PROGRESS, "step_finished", 0.82, done)
    finished = facts.concept("done")
    if not finished:
        return None
    if facts.reading.unknown and finished[0].at[0] > 0 and not facts.concept(*_WHOLES):
        # "Something is finished" is a step of the work; "finished in Moscow" is a list of what has ended.
        return Verdict(Status.IN_PROGRESS, "step_finished", 0.5, finished)
    strength = 0.93 if facts.concept(*_WHOLES) else 0.45 if facts.reading.unknown else 0.91
    return Verdict(Status.CLOSED, "finished", strength, finished)


def _handed_over(facts: _Facts) -> Verdict | None:
    delivered = facts.concept("handed_over")
    if delivered:
        return Verdict(Status.CLOSED, "handed_over", 0.45, delivered)
    # "Sale" or "ready" may be an end if nothing else is said; "ready for a viewing" is not.
    other = facts.concept("ready", "sale")
    if other and len(facts.matches) == 1 and not facts.reading.unknown:
        return Verdict(Status.CLOSED, "handed_over", 0.42, other)
    return None


def _new(facts: _Facts) -> Verdict | None:
    fresh = facts.of(Role.NEW)
    if not fresh:
        return None
    steps = tuple(m for m in facts.working if m.concept not in _OF_ARRIVAL)
    arriving = tuple(m for m in facts.working if m.concept in _OF_ARRIVAL)
    subject = facts.of(Role.SUBJECT)
    asides = all(m.concept in _ASIDES for m in steps)
    if steps and all(m.concept == "waiting" for m in steps):
        return Verdict(Status.NEW, "new", 0.72, fresh, steps)
    if steps and not (subject and asides) and not _of_a_request(facts, fresh, subject):
        return Verdict(Status.IN_PROGRESS, "new_step", 0.65, fresh + steps, fresh)
    if facts.concept("backlog") and len(fresh) == 1:
        return Verdict(Status.NEW, "new", 0.6, fresh)
    strength = 0.88 if facts.reading.unknown else 0.96
    if arriving and not subject:
        strength -= 0.12
    if steps:
        strength -= 0.06
    if facts.concept("client", "deal") or facts.of(Role.WHOLE):
        strength -= 0.06
    return Verdict(Status.NEW, "new", strength, fresh, steps)


def _of_a_request(facts: _Facts, fresh: tuple[Match, ...], subject: tuple[Match, ...]) -> bool:
    """Whether it is the request that is new: "new request for an estimate" is new, "new contract" is not.

    In English and in Turkic languages the request stands last: "new booking request".
    """
    beside = {at + 1 for m in fresh for at in m.at}
    beside.add(len(facts.reading.words) - 1)
    return any(m.concept in {"request", "lead", "form"} and m.at[0] in beside for m in subject)


def _state(facts: _Facts) -> Verdict | None:
    found = tuple(m for m in facts.working if m.role is Role.STATE)
    if not found:
        return None
    idle = all(m.concept in {"waiting", "unanswered"} for m in found)
    subject = facts.concept("request", "lead") if idle else ()  # "leads that wait": for whom?
    strength = 0.75 if subject else 0.95
    against = facts.of(Role.FIRST) + subject
    return Verdict(Status.IN_PROGRESS, "state", strength, found + facts.of(Role.STEP), against)


def _first_contact(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.FIRST)
    if not found:
        return None
    steps = facts.of(Role.STEP)
    if steps:
        return Verdict(Status.IN_PROGRESS, "step", 0.8, steps, found)
    return Verdict(Status.NEW, "first_contact", 0.42, found)


def _step(facts: _Facts) -> Verdict | None:
    found = tuple(m for m in facts.working if m.role is Role.STEP)
    if not found:
        return None
    requests = facts.concept("request")
    if requests and all(m.concept in {"received", "message"} for m in found):
        return Verdict(Status.NEW, "request", 0.76, requests, found)
    arrivals = facts.concept("lead", "form", "source")
    if arrivals and all(m.concept in _CHANNELS for m in found) and len(facts.reading.words) <= _SHORT_NAME:
        return Verdict(Status.NEW, "arrival", 0.6, arrivals + found)
    vague = all(
        m.concept in {"received", "sent", "service", "schedule", "transfer", "engagement", "credit"}
        for m in found
    )
    strength = 0.92 if vague else 0.95
    subject = requests or (() if facts.concept("qualification") else facts.concept("lead"))
    return Verdict(Status.IN_PROGRESS, "step", strength - 0.2 * bool(subject), found, subject)


def _subject(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.SUBJECT)
    if not found or facts.reading.cues or len(facts.reading.unknown) > 1:
        return None
    subject = facts.concept("request", "lead", "form")
    source = facts.of(Role.SOURCE)
    if subject and source:
        return Verdict(Status.NEW, "arrival", 0.85, subject + source)
    if facts.concept("request"):
        return Verdict(Status.NEW, "request", 0.75, facts.concept("request"))
    if facts.concept("lead"):
        return Verdict(Status.NEW, "lead", 0.45 if not facts.reading.unknown else 0.35, facts.concept("lead"))
    return None


def _underway(facts: _Facts) -> Verdict | None:
    found = facts.of(Role.WHOLE, Role.BEFORE)
    return Verdict(Status.IN_PROGRESS, "underway", 0.85, found) if found else None


def _grammar(facts: _Facts) -> Verdict:
    strong = any(cue.kind in {"an action", "going on", "a day"} for cue in facts.reading.cues)
    return Verdict(Status.IN_PROGRESS, "grammar", 0.93 if strong else 0.9)


def _unknown(facts: _Facts) -> Verdict:
    return Verdict(Status.IN_PROGRESS, "unknown", 0.6, facts.matches)


_WHOLES: Final = ("project", "deal", "order", "request", "client", "lead")
"""What is finished or cancelled here, is so for good."""
_APPOINTMENTS: Final = frozenset(
    {
        "meeting",
        "booking",
        "viewing",
        "consultation",
        "trial",
        "call",
        "schedule",
        "deferred",
        "hiring",
        "presentation",
    }
)
"""What can be cancelled and made again."""
_OF_ARRIVAL: Final = frozenset({"contact", "call", "message", "consultation", "received", "sent"})
"""Steps by which something new arrives: "new message", "incoming call"."""
_CHANNELS: Final = frozenset({"message", "call", "contact", "received"})
"""Steps that may only say by which way somebody came: "chat from the site"."""
_SAMPLES: Final = frozenset({"engagement", "trial", "production", "credit"})
"""What can be bought without the deal being won: a trial lesson, material, a mini course."""
_SHORT_NAME: Final = 3
_ASIDES: Final = frozenset(
    {"prep", "transfer", "schedule", "onboarding", "service", "engagement", "follow_up"}
)
"""Steps that, beside a new lead, say where it came from or where it goes."""
_ENDS: Final = frozenset({Role.OUTCOME, Role.SUCCESS, Role.DONE})
_RULES: Final[tuple[tuple[Callable[[_Facts], Verdict | None], frozenset[Role]], ...]] = (
    (_revived, frozenset({Role.REVIVE})),
    (_negated_end, _ENDS | {Role.STEP}),
    (_before_end, _ENDS),
    (_ended, frozenset({Role.OUTCOME})),
    (_untouched, frozenset({Role.UNTOUCHED, Role.STATE})),
    (_succeeded, frozenset({Role.SUCCESS})),
    (_interrupted, frozenset({Role.DONE})),
    (_finished, frozenset({Role.DONE})),
    (_handed_over, frozenset({Role.DONE})),
    (_new, frozenset({Role.NEW})),
    (_state, frozenset({Role.STATE})),
    (_first_contact, frozenset({Role.FIRST})),
    (_step, frozenset({Role.STEP})),
    (_underway, frozenset({Role.WHOLE, Role.BEFORE})),
    (_subject, frozenset({Role.SUBJECT})),
)
"""Rules in order, each with the roles of which it needs one."""


_DOUBT: Final = {"heard": 0.06, "prefix": 0.06, "slip": 0.2, "cognate": 0.14}
"""What a reading that is not as written costs."""


def _weaken(verdict: Verdict, reading: Reading) -> Verdict:
    """Trust a verdict less that rests on a slip of the keyboard, or leaves most of the name unread."""
    strength = verdict.strength
    if verdict.because and all(m.spelling != "written" for m in verdict.because):
        strength -= max(_DOUBT.get(m.spelling, 0.0) for m in verdict.because)
    strength -= min(0.04, 0.01 * len(reading.unknown))
    strength = max(strength, 0.3)
    return verdict if strength == verdict.strength else attrs.evolve(verdict, strength=strength)
