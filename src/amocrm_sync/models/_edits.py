"""What has been changed in a model since it was loaded. Models that nobody touched have none of this."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.define
class Edits:
    """The edits of one model.

    Attributes:
        new: Made by the host, not loaded: everything that is set is a change.
        before: Values of changed fields as they were loaded; kept at the first change.
        raw: The item as it arrived, where it was asked for.
    """

    new: bool = False
    before: dict[str, Any] = attrs.field(factory=dict[str, Any])
    raw: dict[str, Any] | None = attrs.field(default=None, repr=False)
