# Generated from tests/contract/_async/test_environment_stores.py by tools/unasync.py: edit that file instead.
"""A client of the environment finds its tokens in the store that the environment names, and decrypts them."""

from __future__ import annotations

import pytest
from wire import Answer, Wire

from amocrm_sync import AmoCRM, ConfigurationError
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync._sync.stores.named import named_token_store
from amocrm_sync.stores import EncryptedTokenStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def integration(monkeypatch):
    for name in ("AMOCRM_CLIENT_ID", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI"):
        monkeypatch.setenv(name, "https://a.b/c")


@pytest.fixture
def address(request, tmp_path):
    """Where tokens are kept, as the environment names it."""
    server = {"postgresql": "postgres_url", "redis": "redis_url"}.get(request.param)
    if server:
        return request.getfixturevalue(server)
    return f"{tmp_path}/tokens.json" if request.param == "file" else f"sqlite:///{tmp_path}/tokens.db"


@pytest.mark.parametrize(
    ("address", "keys"),
    [("file", ""), ("file", "rotated"), ("sqlite", "one"), ("postgresql", "rotated"), ("redis", "")],
    indirect=["address"],
)
def test_the_environment_names_the_store_of_tokens_and_its_keys(
    integration, monkeypatch, tmp_path, address, keys
):
    monkeypatch.setenv("AMOCRM_TOKEN_STORE", address)
    monkeypatch.setenv("AMOCRM_TOKEN_FILE", str(tmp_path / "not-this-one.json"))
    old, new = EncryptedTokenStore.generate_key(), EncryptedTokenStore.generate_key()
    if keys:
        monkeypatch.setenv("AMOCRM_TOKEN_KEYS", old)
    record = TokenRecord(access_token="access-1", refresh_token="refresh-1", expires_at=4e9)
    key = TokenKey("https://a.b/c", "demo.amocrm.ru", "user-42")
    assert named_token_store().swap(key, None, record)
    if keys == "rotated":
        monkeypatch.setenv("AMOCRM_TOKEN_KEYS", f"{new}, {old}")
    wire = Wire(Answer(json={"id": 1}))
    with AmoCRM.from_env("demo", owner="user-42", http_client=wire.client()) as amo:
        amo.account.get()
    assert wire.sent[0].token == "access-1"
    assert not (tmp_path / "not-this-one.json").exists()


def test_a_store_of_no_known_kind_is_named_as_it_was_given(integration, monkeypatch):
    monkeypatch.setenv("AMOCRM_TOKEN_STORE", "mysql://user:hidden@db/host")
    with pytest.raises(ConfigurationError, match=r"AMOCRM_TOKEN_STORE: 'mysql' is no kind") as raised:
        AmoCRM.from_env("demo")
    assert "hidden" not in str(raised.value)
