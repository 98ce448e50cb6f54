"""What little words and endings tell when the word itself is unknown."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

import attrs

from .text import is_cyrillic

__all__ = ["LITTLE_WORDS", "NEGATIONS_AFTER", "NEGATIONS_BEFORE", "Cue", "cue_of", "guess_language"]

LITTLE_WORDS: Final = frozenset(
    # Russian, Ukrainian
    "в во на с со у о об от до для из по за к ко и или а но же то это как под над при про через без_ "
    "та з із зі до від для про по і й або у при "
    # English
    "a an the of to in on at by for and or with from is are was be been it its this that we our us "
    # Spanish, Portuguese
    "o os as um uma de da do das dos em na nas nos ao aos e ou com para por pra pro que se foi ser "
    "el la los las un una del al en y con su lo ya fue es "
    # Turkic
    "ve ile icin bir bu va bilan uchun ham da de ila мен жане ушин бен пен".split()
) - {"без_"}  # fmt: skip

NEGATIONS_BEFORE: Final = frozenset(
    "не нет без ни нету ненадо немае нема not no non never without dont doesnt didnt isnt wasnt havent hasnt cant wont nao n sem nunca nem sin ni".split()
)
NEGATIONS_AFTER: Final = frozenset("deyil degil emas yoq yok yox yoxdur емес жок эмас эмес нет".split())


@attrs.frozen
class Cue:
    """What the ending of an unknown word tells: an action that goes on, is completed, or is to be done."""

    word: str
    kind: str
    language: str


_ENDINGS: Final = (
    (
        "ru",
        "an action",
        r"[а-я]{2,}(?:ани|ени|яни|ити|ати|ути|ыти|аци|иаци|яци|ици|кци|зи)(?:е|я|ю|и|й|ем|ям|ях|ей)$|[а-я]{3,}(?:овк|евк|ировк|ажк|чк)(?:а|и|у|е|ой)$",
    ),
    ("uk", "an action", r"[а-я]{2,}(?:анн|енн|інн|инн|янн|утт|атт|итт)(?:я|ю|ям)$"),
    (
        "ru",
        "completed",
        r"[а-я]{2,}(?:ан|ен|ян|ят|ит|ут|ыт)(?:о|а|ы)$|[а-я]{3,}(?:ал|ил|ел|ял|ул|ол)(?:и|а|о)?(?:ся|сь|ись|ась|ось)?$|[а-я]{3,}(?:анный|енный|анная|енная|анные|енные)$",
    ),
    ("ru", "going on", r"[а-я]{2,}(?:ает|яет|ует|юет|ают|яют|уют|еет|еют|ит|ят|ат|ем|им|аем|уем)(?:ся)?$"),
    ("ru", "to be done", r"[а-я]{2,}(?:ать|ять|ить|еть|уть|ти)(?:ся)?$"),
    (
        "pt",
        "an action",
        r"[a-z]{2,}(?:cao|coes|sao|soes|mento|mentos|agem|cion|ciones|miento|mientos|tion|ment|ments)$",
    ),
    ("pt", "going on", r"[a-z]{2,}(?:ando|endo|indo|iendo)$"),
    ("en", "going on", r"[a-z]{3,}ing$"),
    ("pt", "completed", r"[a-z]{3,}(?:ado|ada|ados|adas|ido|ida|idos|idas)$"),
    ("en", "completed", r"[a-z]{3,}ed$"),
    ("uz", "going on", r"[a-z]{2,}(?:moqda|yapti|ayotgan|ayapti)$"),
    ("uz", "completed", r"[a-z]{3,}(?:ildi|indi|landi|ilgan|ingan|langan|lgan|di)$"),
    ("tr", "going on", r"[a-z]{2,}(?:iyor|uyor|mekte|makta|acak|ecek|lanir|ilir|dirilir)$"),
    ("kk", "going on", r"[а-я]{2,}(?:уда|уде|ып жатыр)$"),
    ("kk", "completed", r"[а-я]{3,}(?:лды|лди|нды|нди|ган|ген)$"),
)
_CUES: Final = tuple((language, kind, re.compile(pattern)) for language, kind, pattern in _ENDINGS)


def cue_of(word: str) -> Cue | None:
    """Return what the ending of a folded word tells, if anything."""
    for language, kind, pattern in _CUES:
        if pattern.match(word):
            return Cue(word, kind, language)
    return None


_TELLING_LETTERS: Final = (
    ("uk", re.compile("[іїєґ]")),
    ("kk", re.compile("[әғқңөұүһ]")),
    ("uz", re.compile("[ўҳ]|[og][ʻ‘'`ʼ]", re.IGNORECASE)),
    ("ru", re.compile("[ыэёъ]")),
    ("pt", re.compile("[ãõ]|ção", re.IGNORECASE)),
    ("es", re.compile("[ñ¿¡]|ción")),
    ("az", re.compile("ə")),
    ("tr", re.compile("[ığş]")),
)


def guess_language(name: str, words: tuple[str, ...], votes: Counter[str]) -> str:
    """Return the most likely language of a name, by its entries and by letters that one language has."""
    lowered = name[:200].lower()
    ballots = Counter({code: 2 * count for code, count in votes.items()})
    for code, letters in _TELLING_LETTERS:
        if letters.search(lowered):
            ballots[code] += 1
    if ballots:
        best = max(ballots.values())
        return (
            next(code for code in _PREFERENCE if ballots[code] == best)
            if _known(ballots, best)
            else max(ballots, key=lambda code: ballots[code])
        )
    if not words:
        return ""
    return "ru" if is_cyrillic(words[0]) else ""


_PREFERENCE: Final = ("ru", "en", "pt", "es", "uk", "az", "uz", "kk", "tr")


def _known(ballots: Counter[str], best: int) -> bool:
    return any(ballots[code] == best for code in _PREFERENCE)
