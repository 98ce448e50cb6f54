"""The log of events: newest first, by time, kind, entity and author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from amocrm_sync._core.form import as_list
from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import NothingFound
from amocrm_sync.testing.emulator.rules.lists import Filter, ListRule, Test, ids, span, stages
from amocrm_sync.testing.emulator.selection import matching, page_of
from amocrm_sync.testing.emulator.state import SINGULAR
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

_PLURAL: Final = {singular: plural for plural, singular in SINGULAR.items()}
_NAMES: Final = {
    "lead": "lead_name",
    "contact": "contact_name",
    "company": "company_name",
    "customer": "customer_name",
}
TYPES: Final = [
    "lead_added",
    "lead_deleted",
    "lead_restored",
    "lead_status_changed",
    "lead_linked",
    "lead_unlinked",
    "contact_added",
    "contact_deleted",
    "contact_restored",
    "contact_linked",
    "contact_unlinked",
    "company_added",
    "company_deleted",
    "company_restored",
    "company_linked",
    "company_unlinked",
    "customer_added",
    "customer_deleted",
    "customer_status_changed",
    "customer_linked",
    "customer_unlinked",
    "task_added",
    "task_deleted",
    "task_completed",
    "task_type_changed",
    "task_text_changed",
    "task_deadline_changed",
    "task_result_added",
    "incoming_call",
    "outgoing_call",
    "incoming_chat_message",
    "outgoing_chat_message",
    "entity_direct_message",
    "incoming_sms",
    "outgoing_sms",
    "entity_tag_added",
    "entity_tag_deleted",
    "entity_linked",
    "entity_unlinked",
    "sale_field_changed",
    "name_field_changed",
    "ltv_field_changed",
    "custom_field_value_changed",
    "entity_responsible_changed",
    "robot_replied",
    "intent_identified",
    "nps_rate_added",
    "link_followed",
    "transaction_added",
    "common_note_added",
    "common_note_deleted",
    "attachment_note_added",
    "targeting_in_note_added",
    "targeting_out_note_added",
    "geo_note_added",
    "service_note_added",
    "site_visit_note_added",
    "message_to_cashier_note_added",
    "key_action_completed",
    "entity_merged",
]


def list_events(visit: Visit) -> Response:
    """One page of at most 100; ``filter[entity_id]`` counts only beside exactly one ``filter[entity]``."""
    query = visit.query
    filters = dict(query.filters)
    if len(as_list(filters.get("entity"))) != 1:
        filters.pop("entity_id", None)
    filters |= _changed_stages(filters)
    page = page_of(matching(reversed(visit.state.events), filters, RULE), query, RULE)
    return hal.listing(visit.request, "events", [_shown(visit, row) for row in page.rows], page)


def get_event(visit: Visit) -> Response:
    """One event."""
    for row in visit.state.events:
        if row["id"] == visit.params["event"]:
            return hal.document(_shown(visit, row))
    raise NothingFound


def list_types(visit: Visit) -> Response:
    """The kinds of events that there are."""
    rows: list[Row] = [{"key": key, "type": number, "lang": key} for number, key in enumerate(TYPES, 1)]
    return hal.collection(visit.request, "events_types", rows, total=len(rows))


def _changed_stages(filters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """``filter[value_after][leads_statuses]`` and its like, lifted to the names that the rule has."""
    for side in ("value_before", "value_after"):
        given = filters.get(side)
        if isinstance(given, dict) and "leads_statuses" in given:
            yield f"{side}[leads_statuses]", given["leads_statuses"]


def _texts(name: str) -> Filter:
    """Texts as a list or joined by commas: clients do both."""

    def build(raw: Any) -> Test | None:
        wanted = {part for value in as_list(raw) if isinstance(value, str) for part in value.split(",")}
        return (lambda row: row[name] in wanted) if wanted else None

    return build


def _kinds(raw: Any) -> Test | None:
    """Kinds of events; changes of one custom field are asked for by a kind of their own."""
    wanted = [part for value in as_list(raw) if isinstance(value, str) for part in value.split(",")]
    if (
        len(wanted) == 1
        and wanted[0].startswith("custom_field_")
        and wanted[0] != "custom_field_value_changed"
    ):
        field_id = wanted[0].removeprefix("custom_field_").removesuffix("_value_changed")
        return lambda row: any(
            str(value["custom_field_value"]["field_id"]) == field_id
            for value in (*row["value_after"], *row["value_before"])
            if "custom_field_value" in value
        )
    return (lambda row: row["type"] in wanted) if wanted else None


def _stage(side: str) -> Filter:
    def build(raw: Any) -> Test | None:
        test = stages(raw)
        if test is None:
            return None
        return lambda row: any(
            test(
                {"status_id": value["lead_status"]["id"], "pipeline_id": value["lead_status"]["pipeline_id"]}
            )
            for value in row[side]
            if "lead_status" in value
        )

    return build


RULE: Final = ListRule(
    filters={
        "id": _texts("id"),
        "created_at": span("created_at", is_scalar_from=True),
        "created_by": ids("created_by"),
        "entity": _texts("entity_type"),
        "entity_id": ids("entity_id"),
        "type": _kinds,
        "value_before[leads_statuses]": _stage("value_before"),
        "value_after[leads_statuses]": _stage("value_after"),
    },
    with_=(
        "contact_name",
        "lead_name",
        "company_name",
        "catalog_element_name",
        "customer_name",
        "catalog_name",
        "note",
    ),
    most=100,
)


def _shown(visit: Visit, row: Row) -> Row:
    kind, entity_id = row["entity_type"], row["entity_id"]
    plural = _PLURAL[kind]
    entity: Row = {"id": entity_id, "_links": {"self": hal.link(visit.href(f"/api/v4/{plural}/{entity_id}"))}}
    card = visit.state.cards[plural].rows.get(entity_id) if kind in _NAMES else None
    if card is not None and _NAMES[kind] in visit.query.with_:
        entity["name"] = card["name"]
    links = {"self": hal.link(visit.href(f"/api/v4/events/{row['id']}"))}
    return {**row, "_links": links, "_embedded": {"entity": entity}}


ROUTES: Final = (
    Route("events.list", "GET", "/api/v4/events", list_events),
    Route("events.types", "GET", "/api/v4/events/types", list_types),
    Route("events.get", "GET", "/api/v4/events/{event}", get_event),
)
