"""Every store of settings keeps the contract; the one on SQL says no secret."""

from __future__ import annotations

import sqlite3

import pytest
from unit.handlers._async.world import config

from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import AsyncMemoryConfigStore
from amocrm_sync.stores import AsyncEncryptedTokenStore
from amocrm_sync.stores.sql import AsyncSQLConfigStore
from amocrm_sync.testing import check_async_config_store

pytestmark = pytest.mark.anyio

KEY = AsyncEncryptedTokenStore.generate_key()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_store(request, tmp_path):
    if request.param == "memory":
        only = AsyncMemoryConfigStore()
        return lambda: only
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return lambda: AsyncSQLConfigStore(url, keys=[KEY])
    return lambda: AsyncSQLConfigStore(f"sqlite:///{tmp_path / 'host.db'}", keys=[KEY])


async def test_the_contract(make_store):
    await check_async_config_store(make_store)


async def test_the_kit_finds_a_store_that_forgets_versions():
    class Careless(AsyncMemoryConfigStore):
        async def save(self, owner, old_version, new):
            self._configs[owner] = new
            return True

    only = Careless()
    with pytest.raises(AssertionError, match="fails where nothing is stored"):
        await check_async_config_store(lambda: only)


async def test_secrets_are_encrypted_in_the_database_and_hidden_in_words(tmp_path):
    file = tmp_path / "host.db"
    store = AsyncSQLConfigStore(f"sqlite:///{file}", keys=[KEY])
    saved = config(client_secret="plain-client-secret", webhook_secret="plain-webhook-secret")
    await store.save("own", None, saved)
    dump = "\n".join(sqlite3.connect(file).iterdump())
    for text in (dump, repr(saved), str(saved), repr(store)):
        assert "plain-client-secret" not in text
        assert "plain-webhook-secret" not in text


async def test_a_row_copied_to_another_owner_does_not_open(tmp_path):
    file = tmp_path / "host.db"
    store = AsyncSQLConfigStore(f"sqlite:///{file}", keys=[KEY])
    await store.save("own", None, config())
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE amo_config SET owner = 'thief'")
    with pytest.raises(ConfigurationError, match="copied from another row"):
        await store.load("thief")


async def test_another_key_does_not_open_and_the_error_has_no_key(tmp_path):
    url = f"sqlite:///{tmp_path / 'host.db'}"
    await AsyncSQLConfigStore(url, keys=[KEY]).save("own", None, config())
    other = AsyncEncryptedTokenStore.generate_key()
    with pytest.raises(ConfigurationError, match="none of them opens") as caught:
        await AsyncSQLConfigStore(url, keys=[other]).load("own")
    assert other not in str(caught.value)
    assert await AsyncSQLConfigStore(url, keys=[other, KEY]).load("own") == config()


async def test_two_owners_cannot_have_one_webhook_secret(tmp_path):
    store = AsyncSQLConfigStore(f"sqlite:///{tmp_path / 'host.db'}", keys=[KEY])
    await store.save("own", None, config())
    with pytest.raises(Problem) as caught:
        await store.save("other", None, config())
    assert caught.value.status == 422
