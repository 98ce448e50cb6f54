# Generated from tests/contract/_async/test_token_manager.py by tools/unasync.py: edit that file instead.
"""Renewals: how many, by whom, and what happens when one goes wrong."""

from __future__ import annotations

import logging

import attrs
import pytest
from contract._sync.token_fakes import (
    ACCOUNT,
    KEY,
    LOST,
    NEVER_SENT,
    FailingStore,
    ForgetfulStore,
    SpyStore,
    Wire,
    manager,
    oauth,
)
from oauth_server import ACCOUNT_ID, DAY, REDIRECT, SECRET, USER_ID, OAuthServer
from wire import Answer, problem

from amocrm_sync._clock import SYSTEM_CLOCK
from amocrm_sync._core.oauth import LEASE_SECONDS
from amocrm_sync._core.token_life import record_of
from amocrm_sync._core.tokens import TokenRecord
from amocrm_sync._sync._primitives import bounded_map
from amocrm_sync._sync.auth import TokenManager
from amocrm_sync._sync.exchange import Exchange
from amocrm_sync.errors import (
    AuthorizationLost,
    ConfigurationError,
    ForbiddenError,
    InvalidResponseError,
    NotConnectedError,
    OAuthError,
    RateLimitedError,
    RequestNotSent,
    ServerError,
    TokensNotSaved,
    TransportError,
)
from amocrm_sync.stores import FileTokenStore, MemoryTokenStore
from amocrm_sync.testing import ManualClock

pytestmark = pytest.mark.anyio

HALF = DAY * 0.6
LAST_MINUTES = DAY - 200
EXPIRED = DAY + 1


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock) -> OAuthServer:
    return OAuthServer(clock)


@pytest.fixture
def store(clock) -> MemoryTokenStore:
    return MemoryTokenStore(clock=clock)


def stored(store, record: TokenRecord) -> TokenRecord:
    assert store.swap(KEY, None, record)
    return record


# When a token is renewed


def test_a_fresh_token_comes_from_memory(server, clock):
    store = SpyStore(clock=clock)
    record = stored(store, server.record())
    tokens = manager(store, Wire(server), clock)
    assert [tokens.token() for _ in range(50)] == [record.access_token] * 50
    assert store.loads == 1


def test_a_server_that_keeps_the_refresh_token_is_asked_once(server, clock, store):
    old = stored(store, server.record(age=EXPIRED))
    pair = {
        "token_type": "Bearer",
        "expires_in": DAY,
        "access_token": "newer",
        "refresh_token": old.refresh_token,
    }
    wire = Wire(server, lambda sent: answered(Answer(json=pair)))
    assert manager(store, wire, clock).token() == "newer"
    new = store.load(KEY)
    assert new is not None
    assert (new.access_token, new.refresh_token, new.version) == ("newer", old.refresh_token, 2)
    assert len(wire.sent) == 1


def answered(answer: Answer) -> Answer:
    return answer


def test_without_tokens_the_error_names_account_and_owner(server, clock, store):
    tokens = TokenManager(oauth(store, "user-42"), ACCOUNT, Wire(server), clock=clock)
    with pytest.raises(NotConnectedError, match=r"demo\.amocrm\.ru and owner 'user-42'"):
        tokens.token()


def test_an_expired_token_is_renewed_and_saved_with_its_facts(server, clock, store):
    old = stored(store, server.record(age=EXPIRED, version=1))
    wire = Wire(server)
    token = manager(store, wire, clock).token()
    new = store.load(KEY)
    assert new is not None
    assert new.access_token == token != old.access_token
    assert new.refresh_token != old.refresh_token
    assert (new.version, new.created_at, new.updated_at) == (2, old.created_at, clock.now())
    assert new.expires_at == clock.now() + DAY
    assert (new.account_id, new.user_id, new.scopes) == (ACCOUNT_ID, USER_ID, ("crm", "files"))
    assert new.api_domain == "api-a.amocrm.ru"
    [sent] = wire.sent
    assert sent.url == "https://demo.amocrm.ru/oauth2/access_token"
    assert sent.json == {
        "grant_type": "refresh_token",
        "client_id": KEY.client_id,
        "client_secret": SECRET,
        "redirect_uri": REDIRECT,
        "refresh_token": old.refresh_token,
    }


def test_past_half_of_its_life_one_caller_renews(server, clock, store):
    old = stored(store, server.record(age=HALF))
    tokens = manager(store, Wire(server), clock)
    assert tokens.token() == old.access_token  # just loaded: good enough for the first call
    new = tokens.token()
    assert new != old.access_token
    assert server.refreshes == 1


def test_past_half_of_its_life_nobody_waits_for_another_process(server, clock, store):
    old = stored(store, server.record(age=HALF))
    held = store.lease(KEY, LEASE_SECONDS)
    assert held is not None
    tokens = manager(store, Wire(server), clock)
    began = clock.monotonic()
    assert [tokens.token() for _ in range(20)] == [old.access_token] * 20
    assert (clock.monotonic(), server.refreshes) == (began, 0)


def test_a_failed_renewal_ahead_is_no_failed_call_and_is_not_repeated_at_once(server, clock, store, caplog):
    old = stored(store, server.record(age=HALF))
    wire = Wire(server, problem(502), problem(502))
    tokens = manager(store, wire, clock)
    with caplog.at_level(logging.WARNING):
        assert [tokens.token() for _ in range(20)] == [old.access_token] * 20
    assert len(wire.sent) == 1
    assert "502" in caplog.text
    assert old.access_token not in caplog.text
    clock.advance(61)
    assert tokens.token() == old.access_token
    clock.advance(61)
    assert tokens.token() != old.access_token


def test_in_the_last_minutes_everybody_waits_for_the_new_token(server, clock, store):
    old = stored(store, server.record(age=LAST_MINUTES))
    assert manager(store, Wire(server), clock).token() != old.access_token


def test_a_lease_of_a_dead_process_is_waited_out(server, clock, store):
    old = stored(store, server.record(age=EXPIRED))
    assert store.lease(KEY, 30.0) is not None
    began = clock.monotonic()
    assert manager(store, Wire(server), clock).token() != old.access_token
    assert 30.0 <= clock.monotonic() - began < 31.0


def test_who_waits_gives_up_in_the_end(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    assert store.lease(KEY, 3600.0) is not None
    wire = Wire(server)
    with pytest.raises(RequestNotSent, match="another process"):
        manager(store, wire, clock).token()
    assert wire.sent == []


def test_what_another_process_has_renewed_is_used(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    theirs = manager(store, Wire(server), clock)
    ours = manager(store, Wire(server), clock)
    token = theirs.token()
    assert ours.token() == token
    assert server.refreshes == 1


def test_a_token_without_a_known_end_is_renewed_by_a_401_only(server, clock, store):
    record = stored(store, attrs.evolve(server.record(), expires_at=None))
    tokens = manager(store, Wire(server), clock)
    clock.advance(400 * DAY)
    assert tokens.token() == record.access_token
    assert tokens.token(rejected=record.access_token) != record.access_token


# A 401


def test_a_401_renews_the_token_it_was_sent_with(server, clock, store):
    old = stored(store, server.record())
    tokens = manager(store, Wire(server), clock)
    assert tokens.token() == old.access_token
    new = tokens.token(rejected=old.access_token)
    assert new != old.access_token
    assert tokens.token(rejected=old.access_token) == new  # a late 401 of the old token
    assert tokens.token() == new
    assert server.refreshes == 1


def test_a_401_for_what_another_process_has_replaced_costs_no_refresh(server, clock, store):
    old = stored(store, server.record())
    tokens = manager(store, Wire(server), clock)
    tokens.token()
    assert store.swap(KEY, 1, server.record(version=2))
    assert tokens.token(rejected=old.access_token) != old.access_token
    assert server.refreshes == 0


def test_a_rejected_token_is_not_served_again_when_it_cannot_be_renewed(server, clock, store):
    old = stored(store, server.record())
    server.live.clear()
    tokens = manager(store, Wire(server), clock)
    with pytest.raises(AuthorizationLost):
        tokens.token(rejected=old.access_token)
    with pytest.raises(AuthorizationLost):
        tokens.token()


# Many at once


def test_twenty_callers_of_one_client_refresh_once(server, clock):
    store = SpyStore(clock=clock)
    stored(store, server.record(age=EXPIRED))
    tokens = manager(store, Wire(server, latency=0.02), clock)
    got = bounded_map(lambda _: tokens.token(), range(20), limit=20)
    assert len(set(got)) == 1
    assert (server.refreshes, server.refusals) == (1, 0)
    assert store.loads == 3  # by the one who worked: before the lease, under it, before the save


def test_twenty_clients_of_one_store_refresh_once(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, latency=0.02)
    got = bounded_map(lambda _: manager(store, wire, clock).token(), range(20), limit=20)
    assert len(set(got)) == 1
    assert (server.refreshes, server.refusals) == (1, 0)


def test_clients_that_share_nothing_but_the_file_refresh_once(tmp_path):
    # By the system's clock: polls move a manual one on, and would outlast the lease of the one who works.
    server = OAuthServer(SYSTEM_CLOCK)
    path = tmp_path / "tokens.json"
    stored(FileTokenStore(path), server.record(age=EXPIRED))
    wire = Wire(server, latency=0.02)
    got = bounded_map(lambda _: manager(FileTokenStore(path), wire, SYSTEM_CLOCK).token(), range(8), limit=8)
    assert len(set(got)) == 1
    assert (server.refreshes, server.refusals) == (1, 0)


def test_twenty_late_401s_refresh_once(server, clock, store):
    old = stored(store, server.record())
    tokens = manager(store, Wire(server, latency=0.02), clock)
    got = bounded_map(lambda _: tokens.token(rejected=old.access_token), range(20), limit=20)
    assert len(set(got)) == 1
    assert server.refreshes == 1


def test_who_waited_for_a_failure_does_not_repeat_it(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, *[problem(500)] * 20, latency=0.05)
    tokens = manager(store, wire, clock)

    def attempt(_: int) -> str:
        try:
            return tokens.token()
        except ServerError as error:
            return error.message

    assert len(set(bounded_map(attempt, range(10), limit=10))) == 1
    assert len(wire.sent) == 1


# What may go wrong on the way


def test_a_lease_lost_before_sending_sends_nothing(server, clock):
    store = ForgetfulStore(clock=clock, lost=3)
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server)
    manager(store, wire, clock).token()
    assert (store.lost, len(wire.sent), server.refusals) == (0, 1, 0)


def test_what_was_renewed_just_before_the_lease_was_taken_is_found_by_reading_again(server, clock):
    class BusyStore(MemoryTokenStore):
        def lease(self, key, ttl):
            self.swap(key, 1, faster)
            return super().lease(key, ttl)

    store = BusyStore(clock=clock)
    stored(store, server.record(age=EXPIRED))
    faster = server.record(version=2)
    wire = Wire(server)
    assert manager(store, wire, clock).token() == faster.access_token
    assert wire.sent == []


def test_a_lease_that_is_almost_over_sends_nothing(server, clock):
    class SlowStore(MemoryTokenStore):
        def lease(self, key, ttl):
            lease = super().lease(key, ttl)
            clock.advance(50)  # this process was sleep
            return lease

    store = SlowStore(clock=clock)
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server)
    with pytest.raises(RequestNotSent):
        manager(store, wire, clock).token()
    assert wire.sent == []


def test_the_exchange_fits_into_the_lease(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server)
    manager(store, wire, clock).token()
    [seconds] = wire.timeouts
    assert seconds is not None
    assert 5 < seconds <= (LEASE_SECONDS - 5) / 4  # pool, connect, write and read each have this long


def test_a_longer_lease_gives_the_exchange_longer_and_its_end_is_waited_for(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    dead = store.lease(KEY, 200)
    assert dead is not None
    wire = Wire(server)
    auth = attrs.evolve(oauth(store), lease_seconds=200)
    began = clock.monotonic()
    TokenManager(auth, ACCOUNT, wire, clock=clock).token()
    assert 200 <= clock.monotonic() - began < 201
    assert wire.timeouts == [pytest.approx((200 - 5) / 4)]


@pytest.mark.parametrize("seconds", [0, -60, 14.9, float("nan")])
def test_a_lease_that_no_exchange_fits_into_is_refused(seconds, store):
    with pytest.raises(ConfigurationError, match="lease_seconds: at least 15 seconds"):
        attrs.evolve(oauth(store), lease_seconds=seconds)


def test_what_was_not_carried_out_is_sent_again(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, NEVER_SENT, problem(429))
    manager(store, wire, clock).token()
    assert (len(wire.sent), server.refreshes) == (3, 1)


@pytest.mark.parametrize(("step", "kind"), [(NEVER_SENT, RequestNotSent), (problem(429), RateLimitedError)])
def test_but_not_for_ever(server, clock, store, step, kind):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, *[step] * 9)
    with pytest.raises(kind):
        manager(store, wire, clock).token()
    assert len(wire.sent) == 3


def test_a_refresh_token_that_may_have_arrived_is_not_sent_twice_in_one_go(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, LOST)
    tokens = manager(store, wire, clock)
    with pytest.raises(TransportError, match="read timeout"):
        tokens.token()
    assert len(wire.sent) == 1
    tokens.token()  # it had not arrived after all
    assert server.refreshes == 1


def test_a_lost_answer_ends_in_authorization_lost_after_the_old_token_has_served(server, clock, store):
    old = stored(store, server.record(age=LAST_MINUTES))
    wire = Wire(server, "lost answer")
    tokens = manager(store, wire, clock)
    for _ in range(15):
        assert tokens.token() == old.access_token
        clock.advance(10)
    clock.advance(60)
    with pytest.raises(AuthorizationLost, match="already used"):
        tokens.token()
    assert server.refusals == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(500), ServerError),
        (Answer(403, body=b"<html>Blocked</html>", headers={"content-type": "text/html"}), ForbiddenError),
        (Answer(200, body=b"<html>", headers={"content-type": "text/html"}), InvalidResponseError),
        (Answer(200, {"access_token": "half-of-a-pair", "token_type": "Bearer"}), InvalidResponseError),
        (Answer(400, {"hint": "Client authentication failed"}), OAuthError),
    ],
)
def test_an_odd_answer_is_never_a_token(server, clock, store, answer, kind):
    old = stored(store, server.record(age=EXPIRED))
    with pytest.raises(kind) as caught:
        manager(store, Wire(server, answer), clock).token()
    assert not isinstance(caught.value, AuthorizationLost)
    assert "half-of-a-pair" not in str(caught.value)
    assert store.load(KEY) == old


def test_while_the_server_is_down_the_old_token_serves_without_a_request_for_each_call(server, clock, store):
    old = stored(store, server.record(age=LAST_MINUTES))
    wire = Wire(server, *[problem(500)] * 9)
    tokens = manager(store, wire, clock)
    assert [tokens.token() for _ in range(20)] == [old.access_token] * 20
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {"hint": "Client authentication failed"}),
        Answer(403, body=b"<html>Blocked</html>", headers={"content-type": "text/html"}),
    ],
)
def test_a_wrong_secret_or_a_ban_is_not_hammered(server, clock, store, answer):
    stored(store, server.record(age=EXPIRED))
    wire = Wire(server, answer)
    tokens = manager(store, wire, clock)
    for _ in range(20):
        with pytest.raises((OAuthError, ForbiddenError)):
            tokens.token()
        clock.advance(2.9)
    assert len(wire.sent) == 1
    clock.advance(2.1)
    tokens.token()
    assert (len(wire.sent), server.refreshes) == (2, 1)


def test_a_disconnect_is_noticed_although_the_old_token_would_serve(server, clock, store):
    stored(store, server.record(age=LAST_MINUTES))

    def slow(sent):
        store.delete(KEY)
        return server.answer(sent)

    tokens = manager(store, Wire(server, slow), clock)
    for _ in range(2):
        with pytest.raises(NotConnectedError):
            tokens.token()


# A refused refresh token


def test_a_refusal_is_written_down_and_not_repeated(server, clock, store):
    old = stored(store, server.record(age=EXPIRED))
    server.live.clear()
    tokens = manager(store, Wire(server), clock)
    for _ in range(3):
        with pytest.raises(AuthorizationLost, match="connect again"):
            tokens.token()
    with pytest.raises(AuthorizationLost):
        manager(store, Wire(server), clock).token()
    assert server.refusals == 1
    noted = store.load(KEY)
    assert noted is not None
    assert (noted.version, noted.last_error_at) == (2, clock.now())
    assert "Token has been revoked" in (noted.last_error or "")
    assert attrs.evolve(noted, version=1, last_error=None, last_error_at=None) == old


def test_after_a_while_it_is_asked_again(server, clock, store):
    old = stored(store, server.record(age=EXPIRED))
    server.live.clear()
    tokens = manager(store, Wire(server), clock)
    with pytest.raises(AuthorizationLost):
        tokens.token()
    server.live.add(old.refresh_token or "")  # the integration was switched on again
    clock.advance(301)
    tokens.token()
    renewed = store.load(KEY)
    assert renewed is not None
    assert renewed.last_error is None


def test_while_it_lasts_the_old_token_serves(server, clock, store):
    old = stored(store, server.record(age=LAST_MINUTES))
    server.live.clear()
    tokens = manager(store, Wire(server), clock)
    assert [tokens.token() for _ in range(5)] == [old.access_token] * 5
    assert server.refusals == 1
    clock.advance(201)
    with pytest.raises(AuthorizationLost):
        tokens.token()


def test_refused_because_another_process_was_faster(server, clock, store):
    stored(store, server.record(age=EXPIRED))
    faster = server.record(version=2)

    def lose(_):
        assert store.swap(KEY, 1, faster)
        return Answer(401, {"hint": "Token has been revoked"})

    assert manager(store, Wire(server, lose), clock).token() == faster.access_token
    assert store.load(KEY) == faster


def test_without_a_refresh_token_the_error_says_so(server, clock, store):
    stored(store, attrs.evolve(server.record(age=EXPIRED), refresh_token=None))
    with pytest.raises(AuthorizationLost, match="no refresh token"):
        manager(store, Wire(server), clock).token()


# Saving


def test_a_save_that_fails_for_a_moment_is_repeated(server, clock):
    store = FailingStore(clock=clock)
    stored(store, server.record(age=EXPIRED))
    store.failures = 3
    token = manager(store, Wire(server), clock).token()
    saved = store.load(KEY)
    assert saved is not None
    assert saved.access_token == token


def test_a_failed_save_never_loses_the_only_copy(server, clock):
    store = FailingStore(clock=clock)
    stored(store, server.record(age=EXPIRED))
    store.failures = 8
    tokens = manager(store, Wire(server), clock)
    for _ in range(2):
        with pytest.raises(TokensNotSaved, match="no space left on device") as caught:
            tokens.token()
        assert "def50200" not in str(caught.value)
        assert store.lease(KEY, 1) is None  # so that nobody sends the refresh token that is dead now
    del tokens
    token = manager(
        store, Wire(server), clock
    ).token()  # another client of this process, the disk is free again
    saved = store.load(KEY)
    assert saved is not None
    assert (saved.access_token, saved.version) == (token, 2)
    assert (server.refreshes, server.refusals) == (1, 0)


def test_what_is_only_in_memory_wins_over_the_refusal_that_others_wrote_down(server, clock):
    store = FailingStore(clock=clock)
    old = stored(store, server.record(age=EXPIRED))
    store.failures = 4
    tokens = manager(store, Wire(server), clock)
    with pytest.raises(TokensNotSaved):
        tokens.token()
    assert store.swap(KEY, 1, attrs.evolve(old, version=2, last_error="Token has been revoked"))
    tokens.token()
    saved = store.load(KEY)
    assert saved is not None
    assert (saved.version, saved.last_error) == (3, None)


def test_a_new_consent_wins_over_a_renewal_that_was_under_way(server, clock, store):
    old = stored(store, server.record(age=EXPIRED))
    consent = server.record(version=2)

    def slow(sent):
        assert store.swap(KEY, old.version, consent)
        return server.answer(sent)

    assert manager(store, Wire(server, slow), clock).token() == consent.access_token
    assert store.load(KEY) == consent


def test_a_renewal_does_not_bring_back_what_was_disconnected(server, clock, store):
    stored(store, server.record(age=EXPIRED))

    def slow(sent):
        store.delete(KEY)
        return server.answer(sent)

    with pytest.raises(NotConnectedError):
        manager(store, Wire(server, slow), clock).token()
    assert store.load(KEY) is None


def test_an_adopted_pair_replaces_whatever_is_stored(server, clock, store):
    stored(store, server.record(version=7))
    exchange = Exchange(oauth(store), ACCOUNT, store, Wire(server), clock)
    pair = exchange.send("authorization_code", "good-code", seconds=5)
    adopted = exchange.adopt(record_of(pair, clock.now(), domain=ACCOUNT.host))
    assert adopted.version == 8
    assert store.load(KEY) == adopted


# Forced


def test_refresh_renews_a_fresh_token(server, clock, store):
    old = stored(store, server.record())
    tokens = manager(store, Wire(server), clock)
    tokens.token()
    renewed = tokens.refresh()
    assert renewed.access_token != old.access_token
    assert tokens.token() == renewed.access_token
    assert server.refreshes == 1


def test_refresh_reports_a_refusal_even_while_the_token_serves(server, clock, store):
    old = stored(store, server.record())
    server.live.clear()
    tokens = manager(store, Wire(server), clock)
    for _ in range(2):
        with pytest.raises(AuthorizationLost):
            tokens.refresh()
    assert tokens.token() == old.access_token


def test_an_opaque_token_works(server, clock, store):
    stored(store, attrs.evolve(server.record(), access_token="opaque", expires_at=clock.now() - 1))
    opaque = Answer(
        json={"access_token": "next", "refresh_token": "r2", "expires_in": 60, "token_type": "Bearer"}
    )
    tokens = manager(store, Wire(server, opaque), clock)
    assert tokens.token() == "next"
    saved = store.load(KEY)
    assert saved is not None
    assert (saved.expires_at, saved.account_id) == (clock.now() + 60, None)
