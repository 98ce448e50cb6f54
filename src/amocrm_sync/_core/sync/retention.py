"""For how long what is over is kept. No I/O."""

from __future__ import annotations

import attrs

DAY = 86_400.0


@attrs.frozen(kw_only=True)
class Retention:
    """Seconds for which what is over stays in the store; ``None`` for ever.

    Work that waits, live records, edits that are open or dead, open conflicts and the answers that make a first contact
    happen once are never dropped.

    Attributes:
        inbox: Webhook bodies that were read. A body that could not be read stays for a person.
        tombstones: Deleted records. Not before ``OfflineRules.kept``, and never a row that was deleted here while
            amoCRM has it, nor one with a ``local_ref``. A device that has not seen a deletion that is forgotten is
            told to fetch everything again.
        activity: Rows of the activity log.
        log: Rows of the sync log.
        edits: Edits that are done or superseded.
        events: Events for sinks, delivered or given up.
        conflicts: Conflicts that a rule or a person has decided, counted from the decision; a day at least, while amoCRM's
            log may tell of the same change again.
    """

    inbox: float | None = 7 * DAY
    tombstones: float | None = 90 * DAY
    activity: float | None = 90 * DAY
    log: float | None = 30 * DAY
    edits: float | None = 30 * DAY
    events: float | None = 2 * DAY
    conflicts: float | None = 90 * DAY
