"""A name, read: which entries of the lexicon stand in it, what is negated, what stays unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from typing import Final, Literal

import attrs

from .concepts import CONCEPTS, Role
from .grammar import LITTLE_WORDS, NEGATIONS_AFTER, NEGATIONS_BEFORE, Cue, cue_of, guess_language
from .index import Entry, Form, Lexicon
from .text import is_cyrillic, latin_sound, words

__all__ = ["Match", "Reader", "Reading"]

Spelling = Literal["written", "heard", "slip"]
_MAX_GAP: Final = 1
"""Other words that may stand within a phrase: "взят менеджером в работу"."""


@attrs.frozen
class Match:
    """An entry found in a name.

    Attributes:
        entry: The entry.
        words: The name's own words, folded.
        at: Position of the first word.
        spelling: As written, in the letters of another language, or with a slip.
        negated: A negation stands before it.
    """

    entry: Entry
    words: tuple[str, ...]
    at: int
    spelling: Spelling = "written"
    negated: bool = False

    @property
    def concept(self) -> str:
        """Key of what it means."""
        return self.entry.concept

    @property
    def role(self) -> Role:
        """How it weighs; a concept of the host's own is one step of the work."""
        known = CONCEPTS.get(self.entry.concept)
        return known.role if known else Role.STEP


@attrs.frozen
class Reading:
    """What a name says.

    Attributes:
        name: As given.
        words: Folded words.
        matches: Entries found, from left to right, none overlapping another.
        unknown: Words that are in no entry and are no little words.
        cues: What the endings of the unknown words tell.
        language: Code of the most likely language, or an empty string.
    """

    name: str
    words: tuple[str, ...]
    matches: tuple[Match, ...]
    unknown: tuple[str, ...]
    cues: tuple[Cue, ...]
    language: str


class Reader:
    """Reads names with one lexicon.

    Args:
        lexicon: Where to look.
        without: Entries to treat as absent (an ablation).
    """

    def __init__(self, lexicon: Lexicon, without: Set[Entry] = frozenset()) -> None:
        self._lexicon = lexicon
        self._without = without

    def read(self, name: str) -> Reading:
        """Return what a name says; never raises, whatever the name."""
        found = words(name)
        candidates = [self._candidates(found, at) for at in range(len(found))]
        votes = _votes(candidates)
        language = guess_language(name, found, votes)
        matches, used = self._choose(found, candidates, language, votes)
        rest = [word for at, word in enumerate(found) if at not in used]
        unknown = tuple(word for word in rest if word not in LITTLE_WORDS and len(word) > 1)
        cues = tuple(cue for word in unknown if (cue := cue_of(word)) is not None)
        return Reading(name, found, matches, unknown, cues, language)

    def _candidates(self, found: tuple[str, ...], at: int) -> list[tuple[Form, tuple[int, ...], Spelling]]:
        """Return every form that starts at this word, with the positions that it takes."""
        word = found[at]
        direct = self._fitting(self._lexicon.as_written(word), found, at, "written")
        if direct or word in LITTLE_WORDS:
            return direct
        if not is_cyrillic(word):
            heard = tuple(map(latin_sound, found))
            by_sound = self._fitting(self._lexicon.as_heard(heard[at]), heard, at, "heard")
            if by_sound:
                return by_sound
        return self._fitting(self._lexicon.with_a_slip(word), found, at, "slip", one_word=True)

    def _fitting(
        self,
        forms: Iterable[Form],
        found: tuple[str, ...],
        at: int,
        spelling: Spelling,
        *,
        one_word: bool = False,
    ) -> list[tuple[Form, tuple[int, ...], Spelling]]:
        fitting: list[tuple[Form, tuple[int, ...], Spelling]] = []
        for form in forms:
            if form.entry in self._without:
                continue
            positions = (at,) if one_word or len(form.words) == 1 else _positions(form, found, at)
            if positions:
                fitting.append((form, positions, spelling))
        return fitting

    def _choose(
        self,
        found: tuple[str, ...],
        candidates: list[list[tuple[Form, tuple[int, ...], Spelling]]],
        language: str,
        votes: Counter[str],
    ) -> tuple[tuple[Match, ...], set[int]]:
        matches: list[Match] = []
        used: set[int] = set()
        for at, options in enumerate(candidates):
            free = [option for option in options if not used.intersection(option[1])]
            if at in used or not free:
                continue
            form, positions, spelling = max(
                free,
                key=lambda option: (
                    option[0].size,
                    language in option[0].entry.languages,
                    max((votes[code] for code in option[0].entry.languages), default=0),
                ),
            )
            used.update(positions)
            taken = tuple(found[position] for position in positions)
            negated = _negated(found, positions, used, language)
            matches.append(Match(form.entry, taken, at, spelling, negated))
        return tuple(matches), used


def _positions(form: Form, found: tuple[str, ...], at: int) -> tuple[int, ...]:
    """Return where the words of a phrase stand, or nothing if they do not."""
    positions = [at]
    for pattern in form.words[1:]:
        gap = 0
        position = positions[-1] + 1
        while position < len(found) and not pattern.matches(found[position]):
            gap += found[position] not in LITTLE_WORDS
            position += 1
            if gap > _MAX_GAP:
                return ()
        if position >= len(found):
            return ()
        positions.append(position)
    return tuple(positions)


def _negated(found: tuple[str, ...], positions: tuple[int, ...], used: set[int], language: str) -> bool:
    before = positions[0] - 1
    while before >= 0 and found[before] in LITTLE_WORDS:
        before -= 1
    after = positions[-1] + 1
    if before >= 0 and before not in used and _is_negation(found[before], language):
        return True
    return after < len(found) and found[after] in NEGATIONS_AFTER


def _is_negation(word: str, language: str) -> bool:
    # Portuguese "no" is "in the".
    return word in NEGATIONS_BEFORE and not (word == "no" and language == "pt")


def _votes(candidates: list[list[tuple[Form, tuple[int, ...], Spelling]]]) -> Counter[str]:
    votes: Counter[str] = Counter()
    for options in candidates:
        if options:
            largest = max(options, key=lambda option: option[0].size)[0]
            votes.update(largest.entry.languages)
    return votes
