"""Phones: each has a copy of its own, is away most of the time, and repeats what it got no answer to.

A phone is not the host's machine, so it lives on when the one that serves it dies; the answer is lost then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING, Any

from simulation import checks
from simulation.actors import TITLE
from simulation.machine import Machine

from amocrm_sync.errors import AmoCRMError, MustRefetch

if TYPE_CHECKING:
    from simulation.world import World

Row = dict[str, Any]

_TAKEN = ("applied", "merged")
_LOST = 0.1
_TWICE = 0.15


class Phone:
    """See the module."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.name = f"phone{number}"
        self.random = Random(f"{self.name}:{world.plan.seed}")
        self.rows: dict[tuple[str, str], Row] = {}
        self.waiting: list[Row] = []
        self._numbered = 0
        self._page: str | None = None
        self._cursor: str | None = None

    async def live(self, machine: Machine) -> None:
        """Edit, be away, come back; the machine serves it until it dies."""
        while machine.world.is_rough:
            await asyncio.sleep(self.random.uniform(1.0, 12.0))
            for _ in range(self.random.choice((0, 0, 1, 2))):
                self._edit()
            try:
                await self.sync(machine)
            except AmoCRMError as error:
                machine.tell(f"{type(error).__name__}: {error}")

    async def sync(self, machine: Machine) -> None:
        """Hand the edits over, and take what is new."""
        try:
            while self.waiting:
                await self._push(machine)
            while await self._pull(machine):
                pass
        except MustRefetch as error:
            raise checks.Violation(f"I12: {self.name} has to begin anew, and nothing was reset") from error

    def _edit(self) -> None:
        """The user changes a row that the phone has, or makes a new one."""
        self._numbered += 1
        value = f"d{self.name}-{self._numbered}"
        self.world.count("phones' edits")
        if not self.rows or self.random.random() < 0.2:
            entity, uid, op = self.random.choice(("leads", "contacts")), value, "create"
            base = None
        else:
            entity, uid = self.random.choice(sorted(self.rows))
            op, base = "update", {TITLE[entity]: self.rows[entity, uid]["fields"].get(TITLE[entity])}
        fields = {TITLE[entity]: value}
        self.waiting.append(
            {"id": self._numbered, "entity": entity, "uid": uid, "op": op, "fields": fields, "base": base}
        )

    async def _push(self, machine: Machine) -> None:
        sent = self.waiting[:3]
        answer = await self._ask(
            machine, lambda: machine.engine.offline.outgoing(client_id=self.name, mutations=sent)
        )
        if answer is None:
            return
        for edit, result in zip(sent, answer["results"], strict=True):
            if (result.get("was") or result["status"]) in _TAKEN:
                is_create = edit["op"] == "create"
                self.world.edits.append(checks.Edit(edit["entity"], edit["uid"], edit["fields"], is_create))
        del self.waiting[: len(sent)]

    async def _pull(self, machine: Machine) -> bool:
        """Take a page; whether there are more."""
        offline, since, page = machine.engine.offline, self._cursor, self._page
        if since is None:
            answer = await self._ask(
                machine, lambda: offline.initial(page=page, limit=5, client_id=self.name)
            )
        else:
            answer = await self._ask(
                machine, lambda: offline.incremental(since=since, limit=5, client_id=self.name)
            )
        if answer is None:
            return True
        for entity, part in answer["changes"].items():
            for row in [*part["created"], *part["updated"]]:
                self.rows[entity, row["uid"]] = row
            for uid in part["deleted"]:
                self.rows.pop((entity, uid), None)
        self._cursor = answer["cursor"]
        if since is None:
            self._page = answer["next"]
            return True
        more: bool = answer["has_more"]
        return more

    async def _ask(self, machine: Machine, request: Callable[[], Awaitable[Row]]) -> Row | None:
        """A request over a bad network: it may arrive twice, and its answer may not come."""
        answer = await request()
        if not self.world.is_rough:
            return answer
        if self.random.random() < _TWICE:
            await request()
        await asyncio.sleep(self.random.uniform(0.0, 0.5))
        if self.random.random() < _LOST:
            self.world.count("answers to phones lost")
            machine.tell(f"{self.name} gets no answer")
            return None
        return answer
