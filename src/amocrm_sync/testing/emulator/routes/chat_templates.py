"""Templates of chats, and their review by WhatsApp."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import bodies_rare, hal, render
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, bad_request, invalid, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import ListRule, texts
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.tables import Row, is_row
from amocrm_sync.testing.emulator.visit import Route, Visit

_RULE: Final = ListRule(filters={"external_id": texts("external_id")}, with_=("reviews",), most=50)
_HEADER: Final = 60
_REASON: Final = 65_535
_TEXT: Final = Field("string", nullable=True)
_SHAPE: Final[Shape] = {
    "id": Field("int", "r"),
    "account_id": Field("int", "r"),
    "name": Field("string", required=True),
    "content": Field("string", required=True),
    "is_editable": Field("bool"),
    "type": Field("string"),
    "buttons": Field("array", nullable=True),
    "attachment": Field("object", nullable=True),
    **dict.fromkeys(("external_id", "waba_header", "waba_header_type", "waba_footer"), _TEXT),
    **dict.fromkeys(("waba_category", "waba_language"), _TEXT),
    "waba_examples": Field("object", nullable=True),
}
_CHOICES: Final = {
    "type": ("amocrm", "waba"),
    "waba_header_type": ("text", "media"),
    "waba_category": ("UTILITY", "AUTHENTICATION", "MARKETING"),
}
_FILES: Final = ("picture", "file", "document", "video")
_STATUSES: Final = ("approved", "paused", "rejected")


def list_templates(visit: Visit) -> Response:
    """One page of at most 50."""
    return tables.page(visit, "chat_templates", visit.state.templates, _shown, rule=_RULE)


def get_template(visit: Visit) -> Response:
    """One template."""
    return hal.document(_shown(visit, tables.known(visit.state.templates, visit.id)))


def create_templates(visit: Visit) -> Response:
    """New templates."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    for name, fields in checked(rows, lambda body: _check(visit, body, None)):
        optional = {key: None for key, field in _SHAPE.items() if field.nullable}
        row = tables.stamped(
            visit, "chat_templates", {**optional, "is_editable": False, "type": "amocrm", **fields}
        )
        row |= {"buttons": row["buttons"] or [], "_reviews": []}
        del row["created_by"], row["updated_by"]
        made.append({**_shown(visit, visit.state.templates.add(row)), "request_id": name})
    return hal.collection(visit.request, "chat_templates", made, total=len(made))


def update_templates(visit: Visit) -> Response:
    """Changes to several templates."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    drafts = list(checked(rows, lambda body: _check_change(visit, body, body.get("id"))))
    made = [{**_apply(visit, *change), "request_id": name} for name, change in drafts]
    return hal.collection(visit.request, "chat_templates", made, total=len(made))


def update_template(visit: Visit) -> Response:
    """Changes to one template."""
    tables.known(visit.state.templates, visit.id)
    body = object_of(visit.body)
    ((name, change),) = checked([body], lambda body: _check_change(visit, body, visit.id))
    return hal.document({**_apply(visit, *change), "request_id": name})


def delete_templates(visit: Visit) -> Response:
    """Remove several templates."""
    for _, (row, _) in tables.changes(visit, visit.state.templates, {}):
        visit.state.templates.drop(row["id"])
    return hal.NO_CONTENT


def delete_template(visit: Visit) -> Response:
    """Remove one template."""
    visit.state.templates.drop(tables.known(visit.state.templates, visit.id)["id"])
    return hal.NO_CONTENT


def send_review(visit: Visit) -> Response:
    """Send a WhatsApp template to review, once for every source of WhatsApp."""
    row = tables.known(visit.state.templates, visit.id)
    if row["type"] != "waba":
        raise bad_request("Only templates of type waba are reviewed")
    sources = [
        source["id"]
        for source in visit.state.sources.all()
        if any(service.get("type") == "whatsapp" for service in source["services"])
    ]
    reviews = [
        {
            "id": visit.state.next_id("reviews"),
            "source_id": source_id,
            "status": "review",
            "reject_reason": "",
        }
        for source_id in sources or [None]
    ]
    visit.state.templates.change(row["id"], {"_reviews": reviews, "updated_at": visit.state.now()})
    visit.changes.emit("add_chat_template_review", lambda: bodies_rare.template_review(_with_reviews(row)))
    return hal.collection(visit.request, "reviews", reviews, total=len(reviews))


def set_review(visit: Visit) -> Response:
    """What a review came to."""
    row = tables.known(visit.state.templates, visit.id)
    review = next((found for found in row["_reviews"] if found["id"] == visit.params["review_id"]), None)
    if review is None:
        raise not_found("Review not found")
    body = object_of(visit.body)
    status, reason = body.get("status", review["status"]), body.get("reject_reason", "")
    if "status" in body and status not in _STATUSES:
        raise invalid({"0": [Fault("NotSupportedChoice", "status")]})
    if not isinstance(reason, str) or len(reason) > _REASON:
        raise invalid({"0": [Fault("InvalidLength", "reject_reason")]})
    review |= {"status": status, "reject_reason": reason}
    return hal.document(review)


def _check(visit: Visit, body: Row, current: Row | None) -> tuple[Row, list[Fault]]:
    shape = _SHAPE if current is None else tables.optional(_SHAPE)
    fields, faults = check_fields(shape, body, current, is_user=visit.is_user)
    faults += [
        Fault("NotSupportedChoice", name)
        for name, choices in _CHOICES.items()
        if fields.get(name) is not None and fields[name] not in choices
    ]
    if len(fields.get("waba_header") or "") > _HEADER:
        faults.append(Fault("InvalidLength", "waba_header", f"At most {_HEADER} characters."))
    for index, button in enumerate(fields.get("buttons") or ()):
        faults += _check_button(button, f"buttons.{index}")
    attachment = fields.get("attachment")
    if attachment is not None and attachment.get("type") not in _FILES:
        faults.append(Fault("NotSupportedChoice", "attachment.type"))
    if fields.get("waba_header_type") == "media" and attachment is None:
        faults.append(Fault("FieldMissing", "attachment"))
    return fields, faults


def _check_button(button: Any, at: str) -> list[Fault]:
    if not is_row(button) or button.get("type") not in ("inline", "url"):
        return [Fault("NotSupportedChoice", f"{at}.type")]
    if not button.get("text"):
        return [Fault("FieldMissing", f"{at}.text")]
    if button["type"] == "url" and not button.get("url"):
        return [Fault("FieldMissing", f"{at}.url")]
    return []


def _check_change(visit: Visit, body: Row, row_id: object) -> tuple[tuple[Row, Row], list[Fault]]:
    row = visit.state.templates.live(row_id)
    if row is None:
        return ({}, {}), [Fault("EntityNotFound", "id")]
    if row["type"] == "waba" and row["_reviews"]:
        return ({}, {}), [Fault("NotSupportedChoice", "id", "A template on review cannot be changed.")]
    fields, faults = _check(visit, body, row)
    return (row, fields), faults


def _apply(visit: Visit, row: Row, fields: Row) -> Row:
    changes = {"updated_at": visit.state.now(), **fields}
    return _shown(visit, visit.state.templates.change(row["id"], changes))


def _with_reviews(row: Row) -> Row:
    statuses = {review["status"] for review in row["_reviews"]}
    status = next(iter(statuses)) if len(statuses) == 1 else None
    return {**row, "review_status": status, "is_on_review": "review" in statuses}


def _shown(visit: Visit, row: Row) -> Row:
    is_whole = "reviews" in visit.query.with_
    path = "chats/templates"
    shown = render.simple(visit.request.origin, path, _with_reviews(row) if is_whole else row)
    return {**shown, "_embedded": {"reviews": row["_reviews"]}} if is_whole else shown


_PATH: Final = "/api/v4/chats/templates"
ROUTES: Final = (
    Route("chat_templates.list", "GET", _PATH, list_templates),
    Route("chat_templates.get", "GET", f"{_PATH}/{{id}}", get_template),
    Route("chat_templates.create", "POST", _PATH, create_templates),
    Route("chat_templates.update_many", "PATCH", _PATH, update_templates),
    Route("chat_templates.update_one", "PATCH", f"{_PATH}/{{id}}", update_template),
    Route("chat_templates.delete_many", "DELETE", _PATH, delete_templates, is_admin=True),
    Route("chat_templates.delete_one", "DELETE", f"{_PATH}/{{id}}", delete_template, is_admin=True),
    Route("chat_templates.send_review", "POST", f"{_PATH}/{{id}}/review", send_review),
    Route("chat_templates.set_review", "POST", f"{_PATH}/{{id}}/review/{{review_id}}", set_review),
)
