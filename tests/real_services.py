"""Real servers for tests: one of each for a test process, empty for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count

import pytest
import services

_numbers = count(1)


def _started(server: AbstractContextManager[str]) -> Iterator[str]:
    """The server's URL; without the server a loud skip, or a failure where servers are promised."""
    try:
        url = server.__enter__()
    except services.MissingServiceError as error:
        if os.environ.get("REQUIRE_SERVICES"):
            raise
        pytest.skip(f"NOT TESTED: {error}")
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL."""
    yield from _started(services.postgres())


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis."""
    yield from _started(services.redis())


@pytest.fixture
def postgres_url(postgres_server) -> str:
    """An empty database."""
    return new_database(postgres_server)


def new_database(postgres_server: str) -> str:
    """The URL of an empty database on that server."""
    import psycopg

    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.removesuffix("postgres") + name


@pytest.fixture
def redis_url(redis_server) -> str:
    """An empty Redis."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
