"""A plug-in that knows which names are alike, for names of which the lexicon knows no word.

The engine ships none: it needs no model and no network. A host that has embeddings gives them::

    MappingEngine(similarity=MyEmbeddings(), similar_to={Status.NEW: ["Новая заявка"], Status.CLOSED: ["Отказ"]})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import attrs

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.mapping.judge import Verdict
from amocrm_sync.mapping.statuses import Status

__all__ = ["Neighbours", "SimilarityBackend"]

_ALIKE: Final = 0.6
"""Below this a likeness says nothing."""
_MOST: Final = 0.85
"""However alike two names are, a likeness is no lexicon."""


class SimilarityBackend(Protocol):
    """Says how alike a name is to others; embeddings, usually. It must be quick, or keep what it computed."""

    def similarities(self, name: str, others: Sequence[str]) -> Sequence[float]:
        """Return one number per other name: 1 means the same, 0 nothing in common.

        Args:
            name: A stage name, as the account writes it.
            others: The labelled names, the same ones every time.
        """
        ...


@attrs.frozen
class Neighbours:
    """Labelled names and the backend that compares with them."""

    backend: SimilarityBackend
    examples: tuple[tuple[str, Status], ...]

    @classmethod
    def of(cls, backend: SimilarityBackend, similar_to: Mapping[Status, Iterable[str]]) -> Neighbours:
        """Return the neighbours of these labelled names.

        Raises:
            ConfigurationError: There are none.
        """
        examples = tuple((name, Status(status)) for status in similar_to for name in similar_to[status])
        if not examples:
            raise ConfigurationError(
                "similar_to: a similarity backend needs names to compare with, e.g. {Status.NEW: ['Новая заявка']}"
            )
        return cls(backend, examples)

    def judge(self, name: str) -> tuple[Verdict, str] | None:
        """Return the status of the most similar name, and why; ``None`` if none is alike.

        Raises:
            ConfigurationError: The backend gave another number of similarities than it was asked for.
        """
        others = [other for other, _ in self.examples]
        given = list(self.backend.similarities(name, others))
        if len(given) != len(others):
            raise ConfigurationError(
                f"similarity: the backend gave {len(given)} numbers for {len(others)} names; it must give one for each"
            )
        best = max(range(len(given)), key=given.__getitem__)
        if given[best] < _ALIKE:
            return None
        other, status = self.examples[best]
        note = f"By the similarity that you plugged in it is like “{other}” ({given[best]:.2f}), which is {status}."
        return Verdict(status, "similar", min(given[best], 1.0) * _MOST), note
