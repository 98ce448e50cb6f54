"""Bodies and answers of ``/admin/crm``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from amocrm_sync._core.handlers.shapes import (
    Answer,
    Body,
    CamelBody,
    Counts,
    Id,
    OwnerQuery,
    PageQuery,
    Word,
)


class ConfigBody(Body):
    """Settings to change; what is left out stays, and so does a secret that is empty."""

    subdomain: str | None = Field(default=None, max_length=255)
    client_id: str | None = Field(default=None, max_length=255)
    client_secret: str | None = Field(default=None, max_length=1024, description="write-only")
    redirect_uri: str | None = Field(default=None, max_length=2048)
    mobile_redirect_uris: list[str] | None = Field(default=None, max_length=10)
    sync_contacts: bool | None = None
    sync_leads: bool | None = None
    sync_tasks: bool | None = None
    auto_create_lead: bool | None = None
    lead_pipeline_id: Id | None = None
    lead_stage_id: Id | None = None
    webhook_secret: str | None = Field(default=None, max_length=255, description="write-only")


class ConfigAnswer(Answer):
    """The settings; of secrets only whether they are set."""

    subdomain: str
    client_id: str
    has_client_secret: bool
    redirect_uri: str
    mobile_redirect_uris: list[str]
    sync_contacts: bool
    sync_leads: bool
    sync_tasks: bool
    auto_create_lead: bool
    lead_pipeline_id: int | None
    lead_stage_id: int | None
    has_webhook_secret: bool
    version: int


class AuthUrlQuery(OwnerQuery):
    """How the consent page is opened."""

    mode: Literal["popup", "post_message"] = "popup"


class PastedCode(Body):
    """A code from the window of a private integration; it works once, for 20 minutes."""

    code: str = Field(min_length=1, max_length=8192, pattern=r"^[!-~]+$")
    account: str | None = Field(
        default=None, max_length=255, description="which account; that of the settings where not given"
    )


class ConnectionState(Answer):
    """What a badge shows."""

    state: Literal["connected", "disconnected", "error"]
    has_tokens: bool = Field(
        description="a pair of OAuth is stored; connected without one: by a long-lived token"
    )
    domain: str | None
    account_id: int | None
    user: int | None
    expires_at: datetime | None
    error: str | None
    last_success: datetime | None


class AccountCard(Answer):
    """Which account is connected, and as whom."""

    id: int | None
    name: str | None
    subdomain: str | None
    domain: str
    currency: str | None
    country: str | None
    user_id: int | None
    user_name: str | None
    user_email: str | None


class LiveQuery(OwnerQuery):
    """Which part of a live list."""

    limit: int = Field(default=50, ge=1, le=250)
    offset: int = Field(default=0, ge=0, le=1_000_000)
    query: str | None = Field(default=None, max_length=255, description="words to look for")


class LogQuery(OwnerQuery):
    """How many rows, newest first."""

    limit: int = Field(default=50, ge=1, le=1000)


class LogRow(Answer):
    """One row of the sync log."""

    run_id: str
    at: float = Field(description="unix seconds")
    operation: str
    entity: str
    status: str
    seconds: float
    details: dict[str, Any]


class LogRows(Answer):
    """The sync log."""

    data: list[LogRow]
    count: int


class Stats(Answer):
    """How things stand, counted in the local store (amoCRM's lists have no totals)."""

    source: Literal["local store"] = "local store"
    counts: dict[str, int]
    last_sync_at: float | None
    lag_seconds: float | None = Field(description="since the last sync without errors")
    outbox: dict[str, int]
    inbox: dict[str, int]
    conflicts: int
    version: int


class OpenRows(Answer):
    """Rows whose columns are the engine's."""

    data: list[dict[str, Any]]
    count: int


class ActivityQuery(PageQuery):
    """Whose activity."""

    entity: Word | None = None
    id: Word | None = None


class ConflictsQuery(PageQuery):
    """Which conflicts."""

    state: Literal["open", "auto", "resolved", "ignored"] = "open"


class Resolution(Body):
    """Which side wins, or the value that both sides shall have: ``{"choice": {"price": 900}}``.

    The conflict's own field is named as the conflict names it (``custom_fields_values.601003``: its list of values);
    other fields of the record may be set along with it.
    """

    choice: Literal["local", "remote"] | dict[str, Any]


class DeadLetter(Answer):
    """An edit that could not be sent, or whose outcome is not known."""

    id: int
    entity: str
    uid: str
    kind: str
    fields: dict[str, Any]
    state: str
    attempts: int
    error: str | None
    made_at: float


class DeadLetters(Answer):
    """Edits that wait for a person."""

    data: list[DeadLetter]
    count: int


class OneDeadLetter(Answer):
    """What became of an edit."""

    data: DeadLetter


class MappedRow(Answer):
    """What a stage stands for, and who said so."""

    stage_id: int
    pipeline_id: int | None
    stage_name: str | None
    status: str
    source: str
    confidence: float | None


class MappedRows(Answer):
    """The mapping in force."""

    data: list[MappedRow]
    count: int


class MappedChange(CamelBody):
    """What one stage shall stand for."""

    stage_id: Id
    pipeline_id: Id | None = None
    mapped_status: Word


class MappingBody(Body):
    """Stages to map, all in one step."""

    stages: list[MappedChange] = Field(min_length=1, max_length=1000)


class SyncBody(Body):
    """What to sync; nothing: everything, once round."""

    entities: list[Word] | None = Field(default=None, max_length=20)
    full: bool = False


class Progress(Answer):
    """Where an entity stands in a run."""

    entity: str
    fetched: int
    fraction: float | None
    done: bool


class Run(Answer):
    """A sync that was asked for here."""

    run_id: str
    kind: str
    status: Literal["running", "done", "failed"]
    started_at: float
    finished_at: float | None
    progress: list[Progress]
    report: dict[str, Counts] | None
    problems: list[str]
    error: str | None


class Disconnected(Answer):
    """The tokens are forgotten. amoCRM cannot revoke them: the access token works until then."""

    message: str
    access_until: datetime | None


class RecordBody(Body):
    """Fields of a record."""

    data: dict[str, Any] = Field(min_length=1)


class Session(Answer):
    """Who is signed in to the page, and the token that its unsafe requests bring."""

    id: str
    role: str
    owner: str | None
    csrf: str | None
