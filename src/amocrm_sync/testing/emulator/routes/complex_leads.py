"""Complex creation: a lead with its contact and company in one row."""

from __future__ import annotations

from typing import Any, Final

import attrs

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, wrong_type
from amocrm_sync.testing.emulator.routes.cards import store
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.cards import Draft, draft
from amocrm_sync.testing.emulator.rules.shapes import rows_of
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

MAX_LEADS: Final = 50
MAX_VALUES: Final = 40
_ENTITIES: Final = ("contacts", "companies")


@attrs.define
class _Complex:
    """One checked row: the lead, and per entity either the id of a known row or a new one."""

    lead: Draft
    others: dict[str, int | Draft | None] = attrs.field(factory=dict["str", "int | Draft | None"])


def create_complex(visit: Visit) -> Response:
    """Leads with at most one contact and one company each; the answer is a bare array."""
    rows = rows_of(visit.body, most=visit.most(MAX_LEADS))
    drafts = checked(rows, lambda body: _check(visit, body))
    return hal.plain([_store(visit, made, name) for name, made in drafts])


def _check(visit: Visit, body: Row) -> tuple[_Complex, list[Fault]]:
    raw = body.get("_embedded")
    nested = dict(raw) if is_row(raw) else {}
    others = {entity: nested.pop(entity, None) for entity in _ENTITIES}
    lead, faults = draft(visit.state, "leads", {**body, "_embedded": nested}, None, is_user=visit.is_user)
    faults += _too_many_values(body, "")
    made = _Complex(lead)
    for entity, given in others.items():
        made.others[entity], found = _check_other(visit, entity, given)
        faults += found
    return made, faults


def _check_other(visit: Visit, entity: str, given: Any) -> tuple[int | Draft | None, list[Fault]]:
    if not given:
        return None, []
    path = f"_embedded.{entity}"
    if not is_list(given) or len(given) > 1:
        return None, [Fault("TooMany", path, "This collection should contain 1 element.")]
    body = given[0]
    if not is_row(body):
        return None, [wrong_type(f"{path}.0", "array")]
    if "id" in body:
        row = visit.state.cards[entity].live(body["id"])
        return (row["id"], []) if row else (None, [Fault("NotSupportedChoice", f"{path}.0.id")])
    made, faults = draft(visit.state, entity, body, None, is_user=visit.is_user, path=f"{path}.0.")
    return made, [*faults, *_too_many_values(body, f"{path}.0.")]


def _too_many_values(body: Row, path: str) -> list[Fault]:
    values = body.get("custom_fields_values")
    if is_list(values) and len(values) > MAX_VALUES:
        detail = f"This collection should contain {MAX_VALUES} elements or less."
        return [Fault("TooMany", f"{path}custom_fields_values", detail)]
    return []


def _store(visit: Visit, made: _Complex, request_id: str) -> Row:
    ids: dict[str, int | None] = {}
    for entity, other in made.others.items():
        ids[entity] = store(visit, entity, other)["id"] if isinstance(other, Draft) else other
    contact_id, company_id = ids["contacts"], ids["companies"]
    if contact_id is not None:
        made.lead.contacts = [(contact_id, True)]
    if company_id is not None:
        made.lead.companies = [company_id]
    if contact_id is not None and company_id is not None and Draft in map(type, made.others.values()):
        visit.state.links.add(("contacts", contact_id), ("companies", company_id))
    row = store(visit, "leads", made.lead)
    return {
        "id": row["id"],
        "contact_id": contact_id,
        "company_id": company_id,
        "request_id": [request_id],
        "merged": False,
    }


ROUTES: Final = (Route("leads.complex", "POST", "/api/v4/leads/complex", create_complex),)
