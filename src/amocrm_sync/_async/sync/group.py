"""Group commit: what comes in while a transaction is being committed is stored together by the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar

import attrs

from amocrm_sync._async._primitives import Lock

T = TypeVar("T")
R = TypeVar("R")

_MOST = 500
"""Items in one transaction."""


class AsyncCommit(Protocol):
    """Stores some items in one transaction, and says something of each."""

    async def __call__(self, items: Sequence[Any]) -> Sequence[Any]:
        """Store them; they are durable when this returns."""
        ...


@attrs.define(eq=False)
class _Slot(Generic[T, R]):
    """One caller's item, and what became of it."""

    item: T
    answers: list[R] = attrs.field(factory=list[R])
    error: Exception | None = None


class AsyncGroupCommit(Generic[T, R]):
    """Lets many callers share a commit, each of which costs a write to the disk.

    A caller alone is not made to wait for others; the more of them there are, the more go together.
    """

    def __init__(self, commit: AsyncCommit) -> None:
        self._commit = commit
        self._turn = Lock()
        self._waiting: deque[_Slot[T, R]] = deque()

    async def add(self, item: T) -> R:
        """Store an item; it is durable when this returns.

        Raises:
            Exception: What the commit raised, to everybody whose item was in it.
        """
        slot = _Slot[T, R](item)
        self._waiting.append(slot)
        try:
            async with self._turn:
                while not slot.answers and slot.error is None:
                    await self._lead()
        finally:
            self._forget(slot)
        if slot.error is not None:
            raise slot.error
        return slot.answers[0]

    async def _lead(self) -> None:
        """Commit what waits, for everybody."""
        batch: list[_Slot[T, R]] = []
        while self._waiting and len(batch) < _MOST:
            batch.append(self._waiting.popleft())
        try:
            answers = await self._commit([slot.item for slot in batch])
        except Exception as error:  # noqa: BLE001 - raised by each of the callers
            for slot in batch:
                slot.error = error
        except BaseException:
            self._waiting.extendleft(
                reversed(batch)
            )  # this caller was cancelled; the others' items still wait
            raise
        else:
            for slot, answer in zip(batch, answers, strict=True):
                slot.answers.append(answer)

    def _forget(self, slot: _Slot[T, R]) -> None:
        """Take out the item of a caller who has gone without an answer."""
        if not slot.answers and slot.error is None:
            with suppress(ValueError, IndexError):  # it is not there, or others come and go at this moment
                self._waiting.remove(slot)
