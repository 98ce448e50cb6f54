"""A name, read: which entries of the lexicon stand in it, what is negated, what stays unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Literal, NamedTuple

import attrs

from amocrm_sync.mapping.cognates import FAMILIES
from amocrm_sync.mapping.concepts import CONCEPTS, Role
from amocrm_sync.mapping.grammar import (
    LITTLE_WORDS,
    NEGATING_PREFIXES,
    NEGATIONS_AFTER,
    NEGATIONS_BEFORE,
    Cue,
    cue_of,
    day_cues,
    guess_language,
    is_negated_verb,
)
from amocrm_sync.mapping.index import Entry, Form, Lexicon
from amocrm_sync.mapping.text import is_cyrillic, latin_sound, words

__all__ = ["Match", "Reader", "Reading"]

Spelling = Literal["written", "heard", "slip", "cognate", "prefix"]
_MAX_GAP: Final = 1
"""Other words that may stand within a phrase: "взят менеджером в работу"."""
_TELL_NOTHING: Final = frozenset({Role.NEUTRAL, Role.SUBJECT, Role.SOURCE, Role.BEFORE})
"""Only if all that is known of a name is of these, likeness to other words is worth a look."""
_SHORTEST_NEGATED: Final = 5
"""Letters that must follow a negating prefix: ``informe`` is not the negation of ``forme``."""


@attrs.frozen
class Match:
    """An entry found in a name.

    Attributes:
        entry: The entry.
        words: The name's own words, folded.
        at: Positions of these words in the name.
        role: How the meaning weighs.
        spelling: As written, in the letters of another language, with a slip, as a related language has it, or
            behind a prefix that negates.
        negated: A negation stands beside it.
    """

    entry: Entry
    words: tuple[str, ...]
    at: tuple[int, ...]
    role: Role
    spelling: Spelling = "written"
    negated: bool = False

    @property
    def concept(self) -> str:
        """Key of what it means."""
        return self.entry.concept


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


class _Candidate(NamedTuple):
    """A form that stands in a name, before it is chosen."""

    form: Form
    positions: tuple[int, ...]
    spelling: Spelling


_Forms = dict[str, list[Form]]
"""Forms by the first letter of their second word, or nothing if they have one word."""


class Reader:
    """Reads names with one lexicon. What it looked up for one name it remembers for the next.

    Args:
        lexicon: Where to look.
        without: Entries to treat as absent (an ablation).
    """

    def __init__(self, lexicon: Lexicon, without: AbstractSet[Entry] = frozenset()) -> None:
        self._lexicon = lexicon
        self._without = without
        self._written: dict[str, _Forms] = {}
        self._other: dict[str, tuple[Spelling, _Forms]] = {}
        self._sounds: dict[str, str] = {}
        self._cues: dict[str, Cue | None] = {}

    def read(self, name: str) -> Reading:
        """Return what a name says; never raises, whatever the name."""
        found = words(name)
        matches, language = self._matches(found, name, related=False)
        if all(match.role in _TELL_NOTHING for match in matches):
            matches, language = self._matches(found, name, related=True)
        used = {position for match in matches for position in match.at}
        unknown = tuple(
            word
            for at, word in enumerate(found)
            if at not in used and len(word) > 1 and word not in _SAY_NOTHING
        )
        cues = (*day_cues(name), *filter(None, map(self._cue, unknown)))
        return Reading(name, found, matches, unknown, cues, language)

    def _matches(self, found: tuple[str, ...], name: str, *, related: bool) -> tuple[tuple[Match, ...], str]:
        candidates = [self._candidates(found, at, related=related) for at in range(len(found))]
        votes = _votes(candidates)
        language = guess_language(name, found, votes)
        return tuple(_chosen(found, candidates, language, votes)), language

    def entries(self, name: str, *, related: bool = True) -> frozenset[Entry]:
        """Return every entry that stands in a name, also those that a larger one hides.

        Args:
            name: The name.
            related: Also those that stand there only as a related word: a cognate, or behind a negating prefix.
        """
        found = words(name)
        return frozenset(
            option.form.entry
            for at in range(len(found))
            for option in self._candidates(found, at, related=related)
        )

    def reachable(self, name: str, *, related: bool = True) -> frozenset[Entry]:
        """Return every entry that could ever be read in a name: as written, and by every other way if that were gone.

        Args:
            name: The name.
            related: Also by a related word. Without it, what is left is every spelling of the words themselves.
        """
        reached = self.entries(name, related=related)
        while more := Reader(self._lexicon, reached | self._without).entries(name, related=related):
            reached |= more
        return reached

    def _candidates(self, found: tuple[str, ...], at: int, *, related: bool) -> list[_Candidate]:
        """Return every form that starts at this word, with the positions that it takes."""
        word = found[at]
        forms = self._written.get(word)
        if forms is None:
            forms = self._written[word] = _grouped(self._allowed(self._lexicon.as_written(word)))
        direct = _standing(forms, found, at, "written")
        if direct or word in LITTLE_WORDS:
            return direct
        if word not in self._other:
            self._other[word] = self._spelled_otherwise(word)
        spelling, forms = self._other[word]
        if forms:
            return _standing(
                forms, tuple(map(self._sound, found)) if spelling == "heard" else found, at, spelling
            )
        return self._kin(word, at) if related else []

    def _kin(self, word: str, at: int) -> list[_Candidate]:
        """Return the words that this one negates by a prefix, or that are its cognates."""
        for prefix in NEGATING_PREFIXES:
            if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST_NEGATED:
                positive = self._allowed(self._lexicon.as_written(word[len(prefix) :]))
                found = [_Candidate(form, (at,), "prefix") for form in positive if not form.then]
                if found:
                    return found
        return [_Candidate(form, (at,), "cognate") for form in self._allowed(self._lexicon.as_cognate(word))]

    def _sound(self, word: str) -> str:
        if word not in self._sounds:
            self._sounds[word] = latin_sound(word)
        return self._sounds[word]

    def _cue(self, word: str) -> Cue | None:
        if word not in self._cues:
            self._cues[word] = cue_of(word)
        return self._cues[word]

    def _spelled_otherwise(self, word: str) -> tuple[Spelling, _Forms]:
        if not is_cyrillic(word):
            heard = self._allowed(self._lexicon.as_heard(self._sound(word)))
            if heard:
                return "heard", _grouped(heard)
        return "slip", _grouped(self._allowed(self._lexicon.with_a_slip(word)))

    def _allowed(self, forms: Iterable[Form]) -> list[Form]:
        return [form for form in forms if form.entry not in self._without] if self._without else list(forms)


_SAY_NOTHING: Final = LITTLE_WORDS | NEGATIONS_BEFORE | NEGATIONS_AFTER


def _chosen(
    found: tuple[str, ...], candidates: Sequence[list[_Candidate]], language: str, votes: dict[str, int]
) -> Iterator[Match]:
    """Yield the largest candidate at every word that is still free; of equals, the name's language decides."""

    def rank(option: _Candidate) -> tuple[int, bool, tuple[int, int, int], int]:
        languages = option.form.entry.languages
        size = option.form.size
        return size[0], language in languages, size, max(votes.get(code, 0) for code in languages)

    families = {FAMILIES.get(code, code) for code in votes}
    used: set[int] = set()
    for at, options in enumerate(candidates):
        if not options:
            continue
        free = [option for option in options if used.isdisjoint(option.positions) and _akin(option, families)]
        if at in used or not free:
            continue
        form, positions, spelling = free[0] if len(free) == 1 else max(free, key=rank)
        used.update(positions)
        concept = CONCEPTS.get(form.entry.concept)
        yield Match(
            form.entry,
            tuple(found[position] for position in positions),
            positions,
            concept.role if concept else Role.STEP,
            spelling,
            _negated(found, positions, used, language) != (spelling == "prefix"),
        )


def _akin(option: _Candidate, families: set[str]) -> bool:
    """Whether a cognate is of the family of the name's other words; Portuguese "carro" is no Turkic word."""
    if option.spelling != "cognate" or not families:
        return True
    return any(FAMILIES.get(code) in families for code in option.form.entry.languages)


def _grouped(forms: Sequence[Form]) -> _Forms:
    groups: _Forms = {}
    for form in forms:
        groups.setdefault(form.then, []).append(form)
    return groups


def _standing(forms: _Forms, found: tuple[str, ...], at: int, spelling: Spelling) -> list[_Candidate]:
    """Return the forms whose words all stand in the name, the first at this place."""
    if not forms:
        return []
    standing = [_Candidate(form, (at,), spelling) for form in forms.get("", ())]
    for letter in dict.fromkeys(word[0] for word in found[at + 1 :]) if len(forms) > ("" in forms) else ():
        for form in forms.get(letter, ()):
            positions = _positions(form, found, at)
            if positions:
                standing.append(_Candidate(form, positions, spelling))
    return standing


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
    if before >= 0 and before not in used and _is_negation(found[before], language):
        return True
    after = positions[-1] + 1
    return after < len(found) and (found[after] in NEGATIONS_AFTER or is_negated_verb(found[after], language))


def _is_negation(word: str, language: str) -> bool:
    # Portuguese "no" is "in the".
    return word in NEGATIONS_BEFORE and not (word == "no" and language == "pt")


def _votes(candidates: Iterable[list[_Candidate]]) -> dict[str, int]:
    """Count, for every language, the words that it knows; a longer phrase counts for its language alone."""
    votes: dict[str, int] = {}
    for options in candidates:
        if not options or options[0].spelling == "cognate":
            continue  # what looks like a word of a language does not show that the name is in it
        longest = max([option.form.size[0] for option in options])
        known = {
            code
            for option in options
            if option.form.size[0] == longest
            for code in option.form.entry.languages
        }
        for code in known:
            votes[code] = votes.get(code, 0) + 1
    return votes
