"""Every error of the library, in one tree.

::

    AmoCRMError
    ├── ConfigurationError          wrong arguments or a missing optional dependency; nothing was sent
    ├── NotConnectedError           there are no tokens for this account and owner
    ├── AuthorizationLost           the tokens cannot be renewed; the user must consent again
    ├── OAuthError                  a step of the OAuth flow was refused
    │   ├── TokensNotSaved          new tokens were issued, but the store did not save them: in memory only
    │   └── StateMismatch           the callback's state is unknown, used, expired or another owner's
    ├── TransportError              no usable answer arrived
    │   ├── RequestNotSent          the request never left; sending it again is safe
    │   └── AmbiguousWriteError     a write may have arrived; it was not sent again
    ├── UploadInterrupted           an upload stopped; its session says how to go on
    ├── SignatureError              a chat hook was not signed with the channel's secret
    ├── InvalidResponseError        the answer is not what the API promises (HTML, broken JSON …)
    ├── BatchError                  items of a batch were not stored; raised by raise_for_failures()
    ├── PagingError                 a next link leads to another host, or does not move on
    ├── OfflineError                a device with a copy of its own has to do something first
    │   ├── MustRefetch             its copy is void: fetch everything again
    │   ├── MutationGap             an edit before this one never arrived
    │   └── PullFirst               what it wants to change was changed meanwhile
    └── AmoCRMAPIError              the server answered with an error status
        ├── ValidationError         400: carries the per-item list
        ├── AmoCRMTokenExpired      401: the access token is expired, revoked or wrong
        ├── PaymentRequiredError    402: the account's subscription has ended
        ├── ForbiddenError          403: this call is not allowed
        │   └── AccountBlockedError 403 on everything: traffic to the account is stopped
        ├── NotFoundError           404, or 204 for one record
        ├── ConflictError           409
        ├── UnprocessableError      422: understood, but impossible
        ├── RateLimitedError        429 after all retries
        └── ServerError             5xx after all retries

Errors pickle, and hold no secret: a token is in no message, repr or attribute.
"""

from __future__ import annotations

from typing import Any

import attrs

__all__ = [
    "AccountBlockedError",
    "AmbiguousWriteError",
    "AmoCRMAPIError",
    "AmoCRMError",
    "AmoCRMTokenExpired",
    "AuthorizationLost",
    "BatchError",
    "ConfigurationError",
    "ConflictError",
    "ErrorContext",
    "ForbiddenError",
    "InvalidResponseError",
    "ItemError",
    "MustRefetch",
    "MutationGap",
    "NotConnectedError",
    "NotFoundError",
    "OAuthError",
    "OfflineError",
    "PagingError",
    "PaymentRequiredError",
    "PullFirst",
    "RateLimitedError",
    "RequestNotSent",
    "ServerError",
    "SignatureError",
    "StateMismatch",
    "TokensNotSaved",
    "TransportError",
    "UnprocessableError",
    "UploadInterrupted",
    "ValidationError",
]


@attrs.frozen
class ItemError:
    """What the server says of one item of a request (one row of ``validation-errors``).

    Attributes:
        request_id: The item's ``request_id``, or its index as a string when none was sent.
        code: The server's code, e.g. ``NotSupportedChoice``; the set is open.
        path: Where in the item, e.g. ``custom_fields_values.0.field_id``.
        detail: The server's words.
    """

    request_id: str
    code: str
    path: str
    detail: str


@attrs.frozen(kw_only=True)
class ErrorContext:
    """Where an error happened: the same facts for every error that concerns a request."""

    method: str = ""
    path: str = ""
    """The path as a template, e.g. ``/api/v4/leads/{id}``."""
    account: str = ""
    attempts: int = 0
    request_id: str | None = None
    """``X-Request-Id`` of the answer, for amoCRM's support."""


class AmoCRMError(Exception):
    """The root of the tree: catch it to catch everything that this library raises on purpose."""

    def __init__(self, message: str, *, context: ErrorContext | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.context = context or ErrorContext()
        self._details = details
        for name, value in details.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        context = self.context
        where = " ".join(part for part in (context.method, context.path) if part)
        notes = [where] if where else []
        if context.account:
            notes.append(context.account)
        if context.attempts > 1:
            notes.append(f"{context.attempts} attempts")
        if context.request_id:
            notes.append(f"request id {context.request_id}")
        return f"{self.message} ({', '.join(notes)})" if notes else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.context, self._details)


def _rebuild(
    kind: type[AmoCRMError], message: str, context: ErrorContext, details: dict[str, Any]
) -> AmoCRMError:
    """Unpickle an error."""
    return kind(message, context=context, **details)


class ConfigurationError(AmoCRMError):
    """Wrong arguments or a missing optional dependency. Nothing was sent."""


class NotConnectedError(AmoCRMError):
    """There are no tokens for this account and owner: connect first."""


class AuthorizationLost(AmoCRMError):  # noqa: N818 - the name is part of the public contract
    """The refresh token is used, revoked or expired: the user must consent again."""


class OAuthError(AmoCRMError):
    """A step of the OAuth flow was refused; the message names the cause and the fix."""


class StateMismatch(OAuthError):  # noqa: N818 - names what happened, like its siblings
    """The callback's ``state`` is unknown, already used, expired, or belongs to another owner."""


class TokensNotSaved(OAuthError):  # noqa: N818 - names what happened, like its siblings in errors.py
    """New tokens were issued, but the store failed: they are in the memory of this process only."""


class TransportError(AmoCRMError):
    """No usable answer arrived: connection refused, DNS, TLS, proxy or a timeout."""


class RequestNotSent(TransportError):  # noqa: N818 - a promise more than an error
    """The request never reached the server; sending it again is safe."""


class AmbiguousWriteError(TransportError):
    """A write may have reached the server, but its outcome is unknown. It was not sent again.

    Look for the record (by a field of your own, or by ``request_id`` in a batch) before repeating.
    """


class UploadInterrupted(AmoCRMError):  # noqa: N818 - says what happened, like its siblings
    """An upload stopped part way: ``files.upload(source, resume=error.session)`` goes on where it stopped.

    Attributes:
        session: The :class:`~amocrm_sync.UploadSession`, with what the drive has confirmed. It carries the right to
            upload this one file (in no repr or message), and pickles with the error.
    """

    session: Any


class SignatureError(AmoCRMError):
    """A chat hook was not signed with the channel's secret: answer 403 and do nothing."""


class InvalidResponseError(AmoCRMError):
    """The answer is not what the API promises: HTML, an empty body, broken JSON, a wrong shape.

    Attributes:
        status: HTTP status.
        snippet: The first characters of the body, scrubbed.
    """

    status: int = 0
    snippet: str = ""


class BatchError(AmoCRMError):
    """Items of a batch were not stored.

    Attributes:
        failures: ``(index, error)`` of each item.
    """

    failures: list[tuple[int, AmoCRMError]]


class PagingError(AmoCRMError):
    """A ``next`` link leads to another host or does not move on; the walk stopped loudly."""


class OfflineError(AmoCRMError):
    """A device with a copy of its own cannot be served as it asks; the kind says what it has to do first."""


class MustRefetch(OfflineError):  # noqa: N818 - says what to do, as the protocol does
    """The device's copy is void: it drops it and begins with ``initial``.

    Attributes:
        new_epoch: The present epoch.
    """

    new_epoch: str = ""


class MutationGap(OfflineError):  # noqa: N818 - names what happened, like its siblings
    """An edit before this one never arrived: the device sends again from ``expected`` on.

    Attributes:
        expected: The number of the edit that is to come next.
    """

    expected: int = 0


class PullFirst(OfflineError):  # noqa: N818 - says what to do, as the protocol does
    """A record that the device wants to change was changed since it pulled: pull, then push again."""


class AmoCRMAPIError(AmoCRMError):
    """The server answered with an error status.

    Attributes:
        status: HTTP status.
        title: The problem's title, e.g. ``Bad Request``.
        detail: The server's words, or the first characters of a body that is not JSON.
        code: Numeric code of the legacy API, where present.
        items: Per-item errors of a batch.
        retry_after: Seconds the server asked to wait, or ``None``.
    """

    status: int = 0
    title: str = ""
    detail: str = ""
    code: int | None = None
    items: tuple[ItemError, ...] = ()
    retry_after: float | None = None


class ValidationError(AmoCRMAPIError):
    """400: the request is wrong; :attr:`items` says which items and fields, and why."""


class AmoCRMTokenExpired(AmoCRMAPIError):  # noqa: N818 - the name is part of the public contract
    """401: the access token is expired, revoked, or belongs to another account."""


class PaymentRequiredError(AmoCRMAPIError):
    """402: the account's subscription has ended, or its tariff lacks the feature."""


class ForbiddenError(AmoCRMAPIError):
    """403: rights, scope or an IP allow-list forbid this call; the account itself works."""


class AccountBlockedError(ForbiddenError):
    """403 on everything: the account (or this IP) is blocked. All its traffic is stopped."""


class NotFoundError(AmoCRMAPIError):
    """404, or 204 where one record was asked for."""


class ConflictError(AmoCRMAPIError):
    """409: the request contradicts the present state."""


class UnprocessableError(AmoCRMAPIError):
    """422: the request was understood but is impossible (feature off, batch too large …)."""


class RateLimitedError(AmoCRMAPIError):
    """429 after all retries: the account's request rate is exceeded."""


class ServerError(AmoCRMAPIError):
    """5xx after all retries."""
