from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm_sync._core.call import Call, Reply
from amocrm_sync._core.retry import Attempts, Next, RetryPolicy, judge_reply, judge_silence

POLICY = RetryPolicy()
JSON = {"content-type": "application/problem+json"}


def call(method: str, *, retry: bool = True) -> Call[object]:
    return Call(method=method, path="/x", template="/x", parse=lambda reply: reply, retry=retry)


def after(
    method: str, status: int, *, count: int = 1, renewed: bool = False, body: bytes = b"", headers=None
) -> Next:
    reply = Reply(status=status, headers=headers or JSON, body=body)
    return judge_reply(call(method), reply, Attempts(count=count, renewed=renewed), POLICY, 0.5).next


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_repeatable_call_is_sent_again_after_a_server_error(method, status):
    assert [after(method, status, count=n) for n in (1, 2, 3, 4)] == [Next.AGAIN] * 3 + [Next.FAIL]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_may_have_arrived_is_never_sent_again(method, status):
    assert after(method, status) is Next.AMBIGUOUS


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_429_is_repeated_for_every_method(method):
    assert [after(method, 429, count=n) for n in (1, 4)] == [Next.AGAIN, Next.FAIL]


@pytest.mark.parametrize(
    ("method", "sent", "expected"),
    [
        ("GET", True, Next.AGAIN),
        ("PATCH", True, Next.AGAIN),
        ("POST", True, Next.AMBIGUOUS),
        ("POST", False, Next.AGAIN),
        ("PUT", True, Next.AMBIGUOUS),
    ],
)
def test_silence_is_judged_by_whether_it_may_have_arrived(method, sent, expected):
    verdict = judge_silence(call(method), sent=sent, attempts=Attempts(count=1), policy=POLICY, chance=0.5)
    assert verdict.next is expected


def test_the_last_silence_says_what_is_known():
    last = Attempts(count=4)
    for method, sent, expected in (
        ("GET", True, Next.LOST),
        ("PATCH", True, Next.AMBIGUOUS),
        ("POST", False, Next.LOST),
    ):
        verdict = judge_silence(call(method), sent=sent, attempts=last, policy=POLICY, chance=0.5)
        assert verdict.next is expected


def test_a_call_without_retry_is_sent_once():
    once = call("GET", retry=False)
    reply = Reply(status=503, headers=JSON)
    assert judge_reply(once, reply, Attempts(count=1), POLICY, 0.5).next is Next.FAIL
    silence = judge_silence(once, sent=True, attempts=Attempts(count=1), policy=POLICY, chance=0.5)
    assert silence.next is Next.LOST


def test_401_renews_once():
    assert after("GET", 401) is Next.RENEW
    assert after("GET", 401, renewed=True) is Next.FAIL


def test_403_is_a_ban_at_once_only_when_it_is_not_json():
    assert after("GET", 403) is Next.PROBE
    assert after("GET", 403, headers={"content-type": "text/html"}) is Next.BLOCKED


@pytest.mark.parametrize(
    ("headers", "body", "asked"),
    [
        ({"retry-after": "7"}, b"", 7.0),
        ({}, b'{"retry_after": 12}', 12.0),
        ({"retry-after": "3"}, b'{"retry_after": 12}', 3.0),
        (
            {"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"},
            b"",
            30.0,
        ),
    ],
)
def test_the_server_says_how_long_to_wait(headers, body, asked):
    reply = Reply(status=429, headers={**JSON, **headers}, body=body)
    verdict = judge_reply(call("GET"), reply, Attempts(count=1), POLICY, 0.0)
    assert (verdict.next, verdict.delay, verdict.retry_after) == (Next.AGAIN, asked, asked)
    assert verdict.rate_exceeded


def test_a_wait_longer_than_our_patience_is_an_error_at_once():
    reply = Reply(status=429, headers={**JSON, "retry-after": "301"})
    assert judge_reply(call("GET"), reply, Attempts(count=1), POLICY, 0.0).next is Next.FAIL


@given(attempt=st.integers(1, 40), chance=st.floats(0, 1, exclude_max=True))
def test_full_jitter_stays_under_the_doubling_ceiling(attempt, chance):
    wait = POLICY.backoff(attempt, chance)
    assert 0 <= wait <= min(POLICY.cap, POLICY.base * 2 ** (attempt - 1))


@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "PUT", "DELETE"]),
    status=st.integers(100, 599),
    count=st.integers(1, 10),
    renewed=st.booleans(),
    body=st.binary(max_size=40),
)
def test_every_answer_has_a_verdict_and_no_write_is_repeated_blindly(method, status, count, renewed, body):
    verdict = after(method, status, count=count, renewed=renewed, body=body)
    if verdict is Next.AGAIN and method in ("POST", "PUT"):
        assert status == 429
    if count > POLICY.retries:
        assert verdict is not Next.AGAIN
