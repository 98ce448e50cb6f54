"""Finding the entries of a lexicon that a word may begin, however it is spelled."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Final

import attrs
from rapidfuzz.distance import OSA

from amocrm_sync.mapping.cognates import FAMILIES, other_forms, skeleton_pattern, skeletons
from amocrm_sync.mapping.lexicon import ENTRIES
from amocrm_sync.mapping.patterns import WordPattern, parse_pattern
from amocrm_sync.mapping.text import is_cyrillic, latin_sound, uzbek_cyrillic

__all__ = ["Entry", "Form", "Lexicon", "Source", "default_lexicon"]

Source = Mapping[str, Mapping[str, str]]
"""Language code → concept → patterns separated by commas."""

_SHORTEST_TYPO: Final = 6
"""Shorter stems have too many neighbours for a slip to be told from another word."""


_SHORTEST_HEARD: Final = 4
"""A shorter sound stands for too many words; known endings count as a letter."""
_SHORTEST_BONES: Final = 3
_LONGEST_STEM: Final = 32
_HEAD: Final = 4
"""Letters by which most words are seen to be no slip of anything."""
_LONGEST_REST: Final = 4
"""Letters that may follow a stem with a slip; a longer rest belongs to another word."""


@attrs.frozen(eq=False)
class Entry:
    """One pattern of the lexicon and what it means.

    Attributes:
        concept: Key of a concept.
        pattern: As written in the lexicon.
        languages: Codes of the languages that share it.
    """

    concept: str
    pattern: str
    languages: tuple[str, ...]


@attrs.frozen(eq=False)
class Form:
    """One spelling of an entry.

    Attributes:
        entry: What it is a spelling of.
        words: The patterns of its words.
        size: Words, letters, exactness: of two forms that match, the larger is meant.
        then: First letter of the second word, or nothing: most phrases are ruled out by it.
    """

    entry: Entry
    words: tuple[WordPattern, ...]
    size: tuple[int, int, int]
    then: str

    @classmethod
    def of(cls, entry: Entry, words: tuple[WordPattern, ...]) -> Form:
        """Return the form of these words."""
        exact = sum(word.endings is not None for word in words)
        size = len(words), sum(len(word.stem) for word in words), exact
        return cls(entry, words, size, words[1].stem[0] if len(words) > 1 else "")


_ByStem = dict[str, dict[frozenset[str] | None, list[Form]]]
"""The forms of a lexicon by the stem of their first word, then by what may follow it."""


class Lexicon:
    """Entries, found by the first word of a phrase. Immutable after construction.

    Args:
        source: Language code → concept → patterns separated by commas (:mod:`.patterns`).
            Any code may be used; a concept is one of :data:`.concepts.CONCEPTS` or the host's own.

    Raises:
        ValueError: A pattern cannot be read; the message names language, concept and pattern.
    """

    def __init__(self, source: Source) -> None:
        self.source: Final = {code: dict(concepts) for code, concepts in source.items()}
        self.entries: Final[list[Entry]] = []
        self._as_written: _ByStem = {}
        self._as_heard: _ByStem = {}
        self._slips: dict[str, list[Form]] = {}
        self._slip_heads: set[str] = set()
        self._related: dict[str, _ByStem] = {family: {} for family in FAMILIES.values()}
        self._related_heads: set[str] = set()
        for entry, words in _read(source):
            self.entries.append(entry)
            self._add(entry, words)

    def extended(self, source: Source) -> Lexicon:
        """Return a lexicon that holds the entries of ``source`` as well."""
        merged = {code: dict(concepts) for code, concepts in self.source.items()}
        for code, concepts in source.items():
            target = merged.setdefault(code, {})
            for concept, patterns in concepts.items():
                target[concept] = f"{target[concept]}, {patterns}" if concept in target else patterns
        return Lexicon(merged)

    def as_written(self, word: str) -> list[Form]:
        """Return the forms whose first word this folded word is."""
        return _starting(self._as_written, word)

    def as_heard(self, sound: str) -> list[Form]:
        """Return the Cyrillic forms whose first word sounds like this word of Latin letters."""
        return _starting(self._as_heard, sound)

    def with_a_slip(self, word: str) -> list[Form]:
        """Return the one-word forms from which this word is one wrong, missing or swapped letter away.

        First and last letter must be right: ``forma`` is no slip of ``formad``, it is another word.
        """
        if len(word) < _SHORTEST_TYPO or self._slip_heads.isdisjoint(_heads(word)):
            return []
        slips, found = self._slips, list[Form]()
        for length in range(max(_SHORTEST_TYPO - 1, len(word) - _LONGEST_REST), len(word) + 1):
            start = word[:length]
            for key in slips.keys() & _neighbours(start):
                found += [form for form in slips[key] if _is_slip(start, word[length:], form.words[0])]
        return found

    def as_cognate(self, word: str) -> list[Form]:
        """Return the one-word forms of a language related to this word's, if the word has the same skeleton."""
        return [
            form
            for family, bones in skeletons(word)
            if bones[:_SHORTEST_BONES] in self._related_heads
            for form in _starting(self._related[family], bones)
        ]

    def _add(self, entry: Entry, words: tuple[WordPattern, ...]) -> None:
        form = Form.of(entry, words)
        _put(self._as_written, form)
        if len(words) == 1 and len(words[0].stem) >= _SHORTEST_TYPO:
            for key in set(_neighbours(words[0].stem)):
                self._slips.setdefault(key, []).append(form)
                self._slip_heads.add(key[:_HEAD])
        if len(words) == 1:
            self._add_related(entry, words[0])
        if "uz" in entry.languages:
            cyrillic = parse_pattern(uzbek_cyrillic(entry.pattern), "uz")
            _put(self._as_written, Form.of(entry, cyrillic))
        if all(is_cyrillic(word.stem) for word in words):
            heard = tuple(_heard(word) for word in words)
            if sum(len(word.stem) + (word.endings is not None) for word in heard) >= _SHORTEST_HEARD:
                _put(self._as_heard, Form.of(entry, heard))

    def _add_related(self, entry: Entry, word: WordPattern) -> None:
        for family in {FAMILIES[code] for code in entry.languages if code in FAMILIES}:
            for form in (word, *other_forms(entry.pattern, word, family)):
                pattern = skeleton_pattern(form, family)
                if pattern is not None and len(pattern.stem) >= _SHORTEST_BONES:
                    _put(self._related[family], Form.of(entry, (pattern,)))
                    self._related_heads.add(pattern.stem[:_SHORTEST_BONES])


@functools.cache
def default_lexicon() -> Lexicon:
    """Return the built-in lexicon; it is built once."""
    return Lexicon(ENTRIES)


def _read(source: Source) -> Iterator[tuple[Entry, tuple[WordPattern, ...]]]:
    """Yield every entry once, with all languages that share it."""
    found: dict[tuple[str, tuple[tuple[str, bool], ...]], tuple[str, tuple[WordPattern, ...], list[str]]] = {}
    for language, concepts in source.items():
        for concept, patterns in concepts.items():
            for pattern in filter(None, map(str.strip, patterns.replace("\n", " ").split(","))):
                try:
                    words = parse_pattern(pattern, language)
                except ValueError as error:
                    raise ValueError(f"lexicon {language}, {concept}, {pattern!r}: {error}") from None
                key = concept, tuple((word.stem, word.endings is None) for word in words)
                languages = found.setdefault(key, (pattern, words, []))[2]
                if language not in languages:
                    languages.append(language)
    for (concept, _), (pattern, words, languages) in found.items():
        yield Entry(concept, pattern, tuple(languages)), words


def _put(index: _ByStem, form: Form) -> None:
    first = form.words[0]
    index.setdefault(first.stem, {}).setdefault(first.endings, []).append(form)


def _starting(index: _ByStem, word: str) -> list[Form]:
    """Return the forms whose first word this is. Those that share stem and endings are looked at together."""
    found = list[Form]()
    for length in range(1, min(len(word), _LONGEST_STEM) + 1):
        by_endings = index.get(word[:length])
        if by_endings is not None:
            rest = word[length:]
            for endings, forms in by_endings.items():
                if not rest or endings is None or rest in endings:
                    found += forms
    return found


def _neighbours(word: str) -> list[str]:
    """Return the word, and the word without each of its inner letters: two words one slip apart share one of these."""
    return [word, *[word[:at] + word[at + 1 :] for at in range(1, len(word) - 1)]]


def _heads(word: str) -> list[str]:
    """Return how the neighbours of a word may begin."""
    head = word[: _HEAD + 1]
    return [word[:_HEAD], *[head[:at] + head[at + 1 :] for at in range(1, _HEAD)]]


def _is_slip(start: str, rest: str, pattern: WordPattern) -> bool:
    stem = pattern.stem
    return (
        stem[0] == start[0]
        and stem[-1] == start[-1]
        and (not rest or pattern.endings is None or rest in pattern.endings)
        and OSA.distance(start, stem) == 1
    )


def _heard(word: WordPattern) -> WordPattern:
    endings = word.endings
    return WordPattern(latin_sound(word.stem), None if endings is None else _sounds(endings))


@functools.cache
def _sounds(endings: frozenset[str]) -> frozenset[str]:
    """Return how endings sound; the lexicon has few sets of them, each a great many times."""
    return frozenset(map(latin_sound, endings))
