"""Reading several things side by side, each page by page: an account may be far away, and what can be asked at once should be."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from amocrm_sync._async._primitives import Job, in_flight

_FOR_EVER = 3600.0


class AsyncStrand(Protocol):
    """Something that is read page by page, beside others (:func:`side_by_side`)."""

    @property
    def is_open(self) -> bool:
        """Whether there is more to read."""
        ...

    async def read(self) -> Job[None]:
        """Ask for the next page; what is returned stores it."""
        ...


async def side_by_side(*strands: AsyncStrand) -> None:
    """Read each to its end. A page of each may be under way at a time; they are stored one by one.

    Raises:
        NeverSettled: A list changes faster than it can be read; its walk is given up.
    """
    busy = set[int]()

    async def read(place: int) -> tuple[int, Job[None]]:
        return place, await strands[place].read()

    def next_job(_is_idle: bool) -> Job[tuple[int, Job[None]]] | None:
        for place, strand in enumerate(strands):
            if place not in busy and strand.is_open:
                busy.add(place)
                return partial(read, place)
        return None

    async def take(answered: tuple[int, Job[None]]) -> None:
        place, store = answered
        busy.discard(place)
        await store()

    await in_flight(next_job, take, width=max(1, len(strands)), patience=_FOR_EVER)
