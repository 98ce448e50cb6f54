"""The offline protocol: handed on to the engine, which owns it."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from amocrm_sync._async.handlers.call import AsyncCall, InputErrors
from amocrm_sync._core.handlers.problem import Problem, wrong_field
from amocrm_sync._core.shapes import is_object
from amocrm_sync.errors import MustRefetch, MutationGap, PullFirst


class AsyncOffline(Protocol):
    """What the routes need of ``engine.offline``; every answer is plain data, ready for JSON."""

    async def initial(
        self,
        *,
        user: str,
        entities: tuple[str, ...] | None,
        page: str | None,
        limit: int,
        client_id: str | None,
    ) -> dict[str, Any]:
        """A page of the snapshot."""
        ...

    async def incremental(
        self, *, user: str, since: str, limit: int, client_id: str | None
    ) -> dict[str, Any]:
        """Changes since a cursor."""
        ...

    async def outgoing(self, *, user: str, client_id: str, mutations: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a device's changes."""
        ...

    async def status(self, *, user: str, client_id: str | None) -> dict[str, Any]:
        """Where a device stands."""
        ...

    async def watermelon_pull(
        self,
        *,
        user: str,
        last_pulled_at: int | None,
        schema_version: int | None,
        migration: dict[str, Any] | None,
        client_id: str | None,
    ) -> dict[str, Any]:
        """``{changes, timestamp}``."""
        ...

    async def watermelon_push(
        self, *, user: str, changes: dict[str, Any], last_pulled_at: int | None, client_id: str | None
    ) -> dict[str, Any]:
        """Take ``pushChanges``."""
        ...


async def initial(call: AsyncCall) -> Any:
    """A page of the snapshot."""
    query = call.query
    wanted = None if not query.entities else tuple(name.strip() for name in query.entities.split(","))
    with DeviceErrors():
        return await _offline(call).initial(
            user=_user(call), entities=wanted, page=query.page, limit=query.limit, client_id=query.client_id
        )


async def incremental(call: AsyncCall) -> Any:
    """Changes since a cursor."""
    query = call.query
    with DeviceErrors():
        return await _offline(call).incremental(
            user=_user(call), since=query.since, limit=query.limit, client_id=query.client_id
        )


async def outgoing(call: AsyncCall) -> Any:
    """A device's changes."""
    body = call.body
    with DeviceErrors():
        answer = await _offline(call).outgoing(
            user=_user(call),
            client_id=body.client_id,
            mutations=[mutation.model_dump() for mutation in body.mutations],
        )
    call.handlers.bell.ring()
    return answer


async def status(call: AsyncCall) -> Any:
    """Where a device stands."""
    with DeviceErrors():
        return await _offline(call).status(user=_user(call), client_id=call.query.client_id)


async def watermelon_pull(call: AsyncCall) -> Any:
    """``pullChanges``."""
    query = call.query
    with DeviceErrors():
        return await _offline(call).watermelon_pull(
            user=_user(call),
            last_pulled_at=query.last_pulled_at,
            schema_version=query.schema_version,
            migration=_migration(query.migration),
            client_id=query.client_id,
        )


async def watermelon_push(call: AsyncCall) -> Any:
    """``pushChanges``."""
    body = call.body
    with DeviceErrors():
        answer = await _offline(call).watermelon_push(
            user=_user(call),
            changes=body.changes,
            last_pulled_at=body.lastPulledAt,
            client_id=body.clientId,
        )
    call.handlers.bell.ring()
    return answer


class DeviceErrors(InputErrors):
    """Within it, what a device has to do first is answered with all that it needs for that, at once."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        match error:
            case MustRefetch():
                told = {"must_refetch": True, "new_epoch": error.new_epoch, "start": "initial"}
                raise Problem(410, "must-refetch", error.message, more=told) from None
            case MutationGap():
                told = {"expected": error.expected}
                raise Problem(409, "gap", error.message, more=told) from None
            case PullFirst():
                raise Problem(409, "pull-first", error.message) from None
            case _:
                super().__exit__(kind, error, trace)


def _migration(text: str | None) -> dict[str, Any] | None:
    """WatermelonDB's ``migration``, which an app sends as JSON; ``null`` for none."""
    if text is None:
        return None
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise wrong_field("migration", "JSON is expected, as WatermelonDB gives it") from None
    if given is None or is_object(given):
        return given
    raise wrong_field("migration", "an object or null is expected")


def _offline(call: AsyncCall) -> AsyncOffline:
    found: AsyncOffline = call.feature("offline")
    return found


def _user(call: AsyncCall) -> str:
    return "" if call.principal is None else call.principal.id
