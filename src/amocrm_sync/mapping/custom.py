"""Statuses of the host's own: which of them a stage belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import attrs
from rapidfuzz import fuzz

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.concepts import Role
from amocrm_sync.mapping.judge import Verdict
from amocrm_sync.mapping.patterns import WordPattern, parse_pattern
from amocrm_sync.mapping.reading import Reader, Reading
from amocrm_sync.mapping.stages import Stage
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID, CustomStatus, Status
from amocrm_sync.mapping.text import words

__all__ = ["Choice", "CustomJudge"]

_NEAR: Final = 85
"""Share of equal letters from which two names are taken for one, in percent."""
_WON: Final = frozenset({"won", "success", "done", "handed_over", "sale", "paid", "ready"})


@attrs.frozen
class Choice:
    """A status of the host for one stage."""

    status: str
    confidence: float
    reasons: tuple[str, ...]
    rule: str


@attrs.frozen
class _Known:
    """A status with everything that its keywords, examples and name mean."""

    status: CustomStatus
    keywords: tuple[tuple[str, tuple[WordPattern, ...]], ...]
    examples: tuple[tuple[str, str], ...]
    meant: frozenset[str]


class CustomJudge:
    """Chooses among the host's statuses, by keyword, example, meaning and place in the pipeline."""

    def __init__(self, statuses: Sequence[CustomStatus], reader: Reader) -> None:
        self._known = tuple(_prepare(status, reader) for status in statuses)

    def choose(self, stage: Stage, verdict: Verdict, reading: Reading, confidence: float) -> Choice:
        """Return the best status of the host, with the reasons that the built-in verdict does not give."""
        if stage.id in {WON_ID, LOST_ID}:
            return self._by_place(verdict, "won" if stage.id == WON_ID else "lost", confidence)
        found = max(self._by_words(reading, verdict), key=lambda choice: choice.confidence, default=None)
        return found or self._by_place(verdict, _outcome(verdict), confidence)

    def _by_words(self, reading: Reading, verdict: Verdict) -> Iterator[Choice]:
        text = " ".join(reading.words)
        concepts = {match.concept for match in reading.matches if not match.negated}
        for known in self._known:
            name = known.status.name
            for written, pattern in known.keywords:
                if _stands_in(pattern, reading.words):
                    yield Choice(
                        name, 0.95, (f"{name}: your keyword “{written}” stands in the name.",), "keyword"
                    )
            for written, example in known.examples:
                likeness = fuzz.token_sort_ratio(text, example)
                if text and likeness >= _NEAR:
                    why = f"{name}: the name is like your example “{written}” ({likeness:.0f} %)."
                    yield Choice(name, 0.6 + 0.38 * likeness / 100, (why,), "example")
            shared = concepts & known.status.concepts
            if shared:
                yield Choice(name, 0.92, (f"{name}: the name means {', '.join(sorted(shared))}.",), "meaning")
            implied = concepts & known.meant
            if implied and known.status.base is verdict.status:
                why = f"{name}: the name means {', '.join(sorted(implied))}, as your words for it do."
                yield Choice(name, 0.82 + 0.02 * len(implied), (why,), "meaning")

    def _by_place(self, verdict: Verdict, outcome: str | None, confidence: float) -> Choice:
        """Return the status at this place of the pipeline: the more there are, the less sure."""
        here = [k.status for k in self._known if k.status.base is verdict.status]
        exact = [status for status in here if outcome is not None and status.outcome == outcome]
        candidates = (
            exact
            or [status for status in here if status.outcome is None]
            or here
            or [k.status for k in self._known]
        )
        chosen = candidates[0]
        share = confidence / len(candidates) if here else min(confidence, 0.2)
        rest = (
            f"; so may {', '.join(status.name for status in candidates[1:4])}" if len(candidates) > 1 else ""
        )
        why = (
            f"{chosen.name}: it stands for {verdict.status.value}{f' ({outcome})' if outcome else ''}{rest}."
        )
        return Choice(chosen.name, share, (why,), "place")


def _prepare(status: CustomStatus, reader: Reader) -> _Known:
    try:
        keywords = tuple((word, parse_pattern(word, "")) for word in status.keywords)
    except ValueError as error:
        raise ConfigurationError(f"statuses, {status.name}, keywords: {error}") from None
    texts = (
        status.name.replace("_", " "),
        *(word.rstrip("~*") for word in status.keywords),
        *status.examples,
    )
    meant = frozenset(
        match.concept for text in texts for match in reader.read(text).matches if match.role in _TELLING_ROLES
    )
    examples = tuple((example, " ".join(words(example))) for example in status.examples)
    return _Known(status, keywords, examples, meant)


_TELLING_ROLES: Final = frozenset(Role) - {Role.NEUTRAL, Role.SUBJECT, Role.BEFORE}


def _stands_in(pattern: tuple[WordPattern, ...], name: tuple[str, ...]) -> bool:
    size = len(pattern)
    return any(
        all(part.matches(word) for part, word in zip(pattern, name[at : at + size], strict=True))
        for at in range(len(name) - size + 1)
    )


def _outcome(verdict: Verdict) -> str | None:
    if verdict.status is not Status.CLOSED:
        return None
    if verdict.rule == "not_won":
        return "lost"
    concepts = {match.concept for match in verdict.because} - {"closed", "archived"}
    if not concepts:
        return None
    return "won" if concepts <= _WON else "lost"
