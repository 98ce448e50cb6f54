# Generated from tests/unit/handlers/_async/test_config_stores.py by tools/unasync.py: edit that file instead.
"""Every store of settings keeps the contract; the one on SQL says no secret."""

from __future__ import annotations

import sqlite3

import pytest
from unit.handlers._sync.world import config

from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.handlers import MemoryConfigStore
from amocrm_sync.stores import EncryptedTokenStore
from amocrm_sync.stores.sql import SQLConfigStore
from amocrm_sync.testing import check_config_store

pytestmark = pytest.mark.anyio

KEY = EncryptedTokenStore.generate_key()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def make_store(request, tmp_path):
    if request.param == "memory":
        only = MemoryConfigStore()
        return lambda: only
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        return lambda: SQLConfigStore(url, keys=[KEY])
    return lambda: SQLConfigStore(f"sqlite:///{tmp_path / 'host.db'}", keys=[KEY])


def test_the_contract(make_store):
    check_config_store(make_store)


def test_the_kit_finds_a_store_that_forgets_versions():
    class Careless(MemoryConfigStore):
        def save(self, owner, old_version, new):
            self._configs[owner] = new
            return True

    only = Careless()
    with pytest.raises(AssertionError, match="fails where nothing is stored"):
        check_config_store(lambda: only)


def test_secrets_are_encrypted_in_the_database_and_hidden_in_words(tmp_path):
    file = tmp_path / "host.db"
    store = SQLConfigStore(f"sqlite:///{file}", keys=[KEY])
    saved = config(client_secret="plain-client-secret", webhook_secret="plain-webhook-secret")
    store.save("own", None, saved)
    dump = "\n".join(sqlite3.connect(file).iterdump())
    for text in (dump, repr(saved), str(saved), repr(store)):
        assert "plain-client-secret" not in text
        assert "plain-webhook-secret" not in text


def test_a_row_copied_to_another_owner_does_not_open(tmp_path):
    file = tmp_path / "host.db"
    store = SQLConfigStore(f"sqlite:///{file}", keys=[KEY])
    store.save("own", None, config())
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE amo_config SET owner = 'thief'")
    with pytest.raises(ConfigurationError, match="copied from another row"):
        store.load("thief")


def test_another_key_does_not_open_and_the_error_has_no_key(tmp_path):
    url = f"sqlite:///{tmp_path / 'host.db'}"
    SQLConfigStore(url, keys=[KEY]).save("own", None, config())
    other = EncryptedTokenStore.generate_key()
    with pytest.raises(ConfigurationError, match="none of them opens") as caught:
        SQLConfigStore(url, keys=[other]).load("own")
    assert other not in str(caught.value)
    assert SQLConfigStore(url, keys=[other, KEY]).load("own") == config()


def test_two_owners_cannot_have_one_webhook_secret(tmp_path):
    store = SQLConfigStore(f"sqlite:///{tmp_path / 'host.db'}", keys=[KEY])
    store.save("own", None, config())
    with pytest.raises(Problem) as caught:
        store.save("other", None, config())
    assert caught.value.status == 422
