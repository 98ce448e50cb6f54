"""The Python SDK for amoCRM / Kommo: typed clients, OAuth that survives, and a sync core to embed.

::

    from amocrm_sync import AmoCRM

    with AmoCRM("mycompany", token="…") as amo:
        for lead in amo.leads.list():
            print(lead.name, lead.price)

Names are loaded when they are first used, so that ``import amocrm_sync`` stays cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amocrm_sync._version import __version__

if TYPE_CHECKING:
    from amocrm_sync._async.amojo import AsyncAmojo
    from amocrm_sync._async.client import AsyncAmoCRM
    from amocrm_sync._async.flow import AsyncOAuthFlow
    from amocrm_sync._async.limiter import AsyncLocalRateLimiter
    from amocrm_sync._core.batching import BatchFailure, BatchResult
    from amocrm_sync._core.file_filter import FileFilter
    from amocrm_sync._core.filters import (
        CompanyFilter,
        ContactFilter,
        LeadFilter,
        NoteFilter,
        Range,
        TaskFilter,
        WebhookFilter,
    )
    from amocrm_sync._core.filters_check import FilterIgnoredWarning
    from amocrm_sync._core.filters_events import EventFilter, ValueFilter
    from amocrm_sync._core.filters_lists import (
        BotFilter,
        CatalogElementFilter,
        CatalogFilter,
        ChatLinkFilter,
        ChatTemplateFilter,
        CustomerFilter,
        CustomFieldFilter,
        LinkFilter,
        SourceFilter,
        TagFilter,
        TalkFilter,
        TransactionFilter,
        UnsortedFilter,
        UnsortedSummaryFilter,
    )
    from amocrm_sync._core.oauth import OAuth
    from amocrm_sync._core.retry import RetryPolicy
    from amocrm_sync._core.tokens import TokenKey, TokenRecord
    from amocrm_sync._core.unset import UNSET
    from amocrm_sync._core.uploads import UploadSession
    from amocrm_sync._sync.amojo import Amojo
    from amocrm_sync._sync.client import AmoCRM
    from amocrm_sync._sync.flow import OAuthFlow
    from amocrm_sync._sync.limiter import LocalRateLimiter
    from amocrm_sync.errors import (
        AccountBlockedError,
        AmbiguousWriteError,
        AmoCRMAPIError,
        AmoCRMError,
        AmoCRMTokenExpired,
        AuthorizationLost,
        BatchError,
        ConfigurationError,
        ConflictError,
        ErrorContext,
        ForbiddenError,
        InvalidResponseError,
        ItemError,
        MustRefetch,
        MutationGap,
        NotConnectedError,
        NotFoundError,
        OAuthError,
        OfflineError,
        PagingError,
        PaymentRequiredError,
        PullFirst,
        RateLimitedError,
        RequestNotSent,
        ServerError,
        SignatureError,
        StateMismatch,
        TokensNotSaved,
        TransportError,
        UnprocessableError,
        UploadInterrupted,
        ValidationError,
    )
    from amocrm_sync.stores import (
        AsyncEncryptedTokenStore,
        AsyncFileTokenStore,
        AsyncMemoryTokenStore,
        EncryptedTokenStore,
        FileTokenStore,
        MemoryTokenStore,
    )

_HOMES = {
    "_async.amojo": ["AsyncAmojo"],
    "_async.client": ["AsyncAmoCRM"],
    "_async.flow": ["AsyncOAuthFlow"],
    "_async.limiter": ["AsyncLocalRateLimiter"],
    "_core.batching": ["BatchFailure", "BatchResult"],
    "_core.file_filter": ["FileFilter"],
    "_core.filters": [
        "CompanyFilter",
        "ContactFilter",
        "LeadFilter",
        "NoteFilter",
        "Range",
        "TaskFilter",
        "WebhookFilter",
    ],
    "_core.filters_check": ["FilterIgnoredWarning"],
    "_core.filters_events": ["EventFilter", "ValueFilter"],
    "_core.filters_lists": [
        "BotFilter",
        "CatalogElementFilter",
        "CatalogFilter",
        "ChatLinkFilter",
        "ChatTemplateFilter",
        "CustomerFilter",
        "CustomFieldFilter",
        "LinkFilter",
        "SourceFilter",
        "TagFilter",
        "TalkFilter",
        "TransactionFilter",
        "UnsortedFilter",
        "UnsortedSummaryFilter",
    ],
    "_core.oauth": ["OAuth"],
    "_core.retry": ["RetryPolicy"],
    "_core.tokens": ["TokenKey", "TokenRecord"],
    "_core.unset": ["UNSET"],
    "_core.uploads": ["UploadSession"],
    "_sync.amojo": ["Amojo"],
    "_sync.client": ["AmoCRM"],
    "_sync.flow": ["OAuthFlow"],
    "_sync.limiter": ["LocalRateLimiter"],
    "errors": [
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
        "OfflineError",
        "PullFirst",
        "OAuthError",
        "PagingError",
        "PaymentRequiredError",
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
    ],
    "stores": [
        "AsyncEncryptedTokenStore",
        "AsyncFileTokenStore",
        "AsyncMemoryTokenStore",
        "EncryptedTokenStore",
        "FileTokenStore",
        "MemoryTokenStore",
    ],
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "UNSET",
    "AccountBlockedError",
    "AmbiguousWriteError",
    "AmoCRM",
    "AmoCRMAPIError",
    "AmoCRMError",
    "AmoCRMTokenExpired",
    "Amojo",
    "AsyncAmoCRM",
    "AsyncAmojo",
    "AsyncEncryptedTokenStore",
    "AsyncFileTokenStore",
    "AsyncLocalRateLimiter",
    "AsyncMemoryTokenStore",
    "AsyncOAuthFlow",
    "AuthorizationLost",
    "BatchError",
    "BatchFailure",
    "BatchResult",
    "BotFilter",
    "CatalogElementFilter",
    "CatalogFilter",
    "ChatLinkFilter",
    "ChatTemplateFilter",
    "CompanyFilter",
    "ConfigurationError",
    "ConflictError",
    "ContactFilter",
    "CustomFieldFilter",
    "CustomerFilter",
    "EncryptedTokenStore",
    "ErrorContext",
    "EventFilter",
    "FileFilter",
    "FileTokenStore",
    "FilterIgnoredWarning",
    "ForbiddenError",
    "InvalidResponseError",
    "ItemError",
    "LeadFilter",
    "LinkFilter",
    "LocalRateLimiter",
    "MemoryTokenStore",
    "MustRefetch",
    "MutationGap",
    "NotConnectedError",
    "NotFoundError",
    "NoteFilter",
    "OAuth",
    "OAuthError",
    "OAuthFlow",
    "OfflineError",
    "PagingError",
    "PaymentRequiredError",
    "PullFirst",
    "Range",
    "RateLimitedError",
    "RequestNotSent",
    "RetryPolicy",
    "ServerError",
    "SignatureError",
    "SourceFilter",
    "StateMismatch",
    "TagFilter",
    "TalkFilter",
    "TaskFilter",
    "TokenKey",
    "TokenRecord",
    "TokensNotSaved",
    "TransactionFilter",
    "TransportError",
    "UnprocessableError",
    "UnsortedFilter",
    "UnsortedSummaryFilter",
    "UploadInterrupted",
    "UploadSession",
    "ValidationError",
    "ValueFilter",
    "WebhookFilter",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'amocrm_sync' has no attribute {name!r}")
    value = getattr(import_module(f"amocrm_sync.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
