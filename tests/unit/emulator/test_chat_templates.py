"""Templates of chats and their review."""

from __future__ import annotations

import pytest

WABA = {"name": "Заказ", "content": "Привет, {{name}}", "type": "waba", "waba_category": "UTILITY"}


def template(desk, **fields):
    return desk.make("chats/templates", {"name": "Ответ", "content": "Привет", **fields})[0]


@pytest.fixture
def desk(desk):
    post = desk.post

    def make(path, *bodies):
        return post(path, list(bodies)).ids("chat_templates")

    desk.make = make
    return desk


def test_create_read_list_update_delete(desk):
    assert desk.get("chats/templates").status == 204
    row_id = template(desk, external_id="e1", buttons=[{"type": "inline", "text": "Да"}])
    row = desk.get(f"chats/templates/{row_id}").json
    assert (row["type"], row["is_editable"], row["buttons"]) == (
        "amocrm",
        False,
        [{"type": "inline", "text": "Да"}],
    )
    assert "review_status" not in row
    other = template(desk)
    assert desk.get("chats/templates?filter[external_id]=e1").ids("chat_templates") == [row_id]
    assert desk.patch(f"chats/templates/{row_id}", {"content": "Новое"}).json["content"] == "Новое"
    many = desk.patch("chats/templates", [{"id": other, "name": "x", "request_id": "r"}])
    assert many.rows("chat_templates")[0]["request_id"] == "r"
    assert desk.delete("chats/templates", [{"id": row_id}, {"id": 5}]).faults == [
        ("1", "id", "EntityNotFound")
    ]
    assert desk.delete("chats/templates", [{"id": row_id}]).status == 204
    assert desk.delete(f"chats/templates/{other}").status == 204
    assert desk.get(f"chats/templates/{other}").status == 404


def test_pages_have_at_most_fifty(desk):
    desk.make("chats/templates", *({"name": str(at), "content": "x"} for at in range(51)))
    assert len(desk.get("chats/templates?limit=250").rows("chat_templates")) == 50


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"type": "sms"}, ("type", "NotSupportedChoice")),
        ({"waba_category": "FUN"}, ("waba_category", "NotSupportedChoice")),
        ({"waba_header": "x" * 61}, ("waba_header", "InvalidLength")),
        ({"waba_header_type": "media"}, ("attachment", "FieldMissing")),
        ({"attachment": {"id": "x", "type": "song"}}, ("attachment.type", "NotSupportedChoice")),
        ({"buttons": [{"type": "url", "text": "x"}]}, ("buttons.0.url", "FieldMissing")),
        ({"buttons": [{"type": "inline"}]}, ("buttons.0.text", "FieldMissing")),
        ({"buttons": [{"type": "big"}]}, ("buttons.0.type", "NotSupportedChoice")),
    ],
)
def test_faults(desk, fields, fault):
    assert desk.post("chats/templates", [{"name": "x", "content": "y", **fields}]).faults == [("0", *fault)]


class TestReview:
    def test_from_draft_to_approved(self, desk):
        desk.subscribe("add_chat_template_review")
        row_id = template(desk, **WABA)
        draft = desk.get(f"chats/templates/{row_id}?with=reviews").json
        assert (draft["review_status"], draft["is_on_review"], draft["_embedded"]["reviews"]) == (
            None,
            False,
            [],
        )
        (review,) = desk.post(f"chats/templates/{row_id}/review", {}).rows("reviews")
        assert review["status"] == "review"
        ((_, hook),) = desk.hooks()
        assert hook["add"]["0"]["reviews"]["0"]["status"] == "review"
        assert hook["add"]["0"]["name"] == "Заказ"
        assert desk.patch(f"chats/templates/{row_id}", {"name": "x"}).faults == [
            ("0", "id", "NotSupportedChoice")
        ]
        path = f"chats/templates/{row_id}/review/{review['id']}"
        done = desk.post(path, {"status": "rejected", "reject_reason": "плохо"}).json
        assert (done["status"], done["reject_reason"]) == ("rejected", "плохо")
        shown = desk.get(f"chats/templates/{row_id}?with=reviews").json
        assert (shown["review_status"], shown["is_on_review"]) == ("rejected", False)
        assert desk.post(path, {"status": "draft"}).status == 400
        assert desk.post(path, {"reject_reason": "x" * 65_536}).status == 400
        assert desk.post(f"chats/templates/{row_id}/review/5", {"status": "paused"}).status == 404

    def test_once_for_every_source_of_whatsapp(self, desk):
        body = {"name": "wa", "external_id": "w", "services": [{"type": "whatsapp"}]}
        (source,) = desk.post("sources", [body, {"name": "x", "external_id": "o"}]).ids("sources")[:1]
        row_id = template(desk, **WABA)
        (review,) = desk.post(f"chats/templates/{row_id}/review", {}).rows("reviews")
        assert review["source_id"] == source

    def test_only_whatsapp_s(self, desk):
        assert desk.post(f"chats/templates/{template(desk)}/review", {}).status == 400
