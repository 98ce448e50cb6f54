"""Subscription names and the events they give."""

from __future__ import annotations

from amocrm_sync.webhooks import UnknownEvent, parse, settings

KEYS = {"lead": "leads", "contact": "contacts", "company": "companies", "customer": "customers"}


def test_the_documented_names_and_those_seen_to_work():
    names = [name for group in settings.SETTINGS.values() for name in group]
    assert len(names) == len(set(names)) == 31 + 2 + 3
    assert {"status_lead", "note_customer", "update_task", "add_talk", "add_unsorted"} <= set(names)
    assert "delete_talk" not in names


def test_each_setting_names_an_event_that_the_parser_gives():
    for setting, name in settings.EVENT_BY_SETTING.items():
        entity, action = name.split(".")
        if entity == "chat_template_review":
            body = "add[0][id]=1&add[0][waba_category]=UTILITY"
        else:
            key = KEYS.get(entity, entity)
            item = "[note]" if action == "note" else ""
            id_field = {"talk": "talk_id", "unsorted": "uid"}.get(entity, "id")
            body = f"{key}[{action}][0]{item}[{id_field}]=1"
        [event] = parse(body)
        assert (event.name, type(event) is UnknownEvent) == (name, False)
        assert event.matches(setting)
