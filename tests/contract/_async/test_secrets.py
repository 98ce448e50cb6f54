"""No secret appears in a repr, a log at DEBUG, an error, a traceback or a pickle."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from amocrm_sync import AmoCRMError, AsyncAmoCRM, AsyncOAuthFlow, OAuth, TokenKey
from amocrm_sync.stores import AsyncEncryptedTokenStore, AsyncFileTokenStore, AsyncMemoryTokenStore
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


async def test_a_whole_life_of_a_connection_leaves_no_secret_behind(emulator, family, logs, tmp_path: Path):
    texts: list[str] = []
    secrets = {LONG_SECRET}
    with emulator.serve() as server:
        store = AsyncFileTokenStore(tmp_path / "tokens.json")
        flow = AsyncOAuthFlow(
            "id", LONG_SECRET, "https://example.com/cb", store=store, domain=server.base_url
        )
        code = emulator.authorization_code()
        secrets.add(code)
        connection = await flow.exchange_code(code, account=server.base_url)
        key = TokenKey("id", connection.domain)
        auth = OAuth("id", LONG_SECRET, "https://example.com/cb", store=store)
        secrets |= await tokens_in(store, key)
        async with AsyncAmoCRM(connection.base_url, auth=auth) as amo:
            await amo.leads.create(name="Boat")
            emulator.expire_access_tokens()
            await amo.account.get()
            secrets |= await tokens_in(store, key)
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
                await amo.account.get()
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
        status = await flow.status()
        await flow.aclose()
        texts += [
            repr(store),
            repr(connection),
            repr(await store.load(key)),
            repr(status),
        ]
    texts += [record.getMessage() + repr(record.__dict__) for record in logs.records]
    assert len(secrets) >= 6
    assert any("httpcore" in record.name for record in logs.records), "the library's own log was looked at"
    for secret in secrets:
        assert not [text for text in texts if secret in text]


async def tokens_in(store, key: TokenKey) -> set[str]:
    record = await store.load(key)
    return {record.access_token, record.refresh_token}


async def test_what_holds_a_secret_does_not_pickle(emulator):
    memory = AsyncMemoryTokenStore()
    auth = OAuth("id", LONG_SECRET, "https://example.com/cb", store=memory)
    encrypted = AsyncEncryptedTokenStore(memory, keys=[AsyncEncryptedTokenStore.generate_key()])
    amo = AsyncAmoCRM("demo", token=LONG_SECRET, http_client=emulator.http_client())
    for holder in (auth, memory, encrypted, amo):
        assert LONG_SECRET not in repr(holder)
        with pytest.raises(TypeError, match="secret"):
            pickle.dumps(holder)


async def test_a_key_of_the_encrypted_store_is_not_shown():
    key = AsyncEncryptedTokenStore.generate_key()
    store = AsyncEncryptedTokenStore(AsyncMemoryTokenStore(), keys=[key])
    shown = key if isinstance(key, str) else key.decode()
    assert shown not in repr(store) + repr(vars(store))
