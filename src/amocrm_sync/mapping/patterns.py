"""The small language in which a lexicon is written.

===========  ==========================================================
``спам``     this word and no other form
``лид~``     this stem with an ending of the language's inflection
``закрыт*``  this stem with any continuation
``не цел*``  words in this order; little words may stand between them
===========  ==========================================================
"""

from __future__ import annotations

from typing import Final

import attrs

from amocrm_sync.mapping.text import fold, is_cyrillic

__all__ = ["ENDINGS", "WordPattern", "parse_pattern"]


def _set(endings: str) -> frozenset[str]:
    return frozenset(endings.split())


_SLAVIC: Final = _set(
    "а я о е у ю ы и ь ам ям ах ях ом ем ои еи ов ев ыи ии ая яя ое ее ую юю ые ие ых их ым им ого его ому ему "
    "ыми ими ами ями ою ею ство ка ки ку ок ся сь лся ась ось ись лась лись лось ла ло ли л в ви ови еви "
    "н на но ны ныи ная ное нои ную ные ных ным ного ному ными ни них ним нии нее "
    "ия ию иеи ием иям иями иях"
)
_ROMANCE: Final = _set("s es a o as os e ar er ir")

ENDINGS: Final[dict[str, frozenset[str]]] = {
    "ru": _SLAVIC,
    "uk": _SLAVIC,
    "en": _set("s es ed d ing er ers"),
    "es": _ROMANCE,
    "pt": _ROMANCE,
    "tr": _set(
        "i u a e in un im um si su lar ler lari leri da de dan den ya ye yi nin nun iniz miz li lu siz"
    ),
    "az": _set("i u a e in un im um si su lar ler lari leri da de dan den ya ye yi nin nun li lu siz"),
    "uz": _set("i lar lari ni ga da dan ning li siz si chi di"),
    "kk": _set(
        "ы и ды ди ты ти га ге ка ке да де та те дан ден лар лер дар дер тар тер сы си ны ни лы ли нын нин"
    ),
}
"""Endings that ``~`` stands for, folded, by language."""

_ANY_LATIN: Final = frozenset[str]().union(*(ENDINGS[code] for code in ("en", "es", "tr", "az", "uz")))
"""For a language that is not ours."""
_PARTICIPLES: Final = ("ан", "ен", "ян", "ят", "ыт", "ут")
_VERBAL_NOUN: Final = frozenset(["ие", "ия", "ию", "ии", "ием", "иеи", "иям", "иями", "иях"])
"""What is signed (подписано) is no signing (подписание): a participle does not take the endings of its noun."""


@attrs.frozen
class WordPattern:
    """One word of a pattern: a stem and what may follow it."""

    stem: str
    endings: frozenset[str] | None = frozenset()
    """What may follow the stem; ``None`` is anything."""

    def matches(self, word: str) -> bool:
        """Whether a folded word is a form of this one."""
        if not word.startswith(self.stem):
            return False
        rest = word[len(self.stem) :]
        return not rest or self.endings is None or rest in self.endings


def parse_pattern(pattern: str, language: str) -> tuple[WordPattern, ...]:
    """Return the words of one pattern of a lexicon.

    Raises:
        ValueError: A word is empty after folding, or is a bare ``~`` or ``*``.
    """
    parsed = tuple(_parse_word(word, language) for word in pattern.replace("-", " ").split())
    if not parsed:
        raise ValueError("a pattern of a lexicon needs at least one word")
    return parsed


def _parse_word(written: str, language: str) -> WordPattern:
    stem = fold(written.rstrip("~*"))
    if not stem or not stem.isalpha():
        raise ValueError(f"{written!r} is no word: write letters, with ~ or * after the stem")
    if written.endswith("*"):
        return WordPattern(stem, None)
    if written.endswith("~"):
        return WordPattern(stem, _endings(stem, language))
    return WordPattern(stem)


def _endings(stem: str, language: str) -> frozenset[str]:
    known = ENDINGS.get(language) or (_SLAVIC if is_cyrillic(stem) else _ANY_LATIN)
    return known - _VERBAL_NOUN if is_cyrillic(stem) and stem.endswith(_PARTICIPLES) else known
