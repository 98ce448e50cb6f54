# Generated from src/amocrm_sync/_async/sync/failures.py by tools/unasync.py: edit that file instead.
"""What an error says about everything else that could be asked now."""

from __future__ import annotations

from amocrm_sync.errors import (
    AccountBlockedError,
    AmoCRMTokenExpired,
    AuthorizationLost,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    NotConnectedError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    RequestNotSent,
    UnprocessableError,
    ValidationError,
)

FATAL = (
    AccountBlockedError,
    AmoCRMTokenExpired,
    AuthorizationLost,
    ConfigurationError,
    NotConnectedError,
    PaymentRequiredError,
)
"""They concern the account as a whole: nothing else would succeed, and trying would do harm."""

PAUSING = (AccountBlockedError, PaymentRequiredError)
"""After these nobody asks anything for a while."""

LATER = (*FATAL, RateLimitedError, RequestNotSent)
"""Nothing was stored, and nothing else would be now: the run stops."""

WITHOUT = (ForbiddenError, NotFoundError, PaymentRequiredError, UnprocessableError)
"""What an account answers that does not have an entity: switched off, not in the tariff, not for this user."""

REFUSED = (ConflictError, NotFoundError, UnprocessableError, ValidationError)
"""The server understood and said no: sending the same again would give the same."""
