"""A stage name as folded words: what is left when case, accents, emoji and numbering are gone.

``fold`` and ``words`` give the same answer for every way of typing one name::

    words("3. КП отправлено ✅") == words("кп  ОТПРАВЛЕНО") == ("кп", "отправлено")
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = [
    "MAX_CHARACTERS",
    "MAX_WORDS",
    "fold",
    "is_cyrillic",
    "latin_sound",
    "shown_words",
    "uzbek_cyrillic",
    "words",
]

MAX_CHARACTERS = 1_000
"""Only this much of a name is read; the longest name that amoCRM accepts is far shorter."""
MAX_WORDS = 40

_MARKS = dict.fromkeys((*range(768, 880), *range(8203, 8208), *range(8234, 8304), 65279, 173))
_SIGNS = dict.fromkeys(map(ord, "'’‘ʼʻ`´′ʹªº№"))
"""Apostrophes within a word, and signs that come with a number."""
_LETTERS = str.maketrans(
    {
        # Letters that people type in two ways, or replace by the nearest Russian or English key.
        "ı": "i", "ə": "e", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ß": "ss",
        "і": "и", "є": "е", "ґ": "г", "ә": "а", "ғ": "г", "қ": "к", "ң": "н",
        "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "ҳ": "х", "ҷ": "ч", "ӏ": "и",
    }
)  # fmt: skip
_FOLDING = {**_MARKS, **_SIGNS, **_LETTERS}

_ABBREVIATION = re.compile(r"(?<![^\W\d_])[^\W\d_](?:[./][^\W\d_])+(?![^\W\d_])")
_WORD = re.compile(r"[^\W\d_]+")

_CHUNK = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f'’‘ʼʻ`´][^\W\d_]*)*")

_LOOKALIKES = "aаcсeеoоpрxхyуkкmмtтhнbвiи"
_TO_CYRILLIC = str.maketrans(dict(zip(_LOOKALIKES[::2], _LOOKALIKES[1::2], strict=True)))
_TO_LATIN = str.maketrans(dict(zip(_LOOKALIKES[1::2], _LOOKALIKES[::2], strict=True)))
_ONLY_CYRILLIC = re.compile("[бгджзйлпфцчшщъыьэюя]")
_CYRILLIC = re.compile("[а-я]")
_LATIN = re.compile("[a-z]")


def words(name: str) -> tuple[str, ...]:
    """Return the folded words of a name, without numbers, punctuation and emoji; at most 40."""
    found: Iterable[str] = _WORD.findall(fold(name))
    return tuple(_one_script(word) for word in found)[:MAX_WORDS]


def shown_words(name: str, folded: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folded words of a name as the name spells them, for showing to people.

    Where the spelling cannot be told word for word, it is the folded words.
    """
    shown = _CHUNK.findall(name[: 4 * MAX_CHARACTERS])
    return tuple(shown) if len(shown) == len(folded) else folded


def fold(name: str) -> str:
    """Return the name in lower case without accents, apostrophes and invisible characters.

    Letters that are commonly typed one for the other become one (``ё`` and ``е``, ``ə`` and ``e``, ``і`` and
    ``и``), and an abbreviation written with dots or strokes becomes a word (``К.П.`` → ``кп``, ``п/о`` → ``по``).
    """
    cut = " ".join(name[: 4 * MAX_CHARACTERS].split())[:MAX_CHARACTERS]
    if cut.isascii():
        plain = cut.lower().translate(_SIGNS)
    else:
        plain = (
            unicodedata.normalize("NFKD", cut.lower().translate(_SIGNS).translate(_LETTERS))
            .lower()
            .translate(_FOLDING)
        )
    return _ABBREVIATION.sub(_joined, plain)


def is_cyrillic(word: str) -> bool:
    """Whether a folded word is written in Cyrillic."""
    return _CYRILLIC.match(word) is not None


def _joined(match: re.Match[str]) -> str:
    return match[0].replace(".", "").replace("/", "")


def _one_script(word: str) -> str:
    """Undo look-alike letters: a word written with letters of two scripts becomes a word of one."""
    if word.isascii() or not _LATIN.search(word):
        return word
    return word.translate(_TO_CYRILLIC if _ONLY_CYRILLIC.search(word) else _TO_LATIN)


# -- One language in another's letters ----------------------------------------------------------------

_ROMAN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "j", "з": "z", "и": "i", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "h", "ц": "c", "ч": "ch", "ш": "sh", "щ": "sh", "ъ": None, "ы": "i", "ь": None, "э": "e",
        "ю": "u", "я": "a",
    }
)  # fmt: skip
_SPELLINGS = {
    "shch": "sh", "sch": "sh", "kh": "h", "zh": "j", "ts": "c", "tz": "c", "ck": "k",
    "ja": "a", "ya": "a", "ia": "a", "iu": "u", "yu": "u", "ju": "u", "yo": "e", "jo": "e",
    "ye": "e", "je": "e", "ie": "e", "y": "i", "w": "v", "x": "h", "q": "k",
}  # fmt: skip
_SPELLING = re.compile("|".join(_SPELLINGS))
_DOUBLED = re.compile(r"(.)\1+")


def latin_sound(word: str) -> str:
    """Return how a Russian-like word sounds in Latin letters, equal for every common transliteration.

    ``заявка``, ``zayavka``, ``zajavka`` and ``zaiavka`` all give one string.
    """
    roman = word if word.isascii() else word.translate(_ROMAN)
    text = _SPELLING.sub(lambda found: _SPELLINGS[found[0]], roman)
    return _DOUBLED.sub(r"\1", text)


_UZBEK_PAIRS = (
    ("sh", "ш"), ("ch", "ч"), ("ya", "я"), ("yu", "ю"), ("yo", "е"), ("ye", "е"),
    ("a", "а"), ("b", "б"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"),
    ("j", "ж"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"),
    ("r", "р"), ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("x", "х"), ("y", "и"), ("z", "з"),
)  # fmt: skip


def uzbek_cyrillic(pattern: str) -> str:
    """Return an Uzbek word of Latin letters in the folded Cyrillic spelling (``so'rov`` → ``суров``)."""
    text = pattern.lower()
    for apostrophe in "’‘ʼʻ`":
        text = text.replace(apostrophe, "'")
    text = text.replace("o'", "у").replace("g'", "г").replace("'", "")
    for latin, cyrillic in _UZBEK_PAIRS:
        text = text.replace(latin, cyrillic)
    return text
