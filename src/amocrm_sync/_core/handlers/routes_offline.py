"""Routes of ``/api/sync``: the offline protocol for phones, and WatermelonDB's shape of it."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers import shapes_offline as own
from amocrm_sync._core.handlers.access import READ, WRITE
from amocrm_sync._core.handlers.route import LARGE, Group, Rate, Route
from amocrm_sync._core.handlers.shapes import OwnerQuery, ProblemAnswer


def _route(name: str, method: str, path: str, summary: str, handler: str, **more: Any) -> Route:
    return Route(
        name=name,
        method=method,
        path=path,
        group=Group.OFFLINE,
        summary=summary,
        handler=handler,
        feature="offline",
        rate=Rate.DEVICE,
        sparse=True,
        **more,
    )


_GONE: dict[int, Any] = {410: own.MustRefetchAnswer}
_GAP: dict[int, Any] = {409: own.GapAnswer}
_PULL_FIRST: dict[int, Any] = {409: ProblemAnswer}

ROUTES: tuple[Route, ...] = (
    _route("offline_initial", "GET", "/initial", "A snapshot, page by page", "offline:initial", roles=READ, query=own.InitialQuery, answer=own.OfflineSnapshot, others=_GONE),
    _route("offline_incremental", "GET", "/incremental", "What has changed since a cursor", "offline:incremental", roles=READ, query=own.IncrementalQuery, answer=own.OfflineChanges, others=_GONE),
    _route("offline_outgoing", "POST", "/outgoing", "Changes made on a device", "offline:outgoing", roles=WRITE, query=OwnerQuery, body=own.Outgoing, answer=own.OfflineTaken, others=_GAP, limit=LARGE),
    _route("offline_status", "GET", "/status", "Where a device stands", "offline:status", roles=READ, query=own.DeviceQuery, answer=own.OfflineStatus),
    _route("watermelon_pull", "GET", "/watermelon", "WatermelonDB's pullChanges", "offline:watermelon_pull", roles=READ, query=own.WatermelonQuery, answer=own.WatermelonChanges, others=_GONE),
    _route("watermelon_push", "POST", "/watermelon", "WatermelonDB's pushChanges", "offline:watermelon_push", roles=WRITE, query=OwnerQuery, body=own.WatermelonPush, answer=own.WatermelonPushed, others=_PULL_FIRST, limit=LARGE),
)  # fmt: skip
