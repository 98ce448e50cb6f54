# Generated from tests/cassettes/_async/test_cassettes.py by tools/unasync.py: edit that file instead.
"""Recorded answers replayed through the client over its real HTTP stack, in both families, loose and strict.

Nothing here knows the account: ids come from the answers, so the same tests record from any account that has a lead, a
contact and a task. What they write is named ``Cassette …``.
"""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRM, ValidationError

pytestmark = [pytest.mark.anyio, pytest.mark.vcr]


@pytest.fixture
def open_client(account, family, strict):
    return lambda: AmoCRM(**account, strict=strict, limiter=None)


@pytest.mark.default_cassette("account.yaml")
def test_account(open_client, vcr):
    with open_client() as amo:
        found = amo.account.get(with_=["amojo_id", "datetime_settings"])
    assert found.id > 0
    assert found.name
    assert found.timezone
    assert vcr.play_count or vcr.dirty


@pytest.mark.default_cassette("leads.yaml")
def test_leads_are_listed_and_read(open_client):
    with open_client() as amo:
        lead = amo.leads.list(with_=["contacts"], limit=2).first()
        again = amo.leads.get(lead.id, with_=["contacts"])
    assert again.id == lead.id > 0
    assert again.name == lead.name
    assert again.created_at.tzinfo is not None
    assert [contact.id for contact in again.contacts] == [contact.id for contact in lead.contacts]
    assert not again.changes()


@pytest.mark.default_cassette("contacts.yaml")
def test_contacts_keep_their_phones(open_client):
    with open_client() as amo:
        contact = amo.contacts.list(limit=2).first()
    assert contact.id > 0
    assert all(value is not None for value in contact.custom_fields.values())
    assert contact.raw["id"] == contact.id


@pytest.mark.default_cassette("pipelines.yaml")
def test_every_pipeline_ends_in_won_and_lost(open_client):
    with open_client() as amo:
        pipelines = [pipeline for pipeline in amo.pipelines.list()]
    assert pipelines
    for pipeline in pipelines:
        assert {142, 143} <= {stage.id for stage in pipeline.stages}


@pytest.mark.default_cassette("tasks.yaml")
def test_tasks(open_client):
    with open_client() as amo:
        task = amo.tasks.list(limit=2).first()
    assert task.text
    assert task.complete_till.tzinfo is not None


@pytest.mark.default_cassette("written_leads.yaml")
def test_leads_are_created_and_changed(open_client):
    with open_client() as amo:
        result = amo.leads.create_many(
            [{"name": "Cassette one", "price": 100}, {"name": "Cassette two", "price": 200}]
        )
        result.raise_for_failures()
        first, second = result.succeeded
        changed = amo.leads.update(second, price=250)
    assert (first.name, second.name) == ("Cassette one", "Cassette two")
    assert first.id != second.id
    assert changed is second
    assert changed.price == 250
    assert not changed.changes()


@pytest.mark.default_cassette("refused_lead.yaml")
def test_a_refusal_names_the_field(open_client):
    with open_client() as amo:
        with pytest.raises(ValidationError) as refused:
            amo.leads.create({"name": "Cassette refused", "price": "not a number"})
    assert refused.value.status == 400
    assert [item.path for item in refused.value.items] == ["price"]


@pytest.mark.default_cassette("nothing_found.yaml")
def test_nothing_found_is_an_empty_list(open_client):
    with open_client() as amo:
        assert [lead for lead in amo.leads.list(query="no lead has this name 4711")] == []
