# Generated from tests/contract/_async/test_secrets.py by tools/unasync.py: edit that file instead.
"""No secret appears in a repr, a log at DEBUG, an error, a traceback or a pickle."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from amocrm_sync import AmoCRM, AmoCRMError, OAuth, OAuthFlow, TokenKey
from amocrm_sync.stores import EncryptedTokenStore, FileTokenStore, MemoryTokenStore
from amocrm_sync.testing import Emulator

pytestmark = pytest.mark.anyio

LONG_SECRET = "S3cretOfTheIntegration-0123456789abcdef"


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=5, rate_limit=False, client_secret=LONG_SECRET)


@pytest.fixture
def logs(caplog):
    caplog.set_level(logging.DEBUG)
    for name in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "h11",
        "asyncio",
        "amocrm_sync",
        "sqlalchemy.engine",
    ):
        logging.getLogger(name).setLevel(logging.DEBUG)
    return caplog


def test_a_whole_life_of_a_connection_leaves_no_secret_behind(emulator, family, logs, tmp_path: Path):
    texts: list[str] = []
    secrets = {LONG_SECRET}
    with emulator.serve() as server:
        store = FileTokenStore(tmp_path / "tokens.json")
        flow = OAuthFlow("id", LONG_SECRET, "https://example.com/cb", store=store, domain=server.base_url)
        code = emulator.authorization_code()
        secrets.add(code)
        connection = flow.exchange_code(code, account=server.base_url)
        key = TokenKey("id", connection.domain)
        auth = OAuth("id", LONG_SECRET, "https://example.com/cb", store=store)
        secrets |= tokens_in(store, key)
        with AmoCRM(connection.base_url, auth=auth) as amo:
            amo.leads.create(name="Boat")
            emulator.expire_access_tokens()
            amo.account.get()
            secrets |= tokens_in(store, key)
            texts += [
                repr(amo),
                repr(amo._settings),
                repr(amo._engine),
                repr(amo.leads),
                repr(auth),
                repr(flow),
            ]
            emulator.revoke_tokens()
            try:
                amo.account.get()
            except AmoCRMError as error:
                texts += [
                    str(error),
                    repr(error),
                    repr(error.__dict__),
                    "".join(traceback.format_exception(error)),
                ]
                texts.append(repr(pickle.dumps(error)))
            else:
                pytest.fail("revoked tokens were accepted")
        status = flow.status()
        flow.close()
        texts += [
            repr(store),
            repr(connection),
            repr(store.load(key)),
            repr(status),
        ]
    texts += [record.getMessage() + repr(record.__dict__) for record in logs.records]
    assert len(secrets) >= 6
    assert any("httpcore" in record.name for record in logs.records), "the library's own log was looked at"
    for secret in secrets:
        assert not [text for text in texts if secret in text]


def tokens_in(store, key: TokenKey) -> set[str]:
    record = store.load(key)
    return {record.access_token, record.refresh_token}


def test_what_holds_a_secret_does_not_pickle(emulator):
    memory = MemoryTokenStore()
    auth = OAuth("id", LONG_SECRET, "https://example.com/cb", store=memory)
    encrypted = EncryptedTokenStore(memory, keys=[EncryptedTokenStore.generate_key()])
    amo = AmoCRM("demo", token=LONG_SECRET, http_client=emulator.http_client())
    for holder in (auth, memory, encrypted, amo):
        assert LONG_SECRET not in repr(holder)
        with pytest.raises(TypeError, match="secret"):
            pickle.dumps(holder)


def test_a_key_of_the_encrypted_store_is_not_shown():
    key = EncryptedTokenStore.generate_key()
    store = EncryptedTokenStore(MemoryTokenStore(), keys=[key])
    shown = key if isinstance(key, str) else key.decode()
    assert shown not in repr(store) + repr(vars(store))
