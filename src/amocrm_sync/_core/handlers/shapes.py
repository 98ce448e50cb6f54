"""Bodies and answers that several groups share, as pydantic models: the contract that clients are generated from."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


def whole(value: Any) -> Any:
    """``5.0`` is an integer to JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(whole)]
"""amoCRM's id of a record."""
Word = Annotated[str, Field(min_length=1, max_length=255)]
Limit = Annotated[int, Field(ge=0, le=1_000_000, description="0: no limit")]


class Body(BaseModel):
    """What a client sends; a field that is not known is an error that names it."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class CamelBody(Body):
    """The same with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel)


class Query(BaseModel):
    """Parameters of a query; those that are not known are left alone."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class OwnerQuery(Query):
    """Whose data."""

    owner: str | None = Field(
        default=None, max_length=255, description="another owner: administrators and services only"
    )


class Answer(BaseModel):
    """What comes back."""

    model_config = ConfigDict(extra="forbid")


class CamelAnswer(Answer):
    """The same with camelCase names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ProblemField(Answer):
    """One field of a request that is wrong."""

    field: str
    message: str


class ProblemAnswer(Answer):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str = Field(description="a word for programs")
    detail: str = Field(description="a sentence for people")
    errors: list[ProblemField] = Field(default_factory=list[ProblemField])


class Record(BaseModel):
    """A record of the local store: our id, amoCRM's id, and the columns of its table."""

    model_config = ConfigDict(extra="allow")

    uid: str = Field(description="our id")
    remote_id: str | None = Field(
        description="amoCRM's id; null before the record is there, and after it is gone"
    )
    version: int
    pending: list[str] = Field(description="columns whose local edit amoCRM does not have yet")
    deleted: bool


class Records(Answer):
    """A page of records, and how many there are in all."""

    data: list[Record]
    count: int


class OneRecord(Answer):
    """One record."""

    data: Record


class Counts(Answer):
    """What a sync did: rows that are now as in amoCRM, and what failed."""

    synced: int
    errors: int


class RunStarted(CamelAnswer):
    """The sync takes longer than an answer may; ask for its progress."""

    run_id: str
    status: str = "running"


class Message(Answer):
    """What was done, in words."""

    message: str


class Live(BaseModel):
    """A list as amoCRM gives it (HAL): rows in ``_embedded``."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    embedded: dict[str, list[dict[str, Any]]] = Field(alias="_embedded")
    limit: int
    offset: int
    has_more: bool


class AuthUrl(Answer):
    """Where to send the user for consent. The state works once, for 20 minutes, for the owner that asked."""

    url: str
    state: str


class PageQuery(OwnerQuery):
    """Which part of a list."""

    limit: int = Field(default=250, ge=1, le=1000)
    offset: int = Field(default=0, ge=0, le=10_000_000)


class CallbackQuery(Query):
    """What amoCRM sends the browser back with."""

    code: str | None = Field(default=None, max_length=4096)
    state: str | None = Field(default=None, max_length=512)
    referer: str | None = Field(default=None, max_length=255, description="the account's host")
    client_id: str | None = Field(default=None, max_length=255)
    error: str | None = Field(default=None, max_length=255)
    from_widget: str | None = Field(default=None, max_length=8)
    from_exchange: str | None = Field(default=None, max_length=8)
