"""Sources of the integration, and buttons on websites."""

from __future__ import annotations

import pytest


def source(desk, external_id="s1", **more):
    return desk.make("sources", {"name": "Источник", "external_id": external_id, **more})[0]


class TestSources:
    def test_create_read_list(self, desk):
        assert desk.get("sources").status == 204
        row_id = source(desk, services=[{"type": "whatsapp", "pages": []}], origin_code="amo.ext")
        row = desk.get(f"sources/{row_id}").json
        assert row["pipeline_id"] == desk.emu.state.main_pipeline["id"]
        assert (row["external_id"], row["default"]) == ("s1", False)
        other = source(desk, "s 2")
        assert desk.get("sources").json["_total_items"] == 2
        assert desk.get("sources?filter[external_id][]=s 2").ids("sources") == [other]
        assert desk.get("sources?filter[external_id]=nobody").status == 204
        assert desk.get("sources/5").status == 204

    def test_one_default(self, desk):
        first, second = source(desk, default=True), source(desk, "s2", default=True)
        assert desk.get(f"sources/{first}").json["default"] is False
        desk.patch(f"sources/{first}", {"default": True})
        assert desk.get(f"sources/{second}").json["default"] is False

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"external_id": "x" * 37}, ("external_id", "InvalidLength")),
            ({"external_id": "источник"}, ("external_id", "InvalidLength")),
            ({"external_id": "s1"}, ("external_id", "NotUnique")),
            ({"pipeline_id": 5}, ("pipeline_id", "NotSupportedChoice")),
            ({"origin_code": "x" * 21}, ("origin_code", "InvalidLength")),
            ({"services": [{"type": "fax"}]}, ("services.0.type", "NotSupportedChoice")),
        ],
    )
    def test_faults(self, desk, fields, fault):
        source(desk)
        answer = desk.post("sources", [{"name": "x", "external_id": "s2", **fields}])
        assert answer.faults == [("0", *fault)]

    def test_updates_leave_the_external_id(self, desk):
        row_id = source(desk)
        assert desk.patch(f"sources/{row_id}", {"name": "Новое", "external_id": "s1"}).json["name"] == "Новое"
        changed = desk.patch("sources", [{"id": row_id, "external_id": "s9"}, {"id": 5}])
        assert changed.faults == [("0", "external_id", "FieldNotExpected"), ("1", "id", "EntityNotFound")]
        assert desk.patch("sources", [{"id": row_id, "name": "x"}]).rows("sources")[0]["name"] == "x"
        assert desk.patch("sources/5", {"name": "x"}).status == 404

    def test_limits(self, desk):
        def rows(count, start=0):
            return [{"name": "x", "external_id": str(start + at)} for at in range(count)]

        assert desk.post("sources", rows(51)).status == 422
        desk.make("sources", *rows(50))
        desk.make("sources", *rows(50, 50))
        assert desk.post("sources", rows(1, 100)).status == 400

    def test_deletion(self, desk):
        assert desk.delete("sources", [{"id": 5}]).status == 404
        first, second = source(desk), source(desk, "s2")
        wrong = desk.delete("sources", [{"id": first}, {"id": 5, "request_id": "r"}])
        assert wrong.status == 400
        (error,) = wrong.json["errors"]
        assert error["request_id"] == "r"
        assert error["errors"]["code"] == "EntityNotFound", "one object, as the API page has it"
        assert desk.delete("sources", [{"id": first}]).status == 204
        assert desk.delete(f"sources/{second}").status == 204
        assert desk.delete(f"sources/{second}").status == 404
        assert desk.get("sources").status == 204


class TestWebsiteButtons:
    def made(self, desk, **more):
        body = {"pipeline_id": desk.emu.state.main_pipeline["id"], "trusted_websites": ["a.example"], **more}
        return desk.post("website_buttons", body)

    def test_the_source_comes_at_once_the_button_later(self, desk):
        assert desk.get("website_buttons").status == 204
        answer = self.made(desk, name="Кнопка")
        assert (answer.status, answer.json["trusted_websites"]) == (202, ["a.example"])
        path = f"website_buttons/{answer.json['source_id']}"
        row = desk.get(f"{path}?with=scripts,deleted").json
        assert (row["creation_status"], row["button_id"], row["script"]) == ("creation_pending", None, None)
        desk.clock.advance(2)
        row = desk.get(f"{path}?with=scripts,deleted").json
        assert (row["creation_status"], row["is_deleted"]) == ("created", False)
        assert row["button_id"] is not None
        assert row["script"].startswith("<script>")
        plain = desk.get(path).json
        assert "script" not in plain
        assert plain["is_deleted"] is False  # the official client reads it, asked for or not
        assert [item["source_id"] for item in desk.get("website_buttons").rows("website_buttons")] == [
            answer.json["source_id"]
        ]

    @pytest.mark.parametrize(
        ("fields", "fault"),
        [
            ({"pipeline_id": 5}, ("pipeline_id", "NotSupportedChoice")),
            ({"trusted_websites": []}, ("trusted_websites", "FieldMissing")),
            ({"trusted_websites": ["x"] * 11}, ("trusted_websites", "TooMany")),
        ],
    )
    def test_faults(self, desk, fields, fault):
        assert self.made(desk, **fields).faults == [("0", *fault)]

    def test_for_an_app_without_sites(self, desk):
        assert self.made(desk, trusted_websites=[], is_used_in_app=True).status == 202

    def test_update_and_online_chat(self, desk):
        path = f"website_buttons/{self.made(desk).json['source_id']}"
        body = {"trusted_websites": {"add": ["b.example", "a.example"]}, "name": "Новая"}
        changed = desk.patch(path, body)
        assert (changed.status, changed.json["name"]) == (200, "Новая")
        assert changed.json["script"].startswith("<script>")
        (row,) = desk.emu.state.buttons.all()
        assert row["_trusted"] == ["a.example", "b.example"]
        assert desk.patch(path, {"trusted_websites": ["c.example"]}).status == 400
        chat = desk.post(f"{path}/online_chat")
        assert (chat.status, chat.json) == (202, {})
        assert desk.get("website_buttons/5").status == 404
        assert desk.post("website_buttons/5/online_chat").status == 404
