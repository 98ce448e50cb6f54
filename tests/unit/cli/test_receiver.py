"""The demo's receiver: what arrives by HTTP reaches the handler, and its answer goes back."""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request

import pytest

from amocrm_sync.cli.demo.receiver import BODY_LIMIT, Receiver


def test_a_get_and_a_post_reach_the_handler_and_its_status_goes_back():
    seen = []

    def handle(target, body):
        seen.append((target, body))
        return 200 if body else 404

    with Receiver(handle) as receiver:
        with urllib.request.urlopen(receiver.url("/hook?a=1"), data=b"leads[add][0][id]=1") as answer:
            assert (answer.status, answer.read()) == (200, b"{}")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(receiver.url("/callback?code=x"))
        refused.value.close()
    assert refused.value.code == 404
    assert seen == [("/hook?a=1", b"leads[add][0][id]=1"), ("/callback?code=x", b"")]


def test_a_body_over_the_limit_is_refused_unread():
    with Receiver(lambda target, body: pytest.fail("it was handled")) as receiver:
        connection = http.client.HTTPConnection(receiver.url("").removeprefix("http://"), timeout=10)
        connection.putrequest("POST", "/hook")
        connection.putheader("Content-Length", str(BODY_LIMIT + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_nothing_is_left_when_it_ends():
    before = threading.active_count()
    with Receiver(lambda target, body: 200) as receiver:
        url = receiver.url("/")
        urllib.request.urlopen(url).close()
    assert threading.active_count() == before
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url)
