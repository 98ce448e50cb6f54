# Generated from tests/unit/handlers/_async/test_security.py by tools/unasync.py: edit that file instead.
"""Deny by default: who is nobody, who is too often, what is too large, and what answers must not say."""

from __future__ import annotations

import logging
import pickle

import pytest
from unit.handlers._sync.world import OWNER, PLENTY, config, known, request, world

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import (
    Allowance,
    AnyOf,
    CRMHandlers,
    Principal,
    Rate,
    Request,
    SessionAuthenticator,
)
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

SESSION_KEY = "k" * 40


def test_without_an_authenticator_everything_but_public_routes_is_closed():
    handlers = CRMHandlers(failures=Allowance(1000))
    for route in handlers.router.routes:
        path = handlers.router.path_of(route).format(id=1, entity="leads", secret="s" * 20, name="x")
        answer = handlers.handle(request(route.method, path, "admin"))
        assert route.is_public or answer.status == 401, route.name


@pytest.mark.parametrize(
    "path", ["/", "/admin", "/admin/crm/config/", "/admin/crm/../crm/config", "/admin/crm/%63onfig"]
)
def test_a_path_that_is_nearly_one_is_none(path):
    assert ((world(connected=False)).ask("GET", path)).status == 404


def test_a_wrong_method_names_the_right_ones():
    answer = (world(connected=False)).ask("DELETE", "/admin/crm/config", "admin")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


def test_development_routes_are_off_and_say_so():
    host = world(connected=False)
    body = {"access_token": "a", "refresh_token": "r"}
    answer = host.ask("POST", "/integrations/amo-crm/set-tokens", "admin", body)
    assert (answer.status, answer.json()["code"]) == (404, "development-only")
    assert (host.ask("POST", "/integrations/amo-crm/set-tokens", None, body)).status == 401


def test_a_service_serves_every_owner_and_an_administrator_too():
    host = world()
    for who in ("service", "admin"):
        assert (host.ask("GET", f"/admin/crm/stats?owner={OWNER}", who)).status == 200
        assert (host.ask("GET", "/admin/crm/stats?owner=nobody", who)).json()["code"] == "no-owner"


def test_a_user_sees_their_own_settings_only():
    host = world()
    changed = host.ask("PUT", "/admin/crm/config", "other", {"client_id": "other-integration"})
    assert changed.status == 200
    assert (host.ask("GET", "/admin/crm/config", "own")).json()["client_id"] == "id"
    assert (host.ask("GET", "/admin/crm/config", "other")).json()["client_id"] == "other-integration"


def test_users_of_a_shared_account_leave_its_tokens_alone():
    handlers = CRMHandlers(
        flow=((world()).connections.get(OWNER)).flow,
        engine=(world()).engine(),
        owner="host",
        shared=True,
        authenticate=known,
    )
    assert (handlers.handle(request("GET", "/admin/crm/stats", "own"))).status == 200
    refused = handlers.handle(request("POST", "/admin/crm/disconnect", "own"))
    assert (refused.status, refused.json()["code"]) == (403, "another-owner")
    assert (handlers.handle(request("POST", "/admin/crm/disconnect", "admin"))).status == 200


def test_the_secret_is_write_only_and_an_empty_one_keeps_it():
    host = world()
    answer = host.ask("PUT", "/admin/crm/config", "own", {"client_secret": "", "sync_tasks": False})
    assert answer.status == 200
    assert "sec" not in answer.json().values()
    assert answer.json()["has_client_secret"] is True
    kept = host.configs.load(OWNER)
    assert (kept.client_secret.get_secret_value(), kept.sync_tasks) == ("sec", False)


def test_changed_settings_are_in_force_at_once():
    host = world()
    before = (host.engine()).config.entities
    host.ask("PUT", "/admin/crm/config", "own", {"sync_tasks": False, "sync_contacts": False})
    assert "tasks" in before
    assert set((host.engine()).config.entities) == {"pipelines", "users", "roles", "leads"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://host.example/cb"),
        ("mobile_redirect_uris", ["no address"]),
        ("lead_stage_id", 5),
        ("lead_pipeline_id", 0),
        ("sync_leads", "yes"),
        ("surprise", 1),
        ("subdomain", "a b"),
    ],
)
def test_a_wrong_setting_is_named(field, value):
    answer = (world()).ask("PUT", "/admin/crm/config", "own", {field: value})
    assert answer.status == 422
    named = [error["field"].partition(".")[0] for error in answer.json()["errors"]]
    assert named == [{"lead_stage_id": "lead_pipeline_id"}.get(field, field)]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"sync_tasks": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"[]", "application/json", 422),
        (b'{"subdomain": ' + b"[" * 500 + b"]" * 500 + b"}", "application/json", 400),
        (b'{"subdomain": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        (b'{"subdomain": "' + b"[{" * 500 + b'"}', "application/json", 422),
    ],
)
def test_limits_of_a_body(body, kind, status):
    host = world(connected=False)
    answer = host.ask("PUT", "/admin/crm/config", "own", body=body, headers={"Content-Type": kind})
    assert answer.status == status


def test_asking_too_often_is_answered_with_when_to_come_again():
    rates = {**PLENTY, Rate.SYNC: Allowance(2, 60)}
    host = world(rates=rates)
    statuses = [(host.ask("POST", "/integrations/amo-crm/sync-users")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    last = host.ask("POST", "/integrations/amo-crm/sync-users", "own")
    assert 1 <= int(last.headers["Retry-After"]) <= 30
    elsewhere = host.ask("POST", "/integrations/amo-crm/sync-users", "service", client="198.51.100.4")
    assert elsewhere.status == 200
    same_user = host.ask("POST", "/integrations/amo-crm/sync-users", "own", client="198.51.100.5")
    assert same_user.status == 429
    host.clock.advance(30)
    assert (host.ask("POST", "/integrations/amo-crm/sync-users")).status == 200


def test_guessing_credentials_is_slowed_down():
    host = world(connected=False, failures=Allowance(3))
    statuses = [(host.ask("GET", "/admin/crm/status", "guess")).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert (host.ask("GET", "/admin/crm/status", "own")).status == 200


def test_a_fault_of_ours_says_nothing_of_it(caplog):
    host = world()
    engine = host.engine()
    engine.status = _broken
    with caplog.at_level(logging.ERROR):
        answer = host.ask("GET", "/admin/crm/stats")
    assert answer.status == 500
    assert b"postgresql" not in answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "GET failed" in caplog.text


def _broken():
    raise RuntimeError("postgresql://user:password@db/host")


def test_every_answer_has_the_security_headers():
    host = world(connected=False)
    for path in ("/admin/crm/status", "/nothing", "/openapi.json"):
        headers = (host.ask("GET", path, None)).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


def test_a_session_by_cookie_must_bring_its_token():
    clock = ManualClock()
    sessions = SessionAuthenticator(SESSION_KEY, clock=clock)
    host = world(connected=False)
    handlers = CRMHandlers(
        connections=host.connections, configs=host.configs, authenticate=AnyOf(known, sessions)
    )
    cookie = sessions.issue(Principal(id=OWNER, role="user"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    jar = {"Cookie": cookie.partition(";")[0]}

    def put(**headers):
        asked = request("PUT", "/admin/crm/config", None, {"sync_tasks": False}, headers={**jar, **headers})
        return (handlers.handle(asked)).status

    found = handlers.handle(request("GET", "/admin/crm/session", None, headers=jar))
    token = found.json()["csrf"]
    assert put() == 403
    assert put(**{"X-CSRF-Token": token[:-1] + ("0" if token[-1] != "0" else "1")}) == 403
    assert put(**{"X-CSRF-Token": token}) == 200
    clock.advance(13 * 3600)
    assert put(**{"X-CSRF-Token": token}) == 401


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "a.ключ", "eyJpZCI6ICJyb290In0.00"])
def test_a_forged_session_is_nobody(cookie):
    sessions = SessionAuthenticator(SESSION_KEY)
    asked = Request("GET", "/", headers={"Cookie": f"amo_session={cookie}"})
    assert sessions(asked) is None


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"webhook_secret": "short"}, "webhook_secret"),
        ({"groups": ("surprise",)}, "groups"),
        ({"groups": "admin"}, "groups"),
        ({"webhook_ips": ("300.1.1.1",)}, "webhook_ips"),
        ({"webhook_ips": "203.0.113.7"}, "webhook_ips"),
        ({"surprise": 1}, "surprise"),
        ({"connections": object(), "engine": object()}, "connections"),
    ],
)
def test_a_wrong_argument_is_named(arguments, names):
    with pytest.raises(ConfigurationError, match=names):
        CRMHandlers(**arguments)


def test_nothing_with_secrets_pickles_or_shows_them():
    host = world()
    asked = Request("POST", "/webhooks/amocrm/the-secret-in-it", headers={"Authorization": "Bearer t0ken"})
    assert "the-secret-in-it" not in repr(asked)
    assert "t0ken" not in repr(asked)
    with pytest.raises(TypeError):
        pickle.dumps(host.handlers)
    assert "sec" not in repr(config()).replace("client_secret", "").replace("webhook_secret", "")
