"""The plan of faults by itself: what it answers, what it lets through, and that a seed repeats it."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from amocrm_sync.testing import Faults
from amocrm_sync.testing.emulator.http import Request, Response
from amocrm_sync.testing.faults import LostAnswer

DONE = Response(status=200, body=b"done")
ORIGIN = "https://demo.amocrm.ru"


def request(method: str = "GET", path: str = "/api/v4/leads", token: str = "t") -> Request:
    return Request(method=method, url=ORIGIN + path, headers={"authorization": f"Bearer {token}"})


def through(faults: Faults, sent: Request) -> tuple[Response, bool]:
    """The answer as a client gets it, and whether the request was executed: the emulator's way with a plan."""
    instead = faults.before(sent)
    if instead is not None:
        return instead, False
    return faults.after(sent, DONE), True


def test_no_faults_change_nothing():
    assert [through(Faults(), request()) for _ in range(100)] == [(DONE, True)] * 100


def test_rates_are_kept():
    faults = Faults(seed=3, error_rate=0.2, timeout_rate=0.1, lost_answers=0.05)
    seen: Counter[tuple[str, bool]] = Counter()
    for _ in range(10_000):
        answer, executed = through(faults, request())
        kind = "lost" if isinstance(answer, LostAnswer) else "fine" if answer.status == 200 else "error"
        seen[kind, executed] += 1
    assert seen["error", True] + seen["error", False] == pytest.approx(2_000, rel=0.1)
    assert seen["error", True] == pytest.approx(1_000, rel=0.15)  # half of the errors come after the effect
    assert seen["lost", False] == pytest.approx(1_000, rel=0.15)
    assert seen["lost", True] == pytest.approx(500, rel=0.2)


def test_errors_are_those_of_servers_and_gateways():
    faults = Faults(error_rate=1.0)
    answers = [through(faults, request())[0] for _ in range(100)]
    assert {answer.status for answer in answers} == {500, 502, 503, 504}
    assert {answer.header("content-type") for answer in answers if answer.status == 500} == {
        "application/problem+json"
    }
    assert {answer.header("content-type") for answer in answers if answer.status > 500} == {"text/html"}
    assert all(str(answer.status).encode() in answer.body for answer in answers)


def test_a_seed_repeats_and_another_differs():
    def story(seed: int) -> list[tuple[int, bool]]:
        faults = Faults(seed=seed, error_rate=0.3, lost_answers=0.3)
        return [(answer.status, done) for answer, done in (through(faults, request()) for _ in range(50))]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_the_token_endpoint_is_spared_unless_asked_for():
    token = request("POST", "/oauth2/access_token")
    assert through(Faults(timeout_rate=1.0), token) == (DONE, True)
    assert isinstance(through(Faults(timeout_rate=1.0, oauth=True), token)[0], LostAnswer)


@pytest.mark.parametrize(
    "name", ["error_rate", "timeout_rate", "lost_answers", "webhook_loss", "webhook_duplicates"]
)
@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_outside_zero_to_one_is_refused_by_name(name, rate):
    with pytest.raises(ValueError, match=name):
        Faults(**{name: rate})


def test_tokens_expire_for_good_after_so_many_requests():
    faults = Faults(expire_tokens_every=3)
    statuses = [through(faults, request(token="old"))[0].status for _ in range(5)]
    assert statuses == [200, 200, 401, 401, 401]
    assert through(faults, request(token="new")) != (
        DONE,
        False,
    )  # the sixth request: the new token dies in turn
    assert through(faults, request(token="newer")) == (DONE, True)


def test_an_expired_token_is_a_problem_document():
    answer, _ = through(Faults(expire_tokens_every=1), request())
    assert answer.header("content-type") == "application/problem+json"
    assert orjson.loads(answer.body)["status"] == 401


def test_a_directed_fault_hits_the_matching_request_once():
    faults = Faults()
    fault = faults.next(status=503, match="POST /api/v4/leads")
    assert through(faults, request("GET")) == (DONE, True)
    assert through(faults, request("POST", "/api/v4/contacts")) == (DONE, True)
    assert through(faults, request("POST")) == (Response(status=503), False)
    assert through(faults, request("POST")) == (DONE, True)
    assert (fault.hits, fault.times) == (1, 0)


@pytest.mark.parametrize(
    ("match", "method", "path", "hit"),
    [
        ("*", "PATCH", "/x", True),
        ("/api/v4/leads", "GET", "/api/v4/leads", True),
        ("/api/v4/leads", "GET", "/api/v4/leads/1", False),
        ("/api/v4/leads/*", "GET", "/api/v4/leads/1", True),
        ("* /api/v4/leads", "DELETE", "/api/v4/leads", True),
        ("GET /api/v4/leads", "GET", "/api/v4/leads?page=2", True),
        ("GET *", "POST", "/api/v4/leads", False),
    ],
)
def test_what_a_match_matches(match, method, path, hit):
    faults = Faults()
    faults.next(status=500, match=match)
    assert (through(faults, request(method, path))[0].status == 500) is hit


def test_directed_faults_are_used_in_the_order_given():
    faults = Faults()
    faults.next(status=500, times=2)
    faults.next(status=429)
    assert [through(faults, request())[0].status for _ in range(4)] == [500, 500, 429, 200]


def test_a_lost_answer_takes_effect_first():
    faults = Faults()
    faults.next(lose_answer=True, hang=False)
    answer, executed = through(faults, request("POST"))
    assert isinstance(answer, LostAnswer)
    assert (executed, answer.hang) == (True, False)


def test_effect_can_be_turned_round():
    faults = Faults()
    faults.next(lose_answer=True, effect=False)
    faults.next(status=504, effect=True)
    assert [executed for _, executed in (through(faults, request()) for _ in range(2))] == [False, True]


@pytest.mark.parametrize(
    ("status", "body", "sent", "content_type"),
    [
        (502, b"<html>", b"<html>", "text/html"),
        (403, "blocked", b"blocked", "text/html"),
        (400, {"status": 400}, b'{"status":400}', "application/problem+json"),
        (200, [], b"[]", "application/json"),
        (204, None, b"", None),
    ],
)
def test_bodies_get_the_content_type_that_fits(status, body, sent, content_type):
    faults = Faults()
    faults.next(status=status, body=body)
    answer, _ = through(faults, request())
    assert (answer.body, answer.header("content-type")) == (sent, content_type)


def test_headers_of_the_test_win():
    faults = Faults()
    faults.next(status=429, body={}, headers={"Content-Type": "application/json", "Retry-After": "3"})
    answer, _ = through(faults, request())
    assert answer.headers == (("content-type", "application/json"), ("retry-after", "3"))


@pytest.mark.parametrize("arguments", [{}, {"status": 500, "lose_answer": True}])
def test_a_directed_fault_says_what_it_needs(arguments):
    with pytest.raises(ValueError, match=r"status=… or lose_answer=True"):
        Faults().next(**arguments)


def test_webhooks_are_lost_doubled_and_shuffled_at_the_given_rates():
    batch = list(range(2_000))
    assert Faults().deliveries(batch) == batch
    assert Faults(webhook_loss=1.0).deliveries(batch) == []
    assert len(Faults(webhook_loss=0.25).deliveries(batch)) == pytest.approx(1_500, rel=0.1)
    doubled = Counter(Faults(webhook_duplicates=0.25).deliveries(batch))
    assert set(doubled) == set(batch)
    assert list(doubled.values()).count(2) == pytest.approx(500, rel=0.2)
    shuffled = Faults(webhook_shuffle=True).deliveries(batch)
    assert shuffled != batch
    assert sorted(shuffled) == batch
