"""The reasons of a suggestion, as sentences that a host can show to a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from amocrm_sync.mapping.concepts import CONCEPTS
from amocrm_sync.mapping.judge import Verdict
from amocrm_sync.mapping.lexicon import LANGUAGES
from amocrm_sync.mapping.reading import Match, Reading
from amocrm_sync.mapping.text import shown_words

__all__ = ["reasons_of"]

_SENTENCES: Final = {
    "revived": "The name speaks of bringing somebody back, which is work in progress",
    "not_won": "The name says that it did not succeed, which is an end",
    "not_qualified": "The name says that it is not the right client, which is an end",
    "not_ended": "The name says that the end has not come",
    "before_end": "The name speaks of an end that is still to come",
    "ended": "The name says that it has ended",
    "refund": "The name speaks of money or goods going back, which usually is an end",
    "step_succeeded": "One step went well; the lead itself is still open",
    "untouched": "The name says that nobody has worked on it",
    "step_cancelled": "One step was cancelled; the lead itself is still open",
    "step_finished": "One step is finished; the lead itself is still open",
    "finished": "The name says that the work is finished",
    "handed_over": "The name says that the client has what was ordered, which often is the end",
    "new": "The name says that it has just come in",
    "new_step": "Something is new, but a step of the work is named as well",
    "state": "The name says that it is being worked on or waits",
    "first_contact": "The first contact: new in some pipelines, in progress in others",
    "step": "The name is a step of the work",
    "request": "The name is a request, and nothing is said of work on it",
    "lead": "The name is a lead, and nothing is said of work on it",
    "arrival": "The name says only where it came from, and nothing of work on it",
    "underway": "The name is the work itself, which is under way",
    "grammar": "The words are unknown, but their endings tell of an action",
    "similar": "No word of the name is known to the lexicon",
    "unknown": "No word of the name tells the status; most stages of a pipeline are in progress",
}
_SPELLINGS: Final = {
    "heard": "written in Latin letters",
    "slip": "allowing for a slip of the keyboard",
    "cognate": "like a related word",
    "prefix": "by its prefix",
}
_WORDLESS: Final = frozenset({"unknown", "grammar"})
_MOST_WORDS: Final = 4


def reasons_of(verdict: Verdict, reading: Reading, notes: Sequence[str]) -> tuple[str, ...]:
    """Return at least one sentence: the rule with its words and language, what speaks against it, the pipeline."""
    shown = shown_words(reading.name, reading.words)
    sentence = _SENTENCES.get(verdict.rule, verdict.rule)
    if verdict.because and verdict.rule not in _WORDLESS:
        reasons = [f"{sentence}: {_words(verdict.because, shown, reading.language)}."]
    else:
        reasons = [f"{sentence}{_cues(verdict, reading)}."]
    if verdict.against:
        reasons.append(f"Less sure because of {_words(verdict.against, shown, reading.language)}.")
    if verdict.rule not in _WORDLESS and reading.unknown:
        unknown = ", ".join(f"“{word[:40]}”" for word in reading.unknown[:_MOST_WORDS])
        reasons.append(f"Not known: {unknown}.")
    return (*reasons, *notes)


def _words(matches: Sequence[Match], shown: Sequence[str], language: str) -> str:
    return ", ".join(_word(match, shown, language) for match in matches[:_MOST_WORDS])


def _word(match: Match, shown: Sequence[str], language: str) -> str:
    text = " ".join(shown[at] for at in match.at)[:80]
    meaning = CONCEPTS[match.concept].gloss if match.concept in CONCEPTS else match.concept
    code = language if language in match.entry.languages else match.entry.languages[0]
    notes = [f"not {meaning}" if match.negated else meaning, LANGUAGES.get(code, code)]
    if match.spelling in _SPELLINGS:
        notes.append(_SPELLINGS[match.spelling])
    return f"“{text}” ({', '.join(notes)})"


def _cues(verdict: Verdict, reading: Reading) -> str:
    if verdict.rule != "grammar":
        return ""
    cues = [f"“{cue.word[:40]}” ({cue.kind})" for cue in reading.cues[:_MOST_WORDS]]
    return f": {', '.join(cues)}" if cues else ""
