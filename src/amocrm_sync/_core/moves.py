"""An account that was renamed or moved to another zone: when to ask where it is, and whom to believe.

Source: fact file oauth.md, sections 4 (errors of the token endpoint) and 8.
"""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.call import Reply
from amocrm_sync._core.hosts import AccountHost, is_amocrm_host, parse_account
from amocrm_sync._core.shapes import json_object
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync.errors import AmoCRMTokenExpired, NotFoundError

LOOKUP_PATH = "/oauth2/account/current/subdomain"


def present_account(record: TokenRecord, account: AccountHost) -> AccountHost:
    """Where the account is now: as connected, unless it has moved since."""
    domain = record.domain
    if domain is None or domain == account.host or not is_amocrm_host(domain):
        return account
    return parse_account(domain)


def may_have_moved(refusal: object) -> bool:
    """Whether a refused exchange leaves open that the account is elsewhere; a token called revoked does not."""
    return isinstance(refusal, (NotFoundError, AmoCRMTokenExpired)) or bool(
        getattr(refusal, "may_have_moved", False)
    )


def lookup_url(record: TokenRecord, account: AccountHost) -> str | None:
    """Where to ask; ``None`` if nobody can be. A refresh token goes to hosts of amoCRM only, or to the emulator itself."""
    if not is_amocrm_host(account.host):
        return account.base_url + LOOKUP_PATH
    if record.api_domain is None or not is_amocrm_host(record.api_domain):
        return None
    return f"https://{record.api_domain}{LOOKUP_PATH}"


def read_lookup(reply: Reply, record: TokenRecord, account: AccountHost) -> AccountHost | None:
    """The account's new host; ``None`` if it has not moved, or if the answer is not to be believed."""
    if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
        return None
    data = json_object(reply.body)
    host: Any = data.get("domain")
    if not isinstance(host, str) or not is_amocrm_host(host) or host == account.host:
        return None
    if record.account_id is not None and data.get("id") != record.account_id:
        return None  # another account's pair would be stored under this one's name
    return parse_account(host)
