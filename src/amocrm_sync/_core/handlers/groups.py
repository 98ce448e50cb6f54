"""The table of routes, group by group; a group's shapes are loaded only where it is mounted."""

from __future__ import annotations

from collections.abc import Iterable

from amocrm_sync._core.handlers.route import Group, Route
from amocrm_sync.errors import ConfigurationError


def routes_of(groups: Iterable[str | Group]) -> tuple[Route, ...]:
    """The rows of some groups, in the order of the groups.

    Raises:
        ConfigurationError: There is no such group.
    """
    if isinstance(groups, str):
        raise ConfigurationError(f"groups: give a tuple of names, not the string {groups!r}")
    try:
        wanted = {Group(group) for group in groups}
    except ValueError as error:
        raise ConfigurationError(f"groups: {error}; there are {', '.join(Group)}") from None
    return tuple(route for group in Group if group in wanted for route in _rows(group))


def _rows(group: Group) -> tuple[Route, ...]:
    match group:
        case Group.INTEGRATIONS:
            from amocrm_sync._core.handlers.routes_integrations import ROUTES
        case Group.ADMIN:
            from amocrm_sync._core.handlers.routes_admin import ROUTES
        case Group.WEBHOOKS:
            from amocrm_sync._core.handlers.routes_webhooks import ROUTES
        case Group.MOBILE:
            from amocrm_sync._core.handlers.routes_mobile import ROUTES
        case Group.OFFLINE:
            from amocrm_sync._core.handlers.routes_offline import ROUTES
        case Group.PAGE:
            from amocrm_sync._core.handlers.routes_page import ROUTES
    return ROUTES
