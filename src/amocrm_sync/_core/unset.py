"""UNSET: "not given", which is not the same as ``None`` (null)."""

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of :data:`UNSET`; an enum so that type checkers can narrow it with ``is``."""

    UNSET = "UNSET"

    def __bool__(self) -> bool:
        """UNSET is falsy, like the other absences."""
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Not given. A PATCH leaves such a field out, while ``None`` is sent as null."""
