"""Bodies and answers of ``/integrations/amo-crm``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from amocrm_sync._core.handlers.shapes import (
    Answer,
    Body,
    CamelAnswer,
    CamelBody,
    Counts,
    Id,
    Limit,
    OwnerQuery,
    PageQuery,
    Record,
    Word,
    whole,
)

Seconds = Annotated[int, Field(ge=1, le=31_536_000), BeforeValidator(whole)]


class ApiKey(Body):
    """The user's login and old API key, exchanged for tokens; the code comes to the callback within minutes."""

    login: Word
    api_key: Word
    state: str | None = Field(default=None, max_length=512, description="not needed; kept for older clients")


class Accepted(Answer):
    """It has begun; the rest comes to the callback."""

    status: str = "pending"


class Tested(CamelAnswer):
    """Whether there is a connection that works."""

    connected: bool
    has_tokens: bool
    domain: str | None
    account_id: int | None


class Tokens(Body):
    """A token pair that was obtained elsewhere."""

    access_token: str = Field(min_length=1, max_length=8192, pattern=r"^[!-~]+$")
    refresh_token: str = Field(min_length=1, max_length=8192, pattern=r"^[!-~]+$")
    expires_in: Seconds = 86400


class LimitQuery(OwnerQuery):
    """How many rows at most."""

    limit: Limit = 0


class LeadsQuery(OwnerQuery):
    """How many leads at most."""

    limit: Limit = 50


class TasksSyncQuery(LimitQuery):
    """Which tasks to read again."""

    is_completed: bool | None = None
    entity_type: Word | None = None


class AllQuery(OwnerQuery):
    """How many leads at most."""

    leads_limit: Limit = Field(default=0, alias="leadsLimit")


class AllCounts(Answer):
    """What a sync of everything did."""

    pipelines: Counts
    leads: Counts


class TasksQuery(PageQuery):
    """Which tasks."""

    is_completed: bool | None = None
    entity_type: Word | None = None
    entity_id: Id | None = None


class MappedStatus(CamelBody):
    """What a stage stands for."""

    mapped_status: Word
    pipeline_id: Id | None = Field(default=None, description="needed where several pipelines have the stage")


class StageSaid(Answer):
    """What a stage stands for now."""

    message: str
    data: Record


class SuggestionRow(CamelAnswer):
    """What the engine would map a stage to, and why."""

    stage_id: int | None
    stage_name: str
    pipeline_id: int | None
    suggested_status: str
    mapped_status: str | None
    confidence: float
    reasons: list[str]


class SuggestionRows(Answer):
    """A suggestion for every stage."""

    data: list[SuggestionRow]
    count: int


class AutoApplyQuery(OwnerQuery):
    """How sure a suggestion must be."""

    min_confidence: float = Field(default=0.9, ge=0, le=1, alias="minConfidence")


class Applied(Answer):
    """How many suggestions are in force now, and how many could not be."""

    applied: int
    errors: int


class NewLead(CamelBody):
    """A lead to be created: field → value, as amoCRM takes them."""

    lead_data: dict[str, Any] = Field(min_length=1, examples=[{"name": "Enquiry", "price": 5000}])


class LeadEdit(CamelBody):
    """Fields of a lead to be changed."""

    lead_id: Id
    lead_data: dict[str, Any] = Field(min_length=1, examples=[{"price": 7000}])


class LeadKept(CamelAnswer):
    """The lead's id; ``null`` while amoCRM does not have it yet (the edit is kept, and sent later)."""

    amo_lead_id: int | None


class LeadSeen(Body):
    """A lead as somebody saw it."""

    model_config = ConfigDict(extra="allow")

    id: Id


class LeadHint(Body):
    """A lead as somebody saw it: only its id is believed, the rest is read again."""

    lead: LeadSeen


class TaskResult(Body):
    """How it went."""

    result_text: str | None = Field(default=None, max_length=5000)


class TaskDone(Answer):
    """What became of a task: ``completed``, or ``pending`` while amoCRM does not know yet."""

    message: str
    status: str
