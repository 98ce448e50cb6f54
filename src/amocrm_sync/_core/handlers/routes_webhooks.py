"""Routes of amoCRM's webhooks."""

from __future__ import annotations

from amocrm_sync._core.handlers.access import PUBLIC
from amocrm_sync._core.handlers.message import JSON
from amocrm_sync._core.handlers.route import LARGE, Group, Need, Route
from amocrm_sync._core.handlers.shapes_webhooks import Received

FORM = "application/x-www-form-urlencoded"


def webhook(name: str, path: str, group: Group) -> Route:
    """A route that takes webhooks: the secret in its path is the proof, and the tenant."""
    return Route(
        name=name,
        method="POST",
        path=path,
        group=group,
        roles=PUBLIC,
        handler="webhook:receive",
        summary="Take a webhook of amoCRM; 200 once it is stored",
        answer=Received,
        media=(FORM, JSON),
        limit=LARGE,
        needs=Need.NOTHING,
    )


ROUTES: tuple[Route, ...] = (webhook("receive_webhook", "/{secret}", Group.WEBHOOKS),)
