"""Deny by default: who is nobody, who is too often, what is too large, and what answers must not say."""

from __future__ import annotations

import logging
import pickle

import pytest
from unit.handlers._async.world import OWNER, PLENTY, config, known, request, world

from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import (
    Allowance,
    AsyncAnyOf,
    AsyncCRMHandlers,
    AsyncSessionAuthenticator,
    Principal,
    Rate,
    Request,
)
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

SESSION_KEY = "k" * 40


async def test_without_an_authenticator_everything_but_public_routes_is_closed():
    handlers = AsyncCRMHandlers(failures=Allowance(1000))
    for route in handlers.router.routes:
        path = handlers.router.path_of(route).format(id=1, entity="leads", secret="s" * 20, name="x")
        answer = await handlers.handle(request(route.method, path, "admin"))
        assert route.is_public or answer.status == 401, route.name


@pytest.mark.parametrize(
    "path", ["/", "/admin", "/admin/crm/config/", "/admin/crm/../crm/config", "/admin/crm/%63onfig"]
)
async def test_a_path_that_is_nearly_one_is_none(path):
    assert (await (await world(connected=False)).ask("GET", path)).status == 404


async def test_a_wrong_method_names_the_right_ones():
    answer = await (await world(connected=False)).ask("DELETE", "/admin/crm/config", "admin")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, PUT")


async def test_development_routes_are_off_and_say_so():
    host = await world(connected=False)
    body = {"access_token": "a", "refresh_token": "r"}
    answer = await host.ask("POST", "/integrations/amo-crm/set-tokens", "admin", body)
    assert (answer.status, answer.json()["code"]) == (404, "development-only")
    assert (await host.ask("POST", "/integrations/amo-crm/set-tokens", None, body)).status == 401


async def test_a_service_serves_every_owner_and_an_administrator_too():
    host = await world()
    for who in ("service", "admin"):
        assert (await host.ask("GET", f"/admin/crm/stats?owner={OWNER}", who)).status == 200
        assert (await host.ask("GET", "/admin/crm/stats?owner=nobody", who)).json()["code"] == "no-owner"


async def test_a_user_sees_their_own_settings_only():
    host = await world()
    changed = await host.ask("PUT", "/admin/crm/config", "other", {"client_id": "other-integration"})
    assert changed.status == 200
    assert (await host.ask("GET", "/admin/crm/config", "own")).json()["client_id"] == "id"
    assert (await host.ask("GET", "/admin/crm/config", "other")).json()["client_id"] == "other-integration"


async def test_users_of_a_shared_account_leave_its_tokens_alone():
    handlers = AsyncCRMHandlers(
        flow=(await (await world()).connections.get(OWNER)).flow,
        engine=await (await world()).engine(),
        owner="host",
        shared=True,
        authenticate=known,
    )
    assert (await handlers.handle(request("GET", "/admin/crm/stats", "own"))).status == 200
    refused = await handlers.handle(request("POST", "/admin/crm/disconnect", "own"))
    assert (refused.status, refused.json()["code"]) == (403, "another-owner")
    assert (await handlers.handle(request("POST", "/admin/crm/disconnect", "admin"))).status == 200


async def test_the_secret_is_write_only_and_an_empty_one_keeps_it():
    host = await world()
    answer = await host.ask("PUT", "/admin/crm/config", "own", {"client_secret": "", "sync_tasks": False})
    assert answer.status == 200
    assert "sec" not in answer.json().values()
    assert answer.json()["has_client_secret"] is True
    kept = await host.configs.load(OWNER)
    assert (kept.client_secret.get_secret_value(), kept.sync_tasks) == ("sec", False)


async def test_changed_settings_are_in_force_at_once():
    host = await world()
    before = (await host.engine()).config.entities
    await host.ask("PUT", "/admin/crm/config", "own", {"sync_tasks": False, "sync_contacts": False})
    assert "tasks" in before
    assert set((await host.engine()).config.entities) == {"pipelines", "users", "roles", "leads"}


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
async def test_a_wrong_setting_is_named(field, value):
    answer = await (await world()).ask("PUT", "/admin/crm/config", "own", {field: value})
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
async def test_limits_of_a_body(body, kind, status):
    host = await world(connected=False)
    answer = await host.ask("PUT", "/admin/crm/config", "own", body=body, headers={"Content-Type": kind})
    assert answer.status == status


async def test_asking_too_often_is_answered_with_when_to_come_again():
    rates = {**PLENTY, Rate.SYNC: Allowance(2, 60)}
    host = await world(rates=rates)
    statuses = [(await host.ask("POST", "/integrations/amo-crm/sync-users")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    last = await host.ask("POST", "/integrations/amo-crm/sync-users", "own")
    assert 1 <= int(last.headers["Retry-After"]) <= 30
    elsewhere = await host.ask("POST", "/integrations/amo-crm/sync-users", "service", client="198.51.100.4")
    assert elsewhere.status == 200
    same_user = await host.ask("POST", "/integrations/amo-crm/sync-users", "own", client="198.51.100.5")
    assert same_user.status == 429
    host.clock.advance(30)
    assert (await host.ask("POST", "/integrations/amo-crm/sync-users")).status == 200


async def test_guessing_credentials_is_slowed_down():
    host = await world(connected=False, failures=Allowance(3))
    statuses = [(await host.ask("GET", "/admin/crm/status", "guess")).status for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert (await host.ask("GET", "/admin/crm/status", "own")).status == 200


async def test_a_fault_of_ours_says_nothing_of_it(caplog):
    host = await world()
    engine = await host.engine()
    engine.status = _broken
    with caplog.at_level(logging.ERROR):
        answer = await host.ask("GET", "/admin/crm/stats")
    assert answer.status == 500
    assert b"postgresql" not in answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "GET failed" in caplog.text


async def _broken():
    raise RuntimeError("postgresql://user:password@db/host")


async def test_every_answer_has_the_security_headers():
    host = await world(connected=False)
    for path in ("/admin/crm/status", "/nothing", "/openapi.json"):
        headers = (await host.ask("GET", path, None)).headers
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"


async def test_a_session_by_cookie_must_bring_its_token():
    clock = ManualClock()
    sessions = AsyncSessionAuthenticator(SESSION_KEY, clock=clock)
    host = await world(connected=False)
    handlers = AsyncCRMHandlers(
        connections=host.connections, configs=host.configs, authenticate=AsyncAnyOf(known, sessions)
    )
    cookie = sessions.issue(Principal(id=OWNER, role="user"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    jar = {"Cookie": cookie.partition(";")[0]}

    async def put(**headers):
        asked = request("PUT", "/admin/crm/config", None, {"sync_tasks": False}, headers={**jar, **headers})
        return (await handlers.handle(asked)).status

    found = await handlers.handle(request("GET", "/admin/crm/session", None, headers=jar))
    token = found.json()["csrf"]
    assert await put() == 403
    assert await put(**{"X-CSRF-Token": token[:-1] + ("0" if token[-1] != "0" else "1")}) == 403
    assert await put(**{"X-CSRF-Token": token}) == 200
    clock.advance(13 * 3600)
    assert await put(**{"X-CSRF-Token": token}) == 401


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "a.ключ", "eyJpZCI6ICJyb290In0.00"])
async def test_a_forged_session_is_nobody(cookie):
    sessions = AsyncSessionAuthenticator(SESSION_KEY)
    asked = Request("GET", "/", headers={"Cookie": f"amo_session={cookie}"})
    assert await sessions(asked) is None


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
async def test_a_wrong_argument_is_named(arguments, names):
    with pytest.raises(ConfigurationError, match=names):
        AsyncCRMHandlers(**arguments)


async def test_nothing_with_secrets_pickles_or_shows_them():
    host = await world()
    asked = Request("POST", "/webhooks/amocrm/the-secret-in-it", headers={"Authorization": "Bearer t0ken"})
    assert "the-secret-in-it" not in repr(asked)
    assert "t0ken" not in repr(asked)
    with pytest.raises(TypeError):
        pickle.dumps(host.handlers)
    assert "sec" not in repr(config()).replace("client_secret", "").replace("webhook_secret", "")
