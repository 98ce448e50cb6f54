# Generated from tests/cassettes/_async/test_cassettes_settings.py by tools/unasync.py: edit that file instead.
"""People, pipelines, fields, lists, links and channels, in the shapes of the API pages' own examples.

Nothing here knows the account, as in ``test_cassettes.py``; what is made for it is deleted again where the API can.
"""

from __future__ import annotations

import pytest

from amocrm_sync import AmoCRM
from amocrm_sync.models import Pipeline, Stage, Unsorted

pytestmark = [pytest.mark.anyio, pytest.mark.vcr]

HOOK = "https://cassette.example/hook"
FORM = {
    "form_id": "cassette",
    "form_name": "Cassette",
    "form_page": "https://cassette.example",
    "form_sent_at": 1_700_000_000,
    "ip": "192.0.2.1",
    "referer": "https://cassette.example/from",
}
CALLED = {
    "phone": "+79120000002",
    "called_at": 1_700_000_000,
    "duration": 54,
    "link": "https://cassette.example/1.mp3",
    "service_code": "cassette",
    "uniq": "cassette-2",
    "from": "pbx",
}
PHONE = "+79120004711"


@pytest.fixture
def open_client(account, family, strict):
    return lambda: AmoCRM(**account, strict=strict, limiter=None)


@pytest.mark.default_cassette("account_with_everything.yaml")
def test_the_account_with_everything(open_client):
    with open_client() as amo:
        account = amo.account.get(with_=amo.account.with_values)
        address = amo.account.address()
    assert address.id == account.id
    assert address.domain.startswith(f"{account.subdomain}.")
    assert {kind.id for kind in account.task_types} >= {1, 2}
    assert all(group.name for group in account.users_groups)
    assert account.timezone
    assert "drive" in account.drive_url
    assert {"can_direct", "can_create_groups"} <= set(account.amojo_rights)
    assert account.entity_names["leads"]


@pytest.mark.default_cassette("users.yaml")
def test_users_and_their_rights(open_client):
    with open_client() as amo:
        users = [user for user in amo.users.list(with_=["role", "group", "uuid", "amojo_id"])]
        user = amo.users.get(users[0].id)
    assert (user.id, user.email) == (users[0].id, users[0].email)
    assert all(one.rights.leads["view"] in "AGMD" for one in users)
    assert all(one.rights.is_active in (True, False) for one in users)
    assert all(role.name for one in users for role in one.roles)
    assert all(group.name for one in users for group in one.groups)


@pytest.mark.default_cassette("roles.yaml")
def test_roles(open_client):
    rights = {"leads": {"view": "A", "edit": "M", "add": "D", "delete": "D", "export": "D"}}
    with open_client() as amo:
        made = amo.roles.create(name="Cassette", rights=rights)
        changed = amo.roles.update(made.id, name="Cassette role")
        listed = [role for role in amo.roles.list(with_=["users"])]
        role = amo.roles.get(made.id)
        amo.roles.delete(made.id)
    assert made.id in {one.id for one in listed}
    assert changed.id == role.id == made.id
    assert role.rights.leads["edit"] == "M"
    assert all(one.user_ids == [] for one in listed if one.id == made.id)


@pytest.mark.default_cassette("pipeline_settings.yaml")
def test_pipelines_and_stages(open_client):
    with open_client() as amo:
        made = amo.pipelines.create(
            Pipeline(
                name="Cassette",
                sort=500,
                is_main=False,
                is_unsorted_on=True,
                stages=[Stage(name="Cassette one", sort=10, color="#fffeb2")],
            )
        )
        changed = amo.pipelines.update(made.id, name="Cassette pipeline")
        stage = amo.pipelines.stages.create(made.id, name="Cassette two", sort=30, color="#fffeb2")
        amo.pipelines.stages.update(made.id, stage.id, name="Cassette three")
        listed = amo.pipelines.stages.list(made.id).to_list()
        again = amo.pipelines.stages.get(made.id, stage.id)
        amo.pipelines.stages.delete(made.id, stage.id)
        amo.pipelines.delete(made.id)
    assert changed.name == "Cassette pipeline"
    assert {142, 143} <= {one.id for one in made.stages}
    assert {one.type for one in listed} == {0, 1}
    assert stage.id in {one.id for one in listed}
    assert (again.id, again.pipeline_id) == (stage.id, made.id)


@pytest.mark.default_cassette("loss_reasons.yaml")
def test_loss_reasons(open_client):
    with open_client() as amo:
        made = amo.leads.loss_reasons.create(name="Cassette")
        listed = amo.leads.loss_reasons.list().to_list()
        reason = amo.leads.loss_reasons.get(made.id)
        amo.leads.loss_reasons.delete(made.id)
    assert made.id in {one.id for one in listed}
    assert (reason.id, reason.name) == (made.id, "Cassette")
    assert reason.created_at.tzinfo is not None


@pytest.mark.default_cassette("tags.yaml")
def test_tags(open_client):
    with open_client() as amo:
        tag = amo.leads.tags.create(name="Cassette", color="DDEBB5")
        [found] = amo.leads.tags.list(filter={"name": "Cassette"}).to_list()
    assert (found.id, found.name, found.color) == (tag.id, "Cassette", "DDEBB5")


@pytest.mark.default_cassette("custom_fields.yaml")
def test_custom_fields_and_their_groups(open_client):
    with open_client() as amo:
        fields = amo.leads.custom_fields
        group = fields.groups.create(name="Cassette", sort=5)
        made = fields.create(
            name="Cassette",
            type="multiselect",
            sort=510,
            enums=[{"value": "One", "sort": 1}, {"value": "Two", "sort": 2}],
        )
        fields.groups.update(group.id, name="Cassette group")
        field = fields.get(made.id)
        listed = fields.list(limit=50).to_list()
        groups = fields.groups.list().to_list()
        [phone] = [one for one in amo.contacts.custom_fields.list() if one.code == "PHONE"]
        fields.delete(made.id)
        fields.groups.delete(group.id)
    assert [choice.value for choice in field.enums] == ["One", "Two"]
    assert all(choice.id for choice in field.enums)
    assert made.id in {one.id for one in listed}
    assert group.id in {one.id for one in groups}
    assert phone.type == "multitext"
    assert "WORK" in {choice.value for choice in phone.enums}


@pytest.mark.default_cassette("catalogs.yaml")
def test_lists_and_their_elements(open_client):
    with open_client() as amo:
        made = amo.catalogs.create(name="Cassette", can_add_elements=True, can_link_multiple=False)
        changed = amo.catalogs.update(made.id, name="Cassette list")
        listed = amo.catalogs.list().to_list()
        catalog = amo.catalogs.get(made.id)
        element = amo.catalogs.elements.create(made.id, name="Cassette element")
        amo.catalogs.elements.update_many(made.id, [{"id": element.id, "name": "Cassette thing"}])
        read = amo.catalogs.elements.get(made.id, element.id)
        elements = amo.catalogs.elements.list(made.id, with_=["invoice_link"]).to_list()
        amo.catalogs.delete(made.id)
    assert (changed.name, catalog.type) == ("Cassette list", "regular")
    assert made.id in {one.id for one in listed}
    assert read.catalog_id == made.id
    assert element.id in {one.id for one in elements}
    assert all(value is not None for one in elements for value in one.custom_fields.values())


@pytest.mark.default_cassette("links.yaml")
def test_links(open_client):
    with open_client() as amo:
        lead, person = amo.leads.create(name="Cassette"), amo.contacts.create(name="Cassette")
        [linked] = amo.leads.link(lead.id, person, is_main=True)
        listed = amo.leads.links(lead.id)
        many = amo.leads.links_many([lead.id])
        again = amo.leads.link_many([(lead.id, person)])
        amo.leads.unlink(lead.id, person)
    assert (linked.entity_id, linked.to_entity_id, linked.is_main) == (lead.id, person.id, True)
    assert person.id in {one.to_entity_id for one in listed}
    assert all(one.entity_id == lead.id for one in many)
    assert sum(one.is_main for one in listed) == 1
    assert again.ok


@pytest.mark.default_cassette("unsorted.yaml")
def test_incoming_leads(open_client):
    with open_client() as amo:
        form = Unsorted(source_uid="cassette-1", source_name="Cassette", metadata=FORM)
        form.leads, form.contacts = [{"name": "Cassette"}], [{"name": "Cassette"}]
        call = Unsorted(source_uid="cassette-2", source_name="Cassette", metadata=CALLED)
        call.leads, call.contacts = [{"name": "Cassette"}], [{"name": "Cassette"}]
        forms, calls = amo.unsorted.create_forms([form]), amo.unsorted.create_sip([call])
        forms.raise_for_failures()
        calls.raise_for_failures()
        site, caller = forms.succeeded[0], calls.succeeded[0]
        listed = amo.unsorted.list(filter={"category": ["sip", "forms"]}).to_list()
        read = amo.unsorted.get(site.uid)
        taken = amo.unsorted.accept(site.uid)
        declined = amo.unsorted.decline(caller.uid)
        summary = amo.unsorted.summary()
    assert {site.uid, caller.uid} <= {one.uid for one in listed}
    assert (read.uid, read.category) == (site.uid, "forms")
    assert read.metadata["form_id"] == "cassette"
    assert read.leads[0].id == taken.leads[0].id
    assert declined.uid == caller.uid
    assert declined.companies == []
    assert summary.total >= summary.accepted + summary.declined
    assert summary.total_of("sip") <= summary.total


@pytest.mark.default_cassette("calls.yaml")
def test_calls(open_client):
    with open_client() as amo:
        person = amo.contacts.create({"name": "Cassette", "custom_fields_values": [_phone(PHONE)]})
        told = {"duration": 10, "source": "cassette", "link": "https://cassette.example/1.mp3"}
        call = amo.calls.create(direction="inbound", phone=PHONE, call_status=4, **told)
    assert (call.entity_type, call.entity_id) == ("contact", person.id)
    assert call.id > 0


def _phone(number: str) -> dict[str, object]:
    return {"field_code": "PHONE", "values": [{"value": number, "enum_code": "WORK"}]}


@pytest.mark.default_cassette("webhooks.yaml")
def test_webhooks(open_client):
    with open_client() as amo:
        made = amo.webhooks.subscribe(HOOK, ["add_lead"], sort=10)
        listed = amo.webhooks.list().to_list()
        amo.webhooks.unsubscribe(HOOK)
    assert (made.destination, made.settings, made.disabled) == (HOOK, ["add_lead"], False)
    assert made.created_at.tzinfo is not None
    assert HOOK in {one.destination for one in listed}


@pytest.mark.default_cassette("widgets.yaml")
def test_widgets(open_client):
    with open_client() as amo:
        listed = amo.widgets.list(limit=2).first()
        widget = amo.widgets.get(listed.code)
    assert (widget.id, widget.code) == (listed.id, listed.code)
    assert widget.is_active_in_account in (True, False)
    assert all(field["key"] for field in widget.settings_template)


@pytest.mark.default_cassette("sources.yaml")
def test_sources(open_client):
    with open_client() as amo:
        made = amo.sources.create(name="Cassette", external_id="cassette-1")
        changed = amo.sources.update(made.id, name="Cassette source")
        listed = amo.sources.list().to_list()
        source = amo.sources.get(made.id)
        amo.sources.delete_many([made.id])
    assert changed.id == source.id == made.id
    assert source.external_id == "cassette-1"
    assert made.id in {one.id for one in listed}
    assert all(isinstance(one.services, list) for one in listed)


@pytest.mark.default_cassette("website_buttons.yaml")
def test_website_buttons(open_client):
    """Needs a button: the API makes one, and cannot delete it."""
    with open_client() as amo:
        listed = amo.website_buttons.list(with_=["scripts"]).to_list()
        button = amo.website_buttons.get(listed[0].source_id, with_=["scripts"])
    assert button.source_id == listed[0].source_id
    assert button.creation_status in ("created", "creation_pending")
    assert button.script is None or button.script.startswith("<script>")


@pytest.mark.default_cassette("talks.yaml")
def test_talks(open_client):
    """Needs a talk; it is only read."""
    with open_client() as amo:
        listed = amo.talks.list(limit=2).first()
        talk = amo.talks.get(listed.talk_id)
    assert (talk.id, talk.chat_id) == (listed.talk_id, listed.chat_id)
    assert talk.missed_at is None or talk.missed_at.tzinfo is not None
    assert talk.is_in_work in (True, False)


@pytest.mark.default_cassette("chat_templates.yaml")
def test_chat_templates(open_client):
    with open_client() as amo:
        made = amo.chat_templates.create(
            name="Cassette",
            content="Hello",
            external_id="cassette-1",
            buttons=[{"type": "inline", "text": "Yes"}],
        )
        changed = amo.chat_templates.update_many([{"id": made.id, "content": "Good day"}])
        changed.raise_for_failures()
        listed = amo.chat_templates.list(with_=["reviews"]).to_list()
        template = amo.chat_templates.get(made.id, with_=["reviews"])
        amo.chat_templates.delete(made.id)
    assert template.content == "Good day"
    assert template.buttons[0]["text"] == "Yes"
    assert template.waba_examples in (None, {})
    assert made.id in {one.id for one in listed}
    assert all(review.status for one in listed for review in one.reviews)


@pytest.mark.default_cassette("files.yaml")
def test_files(open_client):
    with open_client() as amo:
        lead = amo.leads.list(limit=1).first()
        file = amo.files.upload(b"cassette", name="cassette.txt", content_type="text/plain")
        listed = amo.files.list(limit=2).first()
        read = amo.files.get(file)
        versions = amo.files.versions(file)
        amo.leads.files.attach(lead.id, file)
        hung = amo.leads.files.list(lead.id).first()
        links = amo.files.links(file)
        amo.leads.files.detach(lead.id, file)
        amo.files.delete(file)
        [back] = amo.files.restore(file)
    assert read.uuid == back.uuid == file.uuid == hung.file_uuid
    assert (read.size, read.extension) == (8, "txt")
    assert "/download/" in read.download_url
    assert listed.created_at.tzinfo is not None
    assert [version.is_main for version in versions].count(True) == 1
    assert [(link.entity_type, link.id) for link in links] == [("leads", lead.id)]


@pytest.mark.default_cassette("subscriptions.yaml")
def test_who_follows_a_lead(open_client):
    with open_client() as amo:
        lead = amo.leads.list(limit=1).first()
        followers = amo.leads.subscriptions.list(lead.id).to_list()
    assert all(one.subscriber_id > 0 and one.type in ("user", "group") for one in followers)


@pytest.mark.default_cassette("short_links.yaml")
def test_short_links(open_client):
    with open_client() as amo:
        person = amo.contacts.list(limit=1).first()
        link = amo.short_links.create("https://cassette.example/page", person.id)
    assert link.url.startswith("https://")
    assert link.metadata == {"entity_type": "contacts", "entity_id": person.id}


@pytest.mark.default_cassette("products.yaml")
def test_products(open_client):
    with open_client() as amo:
        new, old = amo.products.get_settings(), amo.products.get_settings_v2()
    assert new.is_enabled is old.is_enabled
    assert old.catalog_id or not old.is_enabled


@pytest.mark.default_cassette("bots.yaml")
def test_bots(open_client):
    with open_client() as amo:
        listed = amo.bots.list(limit=2).first()
        bot = amo.bots.get(listed.id)
        lead = amo.leads.list(limit=1).first()
        started = amo.bots.run_v2([(bot.id, lead)])
        amo.bots.stop(bot.id, lead)
    assert (bot.id, bot.name) == (listed.id, listed.name)
    assert started.ok
