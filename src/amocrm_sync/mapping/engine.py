"""The engine: stages in, suggestions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.calibration import DEFAULT, Calibration
from amocrm_sync.mapping.custom import Choice, CustomJudge
from amocrm_sync.mapping.explain import reasons_of
from amocrm_sync.mapping.index import Entry, Lexicon, Source, default_lexicon
from amocrm_sync.mapping.judge import Verdict, judge
from amocrm_sync.mapping.pipeline import Judged, pipelines_of, resolve_together, speaks_of_customers
from amocrm_sync.mapping.reading import Reader, Reading
from amocrm_sync.mapping.similarity import Neighbours, SimilarityBackend
from amocrm_sync.mapping.stages import Stage, read_stages
from amocrm_sync.mapping.statuses import LOST_ID, WON_ID, CustomStatus, Rule, Status, custom_statuses
from amocrm_sync.mapping.suggestion import Suggestion, Suggestions

__all__ = ["MappingEngine"]

_SYSTEM: Final = {WON_ID: "won", LOST_ID: "lost"}
_TOLD_BY_DATA: Final = frozenset({"system_id", "unsorted", "customer_type"})
"""Rules that rest on no word: their confidence is a fact of the API, or the host's own word."""
_KNOWS_NO_WORD: Final = frozenset({"unknown", "grammar"})
"""Rules that say that the lexicon does not help; only then a similarity is asked for."""
_SURE_NAME: Final = 0.9
"""From this strength on a name is believed more than the type of a customer's status."""
_CUSTOMER_TYPES: Final = {
    2: (Status.IN_PROGRESS, "the customer has not bought"),
    3: (Status.CLOSED, "closed"),
    4: (Status.IN_PROGRESS, "the customer has bought recently"),
}


class MappingEngine:
    """Suggests a status for every stage, with a confidence and the reasons.

    An engine is immutable and may be shared by threads.

    Args:
        statuses: The host's own statuses instead of NEW, IN_PROGRESS and CLOSED: :class:`CustomStatus` objects,
            or a mapping of name → example names.
        lexicon: More words: language code → concept → patterns separated by commas, or a :class:`Lexicon` that
            replaces the built-in one.
        rules: The host's rules; the first that applies decides before the engine looks at the name.
        calibration: Another curve from strength to confidence.
        similarity: A plug-in that compares names, asked only about names of which the lexicon knows nothing.
        similar_to: Status → labelled names for it to compare with.
        without: Entries of the lexicon to ignore; the benchmark's ablation uses it.

    Raises:
        ConfigurationError: A status, pattern or rule cannot be read; the message names it.

    Examples:
        >>> engine = MappingEngine()
        >>> [(s.suggested_status.value, s.reasons[0]) for s in engine.suggest([{"name": "КП отправлено"}])]
        [('IN_PROGRESS', 'The name is a step of the work: “КП” (a proposal, Russian), “отправлено” (something was sent, Russian).')]
    """

    def __init__(
        self,
        statuses: Iterable[CustomStatus | str] | Mapping[str, Iterable[str] | str] | None = None,
        lexicon: Source | Lexicon | None = None,
        rules: Iterable[Rule] = (),
        *,
        calibration: Calibration = DEFAULT,
        similarity: SimilarityBackend | None = None,
        similar_to: Mapping[Status, Iterable[str]] | None = None,
        without: AbstractSet[Entry] = frozenset(),
    ) -> None:
        self.lexicon: Final = _lexicon(lexicon)
        self.rules: Final = tuple(rules)
        self._without = without
        self._calibration = calibration
        self._neighbours = None if similarity is None else Neighbours.of(similarity, similar_to or {})
        self._custom = (
            CustomJudge(custom_statuses(statuses), Reader(self.lexicon, without))
            if statuses is not None
            else None
        )

    def suggest(self, stages: Iterable[Any]) -> Suggestions:
        """Return one suggestion per stage, in the order given.

        Stages of one pipeline are settled together, by their ``sort`` where it is known; stages without a
        pipeline id and a place are judged each for itself.

        Args:
            stages: Objects or dicts with ``name`` and, where known, ``id``, ``type``, ``sort``, ``pipeline_id``.

        Raises:
            ConfigurationError: An item has no name, or an id is no number.
        """
        given = read_stages(stages)
        reader = Reader(self.lexicon, self._without)
        readings: dict[str, Reading] = {}
        for stage in given:
            if stage.name not in readings:
                readings[stage.name] = reader.read(stage.name)
        judged = self._judge(given, readings)
        return Suggestions(self._suggestion(item, readings[item.stage.name]) for item in judged)

    def _judge(self, stages: list[Stage], readings: Mapping[str, Reading]) -> list[Judged]:
        groups: dict[int | None, list[Stage]] = {}
        for stage in stages:
            groups.setdefault(stage.pipeline_id, []).append(stage)
        customers = {pipeline_id: speaks_of_customers(group) for pipeline_id, group in groups.items()}
        judged = [
            self._judge_one(stage, readings[stage.name], customers=customers[stage.pipeline_id])
            for stage in stages
        ]
        for positions in pipelines_of(stages):
            for at, item in zip(positions, resolve_together([judged[at] for at in positions]), strict=True):
                judged[at] = item
        return judged

    def _judge_one(self, stage: Stage, reading: Reading, *, customers: bool) -> Judged:
        if stage.id in _SYSTEM:
            outcome = _SYSTEM[stage.id]
            note = f"Stage {stage.id} is “{outcome}” in every pipeline, whatever its name."
            return Judged(stage, Verdict(Status.CLOSED, "system_id", 0.995), (note,))
        verdict = judge(reading)
        if stage.type == 1 and not customers:
            return _unsorted(stage, verdict)
        if self._neighbours is not None and verdict.rule in _KNOWS_NO_WORD:
            alike = self._neighbours.judge(stage.name)
            if alike is not None:
                return Judged(stage, alike[0], (alike[1],))
        if stage.type in _CUSTOMER_TYPES and stage.pipeline_id is None:
            status, meaning = _CUSTOMER_TYPES[stage.type]
            if verdict.status is status:
                return Judged(stage, attrs.evolve(verdict, strength=max(verdict.strength, 0.95)))
            if verdict.strength < _SURE_NAME:
                note = f"Type {stage.type} of a customer status: {meaning}."
                return Judged(stage, Verdict(status, "customer_type", 0.85), (note,))
        return Judged(stage, verdict)

    def _suggestion(self, item: Judged, reading: Reading) -> Suggestion:
        choice = self._choose(item, reading)
        stage = item.stage
        return Suggestion(
            stage.id,
            stage.name,
            stage.pipeline_id,
            choice.status,
            round(choice.confidence, 3),
            choice.reasons,
            rule=choice.rule,
            language=reading.language,
            stage_type=stage.type,
            sort=stage.sort,
        )

    def _choose(self, item: Judged, reading: Reading) -> Choice:
        stage, verdict = item.stage, item.verdict
        rule = next((r for r in self.rules if r.applies(stage.name, stage.id, stage.pipeline_id)), None)
        if rule is not None:
            why = f"A rule of yours says {rule.status}: {rule.describe(stage.name, stage.id)}."
            return Choice(rule.status, 1.0, (why,), "rule")
        if verdict.rule in _TOLD_BY_DATA:
            confidence, reasons = verdict.strength, item.notes
        else:
            confidence = self._calibration.confidence(verdict.strength)
            reasons = reasons_of(verdict, reading, item.notes)
        if self._custom is None:
            return Choice(verdict.status, confidence, reasons, verdict.rule)
        choice = self._custom.choose(stage, verdict, reading, confidence)
        return attrs.evolve(choice, reasons=(*choice.reasons, *reasons))


def _unsorted(stage: Stage, verdict: Verdict) -> Judged:
    """Type 1 is unsorted in a pipeline of leads; of a stage without a pipeline the name may know better."""
    note = "Type 1 is the unsorted stage of a pipeline of leads."
    speaks_against = verdict.status is not Status.NEW and verdict.rule not in {"unknown", "grammar"}
    if stage.pipeline_id is None and speaks_against:
        weaker = attrs.evolve(verdict, strength=min(verdict.strength, 0.8))
        return Judged(
            stage, weaker, ("Type 1 would be unsorted in a pipeline of leads; no pipeline is given.",)
        )
    known = stage.pipeline_id is not None or verdict.status is Status.NEW
    return Judged(stage, Verdict(Status.NEW, "unsorted", 0.99 if known else 0.85), (note,))


def _lexicon(given: Source | Lexicon | None) -> Lexicon:
    if given is None:
        return default_lexicon()
    if isinstance(given, Lexicon):
        return given
    try:
        return default_lexicon().extended(given)
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"lexicon: {error}; give language code → concept → patterns, e.g. {{'ru': {{'spam': 'мусор~, бот'}}}}"
        ) from None
