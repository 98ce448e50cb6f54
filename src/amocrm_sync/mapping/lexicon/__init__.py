"""The words of each language: one module per language, concept → patterns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from amocrm_sync.mapping.lexicon import az, en, es, kk, pt, ru, tr, uk, uz

__all__ = ["ENTRIES", "LANGUAGES"]

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ru": "Russian",
        "uk": "Ukrainian",
        "en": "English",
        "es": "Spanish",
        "pt": "Portuguese",
        "az": "Azerbaijani",
        "uz": "Uzbek",
        "kk": "Kazakh",
        "tr": "Turkish",
    }
)
"""Languages of the built-in lexicon by code."""

ENTRIES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "ru": ru.ENTRIES,
        "uk": uk.ENTRIES,
        "en": en.ENTRIES,
        "es": es.ENTRIES,
        "pt": pt.ENTRIES,
        "az": az.ENTRIES,
        "uz": uz.ENTRIES,
        "kk": kk.ENTRIES,
        "tr": tr.ENTRIES,
    }
)
"""Language code → concept → patterns separated by commas."""
