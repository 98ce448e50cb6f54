"""Routes of ``/api/amo-crm``: the connection of a signed-in user, for an app."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers import shapes as common
from amocrm_sync._core.handlers import shapes_admin as admin
from amocrm_sync._core.handlers import shapes_mobile as own
from amocrm_sync._core.handlers.access import OWN, PUBLIC, READ
from amocrm_sync._core.handlers.route import Group, Need, Rate, Route


def _route(name: str, method: str, path: str, summary: str, handler: str, **more: Any) -> Route:
    more.setdefault("query", common.OwnerQuery)
    return Route(
        name=name, method=method, path=path, group=Group.MOBILE, summary=summary, handler=handler, **more
    )


ROUTES: tuple[Route, ...] = (
    _route("mobile_status", "GET", "/status", "The state of the user's connection", "consent:status", roles=READ, answer=admin.ConnectionState, needs=Need.OWNER),
    _route("mobile_exchange_code", "POST", "/exchange-code", "Exchange the code that the app was given", "consent:exchange_code", roles=OWN, body=own.Code, answer=own.Connected, needs=Need.FLOW, rate=Rate.AUTH, owning=True, camel=True),
    _route("mobile_disconnect", "POST", "/disconnect", "Forget the user's tokens", "consent:disconnect", roles=OWN, answer=admin.Disconnected, needs=Need.FLOW, rate=Rate.AUTH, owning=True),
    _route("mobile_callback", "GET", "/callback", "Hand the consent's answer to the app", "consent:to_app", roles=PUBLIC, query=common.CallbackQuery, status=302, needs=Need.NOTHING, rate=Rate.AUTH),
    _route("mobile_auth_url", "GET", "/auth-url", "Where to send the user for consent", "consent:auth_url", roles=OWN, query=admin.AuthUrlQuery, answer=common.AuthUrl, needs=Need.FLOW, rate=Rate.AUTH, owning=True),
    _route("mobile_pipelines", "GET", "/pipelines", "The stored pipelines", "copies:pipelines", roles=READ, query=common.PageQuery, answer=common.Records),
    _route("mobile_stages", "GET", "/pipelines/{id}/stages", "The stored stages of a pipeline", "copies:stages", numbers=frozenset({"id"}), roles=READ, query=common.PageQuery, answer=common.Records),
)  # fmt: skip
