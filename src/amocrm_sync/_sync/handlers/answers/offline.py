# Generated from src/amocrm_sync/_async/handlers/answers/offline.py by tools/unasync.py: edit that file instead.
"""The offline protocol: handed on to the engine, which owns it."""

from __future__ import annotations

from typing import Any, Protocol

from amocrm_sync._sync.handlers.call import Call, InputErrors


class Offline(Protocol):
    """What the routes need of ``engine.offline``; every answer is plain data, ready for JSON."""

    def initial(self, *, user: str, entities: tuple[str, ...] | None, page: str | None) -> dict[str, Any]:
        """A page of the snapshot."""
        ...

    def incremental(self, *, user: str, since: str, limit: int) -> dict[str, Any]:
        """Changes since a cursor."""
        ...

    def outgoing(self, *, user: str, client_id: str, mutations: list[dict[str, Any]]) -> dict[str, Any]:
        """Take a device's changes."""
        ...

    def status(self, *, user: str, client_id: str | None) -> dict[str, Any]:
        """Where a device stands."""
        ...

    def watermelon_pull(self, *, user: str, last_pulled_at: int | None) -> dict[str, Any]:
        """``{changes, timestamp}``."""
        ...

    def watermelon_push(
        self, *, user: str, changes: dict[str, Any], last_pulled_at: int | None, client_id: str | None
    ) -> dict[str, Any]:
        """Take ``pushChanges``."""
        ...


def initial(call: Call) -> Any:
    """A page of the snapshot."""
    names = call.query.entities
    wanted = None if not names else tuple(name.strip() for name in names.split(","))
    with InputErrors():
        return _offline(call).initial(user=_user(call), entities=wanted, page=call.query.page)


def incremental(call: Call) -> Any:
    """Changes since a cursor."""
    with InputErrors():
        return _offline(call).incremental(user=_user(call), since=call.query.since, limit=call.query.limit)


def outgoing(call: Call) -> Any:
    """A device's changes."""
    body = call.body
    with InputErrors():
        answer = _offline(call).outgoing(
            user=_user(call),
            client_id=body.client_id,
            mutations=[mutation.model_dump() for mutation in body.mutations],
        )
    call.handlers.bell.ring()
    return answer


def status(call: Call) -> Any:
    """Where a device stands."""
    return _offline(call).status(user=_user(call), client_id=call.query.client_id)


def watermelon_pull(call: Call) -> Any:
    """``pullChanges``."""
    return _offline(call).watermelon_pull(user=_user(call), last_pulled_at=call.query.last_pulled_at)


def watermelon_push(call: Call) -> Any:
    """``pushChanges``."""
    body = call.body
    with InputErrors():
        answer = _offline(call).watermelon_push(
            user=_user(call),
            changes=body.changes,
            last_pulled_at=body.lastPulledAt,
            client_id=body.clientId,
        )
    call.handlers.bell.ring()
    return answer


def _offline(call: Call) -> Offline:
    found: Offline = call.feature("offline")
    return found


def _user(call: Call) -> str:
    return "" if call.principal is None else call.principal.id
