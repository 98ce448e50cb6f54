"""What an account cannot be brought to say for a recording: refusals of every kind, and rare answers.

Their cassettes are written by hand, in the shapes of the API pages. ``make record-cassettes`` leaves them alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cassettes_config import HOST

from amocrm_sync import (
    AccountBlockedError,
    AmoCRMTokenExpired,
    AsyncAmoCRM,
    ForbiddenError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    UnprocessableError,
    ValidationError,
)

pytestmark = [pytest.mark.anyio, pytest.mark.vcr]

FOLDER = Path(__file__).parent.parent / "documented"
FIELD = {"field_id": 1, "values": [{"value": "x"}]}


@pytest.fixture
def vcr_cassette_dir() -> str:
    return str(FOLDER)


@pytest.fixture
def open_client(family, strict):
    return lambda: AsyncAmoCRM(HOST, token="synthetic", strict=strict, limiter=None, retry=None)


@pytest.mark.default_cassette("refusals.yaml")
async def test_every_refusal_has_a_class_of_its_own(open_client):
    async with open_client() as amo:
        with pytest.raises(ValidationError) as invalid:
            await amo.leads.create({"name": "x", "price": "x", "custom_fields_values": [FIELD]})
        with pytest.raises(AmoCRMTokenExpired):
            await amo.leads.get(401)
        with pytest.raises(PaymentRequiredError):
            await amo.leads.get(402)
        with pytest.raises(ForbiddenError) as forbidden:
            await amo.users.get(403)
        with pytest.raises(NotFoundError):
            await amo.chat_templates.get(404)
        with pytest.raises(UnprocessableError):
            await amo.talks.close(422, force=True)
        with pytest.raises(RateLimitedError):
            await amo.leads.get(429)
    assert [(item.request_id, item.code, item.path) for item in invalid.value.items] == [
        ("0", "NotSupportedChoice", "custom_fields_values.0.field_id"),
        ("0", "InvalidType", "price"),
    ]
    assert not isinstance(forbidden.value, AccountBlockedError)


@pytest.mark.default_cassette("nothing_there.yaml")
async def test_a_record_that_is_not_there_is_204_or_404(open_client):
    async with open_client() as amo:
        with pytest.raises(NotFoundError):
            await amo.leads.get(204)
        assert await amo.contacts.get_or_none(204) is None
        assert await amo.leads.list(limit=50).to_list() == []


@pytest.mark.default_cassette("blocked.yaml")
async def test_a_ban_is_a_page_and_not_json(open_client):
    async with open_client() as amo:
        with pytest.raises(AccountBlockedError):
            await amo.leads.get(403)
        await amo.unblock()


@pytest.mark.default_cassette("sources_not_found.yaml")
async def test_unknown_sources_are_named(open_client):
    async with open_client() as amo:
        result = await amo.sources.delete_many([9619, 31075])
    assert [failure.index for failure in result.failed] == [1]
    assert [one.id for one in result.succeeded] == [9619]
    assert "not found" in str(result.failed[0].error)


@pytest.mark.default_cassette("merged_leads.yaml")
async def test_leads_that_were_merged_name_all_their_requests(open_client):
    async with open_client() as amo:
        merged, plain = await amo.leads.create_complex([{"name": "A"}, {"name": "A"}, {"name": "B"}])
    assert (merged.merged, merged.request_id) == (True, ["0", "1"])
    assert (plain.merged, plain.contact_id, plain.company_id) == (False, None, None)


@pytest.mark.default_cassette("unsorted_link.yaml")
async def test_a_chat_is_linked_to_a_lead(open_client):
    async with open_client() as amo:
        linked = await amo.unsorted.link("d7f0", ("leads", 9314))
        mail = await amo.unsorted.get("98bc")
        chat = await amo.unsorted.get("c4a7")
    assert (linked.uid, [lead.id for lead in linked.leads]) == ("d7f0", [9314])
    assert mail.metadata["from"]["email"] == "writer@mail.example"
    assert chat.metadata["client"]["avatar"] is None
    assert chat.created_at.tzinfo is not None


@pytest.mark.default_cassette("widget_installed.yaml")
async def test_a_widget_is_installed_with_its_settings(open_client):
    settings = {"login": "tape", "phones": {"501": "1039"}}
    async with open_client() as amo:
        widget = await amo.widgets.install("tape_phone", settings)
        await amo.widgets.continue_bot("/api/v4/salesbot/3/continue/4", data={"status": "success"})
        await amo.widgets.uninstall("tape_phone")
    assert widget.settings == settings
    assert [field["type"] for field in widget.settings_template] == ["text", "users"]


@pytest.mark.default_cassette("template_review.yaml")
async def test_a_template_is_reviewed(open_client):
    async with open_client() as amo:
        [review] = await amo.chat_templates.send_review(7351)
        decided = await amo.chat_templates.set_review(7351, review.id, status="rejected", reject_reason="no")
    assert (review.status, review.reject_reason) == ("review", "")
    assert (decided.status, decided.reject_reason) == ("rejected", "no")


@pytest.mark.default_cassette("website_button_made.yaml")
async def test_a_button_is_made_a_little_later(open_client):
    async with open_client() as amo:
        made = await amo.website_buttons.create(1300, trusted_websites=["cassette.example"])
        changed = await amo.website_buttons.update(made.source_id, add_websites=["other.example"])
        await amo.website_buttons.add_online_chat(made.source_id)
    assert made.trusted_websites == ["cassette.example"]
    assert (changed.source_id, changed.creation_status) == (made.source_id, "created")


@pytest.mark.default_cassette("calls_not_stored.yaml")
async def test_a_call_that_was_not_stored_is_a_failure(open_client):
    told = {"direction": "inbound", "duration": 10, "source": "cassette"}
    async with open_client() as amo:
        result = await amo.calls.create_many([{"phone": "+79120000001", **told}, {"phone": "1", **told}])
    assert [call.entity_type for call in result.succeeded] == ["contact"]
    assert [failure.index for failure in result.failed] == [1]


@pytest.mark.default_cassette("bill.yaml")
async def test_a_bill_says_that_it_was_calculated_anew(open_client):
    async with open_client() as amo:
        bill = await amo.catalogs.elements.get(4517, 1163, with_=["invoice_link"])
    assert bill.warning == "The sum was calculated anew."
    assert bill.invoice_link == "https://pay.example/rq1"
    [item] = bill.custom_fields["ITEMS"]
    assert (item.quantity, item.total_sum) == (5, 25)
