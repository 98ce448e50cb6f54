"""The rate rule and the ban."""

from __future__ import annotations

import pytest
from unit.emulator.desk import Desk

from amocrm_sync.testing import Faults


@pytest.fixture
def desk() -> Desk:
    return Desk(rate_limit=True)


def burst(desk, count):
    return [desk.get("account").status for _ in range(count)]


def test_seven_a_calendar_second_and_the_eighth_is_refused(desk):
    desk.clock.advance(0.9)
    assert burst(desk, 8) == [200] * 7 + [429]
    desk.clock.advance(0.1)
    assert burst(desk, 8) == [200] * 7 + [429]
    assert desk.emu.stats.rate_limited == 2
    refusal = desk.get("account")
    assert refusal.headers["content-type"] == "application/problem+json"
    assert refusal.json["status"] == 429


def test_a_sliding_second_counts_across_the_boundary():
    desk = Desk(rate_limit=True, rate_window="sliding")
    desk.clock.advance(0.9)
    assert burst(desk, 7) == [200] * 7
    desk.clock.advance(0.2)
    assert burst(desk, 1) == [429]
    desk.clock.advance(0.9)
    assert burst(desk, 1) == [200]


def test_a_refused_request_has_no_effect(desk):
    burst(desk, 7)
    assert desk.post("leads", [{}]).status == 429
    assert len(desk.emu.leads) == 0


def test_all_tokens_of_the_integration_count_together(desk):
    burst(desk, 7)
    assert desk.get("account", authorization=f"Bearer {desk.emu.long_lived_token()}").status == 429


def test_the_token_endpoint_and_bad_tokens_do_not_count(desk):
    for _ in range(30):
        assert desk.send("POST", "/oauth2/access_token", {}).status == 400
        assert desk.get("account", authorization="Bearer nonsense").status == 401
    assert burst(desk, 7) == [200] * 7


def test_twenty_refusals_within_ten_seconds_ban_everything(desk):
    assert burst(desk, 27) == [200] * 7 + [429] * 20
    desk.clock.advance(3600)
    answer = desk.get("account")
    assert answer.status == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<html>")
    assert desk.send("POST", "/oauth2/access_token", {}).status == 403
    assert (desk.emu.is_banned, desk.emu.stats.bans) == (True, 1)
    desk.emu.unban()
    assert burst(desk, 1) == [200]


def test_refusals_that_lie_further_apart_do_not(desk):
    for _ in range(5):
        assert burst(desk, 17).count(429) == 10
        desk.clock.advance(10)
    assert not desk.emu.is_banned


def test_resetting_forgets_all_of_it(desk):
    burst(desk, 26)
    desk.emu.reset_limits()
    assert burst(desk, 8) == [200] * 7 + [429]
    assert not desk.emu.is_banned


def test_off_is_off():
    desk = Desk(rate_limit=False)
    assert set(burst(desk, 60)) == {200}


def test_faults_may_switch_it_off(desk):
    desk.emu.faults = Faults(rate_limit=False)
    assert set(burst(desk, 60)) == {200}
