"""One measured figure beside its bar."""

from __future__ import annotations

import attrs


@attrs.frozen
class Figure:
    """A line of the page.

    Attributes:
        name: What was measured.
        bar: The bar, in words; empty where there is none.
        measured: What it was, in words.
        is_met: Whether the bar is met.
    """

    name: str
    bar: str
    measured: str
    is_met: bool = True

    def line(self) -> str:
        """The row of the table."""
        verdict = ("met" if self.is_met else "**missed**") if self.bar else ""
        return f"| {self.name} | {self.bar} | {self.measured} | {verdict} |"


def at_most(
    name: str, value: float, bar: float, unit: str = "", *, digits: int = 0, more: str = ""
) -> Figure:
    """A figure that must not be larger than its bar; ``more`` is said behind it."""
    return Figure(
        name, f"≤ {bar:,.{digits}f}{unit}", f"{value:,.{digits}f}{unit}{more and f' ({more})'}", value <= bar
    )


def at_least(
    name: str, value: float, bar: float, unit: str = "", *, digits: int = 0, more: str = ""
) -> Figure:
    """A figure that must not be smaller."""
    return Figure(
        name, f"≥ {bar:,.{digits}f}{unit}", f"{value:,.{digits}f}{unit}{more and f' ({more})'}", value >= bar
    )
