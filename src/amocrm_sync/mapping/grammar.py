"""What little words and endings tell when the word itself is unknown."""

from __future__ import annotations

import re
from typing import Final

import attrs

from amocrm_sync.mapping.text import is_cyrillic

__all__ = [
    "LITTLE_WORDS",
    "NEGATING_PREFIXES",
    "NEGATIONS_AFTER",
    "NEGATIONS_BEFORE",
    "Cue",
    "cue_of",
    "day_cues",
    "guess_language",
    "is_negated_verb",
]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


LITTLE_WORDS: Final = _set(
    # Russian and Ukrainian, English, Spanish and Portuguese, Turkic: words that carry no meaning of their own.
    "в во на со с су о об от до для из по за к ко и или а но же то это как под над при про через та з из зи ди від йи або у "
    "a an the of to in on at by for and or with from is are was be been it its this that we our us "
    "o os as um uma de da do das dos em na nas nos ao aos e ou com para por pra pro que se foi ser pela pelo "
    "el la los las un una del al en y con su lo ya fue es "
    "ve ile icin bir bu va bilan uchun ham ila мен жане ушин бен пен"
)
NEGATIONS_BEFORE: Final = _set(
    "не нет без ни нету немае нема not no non never without dont doesnt didnt isnt wasnt havent hasnt cant wont "
    "nao n sem nunca nem sin ni"
)
NEGATIONS_AFTER: Final = _set("deyil degil emas yoq yok yox yoxdur емес жок эмас нет")
NEGATING_PREFIXES: Final = ("недо", "не", "без", "бес", "in", "im", "un", "non", "dis", "des")
"""Prefixes that turn a word into its opposite: ``insucesso``, ``неоплачен``, ``unqualified``."""
_NEGATED_VERB: Final = {
    code: re.compile(pattern)
    for code, pattern in {
        "uz": r"[a-z]{2,}ma(?:gan|yapti|ydi|di)$|[а-я]{2,}ма(?:ган|япти|иди|ди)$",
        "az": r"[a-z]{2,}(?:mamis|memis|mayib|meyib|mayan|meyen|madi|medi|mir)$",
        "tr": r"[a-z]{2,}(?:mamis|memis|mayan|meyen|madi|medi|miyor|muyor)$",
        "kk": r"[а-я]{2,}(?:маган|меген|баган|беген|паган|пеген|мады|меди|маиды|меиди)$",
    }.items()
}


def is_negated_verb(word: str, language: str) -> bool:
    """Whether a folded word is a verb whose ending negates it, as Turkic verbs do: ``berilmagan``, ``başlamadı``."""
    pattern = _NEGATED_VERB.get(language)
    return pattern is not None and pattern.match(word) is not None


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
_CYRILLIC_CUES: Final = tuple(cue for cue in _CUES if cue[0] in {"ru", "uk", "kk"})
_LATIN_CUES: Final = tuple(cue for cue in _CUES if cue not in _CYRILLIC_CUES)


def cue_of(word: str) -> Cue | None:
    """Return what the ending of a folded word tells, if anything."""
    for language, kind, pattern in _CYRILLIC_CUES if is_cyrillic(word) else _LATIN_CUES:
        if pattern.match(word):
            return Cue(word, kind, language)
    return None


_DAY: Final = re.compile(r"(?<![^\W_])[dд]\s?[+-]\s?\d{1,3}(?!\d)", re.IGNORECASE)


def day_cues(name: str) -> tuple[Cue, ...]:
    """Return a cue if the name counts days from something: ``D+7``."""
    found = _DAY.search(name[:200]) if "+" in name or "-" in name else None
    return (Cue(found[0], "a day", ""),) if found else ()


_TELLING_LETTERS: Final = (
    ("uk", re.compile("[іїєґ]")),
    ("kk", re.compile("[әғқңөұүһ]")),
    ("uz", re.compile("[ўҳ]|[og][ʻ‘'`ʼ]")),
    ("ru", re.compile("[ыэёъ]")),
    ("pt", re.compile("[ãõ]|ção")),
    ("es", re.compile("[ñ¿¡]|ción")),
    ("az", re.compile("ə")),
    ("tr", re.compile("[ığş]")),
)


def guess_language(name: str, words: tuple[str, ...], votes: dict[str, int]) -> str:
    """Return the most likely language of a name, by its entries and by letters that one language has."""
    ballots = {code: 2 * count for code, count in votes.items()}
    lowered = name[:200].lower()
    if not lowered.isascii() or "'" in lowered or "`" in lowered:
        for code, letters in _TELLING_LETTERS:
            if letters.search(lowered):
                ballots[code] = ballots.get(code, 0) + 1
    if ballots:
        return max(ballots, key=lambda code: (ballots[code], -_ORDER.get(code, len(_ORDER))))
    return "ru" if words and is_cyrillic(words[0]) else ""


_ORDER: Final = {code: at for at, code in enumerate(("ru", "en", "pt", "es", "uk", "az", "uz", "kk", "tr"))}
"""Of languages that explain a name equally well, the one with more accounts."""
