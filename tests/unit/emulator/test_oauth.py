"""Consent, codes, tokens and their ends."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc.jwk import OctKey
from joserfc.jwt import decode
from unit.emulator.desk import Desk

CLIENT = {"client_id": "id", "client_secret": "sec", "redirect_uri": "https://example.com/cb"}
TOKEN = "/oauth2/access_token"


def exchange(desk, **body: Any):
    grant = "authorization_code" if "code" in body else "refresh_token"
    return desk.send("POST", TOKEN, {**CLIENT, "grant_type": grant, **body}, authorization="")


def pair(desk) -> dict[str, Any]:
    return exchange(desk, code=desk.emu.authorization_code()).json


def works(desk, token: str) -> bool:
    status = desk.get("account", authorization=f"Bearer {token}").status
    assert status in (200, 401)
    return status == 200


def claims(token: str) -> dict[str, Any]:
    import base64

    import orjson

    body = token.split(".")[1]
    return orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class TestConsent:
    def go(self, desk, **query):
        answer = desk.send("GET", "https://www.amocrm.ru/oauth?" + urlencode({"client_id": "id", **query}))
        assert answer.status == 302
        location = urlsplit(answer.headers["location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == CLIENT["redirect_uri"]
        return {name: values[0] for name, values in parse_qs(location.query).items()}

    def test_it_gives_a_code_that_works_once(self, desk):
        given = self.go(desk, state="a&b=c", mode="popup")
        assert (given["state"], given["referer"], given["platform"]) == ("a&b=c", "demo.amocrm.ru", "1")
        assert given["client_id"] == "id"
        assert exchange(desk, code=given["code"]).status == 200
        assert exchange(desk, code=given["code"]).status == 400

    def test_no_state_comes_back_when_none_was_sent(self, desk):
        assert "state" not in self.go(desk)

    def test_declining(self, desk):
        assert self.go(desk, state="s", deny=1) == {"error": "access_denied", "state": "s", "client_id": "id"}

    def test_on_a_socket_the_account_is_where_the_page_is(self, desk):
        answer = desk.send("GET", "http://127.0.0.1:8123/oauth?client_id=id")
        assert parse_qs(urlsplit(answer.headers["location"]).query)["referer"] == ["127.0.0.1:8123"]

    def test_an_unknown_integration_is_refused(self, desk):
        assert desk.send("GET", "/oauth?client_id=other").status == 400


class TestExchange:
    def test_the_answer_has_the_documented_fields(self, desk):
        answer = pair(desk)
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86_400)
        assert answer["server_time"] == desk.now
        assert works(desk, answer["access_token"])

    def test_forms_are_taken_like_json(self, desk):
        body = {**CLIENT, "grant_type": "authorization_code", "code": desk.emu.authorization_code()}
        for kind in ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8"):
            answer = desk.send("POST", TOKEN, raw=urlencode(body).encode(), content_type=kind)
            assert answer.status == 200, answer.body
            body |= {"grant_type": "refresh_token", "refresh_token": answer.json["refresh_token"]}

    def test_access_tokens_are_jwts_with_the_known_claims(self, desk):
        (user_id,) = desk.make("users", {"name": "A", "email": "a@example.com", "password": "Secret1"})
        token = exchange(desk, code=desk.emu.authorization_code(user_id)).json["access_token"]
        seen = claims(token)
        assert (seen["aud"], seen["sub"], seen["account_id"]) == ("id", str(user_id), 28_805_383)
        assert (seen["iat"], seen["exp"]) == (desk.now, desk.now + 86_400)
        assert (seen["base_domain"], seen["api_domain"]) == ("amocrm.ru", "api-a.amocrm.ru")
        assert "crm" in seen["scopes"]
        assert desk.get("account", authorization=f"Bearer {token}").json["current_user_id"] == user_id
        with pytest.raises(Exception, match="bad_signature"):
            decode(token, OctKey.import_key("sec" * 8))

    @pytest.mark.parametrize(
        "change",
        [
            {"client_secret": "wrong"},
            {"client_id": "wrong"},
            {"redirect_uri": "https://example.com/other"},
            {"redirect_uri": None},
            {"grant_type": "password"},
            {"code": "nonsense"},
        ],
    )
    def test_wrong_data_is_a_400_that_says_what_is_wrong(self, desk, change):
        code = desk.emu.authorization_code()
        answer = exchange(desk, **{"code": code, **change})
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/json"
        assert {"title", "hint", "detail", "status"} <= answer.json.keys()
        assert desk.emu.stats.token_refusals == 1
        assert exchange(desk, code=code).status == 200

    def test_a_code_lives_twenty_minutes(self, desk):
        first, second = desk.emu.authorization_code(), desk.emu.authorization_code()
        desk.clock.advance(20 * 60 - 1)
        assert exchange(desk, code=first).status == 200
        desk.clock.advance(1)
        assert "expired" in exchange(desk, code=second).json["hint"]


class TestRefresh:
    def test_strict_kills_the_old_refresh_token_and_leaves_the_access_token(self, desk):
        old = pair(desk)
        new = exchange(desk, refresh_token=old["refresh_token"]).json
        assert new["refresh_token"] != old["refresh_token"]
        assert works(desk, new["access_token"])
        assert works(desk, old["access_token"])
        again = exchange(desk, refresh_token=old["refresh_token"])
        assert again.status == 401
        assert again.headers["content-type"] == "application/problem+json"
        assert exchange(desk, refresh_token=new["refresh_token"]).status == 200
        assert desk.emu.stats.refreshes == 2

    def test_overlap_keeps_it_until_its_successor_is_used(self):
        desk = Desk(refresh_mode="overlap")
        old = pair(desk)["refresh_token"]
        lost = exchange(desk, refresh_token=old).json["refresh_token"]
        kept = exchange(desk, refresh_token=old).json["refresh_token"]
        assert exchange(desk, refresh_token=lost).status == 401
        assert exchange(desk, refresh_token=kept).status == 200
        assert exchange(desk, refresh_token=old).status == 401

    def test_grants_are_independent_of_each_other(self, desk):
        one, two = pair(desk), pair(desk)
        assert exchange(desk, refresh_token=one["refresh_token"]).status == 200
        assert exchange(desk, refresh_token=two["refresh_token"]).status == 200

    def test_unused_for_three_months_it_is_dead(self, desk):
        token = pair(desk)["refresh_token"]
        desk.clock.advance(90 * 86_400)
        assert exchange(desk, refresh_token=token).status == 401


class TestEnds:
    def test_access_tokens_end_by_the_clock(self):
        desk = Desk(access_ttl=100)
        token = pair(desk)["access_token"]
        desk.clock.advance(99)
        assert works(desk, token)
        desk.clock.advance(1)
        assert not works(desk, token)

    def test_or_when_they_are_told_to_but_never_long_lived_ones(self, desk):
        token, lasting = desk.emu.issue_tokens()["access_token"], desk.emu.long_lived_token()
        desk.emu.expire_access_tokens()
        assert (works(desk, token), works(desk, lasting)) == (False, True)
        assert claims(lasting)["exp"] > desk.now + 4 * 365 * 86_400
        assert works(desk, desk.emu.issue_tokens()["access_token"])

    def test_switching_the_integration_off_ends_everything(self, desk):
        tokens = pair(desk)
        desk.emu.revoke_tokens()
        assert not works(desk, tokens["access_token"])
        assert not works(desk, desk.token)
        assert exchange(desk, refresh_token=tokens["refresh_token"]).status == 401


class TestWhoseTokenIsThis:
    def test_by_access_token(self, desk):
        answer = desk.send("GET", "https://www.amocrm.ru/oauth2/account/subdomain")
        expected = {
            "id": 28_805_383,
            "subdomain": "demo",
            "domain": "demo.amocrm.ru",
            "top_level_domain": "ru",
        }
        assert answer.json == expected
        assert desk.send("GET", "/oauth2/account/subdomain", authorization="").status == 401

    def test_by_refresh_token_after_the_account_was_renamed(self, desk):
        token = pair(desk)["refresh_token"]
        desk.emu.settings.subdomain = "renamed"
        url = "https://api-a.amocrm.ru/oauth2/account/current/subdomain"
        answer = desk.send("GET", url, authorization="", x_refresh_token=token)
        assert answer.json["domain"] == "renamed.amocrm.ru"
        exchange(desk, refresh_token=token)
        assert desk.send("GET", url, x_refresh_token=token).status == 401
        assert desk.send("GET", url).status == 401

    def test_the_user(self, desk):
        assert desk.send("GET", "/v3/user").json["id"] == min(desk.emu.users)
