"""Group commit: what comes in while a transaction is being committed is stored together by the next one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs

from amocrm_sync._async._primitives import Event
from amocrm_sync._clock import SYSTEM_CLOCK

T = TypeVar("T")
R = TypeVar("R")

_MOST = 500
"""Items in one transaction."""

_CROWD = 4
_GATHER_SECONDS = 0.003
"""A transaction costs as much as dozens of items in it; once so many share one, more are gathered for the next."""


class AsyncCommit(Protocol):
    """Stores some items in one transaction, and says something of each."""

    async def __call__(self, items: Sequence[Any], /) -> Sequence[Any]:
        """Store them; they are durable when this returns."""
        ...


@attrs.define(eq=False)
class _AsyncSlot(Generic[T, R]):
    """One caller's item, what became of it, and whether it is this caller's turn to commit."""

    item: T
    answers: list[R] = attrs.field(factory=list[R])
    error: Exception | None = None
    leads: bool = False
    woken: Event = attrs.field(factory=Event)


class AsyncGroupCommit(Generic[T, R]):
    """Lets many callers share a commit, each of which costs a write to the disk.

    A caller alone is not made to wait for others; in a crowd each waits some milliseconds, and many go together. One of them at a
    time commits for all who wait; then the first of those who came meanwhile does.
    """

    def __init__(self, commit: AsyncCommit) -> None:
        self._commit = commit
        self._guard = threading.Lock()  # in both colours: it is never held while anything is awaited
        self._waiting: deque[_AsyncSlot[T, R]] = deque()
        self._is_led = False
        self._shared = 0  # how many went together the last time

    async def add(self, item: T) -> R:
        """Store an item; it is durable when this returns.

        Raises:
            Exception: What the commit raised, to everybody whose item was in it.
        """
        slot = _AsyncSlot[T, R](item)
        with self._guard:
            self._waiting.append(slot)
            slot.leads, self._is_led = not self._is_led, True
        try:
            if not slot.leads:
                await slot.woken.wait()
            if slot.leads:
                await self._commit_for_all()
        finally:
            self._leave(slot)
        if slot.error is not None:
            raise slot.error
        return slot.answers[0]

    async def _commit_for_all(self) -> None:
        """Store what waits; whoever leads is the first of them."""
        if self._shared >= _CROWD:
            await SYSTEM_CLOCK.asleep(_GATHER_SECONDS)
        with self._guard:
            batch = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
        self._shared = len(batch)
        try:
            answers = await self._commit([slot.item for slot in batch])
        except Exception as error:  # noqa: BLE001 - raised by each of the callers
            for slot in batch:
                slot.error = error
        except BaseException:
            with self._guard:
                self._waiting.extendleft(
                    reversed(batch)
                )  # this caller is stopped; the others' items still wait
            raise
        else:
            for slot, answer in zip(batch, answers, strict=True):
                slot.answers.append(answer)
        for slot in batch:
            slot.woken.set()

    def _leave(self, slot: _AsyncSlot[T, R]) -> None:
        """Go, with an answer or without, and let the next one lead."""
        with self._guard:
            if not slot.answers and slot.error is None and slot in self._waiting:
                self._waiting.remove(slot)
            if not slot.leads:
                return
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
            if heir is not None:
                heir.leads = True
                heir.woken.set()
