"""Who may do what: principals, roles, and the one decision about them."""

from __future__ import annotations

from enum import StrEnum

import attrs

from amocrm_sync._core.handlers.problem import Problem


class Role(StrEnum):
    """What a principal is to the host. No role, no access."""

    ADMIN = "admin"
    """Everything, for every owner."""
    USER = "user"
    """Their own configuration, tokens and data, by ``owner``."""
    GUEST = "guest"
    """Reads, and changes nothing."""
    SERVICE = "service"
    """Another service of the host: syncs and data for every owner, neither tokens nor configuration."""


READ = frozenset({Role.ADMIN, Role.USER, Role.GUEST, Role.SERVICE})
"""Looking at what is stored."""
WRITE = frozenset({Role.ADMIN, Role.USER, Role.SERVICE})
"""Changing data, starting a sync."""
OWN = frozenset({Role.ADMIN, Role.USER})
"""The connection and its configuration: tokens, secrets, consent."""
PUBLIC: frozenset[Role] = frozenset()
"""No role is asked for: something else in the request is the proof (a secret, a state), or there is nothing to hide."""


@attrs.frozen(kw_only=True)
class Principal:
    """Who asks.

    Attributes:
        id: The host's own id of the user or service.
        role: What they are.
        owner: Whose connection and data they work on; a user's own id by default, the host's only account otherwise.
        csrf: For a principal known by a cookie: the token that unsafe requests must bring in ``X-CSRF-Token``.
            A browser adds cookies to requests that other sites make, so this must be set for every cookie.
    """

    id: str
    role: Role = attrs.field(converter=Role)
    owner: str | None = None
    csrf: str | None = attrs.field(default=None, repr=False)

    @property
    def own(self) -> str | None:
        """The owner that this principal stands for; ``None``: whoever is the default."""
        return self.id if self.owner is None and self.role is Role.USER else self.owner


UNAUTHENTICATED = Problem(
    401,
    "unauthenticated",
    "say who you are: Authorization: Bearer …, X-API-Key, or the page's session",
    headers={"WWW-Authenticate": "Bearer"},
)


def owner_for(principal: Principal, asked: str | None, default: str) -> str:
    """Whose data a request is about.

    Args:
        principal: Who asks.
        asked: The ``owner`` parameter, if there is one.
        default: The owner that is meant where neither the request nor the principal names one.

    Raises:
        Problem: 403: a user or guest asks for another owner's data.
    """
    own = principal.own
    if asked is None:
        return default if own is None else own
    if principal.role in (Role.ADMIN, Role.SERVICE) or asked == own:
        return asked
    if principal.role is Role.GUEST and own is None and asked == default:
        return asked
    raise Problem(403, "another-owner", "this owner's data are not yours")


def check_role(roles: frozenset[Role], principal: Principal) -> None:
    """Let a principal pass whose role the route names.

    Raises:
        Problem: 403.
    """
    if principal.role not in roles:
        raise Problem(403, "role", f"the role {principal.role.value} may not do this")
