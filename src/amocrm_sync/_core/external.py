"""An integration that the consent page makes by itself ("external"): the address of its button, and the keys that follow.

Source: fact file oauth.md, section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import attrs

from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import ConfigurationError, OAuthError

SCOPES = ("crm", "notifications")
"""What an external integration may ask for."""


@attrs.frozen(kw_only=True)
class ExternalIntegration:
    """What the consent page shows and makes.

    Attributes:
        name: Its name.
        description: What it does.
        redirect_uri: Where the code goes (https).
        secrets_uri: Where amoCRM sends the keys, before the code (https).
        logo: Address of a picture (https).
        scopes: Of ``crm`` and ``notifications``.

    Raises:
        ConfigurationError: A value is wrong; the message names it.
    """

    name: str
    description: str
    redirect_uri: str
    secrets_uri: str
    logo: str | None = None
    scopes: Sequence[str] = SCOPES

    def __attrs_post_init__(self) -> None:
        for field in ("name", "description"):
            if not getattr(self, field).strip():
                raise ConfigurationError(f"{field}: it is empty")
        for field in ("redirect_uri", "secrets_uri", "logo"):
            url: str | None = getattr(self, field)
            if url is not None and (urlsplit(url).scheme != "https" or not urlsplit(url).hostname):
                raise ConfigurationError(f"{field}: an https address is needed")
        unknown = sorted(set(self.scopes) - set(SCOPES))
        if isinstance(self.scopes, str) or not self.scopes or unknown:
            raise ConfigurationError(f"scopes: give some of {', '.join(SCOPES)} as a list")

    def url(self, state: str, *, origin: str, mode: str) -> str:
        """The address behind the button."""
        values = [
            ("name", self.name),
            ("description", self.description),
            ("redirect_uri", self.redirect_uri),
            ("secrets_uri", self.secrets_uri),
            *([("logo", self.logo)] if self.logo else []),
            *(("scopes[]", scope) for scope in self.scopes),
            ("state", state),
            ("mode", mode),
        ]
        return f"{origin}/oauth?{urlencode(values)}"


@attrs.frozen
class IntegrationKeys(Unpicklable):
    """The keys of an integration that was just made; they come before the user's redirect."""

    client_id: str
    client_secret: str = attrs.field(repr=False)
    state: str | None = attrs.field(default=None, repr=False)


def read_secrets(body: Mapping[str, Any]) -> IntegrationKeys:
    """The keys that amoCRM sends to ``secrets_uri``. Hold ``state`` against your own: the request is not signed.

    Args:
        body: The body, decoded from JSON or from a form.

    Raises:
        OAuthError: A key is missing.
    """
    values = [body.get(name) for name in ("client_id", "client_secret")]
    if not all(isinstance(value, str) and value for value in values):
        raise OAuthError("the keys of the integration are incomplete: client_id and client_secret are needed")
    state = body.get("state")
    return IntegrationKeys(str(values[0]), str(values[1]), state if isinstance(state, str) else None)
