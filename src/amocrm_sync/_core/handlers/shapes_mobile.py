"""Bodies and answers of ``/api/amo-crm`` and ``/api/sync``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from amocrm_sync._core.handlers.shapes import (
    Answer,
    Body,
    CamelAnswer,
    Id,
    OwnerQuery,
    ProblemAnswer,
    Word,
    whole,
)

Version = Annotated[int, Field(ge=0), BeforeValidator(whole)]


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


class DeviceQuery(OwnerQuery):
    """Which device asks."""

    client_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")


class InitialQuery(DeviceQuery):
    """Which page of the snapshot."""

    entities: str | None = Field(default=None, max_length=1024, description="names separated by commas")
    page: str | None = Field(default=None, max_length=4096, description="what the page before gave as next")
    limit: int = Field(default=500, ge=1, le=5000)


class IncrementalQuery(DeviceQuery):
    """From where on."""

    since: str = Field(min_length=1, max_length=4096, description="the cursor of the answer before")
    limit: int = Field(default=1000, ge=1, le=5000)


class Mutation(Body):
    """One change made on a device."""

    id: Id = Field(description="counts up from 1 on each device")
    entity: Word
    uid: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    op: Literal["create", "update", "delete"]
    fields: dict[str, Any] = Field(default_factory=dict[str, Any])
    base: dict[str, Any] | None = Field(default=None, description="what the device saw before the change")
    at: float | None = Field(default=None, description="when it was made, unix seconds of the device's clock")


class Outgoing(Body):
    """Changes made on a device, in order."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    mutations: list[Mutation] = Field(max_length=1000)


class Device(BaseModel):
    """The engine's answer, in the shape of its offline protocol."""

    model_config = ConfigDict(extra="allow")


class MustRefetchAnswer(ProblemAnswer):
    """The device's copy is void: it drops it and begins at ``start``."""

    must_refetch: bool
    new_epoch: str
    start: str


class GapAnswer(ProblemAnswer):
    """With the code ``gap``, an edit before these never arrived: the device sends again from ``expected`` on."""

    expected: int | None = Field(
        default_factory=lambda: None
    )  # FastAPI drops a default of null from its document


class WatermelonQuery(OwnerQuery):
    """What WatermelonDB's ``pullChanges`` knows."""

    last_pulled_at: int | None = Field(default=None, ge=0, alias="lastPulledAt")
    schema_version: int | None = Field(default=None, ge=0, alias="schemaVersion")
    migration: str | None = Field(default=None, max_length=4096, description="as JSON")
    client_id: str | None = Field(default=None, alias="clientId", pattern=r"^[A-Za-z0-9_-]{1,64}$")


class WatermelonRows(Answer):
    """What has become of the rows of a table."""

    created: list[dict[str, Any]]
    updated: list[dict[str, Any]]
    deleted: list[str]


class WatermelonChanges(Answer):
    """What ``pullChanges`` returns, by table."""

    changes: dict[str, WatermelonRows]
    timestamp: int


class WatermelonPush(Body):
    """What ``pushChanges`` sends."""

    changes: dict[str, dict[str, list[Any]]]
    lastPulledAt: Version | None = None  # noqa: N815 - WatermelonDB's own name
    clientId: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")  # noqa: N815 - like it


class WatermelonPushed(Answer):
    """What ``pushChanges`` returns: rows that can never be taken, by table. They stay changed on the device."""

    experimentalRejectedIds: dict[str, list[str]]  # noqa: N815 - WatermelonDB's own name
