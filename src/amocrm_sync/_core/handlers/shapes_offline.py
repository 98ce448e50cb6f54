"""Bodies and answers of ``/api/sync``: the offline protocol as a phone's code is generated from it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from amocrm_sync._core.handlers.shapes import Answer, Body, Id, OwnerQuery, ProblemAnswer, Word, whole

_DEVICE = r"^[A-Za-z0-9_-]{1,64}$"
_THE_DEVICE = "the device, by a name of its own; another user on it takes another one"


def _absent() -> Any:
    """What is not there is left out of an answer (:attr:`Route.sparse`); in the schema it is optional, and never null."""
    return None


Count = Annotated[int, Field(ge=0)]
Version = Annotated[Count, BeforeValidator(whole)]
Moment = Annotated[float, Field(description="unix seconds")]
Operation = Literal["create", "update", "delete"]
Status = Literal["applied", "merged", "conflict", "held", "rejected", "duplicate"]
Way = Literal["accepted", "sent", "confirmed", "conflict", "superseded", "dead", "rejected"]


class DeviceQuery(OwnerQuery):
    """Which device asks."""

    client_id: str | None = Field(default=None, pattern=_DEVICE, description=_THE_DEVICE)


class InitialQuery(DeviceQuery):
    """Which page of the snapshot."""

    entities: str | None = Field(
        default=None,
        max_length=1024,
        description="names separated by commas; all that are offered by default",
    )
    page: str | None = Field(
        default=None, max_length=4096, description="what the page before gave as next; left out for the first"
    )
    limit: int = Field(default=500, ge=1, le=5000, description="rows of a page")


class IncrementalQuery(DeviceQuery):
    """From where on."""

    since: str = Field(min_length=1, max_length=4096, description="the cursor of the answer before")
    limit: int = Field(
        default=1000, ge=1, le=5000, description="about so many rows; more where one transaction changed more"
    )


class Mutation(Body):
    """One change made on a device."""

    id: Id = Field(description="counts up from 1 on each device, without a gap")
    entity: Word = Field(description="the entity by its name, such as leads")
    uid: str = Field(pattern=_DEVICE, description="the record; of a new one, the device's own")
    op: Operation = Field(description="what is done to the record")
    fields: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="what is set, by the names that rows have; a deletion needs none",
    )
    base: dict[str, Any] | None = Field(
        default=None,
        description="what the device saw in these fields before the change; without it no conflict is noticed",
    )
    at: float | None = Field(default=None, description="when it was made, unix seconds of the device's clock")


class Outgoing(Body):
    """Changes made on a device, in order."""

    client_id: str = Field(pattern=_DEVICE, description=_THE_DEVICE)
    mutations: list[Mutation] = Field(max_length=1000)


class OfflineRow(Answer):
    """A record as a device keeps it."""

    uid: str = Field(description="our id")
    remote_id: str | None = Field(
        description="amoCRM's id; null before the record is there, and without a CRM"
    )
    version: Count = Field(description="the transaction that changed it last")
    pending: list[str] = Field(description="what was changed here and amoCRM does not have yet")
    fields: dict[str, Any] = Field(
        description="columns of the entity's table, and the host's own: which there are, the host decides"
    )
    mine: Literal[True] = Field(
        default_factory=_absent, description="it is as the device's own edit made it; never in a snapshot"
    )


class GoneRow(Answer):
    """A record that is deleted."""

    uid: str = Field(description="our id")
    deleted: Literal[True]


class OfflineRows(Answer):
    """What has become of the records of an entity."""

    created: list[OfflineRow] = Field(description="records that are new to the device")
    updated: list[OfflineRow] = Field(description="records that have changed; write them like created ones")
    deleted: list[str] = Field(
        description="uids that are gone, or out of the user's sight; the device may never have had one"
    )


class OfflineSnapshot(Answer):
    """A page of everything that the user may see. One of next and cursor is null."""

    changes: dict[str, OfflineRows] = Field(
        description="by entity, of those that have a row on this page; all of it is created"
    )
    version: Count = Field(description="the version with which the snapshot began")
    next: str | None = Field(description="ask for the next page with it; null on the last one")
    cursor: str | None = Field(description="where incremental begins; null before the last page")


class OfflineChanges(Answer):
    """What has changed since a cursor; a transaction is never torn apart."""

    changes: dict[str, OfflineRows] = Field(description="by entity, of those that have changed")
    version: Count = Field(description="every change up to this version is contained")
    cursor: str = Field(description="the next request's since; keep it together with the rows")
    has_more: bool = Field(description="ask again at once")
    last_mutation_id: Count | None = Field(
        description="the device's last edit that was taken; null if the device is not known"
    )


class EditConflict(Answer):
    """A field that was changed on both sides."""

    id: int = Field(description="the number of the conflict, for the administration's routes")
    field: str = Field(description="which field, as the conflict's row calls it")
    base: Any = Field(description="what the device had seen before")
    yours: Any = Field(description="what the device has set")
    theirs: Any = Field(description="what stood there meanwhile")
    state: Literal["open", "auto"] = Field(description="open: a person will decide; auto: a rule has decided")
    resolution: Literal["local", "remote", "value"] | None = Field(
        description="local: the device's value; remote: the other one; value: one made of both; null while open"
    )


class _Result(Answer):
    """What every result says of its edit."""

    id: int = Field(description="the edit, by its number on the device")
    entity: str
    uid: str
    op: Operation
    version: Count = Field(description="the copy that has reached it contains the edit; 0 for a rejected one")


class AppliedResult(_Result):
    """The edit was taken as it was sent."""

    status: Literal["applied"]


class DecidedResult(_Result):
    """Somebody had changed the same field. merged: the device's value or one made of both; held: a person decides."""

    status: Literal["merged", "held"]
    conflicts: list[EditConflict] = Field(description="the fields that both sides have changed")
    record: OfflineRow = Field(description="the record as it is now: take it")


class ConflictResult(_Result):
    """Something of the edit was not taken: the other value stays, or the record is deleted."""

    status: Literal["conflict"]
    conflicts: list[EditConflict] = Field(
        default_factory=_absent, description="the fields; left out where the record is deleted"
    )
    record: OfflineRow | GoneRow = Field(description="the record as it is now: take it")


class RejectedResult(_Result):
    """The edit can never be taken."""

    status: Literal["rejected"]
    reason: str = Field(description="why, in words")


class DuplicateResult(_Result):
    """The edit was taken before, and nothing was done now."""

    status: Literal["duplicate"]
    was: Literal["applied", "merged", "conflict", "held", "rejected"] | None = Field(
        description="what became of it then; null where that is forgotten, after 500 newer edits"
    )
    conflicts: list[EditConflict] = Field(
        default_factory=_absent, description="as then, where both sides had changed a field"
    )
    record: OfflineRow | GoneRow = Field(
        default_factory=_absent, description="as it is now, where it was told then and can still be seen"
    )
    reason: str = Field(default_factory=_absent, description="as then, where it was rejected")


Result = Annotated[
    AppliedResult | DecidedResult | ConflictResult | RejectedResult | DuplicateResult,
    Field(discriminator="status"),
]


class OfflineTaken(Answer):
    """What has become of the edits, in their order."""

    results: list[Result]
    last_mutation_id: Count = Field(description="the device's last edit that was taken")
    version: Count = Field(description="the data's version after it")


class OfflineLag(Answer):
    """How far behind amoCRM the data are."""

    oldest_edit: float = Field(ge=0, description="seconds that the oldest unsent edit has waited; 0 for none")
    last_sync: float | None = Field(description="seconds since the last sync; null before the first")
    hints: Count = Field(description="records that webhooks have named and that were not read yet")


class SentCounts(Answer):
    """How many of a device's late edits stand where."""

    accepted: Count = Field(description="stored here, not sent yet")
    sent: Count = Field(description="on the way to amoCRM")
    confirmed: Count = Field(description="amoCRM has it, or there is none")
    conflict: Count = Field(description="not taken as sent, or a person has to decide")
    superseded: Count = Field(description="a later edit has taken its place")
    dead: Count = Field(description="amoCRM does not take it; a person looks")
    rejected: Count = Field(description="refused here")


class SentMutation(Answer):
    """One of a device's late edits."""

    id: int
    status: Status = Field(description="what the device was answered")
    state: Way = Field(description="how far it has come, as counted in outgoing")


class OfflineDevice(Answer):
    """Where a device stands."""

    client_id: str
    last_mutation_id: Count = Field(description="its last edit that was taken; 0 for none")
    seen_at: Moment | None = Field(description="when it last asked, unix seconds; null for never")
    version: Count | None = Field(description="the version that its last cursor has reached; null for none")
    behind: Count | None = Field(description="versions since; null without a cursor")
    outgoing: SentCounts
    mutations: list[SentMutation] = Field(description="its last 500 edits, oldest first")


class OfflineStatus(Answer):
    """Where the data stand, and a device with its edits."""

    epoch: str = Field(description="changes when the data were restored or filled anew")
    version: Count = Field(description="the last transaction")
    initial_done: bool = Field(description="whether there was a sync; true without a CRM")
    open_conflicts: Count = Field(description="conflicts that a person has to decide")
    lag: OfflineLag
    client: OfflineDevice | None = Field(description="null where no client_id was given")


class MustRefetchAnswer(ProblemAnswer):
    """The device's copy is void: it drops it and begins at ``start``."""

    must_refetch: Literal[True]
    new_epoch: str = Field(description="the epoch of the data that it fetches now")
    start: Literal["initial"] = Field(description="the route to begin with")


class GapAnswer(ProblemAnswer):
    """With the code ``gap``, an edit before these never arrived: the device sends again from ``expected`` on."""

    expected: int = Field(
        default_factory=_absent, description="with the code gap: the number of the edit that is missing"
    )


class WatermelonQuery(OwnerQuery):
    """What WatermelonDB's ``pullChanges`` knows."""

    last_pulled_at: int | None = Field(
        default=None, ge=0, alias="lastPulledAt", description="the last timestamp; left out the first time"
    )
    schema_version: int | None = Field(
        default=None, ge=0, alias="schemaVersion", description="the app's schema"
    )
    migration: str | None = Field(
        default=None, max_length=4096, description="WatermelonDB's migration as JSON: what is new comes whole"
    )
    client_id: str | None = Field(
        default=None, alias="clientId", pattern=_DEVICE, description="the device; needed under rights"
    )


class WatermelonRows(Answer):
    """What has become of the rows of a table."""

    created: list[dict[str, Any]] = Field(description="rows by column; id is our uid")
    updated: list[dict[str, Any]]
    deleted: list[str] = Field(description="ids")


class WatermelonChanges(Answer):
    """What ``pullChanges`` returns, by table."""

    changes: dict[str, WatermelonRows]
    timestamp: Count = Field(description="our version number: the next lastPulledAt")


class WatermelonPush(Body):
    """What ``pushChanges`` sends."""

    changes: dict[str, dict[str, list[Any]]] = Field(
        description="by table: created, updated (rows) and deleted (ids)"
    )
    lastPulledAt: Version | None = Field(  # noqa: N815 - WatermelonDB's own name
        default=None, description="the timestamp of the last pull"
    )
    clientId: str | None = Field(default=None, pattern=_DEVICE, description="the device")  # noqa: N815 - like it


class WatermelonPushed(Answer):
    """What ``pushChanges`` returns: rows that can never be taken, by table. They stay changed on the device."""

    experimentalRejectedIds: dict[str, list[str]] = Field(  # noqa: N815 - WatermelonDB's own name
        description="by table, the ids of the rows"
    )
