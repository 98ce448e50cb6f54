"""Bots: ``/api/v4/bots``, and the Salesbot of the v2 API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from amocrm_sync._async.resources._base import AsyncListed
from amocrm_sync._async.resources._writing import AsyncUnanswered
from amocrm_sync._core.batching import BatchResult
from amocrm_sync._core.linking import Target, link_payload
from amocrm_sync._core.payloads import number
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Bot

MANY = 100
"""Starts in one request."""

TYPES_V2 = {"contacts": 1, "leads": 2}


class _BotRuns(AsyncUnanswered[Bot]):
    key = "bots"
    model = Bot
    max_batch = MANY

    async def send(
        self, path: str, rows: Sequence[dict[str, Any]], batch_size: int | None
    ) -> BatchResult[Bot]:
        made = self._entries(rows, dict)
        size = MANY if batch_size is None else batch_size
        return await self._batches("POST", path, made, size)


class AsyncBots(AsyncListed[Bot]):
    """Bots. All but :meth:`run_v2` is documented by Kommo only; the answers say no more than that it was accepted."""

    path = "/api/v4/bots"
    key = "items"
    model = Bot
    with_values = ("favorite",)

    async def run(self, id: int, on: Target) -> None:
        """Start a bot on a record: a saved lead, contact or customer, or a pair such as ``("leads", 5)``.

        Third-party sources disagree on ``entity_type`` (text or number); text is sent.
        """
        path = f"{self.path}/{number(id)}/run"
        await self._command("POST", path, f"{self.path}/{{id}}/run", _record(on))

    async def stop(self, id: int, on: Target) -> None:
        """Stop a bot on a record."""
        path = f"{self.path}/{number(id)}/stop"
        await self._command("POST", path, f"{self.path}/{{id}}/stop", _record(on))

    async def run_many(
        self, runs: Iterable[tuple[int, Target]], *, batch_size: int | None = None
    ) -> BatchResult[Bot]:
        """Start bots on many records, 100 a request: pairs of a bot's id and a record."""
        rows = [{"bot_id": number(bot), **_record(on)} for bot, on in runs]
        return await _BotRuns(self._core).send(f"{self.path}/run", rows, batch_size)

    async def run_v2(
        self, runs: Iterable[tuple[int, Target]], *, batch_size: int | None = None
    ) -> BatchResult[Bot]:
        """Start Salesbots on many leads or contacts by the v2 API, 100 a request. Works on amocrm.ru and Kommo."""
        rows = [{"bot_id": number(bot), **_record_v2(on)} for bot, on in runs]
        return await _BotRuns(self._core).send("/api/v2/salesbot/run", rows, batch_size)


def _record(on: Target) -> dict[str, Any]:
    [row] = link_payload(on, {})
    return {"entity_id": row["to_entity_id"], "entity_type": row["to_entity_type"]}


def _record_v2(on: Target) -> dict[str, Any]:
    row = _record(on)
    if row["entity_type"] not in TYPES_V2:
        raise ConfigurationError(
            f"on: the v2 API runs bots on leads and contacts, not on {row['entity_type']}"
        )
    return {**row, "entity_type": TYPES_V2[row["entity_type"]]}
