"""From the strength of a rule to a frequency: of suggestions at 0.9, nine in ten are right.

The two numbers are fitted by ``benchmarks/mapping.py --fit`` on labelled stage names (logistic regression of "was
right" on the log-odds of the strength).
"""

from __future__ import annotations

import math
from typing import Final

import attrs

__all__ = ["DEFAULT", "Calibration"]


@attrs.frozen
class Calibration:
    """A monotone curve from strength to confidence: ``logit(confidence) = slope * logit(strength) + shift``."""

    slope: float = 1.0
    shift: float = 0.0

    def confidence(self, strength: float) -> float:
        """Return the share of right answers to expect, between 0 and 1."""
        clipped = min(max(strength, 1e-4), 1 - 1e-4)
        odds = self.slope * math.log(clipped / (1 - clipped)) + self.shift
        return 1 / (1 + math.exp(-odds))


DEFAULT: Final = Calibration(slope=0.861, shift=1.142)
"""What the engine uses unless told otherwise."""
