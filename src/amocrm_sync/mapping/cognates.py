"""Words that related languages share: ``yeni`` and ``yangi``, ``цільовий`` and ``целевой``, ``ganado`` and ``ganhado``.

A family has regular sound changes. After them, two cognates have the same consonants, and vowels at the same places;
which vowel it is tells little. A word that no lexicon has as written is looked up by that skeleton.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from amocrm_sync.mapping.patterns import WordPattern
from amocrm_sync.mapping.text import is_cyrillic

__all__ = ["FAMILIES", "other_forms", "skeleton", "skeleton_pattern", "skeletons"]

FAMILIES: Final = {
    "az": "turkic", "kk": "turkic", "tr": "turkic", "uz": "turkic",
    "ru": "slavic", "uk": "slavic",
    "es": "romance", "pt": "romance",
}  # fmt: skip
"""Language code → family; the family of English has no other member here."""

_SHORTEST: Final = {"turkic": 4, "slavic": 5, "romance": 5}
_LONGEST: Final = 24
"""Longer words are no words of a stage name; Turkic verbs with all their endings stay below."""
_ENDINGS: Final = {"romance": frozenset(["ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas"])}
"""Participles that a family forms of any verb; a lexicon's stem need not list them."""

_VOWELS: Final = dict.fromkeys(map(ord, "aeiouаеиоуыэюя"), "0")
_CLUSTERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    # Uzbek ng and sh are n and ş elsewhere.
    "turkic": (("ng", "n"), ("sh", "s"), ("ch", "c")),
    "slavic": (),
    # Portuguese -ção is Spanish -ción; nh is ñ, lh is j.
    "romance": (("cao", "con"), ("coes", "cons"), ("cion", "con"), ("nh", "n"), ("lh", "l"), ("qu", "c")),
}
_LETTERS: Final[dict[str, dict[int, int | str | None]]] = {
    # Uzbek q and g are k; Kazakh ж begins words that begin with y elsewhere.
    "turkic": {
        **str.maketrans("бвгджзклмнпрстфхцшйjqgxwvd", "bvktyzklmnprstfhcsyckkhvvt"),
        **_VOWELS,
    },
    # Ukrainian і stands for о and е; the soft sign tells how a vowel sounds, not which word it is.
    "slavic": {**dict.fromkeys(map(ord, "ьъ")), **_VOWELS},
    "romance": {**str.maketrans("jz", "lc"), **_VOWELS},
}
_PARTICIPLE_OF: Final = {"ou": "ad", "eu": "id", "iu": "id", "ió": "id", "ó": "ad"}
"""Ending of "has done" in Portuguese and Spanish → ending of "is done"."""
_DONE: Final = {
    "ad": frozenset(["ou", "o", "aram", "aron"]),
    "id": frozenset(["eu", "iu", "io", "eram", "ieron"]),
}
_SHORTEST_VERB: Final = 4
"""Letters before the ending; ``vi-u`` has no form that is not as well another word's."""
_SEAM: Final = 3
"""Letters of a stem that can change together with what follows."""
_DOUBLED: Final = re.compile(r"(.)\1+")


def skeletons(word: str) -> tuple[tuple[str, str], ...]:
    """Return family and skeleton of a folded word, for every family that writes in its letters."""
    if len(word) > _LONGEST:
        return ()
    families = ("slavic", "turkic") if is_cyrillic(word) else ("turkic", "romance")
    found = [(family, skeleton(word, family)) for family in families]
    return tuple((family, bones) for family, bones in found if len(bones) >= _SHORTEST[family])


def skeleton(word: str, family: str) -> str:
    """Return what cognates of a family have in common: ``yeni`` and ``yangi`` are both ``y0n0``."""
    for cluster, sound in _CLUSTERS[family]:
        word = word.replace(cluster, sound)
    return _DOUBLED.sub(r"\1", word.translate(_LETTERS[family]))


def skeleton_pattern(word: WordPattern, family: str) -> WordPattern | None:
    """Return the pattern of a word's cognates, or ``None`` if too little is left of it."""
    endings = word.endings
    stem = skeleton(word.stem, family)
    if endings is None:
        return WordPattern(stem, None) if len(stem) >= _SHORTEST[family] + 1 else None
    more = (endings | _ENDINGS.get(family, frozenset())) if endings else endings
    return WordPattern(stem, _tails(word.stem[-_SEAM:], more, family))


def other_forms(pattern: str, word: WordPattern, family: str) -> list[WordPattern]:
    """Return the other forms of a Romance verb that is completed: ``logró`` → ``logrado``, ``convertid~`` → ``converteu``.

    Args:
        pattern: The word as the lexicon writes it; the accent tells "has done" from a noun.
        word: The same, read.
        family: Code of the family; other families list the forms of a verb themselves.
    """
    if family != "romance":
        return []
    for finite, participle in _PARTICIPLE_OF.items():
        root = word.stem[: -len(finite)]
        if pattern.endswith(finite) and len(root) >= _SHORTEST_VERB:
            return [WordPattern(root + participle, frozenset(["o", "a", "os", "as"]))]
    if pattern.endswith(("ad~", "id~")) and len(word.stem) - 2 >= _SHORTEST_VERB:
        return [WordPattern(word.stem[:-2], _DONE[word.stem[-2:]])]
    return []


@functools.lru_cache(maxsize=4_096)
def _tails(seam: str, endings: frozenset[str], family: str) -> frozenset[str]:
    """Return the endings' skeletons; a vowel runs together with a vowel of the stem, as it does in the whole word."""
    start = len(skeleton(seam, family))
    return frozenset(skeleton(seam + ending, family)[start:] for ending in endings)
