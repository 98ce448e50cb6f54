"""Pausing the garbage collector leaves it as it was found, whatever else happens meanwhile."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import orjson
import pytest

from amocrm_sync.errors import InvalidResponseError
from amocrm_sync.models import Lead, parse_page
from amocrm_sync.models._gc import paused_gc

BODY = orjson.dumps({"_embedded": {"leads": [{"id": number, "name": "x"} for number in range(50)]}})


@pytest.fixture(autouse=True)
def _collector_is_on_again() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_it_is_off_inside_and_on_after():
    with paused_gc():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_on_after_an_error():
    with pytest.raises(InvalidResponseError):
        parse_page(b"<html>", "leads", Lead)
    assert gc.isenabled()


def test_a_host_that_switched_it_off_keeps_it_off():
    gc.disable()
    parse_page(BODY, "leads", Lead)
    assert not gc.isenabled()


def test_a_pause_inside_a_pause_does_not_end_it():
    with paused_gc():
        with paused_gc():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_pauses_that_overlap_end_switched_on():
    first, second = paused_gc(), paused_gc()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_many_threads_leave_it_on():
    start = threading.Barrier(8)
    read: list[int] = []

    def work() -> None:
        start.wait()
        read.extend(len(parse_page(BODY, "leads", Lead).items) for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [50] * 400
    assert gc.isenabled()
