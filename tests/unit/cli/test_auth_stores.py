"""Every command of ``auth`` works over every token store that can be named."""

from __future__ import annotations

import pytest

from amocrm_sync.stores import EncryptedTokenStore
from amocrm_sync.testing import Emulator


@pytest.fixture(scope="module")
def server():
    emulator = Emulator(seed=1)
    with emulator.serve() as running:
        yield emulator, running.base_url


@pytest.fixture
def integration(server, monkeypatch):
    emulator, base_url = server
    monkeypatch.setenv("AMOCRM_SUBDOMAIN", base_url)
    monkeypatch.setenv("AMOCRM_CLIENT_ID", emulator.client_id)
    monkeypatch.setenv("AMOCRM_CLIENT_SECRET", emulator.client_secret)
    monkeypatch.setenv("AMOCRM_REDIRECT_URI", emulator.redirect_uri)
    return emulator


@pytest.fixture(params=["file", "sqlite", "postgresql", "redis"])
def store(request, tmp_path) -> str:
    if request.param == "file":
        return str(tmp_path / "mine.json")
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/tokens.db"
    return request.getfixturevalue("postgres_url" if request.param == "postgresql" else "redis_url")


def test_a_connection_from_login_to_disconnect(cli, integration, store, monkeypatch):
    login = cli("auth", "login", "--code", integration.authorization_code(), "--store", store, "--json")
    assert login.code == 0, login.err
    monkeypatch.setenv("AMOCRM_TOKEN_STORE", store)
    assert cli("auth", "status", "--json").json[0]["state"] == "connected"
    doctor = cli("auth", "doctor", "--json")
    assert doctor.code == 0, doctor.out
    assert {"store", "tokens", "grant", "account"} <= {row["check"] for row in doctor.json}
    before = integration.stats.refreshes
    assert cli("auth", "refresh").code == 0
    assert cli("auth", "keepalive", "--json").json == [{"owner": "", "renewed": False, "error": ""}]
    assert cli("auth", "keepalive", "--days", "0", "--json").json[0]["renewed"] is True
    assert integration.stats.refreshes == before + 2
    assert "works until" in cli("auth", "disconnect").out
    assert cli("auth", "status").code == 3
    assert cli("auth", "disconnect", "--json").json == {"works_until": None}


def test_a_state_is_checked_where_it_is_given(cli, integration, server, store, monkeypatch):
    monkeypatch.setenv("AMOCRM_TOKEN_STORE", store)
    origin = server[1]

    def login(state: str, *more: str) -> int:
        code = integration.authorization_code()
        return cli("auth", "login", "--code", code, "--state", state, "--domain", origin, *more).code

    state = cli("auth", "url", "--domain", origin, "--owner", "user-42", "--json").json["state"]
    assert login("never-issued", "--owner", "user-42") != 0
    assert login(state, "--owner", "somebody-else") != 0
    assert login(state, "--owner", "user-42") != 0, "the attempt of somebody else has used it up"
    assert cli("auth", "status", "--owner", "user-42").code == 3
    state = cli("auth", "url", "--domain", origin, "--owner", "user-42", "--json").json["state"]
    assert login(state, "--owner", "user-42") == 0
    assert cli("auth", "status", "--owner", "user-42").code == 0
    alone = cli("auth", "login", "--state", state)
    assert alone.code == 2
    assert "--code" in alone.err


def test_a_key_in_the_environment_encrypts(cli, integration, tmp_path, monkeypatch):
    old, new = EncryptedTokenStore.generate_key(), EncryptedTokenStore.generate_key()
    monkeypatch.setenv("AMOCRM_TOKEN_STORE", str(tmp_path / "mine.json"))
    monkeypatch.setenv("AMOCRM_TOKEN_KEYS", old)
    assert cli("auth", "login", "--code", integration.authorization_code()).code == 0
    assert "eyJ" not in (tmp_path / "mine.json").read_text()
    monkeypatch.setenv("AMOCRM_TOKEN_KEYS", f"{new}, {old}")
    assert cli("auth", "refresh").code == 0
    monkeypatch.setenv("AMOCRM_TOKEN_KEYS", EncryptedTokenStore.generate_key())
    wrong = cli("auth", "status")
    assert wrong.code == 2
    assert "keys: none of them opens the stored tokens" in wrong.err


def test_owners_have_connections_of_their_own(cli, integration):
    for owner in ("ann", "bob"):
        assert cli("auth", "login", "--code", integration.authorization_code(), "--owner", owner).code == 0
    assert cli("auth", "disconnect", "--owner", "ann").code == 0
    assert cli("auth", "status", "--owner", "ann").code == 3
    assert cli("auth", "status", "--owner", "bob").code == 0
    results = cli("auth", "keepalive", "--owner", "ann", "--owner", "bob", "--days", "0", "--json")
    assert results.code == 1
    assert [row["renewed"] for row in results.json] == [False, True]
    assert "connected no account" in results.json[0]["error"]


def test_a_store_of_no_kind_is_refused_by_name(cli, integration):
    refused = cli("auth", "status", "--store", "mysql://host/amo")
    assert refused.code == 2
    assert "'mysql' is no kind of token store" in refused.err
