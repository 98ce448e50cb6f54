"""Work that waits to be done: which rows to read again, which records to send, which events to deliver."""

from __future__ import annotations

from enum import Enum

import attrs


class WorkKind(Enum):
    """What shall be done."""

    PULL = "pull"
    """Read a row again: the stream is a stream's key, the key a remote id."""
    PUSH = "push"
    """Send a record's open edits: the stream is an entity, the key our id."""
    SINK = "sink"
    """Deliver an event: the stream is a sink's name, the key an event's id."""
    WALK = "walk"
    """Walk through the lists: one row, whose holder moves the tenant's cursors, due when the next pull is."""


@attrs.frozen(kw_only=True)
class Claim:
    """A piece of work that somebody holds for a while. There is one for each kind, stream and key.

    Attributes:
        stream: What is worked on together; one claim takes work of one stream.
        key: What it is about, within the stream.
        generation: From a counter that never repeats; work ends only if it was not marked anew meanwhile.
        prio: Greater goes first.
        due_at: Not to be done before, unix seconds.
        attempts: How often it failed.
        error: Why it failed last.
        lease_owner: Who holds it.
        lease_until: Until when; after that anybody may take it.
        lease_token: From a counter that never repeats. Who has it may write results; it changes hands with the lease.
    """

    kind: WorkKind
    stream: str
    key: str
    generation: int = 0
    prio: int = 0
    due_at: float = 0.0
    attempts: int = 0
    error: str | None = None
    lease_owner: str | None = None
    lease_until: float | None = None
    lease_token: int | None = None
