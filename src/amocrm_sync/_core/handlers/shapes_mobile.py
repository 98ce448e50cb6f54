"""Bodies and answers of ``/api/amo-crm``."""

from __future__ import annotations

from pydantic import Field

from amocrm_sync._core.handlers.shapes import Body, CamelAnswer


class Code(Body):
    """The code that the consent page gave the app."""

    code: str = Field(min_length=1, max_length=4096)
    state: str | None = Field(default=None, max_length=512)
    referer: str | None = Field(
        default=None, max_length=255, description="the account's host, as the redirect said"
    )


class Connected(CamelAnswer):
    """The account that is connected now."""

    connected: bool = True
    domain: str
    account_id: int | None
