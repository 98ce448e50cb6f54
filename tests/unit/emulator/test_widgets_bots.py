"""Widgets and bots."""

from __future__ import annotations

import pytest


class TestWidgets:
    def test_install_and_uninstall(self, desk):
        codes = [row["code"] for row in desk.get("widgets").rows("widgets")]
        assert codes == ["example_widget", "example_telephony"]
        before = desk.get("widgets/example_widget").json
        assert (before["is_active_in_account"], "settings" in before) == (False, False)
        settings = {"login": "a", "password": "b", "phones": {str(desk.emu.state.admin_id()): "101"}}
        answer = desk.post("widgets/example_widget", settings).json
        assert (answer["settings"], answer["is_active_in_account"]) == (settings, True)
        assert desk.get("widgets/example_widget").json["settings"] == settings
        assert desk.delete("widgets/example_widget").status == 204
        assert desk.get("widgets/example_widget").json["is_active_in_account"] is False

    def test_settings_are_shown_to_the_widget_s_own_integration_only(self, desk):
        desk.post("widgets/example_telephony", {"login": "a", "password": "b"})
        row = desk.get("widgets/example_telephony").json
        assert (row["is_active_in_account"], "settings" in row) == (True, False)

    @pytest.mark.parametrize(
        ("settings", "faults"),
        [
            ({"login": "a"}, [("password", "FieldMissing")]),
            ({"login": 5, "password": "b"}, [("login", "InvalidType")]),
            ({"login": "a", "password": "b", "phones": "101"}, [("phones", "InvalidType")]),
            ({"login": "a", "password": "b", "phones": {"5": "1"}}, [("phones.5", "NotSupportedChoice")]),
        ],
    )
    def test_settings_that_do_not_fit(self, desk, settings, faults):
        answer = desk.post("widgets/example_widget", settings)
        assert answer.faults == [("0", *fault) for fault in faults]

    def test_an_unknown_one(self, desk):
        assert desk.get("widgets/nobody").status == 404
        assert desk.post("widgets/nobody", {}).status == desk.delete("widgets/nobody").status == 404


class TestBots:
    def bot(self, desk):
        return desk.get("bots").ids("items")[0]

    def test_list_and_get(self, desk):
        assert len(desk.get("bots").rows("items")) == 3
        (row,) = desk.get("bots?filter[type_functionality][]=nps").rows("items")
        assert desk.get(f"bots?filter[id][]={row['id']}").ids("items") == [row["id"]]
        assert "is_favorite" not in desk.get(f"bots/{row['id']}").json
        assert desk.get(f"bots/{row['id']}?with=favorite").json["is_favorite"] is False
        assert desk.get("bots/5").status == 204

    def test_run_wait_continue(self, desk):
        bot, lead = self.bot(desk), desk.lead()
        body = {"entity_id": lead, "entity_type": "leads"}
        assert desk.post(f"bots/{bot}/run", body).status == 202
        assert desk.emu.state.bot_runs == {(bot, "leads", lead)}
        ((kind, _, wait),) = desk.emu.state.bot_waits
        path = f"{kind}/{bot}/continue/{wait}"
        for wrong in (
            {"execute_handlers": [{"handler": "jump", "params": {}}]},
            {"execute_handlers": [{"handler": "show", "params": {"value": "x" * 81}}]},
            {"execute_handlers": [{"handler": "show", "params": {"buttons": ["x"] * 26}}]},
            {"execute_handlers": [{"handler": "goto", "params": {"step": 1}}] * 11},
        ):
            assert desk.post(path, wrong).status == 400
        good = {"data": {"a": 1}, "execute_handlers": [{"handler": "show", "params": {"value": "да"}}]}
        assert desk.post(path, good).status == 202
        assert desk.post(path, good).status == 404
        assert desk.post(f"leads/{bot}/continue/{wait}", good).status == 404
        assert desk.post(f"bots/{bot}/stop", body).status == 202
        assert desk.emu.state.bot_runs == set()

    def test_many_and_the_old_way(self, desk):
        bot, lead, contact = self.bot(desk), desk.lead(), desk.contact()
        rows = [{"bot_id": bot, "entity_id": lead, "entity_type": "leads"}]
        assert desk.post("bots/run", rows).status == 202
        old = [{"bot_id": bot, "entity_id": contact, "entity_type": "1"}]
        assert desk.send("POST", "/api/v2/salesbot/run", old).json == {"success": True}
        assert desk.emu.state.bot_runs == {(bot, "leads", lead), (bot, "contacts", contact)}
        assert desk.post("bots/run", rows * 101).status == 422

    def test_what_there_is_not(self, desk):
        bot = self.bot(desk)
        body = {"entity_id": 5, "entity_type": "leads"}
        assert desk.post(f"bots/{bot}/run", body).faults == [("0", "entity_id", "EntityNotFound")]
        assert desk.post("bots/5/run", body).status == 404
        wrong = desk.post("bots/run", [{"bot_id": 5, "entity_type": "tasks", "entity_id": 1}])
        assert [path for _, path, _ in wrong.faults] == ["bot_id", "entity_type"]
        three = [{"bot_id": bot, "entity_id": 5, "entity_type": 3}]
        assert desk.send("POST", "/api/v2/salesbot/run", three).faults == [
            ("0", "entity_type", "NotSupportedChoice")
        ]
