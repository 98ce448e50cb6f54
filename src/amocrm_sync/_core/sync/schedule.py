"""When work comes round again."""

from __future__ import annotations

_DAY = 86_400.0
_HOUR = 3_600.0


def last_night(now: float, hour: int) -> float:
    """The latest moment at which it was that hour (UTC) of a day."""
    start = hour * _HOUR
    return (now - start) // _DAY * _DAY + start


def pause_after(failures: int, *, shortest: float, longest: float, random: float) -> float:
    """Seconds to wait after so many failures in a row: it doubles, half of it by chance, so that workers part."""
    whole = min(longest, shortest * 2.0 ** min(failures - 1, 30))
    return whole * (0.5 + random / 2)
