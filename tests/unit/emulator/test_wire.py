"""What every answer has in common: HAL, empty answers, problems, bodies."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk


def test_an_empty_list_and_a_missing_row_are_204_without_a_body_or_type(desk):
    for path in ("leads", "contacts/5", "tasks?page=3", "leads/notes", "events/nothing"):
        answer = desk.get(path)
        assert (answer.status, answer.body, answer.headers) == (204, b"", {})


def test_missing_pipelines_users_and_fields_are_404(desk):
    for path in (
        "leads/pipelines/1",
        "leads/pipelines/1/statuses",
        "users/1",
        "roles/1",
        "leads/custom_fields/1",
    ):
        answer = desk.get(path)
        assert answer.status == 404
        assert answer.json["status"] == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_path_is_404_and_a_wrong_method_405(desk):
    assert desk.get("no/such/thing").status == 404
    assert desk.delete("leads/5").status == 405
    assert desk.post("users/1").status == 405
    assert desk.get("leads/abc").status == 404


def test_without_a_good_token_everything_is_401(desk):
    for value in ("", "Bearer", "Bearer nonsense", "Basic abc", desk.token):
        answer = desk.get("leads", authorization=value)
        assert answer.status == 401
        assert answer.json["detail"]
        assert "validation-errors" not in answer.json


def test_links_stand_on_the_origin_of_the_request(desk):
    desk.make("leads", {}, {}, {})
    desk.origin = "http://127.0.0.1:8123"
    answer = desk.get("leads?limit=1&page=2&filter%5Bid%5D%5B%5D=1&filter[x]=я")
    assert answer.status == 204
    links = desk.get("leads?limit=1&page=2&order[id]=desc").json["_links"]
    assert links["next"]["href"] == "http://127.0.0.1:8123/api/v4/leads?limit=1&order[id]=desc&page=3"
    assert links["first"]["href"].endswith("page=1")
    assert links["prev"]["href"].endswith("page=1")


def test_the_last_page_has_no_next_even_when_it_is_full(desk):
    desk.make("leads", {}, {}, {}, {})
    answer = desk.get("leads?limit=2&page=2")
    assert len(answer.ids("leads")) == 2
    assert "next" not in answer.json["_links"]
    assert answer.json["_page"] == 2


@pytest.mark.parametrize("limit", ["0", "-1", "x", ""])
def test_a_senseless_limit_is_the_default(desk, limit):
    desk.make("leads", *({} for _ in range(60)))
    assert len(desk.get(f"leads?limit={limit}").ids("leads")) == 50


def test_limits_are_cut_down_to_the_maximum_of_the_list(desk):
    desk.emu.load("/api/v4/leads", [{} for _ in range(300)])
    assert len(desk.get("leads?limit=500").ids("leads")) == 250
    for lead_id in desk.get("leads?limit=250").ids("leads")[:120]:
        desk.patch(f"leads/{lead_id}", {"price": 7})
    assert len(desk.get("events?limit=250").ids("events")) == 100


def test_the_body_must_be_an_array_of_objects_on_a_collection(desk):
    assert desk.post("leads", {"name": "x"}).status == 400
    assert desk.post("leads", []).json["detail"] == "Request data is empty"
    assert desk.post("leads", [1]).status == 400
    assert desk.patch("leads/1", [{"name": "x"}]).status == 400
    assert (
        desk.send("POST", "/api/v4/leads", raw=b"{not json")
        .json["detail"]
        .startswith("Request data is not valid")
    )
    assert desk.post("leads").status == 400


def test_more_than_250_rows_are_refused_whole(desk):
    assert desk.post("leads", [{} for _ in range(251)]).status == 422
    assert len(desk.emu.leads) == 0
    assert desk.post("leads", [{} for _ in range(250)]).status == 200
    assert len(desk.emu.leads) == 250


def test_request_id_comes_back_as_text_and_the_index_stands_in_for_it(desk):
    rows = desk.post("leads", [{"request_id": 7}, {"request_id": "a"}, {}, {"request_id": None}]).rows(
        "leads"
    )
    assert [row["request_id"] for row in rows] == ["7", "a", "2", "3"]
    assert "request_id" not in desk.get(f"leads/{rows[0]['id']}").json


def test_one_bad_row_refuses_the_batch_and_nothing_is_stored(desk):
    answer = desk.post("leads", [{"name": "good"}, {"name": 5, "request_id": "second"}, {"price": "x"}])
    assert answer.faults == [("second", "name", "InvalidType"), ("2", "price", "InvalidType")]
    assert answer.json["title"] == "Bad Request"
    assert answer.json["detail"] == "Request validation failed"
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(desk.emu.leads) == 0


def test_an_account_that_did_not_pay_reads_but_does_not_write(desk):
    lead_id = desk.lead()
    desk.emu.settings.is_paid = False
    assert desk.get(f"leads/{lead_id}").status == 200
    assert desk.patch(f"leads/{lead_id}", {"price": 1}).status == 402


def test_everybody_but_an_administrator_is_kept_from_what_is_for_administrators(desk):
    rights = {"leads": {"view": "A"}}
    body = {"name": "Ann", "email": "ann@example.com", "password": "Secret1", "rights": rights}
    (user_id,) = desk.make("users", body)
    admin, desk.token = desk.token, desk.emu.long_lived_token(user_id)
    assert {desk.get(path).status for path in ("users", "roles", "webhooks", f"users/{user_id}")} == {403}
    assert desk.post("leads/pipelines", [{}]).status == 403
    assert desk.get("account").json["current_user_id"] == user_id
    assert desk.get("leads/pipelines").status == 200
    desk.token = admin
    assert desk.get("account", x_context_user_id=str(user_id)).json["current_user_id"] == user_id
    assert desk.get("users", x_context_user_id=str(user_id)).status == 403
    assert desk.get("account", x_context_user_id="999").status == 403


def test_handle_never_raises(desk, monkeypatch):
    monkeypatch.setattr(desk.emu.state, "now", lambda: 1 / 0)
    answer = desk.get("account")
    assert answer.status == 500
    assert "ZeroDivisionError" in answer.json["detail"]


def test_the_log_and_the_figures_tell_what_was_answered(desk):
    desk.get("leads?page=2")
    desk.get("nothing")
    assert [(entry.method, entry.path, entry.status) for entry in desk.emu.requests] == [
        ("GET", "/api/v4/leads", 204),
        ("GET", "/api/v4/nothing", 404),
    ]
    assert desk.emu.stats.by_status == {204: 1, 404: 1}
    assert desk.emu.requests[0].at == desk.clock.now()


def test_the_same_seed_and_requests_give_the_same_bytes():
    def run(seed: int) -> list[bytes]:
        desk = Desk(seed=seed)
        desk.subscribe("add_lead", "update_lead")
        code = desk.emu.authorization_code()
        body = {"client_id": "id", "client_secret": "sec", "redirect_uri": "https://example.com/cb"}
        body |= {"grant_type": "authorization_code", "code": code}
        answers = [
            desk.send("POST", "/oauth2/access_token", body),
            desk.post("leads", [{"name": "a", "_embedded": {"tags": [{"name": "t"}]}}]),
            desk.patch("leads", [{"id": desk.get("leads").ids("leads")[0], "price": 5}]),
            desk.get("leads?with=contacts"),
            desk.get("events"),
            desk.get("account?with=amojo_id,uuid"),
        ]
        return [answer.body for answer in answers] + [item.body for item in desk.emu.webhooks.drain()]

    assert run(1) == run(1)
    assert run(1)[0] != run(2)[0]


def test_load_says_what_would_be_refused(desk):
    with pytest.raises(ValueError, match="InvalidType"):
        desk.emu.load("/api/v4/leads", [{"price": "x"}])
    with pytest.raises(ValueError, match="No such method"):
        desk.emu.load("/api/v4/dogs", [{}])
    desk.subscribe("add_lead")
    assert desk.lead() == min(desk.emu.leads)
    assert len(desk.emu.webhooks.pending) == 1


def test_load_keeps_times_and_tells_nobody(desk):
    desk.subscribe("add_lead")
    (row,) = desk.emu.load("/api/v4/leads", [{"name": "old", "created_at": 5, "updated_at": 6}])
    lead = desk.emu.leads[row["id"]]
    assert (lead["created_at"], lead["updated_at"]) == (5, 6)
    assert desk.hooks() == []
    assert desk.emu.events == []
