"""What the words of a stage name can mean, in any language.

A lexicon maps words to these concepts; :mod:`.judge` decides from the concepts, never from the words. A new
language is therefore one file of words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import attrs

__all__ = ["CONCEPTS", "Concept", "Role"]


class Role(StrEnum):
    """How a concept weighs in the decision."""

    NEW = "new"
    """A thing that has just come in."""
    UNTOUCHED = "untouched"
    """Says outright that nobody has worked on it."""
    FIRST = "first"
    """The first contact: somebody's new, somebody else's in progress."""
    SUBJECT = "subject"
    """What a card stands for: a request, a lead, an order. New only if nothing else is said of it."""
    SOURCE = "source"
    """Where something came from. A request of which only that is said has just come in."""
    WHOLE = "whole"
    """A whole piece of work: what is done with it, is done."""
    OUTCOME = "outcome"
    """It has ended, won or lost."""
    SUCCESS = "success"
    """Went well; an end only if it is not one step that went well."""
    DONE = "done"
    """Finished, if it is said of the whole; a step that is finished leaves the lead in progress."""
    STATE = "state"
    """It is being worked on, or waits."""
    STEP = "step"
    """One step of the work."""
    REVIVE = "revive"
    """Brought back to life: in progress, whatever else the name says."""
    BEFORE = "before"
    """Close to an end, and therefore not there yet."""
    NEUTRAL = "neutral"
    """A word that tells nothing about the stage."""


@attrs.frozen
class Concept:
    """One meaning.

    Attributes:
        key: Name in the lexicons.
        role: How it weighs.
        gloss: The meaning in English, as it stands in a reason.
    """

    key: str
    role: Role
    gloss: str


_TABLE: Final = {
    Role.NEW: {
        "new": "new",
        "incoming": "incoming",
        "unsorted": "not sorted yet",
        "backlog": "a queue of what nobody took yet",
    },
    Role.UNTOUCHED: {"untouched": "nobody worked on it yet"},
    Role.FIRST: {"first_contact": "the first contact", "to_contact": "somebody is still to be contacted"},
    Role.SUBJECT: {
        "request": "a request",
        "lead": "a lead",
        "client": "a client",
        "order": "an order",
        "deal": "a deal",
        "form": "a form",
    },
    Role.SOURCE: {"source": "where it came from"},
    Role.WHOLE: {"project": "the whole work"},
    Role.OUTCOME: {
        "won": "won",
        "closed": "closed",
        "lost": "lost",
        "refused": "refused",
        "spam": "spam or a mistake",
        "nontarget": "not the right client",
        "not_interested": "no interest or need",
        "competitor": "gone to a competitor",
        "duplicate": "a duplicate",
        "archived": "archived",
        "dead": "dead",
        "blacklist": "blocked",
        "invalid": "no valid contact",
        "unsubscribed": "gone",
        "refund": "a refund",
    },
    Role.SUCCESS: {"success": "success"},
    Role.DONE: {
        "done": "finished",
        "ready": "ready",
        "handed_over": "handed over",
        "cancelled": "cancelled",
        "failed": "failed",
        "sale": "a sale",
    },
    Role.STATE: {
        "in_work": "being worked on",
        "waiting": "waiting",
        "deferred": "put off",
        "thinking": "thinking it over",
        "unanswered": "no answer",
    },
    Role.STEP: {
        "contact": "contact",
        "call": "a call",
        "message": "a message",
        "attempt": "an attempt",
        "qualification": "qualification",
        "needs": "finding out the needs",
        "consultation": "a consultation",
        "meeting": "a meeting",
        "viewing": "a viewing",
        "presentation": "a presentation",
        "trial": "a trial",
        "measurement": "a measurement",
        "estimate": "an estimate",
        "proposal": "a proposal",
        "negotiation": "negotiation",
        "objection": "objections",
        "decision": "a decision or interest",
        "contract": "a contract",
        "documents": "documents",
        "invoice": "an invoice",
        "payment": "payment",
        "paid": "paid",
        "prepayment": "a prepayment",
        "credit": "credit",
        "reservation": "a reservation",
        "booking": "an appointment",
        "production": "production",
        "delivery": "delivery",
        "installation": "installation",
        "service": "service",
        "onboarding": "onboarding",
        "follow_up": "follow-up",
        "check": "a check",
        "hiring": "hiring",
        "engagement": "engagement",
        "transfer": "a handover to somebody",
        "sent": "something was sent",
        "received": "something was received",
        "prep": "preparation",
        "schedule": "a point in time",
        "closing": "closing",
        "held": "something took place",
    },
    Role.REVIVE: {"revive": "brought back"},
    Role.BEFORE: {"before": "on the way to"},
    Role.NEUTRAL: {"neutral": "no meaning for the status"},
}

CONCEPTS: Final[dict[str, Concept]] = {
    key: Concept(key, role, gloss) for role, glosses in _TABLE.items() for key, gloss in glosses.items()
}
"""Every concept by its key."""
