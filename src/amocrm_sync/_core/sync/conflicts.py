"""Conflicts: a field that both sides changed since they last agreed, and who decides what it shall hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

import attrs

from amocrm_sync._core.entities import ALIASES, ENTITIES
from amocrm_sync._core.sync.fields import CUSTOM
from amocrm_sync.errors import ConfigurationError

OPEN: Final = "open"
"""The edit is held until a person decides."""
AUTO: Final = "auto"
"""A rule has decided; the row says what each side had."""
RESOLVED: Final = "resolved"
"""A person has decided."""
IGNORED: Final = "ignored"
"""Nothing is left to decide: both sides came to the same value, or the edit was given up."""


class Take(Enum):
    """What a rule may answer instead of a value."""

    LOCAL = "local"
    REMOTE = "remote"
    HOLD = "hold"


@attrs.frozen(kw_only=True)
class FieldConflict:
    """What a merge function is asked about; the meaning of each part is that of a conflict's row."""

    entity: str
    uid: str
    field: str
    base: Any
    local: Any
    remote: Any
    made_at: float
    remote_updated_at: int | None


Merge = Callable[[FieldConflict], Any]
"""Gives the value that the field shall hold, or a :class:`Take`."""

POLICIES: Final = ("remote", "local", "last_write_wins", "manual")
EVERYTHING: Final = "*"
TIE = 1.0
"""amoCRM's times are whole seconds: an edit within the same one is not later."""


@attrs.frozen
class ConflictRules:
    """Which rule decides: that of the field, else that of the entity, else the default.

    ``rules`` maps ``*``, ``leads``, ``leads.price`` or ``leads.custom_fields_values.601003`` to a policy's name or to
    a merge function.
    """

    rules: Mapping[str, str | Merge] = attrs.field(factory=dict[str, str | Merge])

    @classmethod
    def of(cls, given: ConflictRules | str | Merge | Mapping[str, str | Merge]) -> ConflictRules:
        """Rules from what a host writes: one policy for everything, or a mapping.

        Raises:
            ConfigurationError: Names the rule that is none, and what there is.
        """
        if isinstance(given, ConflictRules):
            return given
        if isinstance(given, str) or callable(given):
            return cls({EVERYTHING: _checked(EVERYTHING, given)})
        return cls({_checked_key(key): _checked(key, policy) for key, policy in given.items()})

    def rule_for(self, entity: str, field: str) -> str | Merge:
        """The rule of one field."""
        for key in (f"{entity}.{field}", _group(entity, field), entity, EVERYTHING):
            rule = self.rules.get(key)
            if rule is not None:
                return rule
        return "last_write_wins"

    def decide(self, asked: FieldConflict) -> tuple[str, Any]:
        """The policy's name, and a :class:`Take` or the value to hold.

        A merge function that fails decides nothing: the edit is held for a person, and no other record is delayed.
        """
        rule = self.rule_for(asked.entity, asked.field)
        if callable(rule):
            try:
                return "merge", rule(asked)
            except Exception:  # noqa: BLE001 - a host's function may raise anything
                return "merge", Take.HOLD
        if rule == "last_write_wins":
            is_later = asked.made_at >= (asked.remote_updated_at or 0) + TIE
            return rule, Take.LOCAL if is_later else Take.REMOTE
        return rule, {"remote": Take.REMOTE, "local": Take.LOCAL, "manual": Take.HOLD}[rule]


def _group(entity: str, field: str) -> str:
    """The rule for all custom fields together, where the field is one."""
    return f"{entity}.{CUSTOM}" if field.startswith(f"{CUSTOM}.") else f"{entity}.{field}"


def _checked(key: str, policy: Any) -> str | Merge:
    if callable(policy) or policy in POLICIES:
        return policy  # type: ignore[no-any-return] # narrowed by the test on the line above
    raise ConfigurationError(
        f"conflicts: {key!r} has the rule {policy!r}; a rule is {', '.join(POLICIES)} or a function that merges"
    )


def _checked_key(key: str) -> str:
    entity, dot, field = key.partition(".")
    entity = ALIASES.get(entity, entity)
    if key != EVERYTHING and (entity not in ENTITIES or (dot and not field)):
        raise ConfigurationError(
            f"conflicts: {key!r} names no field; write '*', an entity ({', '.join(ENTITIES)}) or <entity>.<field>"
        )
    return f"{entity}{dot}{field}"
