"""Events: what happened to a record, as amoCRM's own history has it."""

from __future__ import annotations

from amocrm_sync._core.shapes import as_object
from amocrm_sync.models._base import Model
from amocrm_sync.models._types import RawRows, ReadOnly, Timestamp
from amocrm_sync.models.event_values import EventValue, read_values


class Event(Model):
    """One event. The kinds are many and grow; ``type`` is the code as it came."""

    id: ReadOnly[str] = None
    """Sortable by time (a ULID)."""
    type: ReadOnly[str] = None
    entity_id: ReadOnly[int] = None
    entity_type: ReadOnly[str] = None
    """In the singular here: ``lead``, ``contact``, ``company``, ``customer``, ``task``, ``catalog_{id}``."""
    created_by: ReadOnly[int] = None
    """0 is the robot."""
    created_at: ReadOnly[Timestamp] = None
    value_after: ReadOnly[RawRows] = None
    """Rows with one key each, e.g. ``{"lead_status": {"id": …, "pipeline_id": …}}``."""
    value_before: ReadOnly[RawRows] = None
    account_id: ReadOnly[int] = None
    linked_talk_contact_id: ReadOnly[int] = None

    @property
    def before(self) -> list[EventValue]:
        """What was, typed; kinds that are not known come as ``UnknownValue``. ``value_before`` has it raw."""
        return read_values(self.value_before)

    @property
    def after(self) -> list[EventValue]:
        """What is, typed; kinds that are not known come as ``UnknownValue``. ``value_after`` has it raw."""
        return read_values(self.value_after)

    @property
    def entity_name(self) -> str | None:
        """Name of the record (``with=lead_name``, ``contact_name`` …)."""
        name = as_object(as_object(self.embedded).get("entity")).get("name")
        return name if isinstance(name, str) else None


class EventKind(Model):
    """A kind of event, as the account calls it."""

    key: ReadOnly[str] = None
    """The code that ``Event.type`` and ``filter[type]`` have."""
    type: ReadOnly[int] = None
    lang: ReadOnly[str] = None
    """Title in the language asked for."""
