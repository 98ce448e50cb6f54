"""Routes of the administration page: files of the package, served as they are."""

from __future__ import annotations

from amocrm_sync._core.handlers.access import PUBLIC
from amocrm_sync._core.handlers.route import Group, Need, Route

ROUTES: tuple[Route, ...] = (
    Route(
        name="page",
        method="GET",
        path="/",
        group=Group.PAGE,
        roles=PUBLIC,
        handler="page:index",
        summary="The administration page",
        produces="text/html",
        needs=Need.NOTHING,
    ),
    Route(
        name="page_asset",
        method="GET",
        path="/assets/{name}",
        group=Group.PAGE,
        roles=PUBLIC,
        handler="page:asset",
        summary="A file of the page",
        produces="application/octet-stream",
        needs=Need.NOTHING,
    ),
)
