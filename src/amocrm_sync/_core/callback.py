"""What amoCRM calls the host with: the consent's callback and the uninstall hook.

Source: the API pages on OAuth (step by step, and the hook of an uninstalled integration).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

import attrs

from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync.errors import OAuthError

Params = Mapping[str, str | Sequence[str]]
"""Query parameters, as a plain mapping or as :func:`urllib.parse.parse_qs` gives them."""


@attrs.frozen(kw_only=True)
class Callback(Unpicklable):
    """The parameters of a consented callback.

    Attributes:
        code: To be exchanged within 20 minutes, once.
        referer: The account's host as amoCRM says; not yet held against the list of domains.
        state: What was sent to the consent page, or ``None``.
        client_id: The integration, where the callback names it.
        from_widget: A server hook after an installation in the UI, not a browser.
        from_exchange: The answer to an exchange of an API key.
    """

    code: str = attrs.field(repr=False)
    referer: str
    state: str | None = attrs.field(default=None, repr=False)
    client_id: str | None = None
    from_widget: bool = False
    from_exchange: bool = False


@attrs.frozen(kw_only=True)
class PendingConsent:
    """A consent that is under way: who began it, and until when it may end (unix seconds)."""

    owner: str
    expires_at: float


def state_digest(state: str) -> str:
    """What is stored in place of a state: who reads the store cannot use it."""
    return hashlib.sha256(state.encode()).hexdigest()


@attrs.frozen
class Uninstall:
    """A verified uninstall: the integration was switched off in this account."""

    account_id: int
    client_id: str


def read_callback(params: Params) -> Callback:
    """The callback's parameters.

    Raises:
        OAuthError: The user declined, or the callback is not amoCRM's.
    """
    error = _one(params, "error")
    if error == "access_denied":
        raise OAuthError("the user declined the access (access_denied)")
    if error:
        raise OAuthError(f"the consent page answered with the error {error[:100]!r}")
    code = _one(params, "code")
    referer = _one(params, "referer") or _one(params, "referrer")
    if not code or not referer:
        missing = "code" if not code else "referer"
        raise OAuthError(f"the callback has no {missing}: pass on all query parameters of the redirect")
    return Callback(
        code=code,
        referer=referer,
        state=_one(params, "state"),
        client_id=_one(params, "client_id"),
        from_widget=_one(params, "from_widget") not in (None, "0"),
        from_exchange=_one(params, "from_exchange") not in (None, "0"),
    )


def verify_uninstall(params: Params, client_id: str, client_secret: str) -> Uninstall:
    """The uninstall that amoCRM reports, if its signature is right.

    The hook has no timestamp: it can be replayed, so act on it in a way that may be repeated.

    Args:
        params: The query of the hook.
        client_id: Our integration's id.
        client_secret: Its secret, the key of the signature (HMAC-SHA256 of ``client_id|account_id``).

    Raises:
        OAuthError: The signature is missing or wrong, or the hook is for another integration.
    """
    sender = _one(params, "client_uuid") or _one(params, "client_id") or ""
    account_id, signature = _one(params, "account_id") or "", _one(params, "signature") or ""
    expected = hmac.new(
        client_secret.encode(), f"{client_id}|{account_id}".encode(), hashlib.sha256
    ).hexdigest()
    # Both are compared in any case, so that the time taken tells nothing of which one is wrong.
    same_client = hmac.compare_digest(sender.encode(), client_id.encode())
    same_signature = hmac.compare_digest(signature.lower().encode(), expected.encode())
    if not (same_client and same_signature):
        raise OAuthError("the uninstall hook is not signed with this integration's secret: ignore it")
    if not (account_id.isascii() and account_id.isdigit()):
        raise OAuthError("the uninstall hook names no account_id")
    return Uninstall(int(account_id), client_id)


def _one(params: Params, name: str) -> str | None:
    """The value of a parameter; of several, the first, as PHP hosts and amoCRM's own examples read it."""
    value = params.get(name)
    if value is None or isinstance(value, str):
        return value or None
    return next(iter(value), None) or None
