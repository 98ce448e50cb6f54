"""The statuses that stages are mapped to: the three of every pipeline, or a host's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, cast

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.concepts import CONCEPTS
from amocrm_sync.mapping.text import MAX_CHARACTERS

__all__ = ["LOST_ID", "WON_ID", "CustomStatus", "Rule", "Status", "custom_statuses"]

WON_ID: Final = 142
"""The stage "won": it stands in every pipeline, under whatever name."""
LOST_ID: Final = 143
"""The stage "lost": it stands in every pipeline, under whatever name."""


class Status(StrEnum):
    """Where a lead stands, whatever the stage is called."""

    NEW = "NEW"
    """Incoming, unsorted, untouched."""
    IN_PROGRESS = "IN_PROGRESS"
    """Being worked on, waiting, put off, paid but open."""
    CLOSED = "CLOSED"
    """Terminal: won or lost."""


def _patterns(value: str | Iterable[str]) -> tuple[re.Pattern[str], ...]:
    texts = (value,) if isinstance(value, str) else tuple(value)
    try:
        return tuple(re.compile(text, re.IGNORECASE) for text in texts)
    except re.error as error:
        raise ConfigurationError(f"patterns: {texts!r} holds no regular expression: {error}") from None


def _strings(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _numbers(value: Iterable[int]) -> frozenset[int]:
    return frozenset(value)


def _known_concepts(value: str | Iterable[str]) -> frozenset[str]:
    concepts = frozenset(_strings(value))
    unknown = concepts - CONCEPTS.keys()
    if unknown:
        raise ConfigurationError(
            f"concepts: unknown {sorted(unknown)}; known are {', '.join(sorted(CONCEPTS))}"
        )
    return concepts


@attrs.frozen
class CustomStatus:
    """A status of the host's own, and how its stages are recognised.

    Attributes:
        name: The status as the host writes it, e.g. ``"VIEWING"``.
        keywords: Patterns of words as in a lexicon: ``"показ~"``, ``"visit*"``.
        examples: Names of stages that belong here; near names belong here too.
        concepts: Meanings of the built-in lexicon, found in all its languages: ``{"viewing", "meeting"}``.
        base: The built-in status that it is a part of. Needed for :data:`Status.NEW` and
            :data:`Status.CLOSED`; everything else is in progress.
        outcome: ``"won"`` or ``"lost"`` for a closed status, so that 142 and 143 find it.
    """

    name: str
    keywords: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    examples: tuple[str, ...] = attrs.field(default=(), converter=_strings)
    concepts: frozenset[str] = attrs.field(default=frozenset(), converter=_known_concepts)
    base: Status = Status.IN_PROGRESS
    outcome: str | None = attrs.field(default=None, validator=attrs.validators.in_([None, "won", "lost"]))


@attrs.frozen
class Rule:
    """A rule of the host: it decides before the engine does.

    Attributes:
        status: The status that it gives.
        patterns: Regular expressions, searched in the stage's name without regard to case.
        ids: Stage ids.
        pipeline_id: Only in this pipeline.
    """

    status: str
    patterns: tuple[re.Pattern[str], ...] = attrs.field(default=(), converter=_patterns)
    ids: frozenset[int] = attrs.field(default=frozenset(), converter=_numbers)
    pipeline_id: int | None = None

    def applies(self, name: str, stage_id: int | None, pipeline_id: int | None) -> bool:
        """Whether the rule speaks of this stage."""
        if self.pipeline_id is not None and self.pipeline_id != pipeline_id:
            return False
        if stage_id is not None and stage_id in self.ids:
            return True
        return self._found(name) is not None

    def describe(self, name: str, stage_id: int | None) -> str:
        """Return what the rule found in this stage, for the reasons."""
        found = self._found(name)
        return f"/{found.pattern}/ is found in the name" if found else f"id {stage_id}"

    def _found(self, name: str) -> re.Pattern[str] | None:
        return next((pattern for pattern in self.patterns if pattern.search(name[:MAX_CHARACTERS])), None)


_WELL_KNOWN: Final[dict[str, tuple[Status, str | None, frozenset[str]]]] = {
    "NEW": (Status.NEW, None, frozenset()),
    "WON": (Status.CLOSED, "won", frozenset()),
    "LOST": (Status.CLOSED, "lost", frozenset()),
    "CLOSED": (Status.CLOSED, None, frozenset()),
    "IN_PROGRESS": (Status.IN_PROGRESS, None, frozenset()),
}
"""Names that say of themselves which part of the pipeline they are."""


def custom_statuses(
    given: Iterable[CustomStatus | str] | Mapping[str, Iterable[str] | str],
) -> tuple[CustomStatus, ...]:
    """Return statuses from any of the forms that ``MappingEngine(statuses=…)`` takes.

    A mapping is name → examples. A bare name (or a mapping's key) of NEW, WON, LOST, CLOSED or IN_PROGRESS
    knows its place in the pipeline; another name is a status in progress.

    Raises:
        ConfigurationError: No status, or one name twice.
    """
    if isinstance(given, Mapping):
        examples = cast("Mapping[str, Iterable[str] | str]", given)
        statuses = tuple(_named(name, _strings(examples[name])) for name in examples)
    else:
        statuses = tuple(_named(item, ()) if isinstance(item, str) else item for item in given)
    names = [status.name for status in statuses]
    if not names:
        raise ConfigurationError(
            "statuses: give at least one, e.g. statuses={'NEW': ['Новая заявка'], 'WON': []}"
        )
    if len(set(names)) < len(names):
        raise ConfigurationError(f"statuses: a name stands twice in {names}")
    return statuses


def _named(name: str, examples: tuple[str, ...]) -> CustomStatus:
    base, outcome, concepts = _WELL_KNOWN.get(str(name).upper(), (Status.IN_PROGRESS, None, frozenset[str]()))
    return CustomStatus(str(name), examples=examples, concepts=concepts, base=base, outcome=outcome)
