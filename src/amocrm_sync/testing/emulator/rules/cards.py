"""Leads, contacts and companies: from a body that a client sent to the values to store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from amocrm_sync.testing.emulator.refusals import Fault, wrong_type
from amocrm_sync.testing.emulator.rules.customers import check_customer, default_status
from amocrm_sync.testing.emulator.rules.shapes import SHAPES, check_fields
from amocrm_sync.testing.emulator.rules.values import merge_values
from amocrm_sync.testing.emulator.state import LOST, WON, State
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row

_LEAD_DEFAULTS: Final[Row] = {
    "name": None,
    "price": 0,
    "closed_at": None,
    "loss_reason_id": None,
    "source_id": None,
    "score": None,
    "labor_cost": None,
    "is_price_modified_by_robot": False,
    "is_price_computed": False,
}
_DEFAULTS: Final[dict[str, Row]] = {
    "leads": _LEAD_DEFAULTS,
    "contacts": {"name": "", "first_name": "", "last_name": "", "is_unsorted": False},
    "companies": {"name": ""},
    "customers": {
        "next_price": 0,
        "next_date": None,
        "periodicity": 0,
        "ltv": 0,
        "purchases_count": 0,
        "average_check": 0,
        "_bonus_points": 0,
        "_segments": [],
    },
}


@attrs.define(kw_only=True)
class Draft:
    """A checked body.

    Attributes:
        fields: Values of the row to write.
        tags: The tags that it shall have afterwards (rows with ``id``, or only ``name`` for new ones);
            ``None`` leaves them.
        contacts: Contacts to link, with whether each is the main one.
        companies: Companies to link.
    """

    fields: Row
    tags: list[Row] | None = None
    contacts: list[tuple[int, bool]] = attrs.field(factory=list["tuple[int, bool]"])
    companies: list[int] = attrs.field(factory=list[int])


def draft(
    state: State,
    entity: str,
    body: Row,
    current: Row | None,
    *,
    is_user: Callable[[int], bool],
    path: str = "",
) -> tuple[Draft, list[Fault]]:
    """Check a body against the row that it changes (``None``: it makes one)."""
    given, faults = check_fields(SHAPES[entity], body, current, is_user=is_user, path=path)
    if "custom_fields_values" in body:
        known = current["custom_fields_values"] if current else None
        values, found = merge_values(
            state.fields[entity], body["custom_fields_values"], known, path=f"{path}custom_fields_values"
        )
        given["custom_fields_values"] = values
        faults += found
    if entity == "leads":
        faults += _check_stage(state, given, current, path)
    if entity == "customers":
        faults += check_customer(state, given, body, current)
    result = Draft(fields=given)
    embedded = body.get("_embedded")
    if embedded is not None and not (is_row(embedded) or is_list(embedded)):
        return result, [*faults, wrong_type(f"{path}_embedded", "array")]
    nested = embedded if is_row(embedded) else {}
    result.tags, found = _tags(state, entity, body, current, path=path)
    faults += found
    if current is None and entity == "leads":
        faults += _linked(state, nested, result, path)
    return result, faults


def new_row(state: State, entity: str, fields: Row, *, by: int) -> Row:
    """A whole row out of what was given: defaults, times and authors filled in."""
    now = state.now()
    created_at = fields.get("created_at", now)
    row: Row = {
        "id": state.next_id(entity),
        **_DEFAULTS[entity],
        "responsible_user_id": by or state.admin_id(),
        "group_id": 0,
        "created_by": by,
        "updated_by": by,
        "created_at": created_at,
        "updated_at": created_at,
        "closest_task_at": None,
        "is_deleted": False,
        "custom_fields_values": None,
        "account_id": state.settings.account_id,
        "tags": [],
    }
    if entity == "leads":
        pipeline_id: int = fields["pipeline_id"] if "pipeline_id" in fields else state.main_pipeline["id"]
        row |= {"status_id": state.first_stage(pipeline_id), "pipeline_id": pipeline_id}
        if fields.get("status_id") in (WON, LOST):
            row["closed_at"] = now
    row |= {
        name: value for name, value in fields.items() if value is not None or name not in ("name", "price")
    }
    if entity == "customers":
        row["status_id"] = row.get("status_id") or default_status(state)
    if entity == "contacts":
        row["name"] = row["name"] or f"{row['first_name']} {row['last_name']}".strip()
    if entity == "leads" and not row["name"]:
        row["name"] = f"Lead #{row['id']}"
    row.pop("visitor_uid", None)
    return row


def _check_stage(state: State, given: Row, current: Row | None, path: str) -> list[Fault]:
    """Settle the pair of pipeline and stage; a stage of another pipeline needs that pipeline's id beside it."""
    at_home: int = state.main_pipeline["id"] if current is None else current["pipeline_id"]
    pipeline_id: int = {"pipeline_id": at_home, **given}["pipeline_id"]
    stages = state.stages.get(pipeline_id)
    if stages is None:
        return [Fault("NotSupportedChoice", f"{path}pipeline_id")]
    status_id = given.get("status_id")
    if status_id is not None and status_id not in stages:
        detail = f"Stage {status_id} is not in pipeline {pipeline_id}: send pipeline_id with it."
        return [Fault("NotSupportedChoice", f"{path}status_id", detail)]
    if status_id is None and current is not None and pipeline_id != current["pipeline_id"]:
        given["status_id"] = state.first_stage(pipeline_id)
    return _check_reason(state, given, current, path)


def _check_reason(state: State, given: Row, current: Row | None, path: str) -> list[Fault]:
    reason_id = given.get("loss_reason_id")
    if reason_id is None or reason_id == (current or {}).get("loss_reason_id"):
        return []
    status_id = given.get("status_id", (current or {}).get("status_id"))
    if state.loss_reasons.live(reason_id) is None or status_id != LOST:
        return [Fault("NotSupportedChoice", f"{path}loss_reason_id")]
    return []


def _tags(
    state: State, entity: str, body: Row, current: Row | None, *, path: str
) -> tuple[list[Row] | None, list[Fault]]:
    """The tags that a row shall have; ``_embedded.tags`` wins over adding and deleting."""
    faults: list[Fault] = []

    def read(raw: Any, at: str) -> list[Row]:
        rows, found = _tag_refs(state, entity, raw or [], path + at)
        faults.extend(found)
        return rows

    nested = body.get("_embedded")
    if is_row(nested) and "tags" in nested:
        return read(nested["tags"], "_embedded.tags"), faults
    if "tags_to_add" not in body and "tags_to_delete" not in body:
        return None, faults
    dropped = {tag["name"] for tag in read(body.get("tags_to_delete"), "tags_to_delete")}
    kept = [tag for tag in (current["tags"] if current else ()) if tag["name"] not in dropped]
    names = {tag["name"] for tag in kept}
    added = read(body.get("tags_to_add"), "tags_to_add")
    return kept + [tag for tag in added if tag["name"] not in names], faults


def _tag_refs(state: State, entity: str, raw: Any, at: str) -> tuple[list[Row], list[Fault]]:
    """Tags by id or name; known ones become their row, new names stay bare."""
    if not is_list(raw):
        return [], [wrong_type(at, "array")]
    rows: dict[str, Row] = {}
    faults: list[Fault] = []
    table = state.tags[entity]
    for index, item in enumerate(raw):
        ref = item if is_row(item) else {}
        if ref.get("id") is not None:
            found = table.live(ref["id"])
        else:
            found = tag_by_name(state, entity, ref.get("name")) or (
                {"name": ref["name"]} if ref.get("name") else None
            )
        if found is None:
            faults.append(Fault("NotSupportedChoice", f"{at}.{index}"))
        else:
            rows[found["name"]] = found
    return list(rows.values()), faults


def tag_by_name(state: State, entity: str, name: object) -> Row | None:
    """A tag of an entity type by its exact name."""
    return state.tag_names[entity].get(name) if isinstance(name, str) else None


def _linked(state: State, nested: Row, result: Draft, path: str) -> list[Fault]:
    faults: list[Fault] = []
    for entity in ("contacts", "companies"):
        items: list[Any] = nested.get(entity) or []
        for index, item in enumerate(items):
            ref = item if is_row(item) else {}
            row = state.cards[entity].live(ref.get("id"))
            if row is None:
                faults.append(Fault("NotSupportedChoice", f"{path}_embedded.{entity}.{index}.id"))
            elif entity == "contacts":
                result.contacts.append((row["id"], bool(ref.get("is_main"))))
            else:
                result.companies.append(row["id"])
    return faults
