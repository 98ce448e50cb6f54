"""Subscribers, short links, currencies, event types, and the exchange of an old API key."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


class TestSubscriptions:
    def test_the_responsible_user_and_followers(self, desk):
        lead, admin = desk.lead(), desk.emu.state.admin_id()
        other = desk.make("users", {"name": "B", "email": "b@example.com", "password": "secret123"})[0]
        desk.emu.ui.follow("leads", lead, other)
        answer = desk.get(f"leads/{lead}/subscriptions")
        assert answer.rows("subscriptions") == [
            {"subscriber_id": admin, "type": "user"},
            {"subscriber_id": other, "type": "user"},
        ]
        assert (answer.json["_total_items"], answer.json["_page_count"]) == (2, 1)
        assert len(desk.get(f"leads/{lead}/subscriptions?limit=1&page=2").rows("subscriptions")) == 1

    def test_of_customers_and_of_nothing(self, desk):
        customer = desk.make("customers", {"name": "x"})[0]
        assert desk.get(f"customers/{customer}/subscriptions").status == 200
        assert desk.get("leads/5/subscriptions").status == 404
        assert desk.get(f"contacts/{desk.contact()}/subscriptions").status == 404

    def test_nobody(self, desk):
        lead = desk.lead(responsible_user_id=0)
        assert desk.get(f"leads/{lead}/subscriptions").status == 204


class TestShortLinks:
    def test_one_for_each_contact(self, desk):
        one, two = desk.contact(), desk.contact()
        bodies = [
            {"url": "https://example.com", "metadata": {"entity_type": "contacts", "entity_id": row_id}}
            for row_id in (one, two)
        ]
        rows = desk.post("short_links", bodies).rows("short_links")
        assert [row["metadata"]["entity_id"] for row in rows] == [one, two]
        assert len({row["url"] for row in rows}) == 2
        assert all(row["url"].startswith("https://amo.sh/") for row in rows)

    def test_faults(self, desk):
        answer = desk.post(
            "short_links",
            [
                {"metadata": {"entity_type": "leads", "entity_id": 1}},
                {"url": "https://example.com", "metadata": {"entity_type": "contacts", "entity_id": 5}},
            ],
        )
        assert answer.faults == [
            ("0", "url", "FieldMissing"),
            ("0", "metadata.entity_type", "NotSupportedChoice"),
            ("1", "metadata.entity_id", "NotSupportedChoice"),
        ]


def test_currencies(desk):
    codes = [row["code"] for row in desk.get("currencies").rows("currencies")]
    assert desk.get("account").json["currency"] in codes
    assert desk.get("currencies?page=9").status == 204


def test_every_documented_kind_of_event_is_listed(desk):
    keys = [row["key"] for row in desk.get("events/types").rows("events_types")]
    assert len(keys) == len(set(keys)) == 60
    assert {"customer_added", "transaction_added", "incoming_chat_message", "ltv_field_changed"} <= set(keys)


class TestExchangeOfAnApiKey:
    def ask(self, desk, **changes):
        (user,) = desk.get("users").rows("users")
        body = {
            "login": user["email"],
            "api_key": desk.emu.ui.api_key(),
            "client_uuid": "id",
            "client_secret": "sec",
            "state": "s",
            **changes,
        }
        return desk.send("POST", "/oauth2/exchange_api_key", body)

    def test_the_code_comes_to_the_redirect_address(self, desk):
        answer = self.ask(desk)
        assert (answer.status, answer.body) == (202, b"")
        (callback,) = desk.emu.state.callbacks
        query = {key: values[0] for key, values in parse_qs(urlsplit(callback).query).items()}
        assert (query["from_exchange"], query["state"], query["referer"]) == ("1", "s", "demo.amocrm.ru")
        body = {
            "client_id": "id",
            "client_secret": "sec",
            "grant_type": "authorization_code",
            "code": query["code"],
            "redirect_uri": "https://example.com/cb",
        }
        assert desk.send("POST", "/oauth2/access_token", body).json["token_type"] == "Bearer"

    def test_once_in_five_minutes(self, desk):
        self.ask(desk)
        assert self.ask(desk).status == 429
        desk.clock.advance(300)
        assert self.ask(desk).status == 202

    def test_wrong_data(self, desk):
        assert self.ask(desk, client_secret="x").status == 400
        assert self.ask(desk, api_key="x").status == 403
        assert self.ask(desk, login="nobody@example.com").status == 403
        assert desk.emu.state.callbacks == []
