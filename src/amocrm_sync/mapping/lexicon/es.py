"""words."""

ENTRIES: dict[str, str] = {}
