"""amoCRM for the sync engine's tests: a :class:`World` behind the engine's own protocol, with answers that get lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync_world import World

from amocrm_sync._core.entities import Stream
from amocrm_sync.errors import ItemError, ValidationError
from amocrm_sync.sync import PageQuery, RemotePage


class AsyncFakeRemote:
    """Reads and writes a world. ``before`` and ``after`` hold errors for the next calls: before, or after the effect."""

    def __init__(self, world: World, account: str = "demo.amocrm.ru") -> None:
        self.world = world
        self.account = account
        self.before: list[Exception | None] = []
        self.after: list[Exception | None] = []
        self.refuse: set[str] = set()
        self.forbidden: dict[str, Exception] = {}
        self.writes: list[tuple[str, list[dict[str, Any]]]] = []
        self.singles: list[int] = []
        self.custom_fields: dict[str, list[dict[str, Any]]] = {}
        self.no_fields: Exception | None = None

    async def page(self, stream: Stream, query: PageQuery) -> RemotePage:
        if stream.key in self.forbidden:
            raise self.forbidden[stream.key]
        asked = {"filter": dict(query.filter), "order": query.order, "page": query.page, "limit": query.limit}
        if query.trash:
            asked["trash"] = True
        if query.query is not None:
            asked["query"] = query.query
        self._raise(self.before)
        rows, has_next = self.world.page(stream.key, asked)
        return RemotePage(rows, has_next)

    async def one(self, stream: Stream, wire_id: int) -> dict[str, Any] | None:
        self.singles.append(wire_id)
        return self.world.rows(stream.key).get(wire_id)

    async def events(self, first: int, last: int, page: int) -> RemotePage:
        return RemotePage([], False)

    async def fields(self, entity) -> list[dict[str, Any]]:
        return list(self.custom_fields.get(entity.name, ()))

    async def add_field(self, entity, field: dict[str, Any]) -> dict[str, Any]:
        if self.no_fields is not None:
            raise self.no_fields
        made = {"id": 900 + len(self.custom_fields), **field}
        self.custom_fields.setdefault(entity.name, []).append(made)
        return made

    async def has_tag(self, entity, name: str) -> bool:
        rows = self.world.rows(entity.name).values()
        return any(tag["name"] == name for row in rows for tag in row.get("_embedded", {}).get("tags", ()))

    async def create(
        self, stream: Stream, items: Sequence[dict[str, Any]], time_left=None
    ) -> list[dict[str, Any]]:
        self.writes.append(("create", [dict(item) for item in items]))
        self._raise(self.before)
        self._refuse(items)
        made = []
        for item in items:
            fields = {name: value for name, value in item.items() if name != "request_id"}
            row = self.world.add(stream.key, **fields, status_id=1)
            made.append({"id": row["id"], "request_id": item["request_id"]})
        self.world.now_ += self.world.latency
        self._raise(self.after)
        return made

    async def update(
        self, stream: Stream, items: Sequence[dict[str, Any]], time_left=None
    ) -> list[dict[str, Any]]:
        self.writes.append(("update", [dict(item) for item in items]))
        self._raise(self.before)
        self._refuse(items)
        made = []
        for item in items:
            fields = {name: value for name, value in item.items() if name not in ("request_id", "id")}
            self.world.change(stream.key, item["id"], **fields)
            made.append(
                {"id": item["id"], "updated_at": int(self.world.now_), "request_id": item["request_id"]}
            )
        self.world.now_ += self.world.latency
        self._raise(self.after)
        return made

    def _refuse(self, items: Sequence[dict[str, Any]]) -> None:
        """The whole batch is refused if one row is wrong, as amoCRM does."""
        wrong = [item for item in items if item.get("name") in self.refuse]
        if wrong:
            rows = tuple(ItemError(item["request_id"], "InvalidType", "name", "wrong name") for item in wrong)
            raise ValidationError("refused", items=rows, status=400)

    def _raise(self, errors: list[Exception | None]) -> None:
        error = errors.pop(0) if errors else None
        if error is not None:
            raise error
