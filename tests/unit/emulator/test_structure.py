"""Account, pipelines and stages, loss reasons, users and roles."""

from __future__ import annotations

import pytest

BASE = {"name": "Second", "sort": 5, "is_main": False, "is_unsorted_on": True}


def test_the_account_carries_what_the_official_library_reads_without_asking(desk):
    account = desk.get("account").json
    assert {
        "name",
        "subdomain",
        "created_by",
        "created_at",
        "updated_by",
        "updated_at",
        "current_user_id",
        "country",
        "currency",
        "is_unsorted_on",
        "mobile_feature_version",
        "customers_mode",
        "is_loss_reason_enabled",
        "is_helpbot_enabled",
        "is_technical_account",
        "contact_name_display_order",
    } <= account.keys()
    assert "_embedded" not in account
    assert "amojo_id" not in account


def test_the_account_with_everything(desk):
    top = {
        "amojo_id",
        "uuid",
        "version",
        "drive_url",
        "is_api_filter_enabled",
        "invoices_settings",
        "entity_names",
    }
    below = {"amojo_rights", "users_groups", "task_types", "datetime_settings"}
    account = desk.get("account?with=" + ",".join(top | below)).json
    assert top <= account.keys()
    assert account["_embedded"].keys() == below
    assert account["_embedded"]["datetime_settings"]["timezone_offset"] == "+03:00"
    assert {"name", "color", "icon_id", "code"} <= account["_embedded"]["task_types"][0].keys()


class TestPipelines:
    def test_every_pipeline_has_three_stages_of_the_system(self, desk):
        (row,) = desk.post("leads/pipelines", [{**BASE, "request_id": "p"}]).rows("pipelines")
        stages = row["_embedded"]["statuses"]
        assert row["request_id"] == "p"
        assert [stage["type"] for stage in stages] == [1, 0, 0, 0]
        assert [stage["id"] for stage in stages[-2:]] == [142, 143]
        assert [stage["is_editable"] for stage in stages] == [False, True, False, False]
        assert {stage["pipeline_id"] for stage in stages} == {row["id"]}
        assert stages[0]["id"] not in {
            stage["id"] for stage in desk.emu.stages(min(desk.emu.pipelines)).values()
        }

    def test_its_stages_come_with_it_and_won_may_be_renamed(self, desk):
        statuses = [{"name": "b", "sort": 30}, {"name": "a", "sort": 20}, {"id": 142, "name": "Hooray"}]
        (row,) = desk.post("leads/pipelines", [{**BASE, "_embedded": {"statuses": statuses}}]).rows(
            "pipelines"
        )
        assert [stage["name"] for stage in row["_embedded"]["statuses"]][1:4] == ["a", "b", "Hooray"]

    def test_a_new_main_pipeline_takes_the_place_of_the_old(self, desk):
        (row,) = desk.post("leads/pipelines", [{**BASE, "is_main": True}]).rows("pipelines")
        assert [key for key, pipeline in desk.emu.pipelines.items() if pipeline["is_main"]] == [row["id"]]
        assert desk.emu.leads[desk.lead()]["pipeline_id"] == row["id"]
        desk.patch(f"leads/pipelines/{min(desk.emu.pipelines)}", {"is_main": True})
        assert desk.emu.leads[desk.lead()]["pipeline_id"] == min(desk.emu.pipelines)

    def test_the_list_has_a_total_and_no_pages(self, desk):
        desk.post("leads/pipelines", [BASE])
        answer = desk.get("leads/pipelines?limit=1").json
        assert answer["_total_items"] == len(answer["_embedded"]["pipelines"]) == 2
        assert "next" not in answer["_links"]

    def test_what_is_refused(self, desk):
        missing = [("0", name, "FieldMissing") for name in ("name", "sort", "is_main", "is_unsorted_on")]
        assert desk.post("leads/pipelines", [{}]).faults == missing
        nested = {**BASE, "_embedded": {"statuses": [{"name": "x"}]}}
        assert desk.post("leads/pipelines", [nested]).faults == [
            ("0", "_embedded.statuses.0.sort", "FieldMissing")
        ]
        nested = {**BASE, "_embedded": {"statuses": [{"id": 7, "name": "x", "sort": 1}]}}
        assert desk.post("leads/pipelines", [nested]).faults == [
            ("0", "_embedded.statuses.0.id", "NotSupportedChoice")
        ]
        assert desk.post("leads/pipelines", [BASE for _ in range(50)]).status == 400

    def test_only_an_empty_pipeline_that_is_not_the_last_goes(self, desk):
        main = min(desk.emu.pipelines)
        assert desk.delete(f"leads/pipelines/{main}").status == 400
        (other,) = desk.make("leads/pipelines", BASE)
        desk.lead()
        assert desk.delete(f"leads/pipelines/{main}").status == 400
        assert desk.delete(f"leads/pipelines/{other}").status == 204
        assert desk.get(f"leads/pipelines/{other}").status == 404


class TestStages:
    @pytest.fixture
    def path(self, desk) -> str:
        return f"leads/pipelines/{min(desk.emu.pipelines)}/statuses"

    def test_create_read_change(self, desk, path):
        (stage,) = desk.post(path, [{"name": "New", "sort": 15, "color": "#fffeb2"}]).rows("statuses")
        assert desk.get(f"{path}/{stage['id']}").json["name"] == "New"
        assert desk.get(path).rows("statuses")[1]["id"] == stage["id"]
        assert desk.patch(f"{path}/{stage['id']}", {"name": "Newer"}).json["name"] == "Newer"
        assert desk.get(f"{path}/{stage['id']}?with=descriptions").json["descriptions"] == []

    def test_of_won_and_lost_only_the_name_changes(self, desk, path):
        answer = desk.patch(f"{path}/142", {"name": "Yes!", "sort": 1}).json
        assert (answer["name"], answer["sort"]) == ("Yes!", 10_000)
        assert desk.delete(f"{path}/142").status == 400

    def test_colours_are_of_the_palette_and_a_pipeline_has_100_stages_at_most(self, desk, path):
        assert desk.post(path, [{"name": "x", "sort": 1, "color": "#123456"}]).faults == [
            ("0", "color", "NotSupportedChoice")
        ]
        assert desk.post(path, [{"name": "x", "sort": 1} for _ in range(95)]).status == 400

    def test_leads_of_a_deleted_stage_move_to_the_first(self, desk, path):
        (stage,) = desk.make(path, {"name": "New", "sort": 999})
        lead = desk.lead(status_id=stage)
        assert desk.delete(f"{path}/{stage}").status == 204
        assert desk.emu.leads[lead]["status_id"] == desk.emu.state.first_stage(min(desk.emu.pipelines))
        assert desk.get(f"{path}/{stage}").status == 404


def test_loss_reasons(desk):
    assert desk.get("leads/loss_reasons").status == 204
    one, two = desk.make("leads/loss_reasons", {"name": "Price"}, {"name": "Time", "sort": 1})
    assert {"name", "sort", "created_at", "updated_at"} <= desk.get(f"leads/loss_reasons/{one}").json.keys()
    assert desk.delete(f"leads/loss_reasons/{one}").status == 204
    assert desk.get("leads/loss_reasons").ids("loss_reasons") == [two]
    assert desk.get(f"leads/loss_reasons/{one}").status == 204


class TestPeople:
    def user(self, desk, **more) -> int:
        return desk.make("users", {"name": "Ann", "email": "ann@example.com", "password": "Secret1", **more})[
            0
        ]

    def test_rights_are_whole(self, desk):
        for user in desk.get("users").rows("users"):
            rights = user["rights"]
            for entity in ("leads", "contacts", "companies"):
                assert rights[entity].keys() == {"view", "edit", "add", "delete", "export"}
            assert rights["tasks"].keys() == {"edit", "delete"}
            flags = {
                "mail_access",
                "catalog_access",
                "is_admin",
                "is_free",
                "is_active",
                "group_id",
                "role_id",
            }
            assert flags | {"status_rights"} <= rights.keys()

    def test_totals_and_pages(self, desk):
        self.user(desk)
        answer = desk.get("users?limit=1").json
        assert (answer["_total_items"], answer["_page_count"], answer["_page"]) == (2, 2, 1)
        assert desk.walk("users?limit=1", "users") == sorted(desk.emu.users)

    def test_creation_answers_201_and_denies_what_was_not_granted(self, desk):
        user = desk.emu.users[self.user(desk, rights={"leads": {"view": "M"}})]
        assert user["rights"]["leads"] == {"view": "M"}
        assert user["rights"]["contacts"]["view"] == "D"
        assert (user["rights"]["is_admin"], user["rights"]["is_active"]) == (False, True)

    def test_what_is_refused(self, desk):
        self.user(desk)
        body = {"name": "x", "email": "ann@example.com", "password": "y"}
        assert desk.post("users", [body]).faults == [("0", "email", "NotUnique")]
        assert (
            desk.post("users", [{**body, "email": "n@example.com", "rights": {"role_id": 5}}]).status == 400
        )
        assert desk.post("users", [body for _ in range(11)]).status == 422
        assert desk.post("users/deactivate", [{"id": 5}]).faults == [("0", "id", "EntityNotFound")]

    def test_what_with_adds(self, desk):
        (role,) = desk.make("roles", {"name": "Seller", "rights": {"leads": {"view": "A"}}})
        user_id = self.user(desk, rights={"role_id": role})
        bare = desk.get(f"users/{user_id}").json
        assert not {"uuid", "amojo_id", "_embedded", "user_rank"} & bare.keys()
        full = desk.get(f"users/{user_id}?with=role,group,uuid,amojo_id,user_rank,phone_number").json
        assert {"uuid", "amojo_id", "user_rank", "phone_number"} <= full.keys()
        assert full["_embedded"]["roles"] == [{"id": role, "name": "Seller"}]
        assert full["_embedded"]["groups"][0]["id"] == 0
        assert full["rights"]["leads"] == {"view": "A"}
        assert desk.get(f"roles/{role}?with=users").json["_embedded"]["users"] == [user_id]

    def test_users_follow_their_role(self, desk):
        (role,) = desk.make("roles", {"name": "Seller"})
        user_id = self.user(desk, rights={"role_id": role})
        answer = desk.patch(f"roles/{role}", {"rights": {"mail_access": True}})
        assert (answer.status, answer.json["rights"]["mail_access"]) == (202, True)
        assert desk.emu.users[user_id]["rights"]["mail_access"] is True
        assert desk.delete(f"roles/{role}").status == 204
        assert desk.emu.users[user_id]["rights"]["role_id"] is None
        assert desk.get("roles").status == 204
