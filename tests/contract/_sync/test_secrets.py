# Generated from tests/contract/_async/test_secrets.py by tools/unasync.py: edit that file instead.
"""No secret is in a repr, a log at DEBUG, an error, a traceback, a pickle, a cassette, or on the screen."""

from __future__ import annotations

import hashlib
import hmac
import logging
import pickle
from pathlib import Path

import attrs
import pytest
import vcr
from cassettes_config import FOLDER, anonymous_request, anonymous_response
from secret_sweep import LOGGERS, Sweep
from wire import Answer, Sent, Wire

from amocrm_sync import AmoCRM, AmoCRMError, Amojo, OAuth, OAuthFlow, TokenKey, webhooks
from amocrm_sync._core.callback import read_callback
from amocrm_sync.cli.app import run
from amocrm_sync.stores import EncryptedTokenStore, FileTokenStore, MemoryTokenStore
from amocrm_sync.stores.redis import RedisTokenStore
from amocrm_sync.stores.sql import SQLTokenStore
from amocrm_sync.testing import Emulator, ManualClock

pytestmark = pytest.mark.anyio

SECRET = "S3cretOfTheIntegration-0123456789abcdef"
CHANNEL_SECRET = "c4aa5e1-secret-of-the-channel-7c4cc27e207"
API_KEY = "0ld-api-key-of-a-user-0123456789"
PASSWORD = "passw0rd-of-the-proxy-or-database"
CODE = "def50200-code-that-nobody-issued-0123456789"
REDIRECT = "https://example.com/cb"


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(seed=5, rate_limit=False, client_secret=SECRET)


@pytest.fixture
def base_url(emulator):
    with emulator.serve() as server:
        yield server.base_url


@pytest.fixture
def sweep(caplog, capfd) -> Sweep:
    """Hears what every library logs; at its end nothing is found, or the test fails with what and where."""
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    caplog.set_level(logging.DEBUG)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    sweep = Sweep()
    for name, value in (
        ("client_secret", SECRET),
        ("channel's secret", CHANNEL_SECRET),
        ("api_key", API_KEY),
        ("password", PASSWORD),
        ("code", CODE),
    ):
        sweep.hide(name, value)
    yield sweep
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    for record in caplog.records:
        sweep.read(f"log of {record.name}", record.getMessage() + repr(record.__dict__))
    printed = capfd.readouterr()
    sweep.read("what was printed", printed.out + printed.err)
    assert not sweep.leaks()


def hide_stored(sweep: Sweep, store, key: TokenKey):
    record = store.load(key)
    sweep.hide("access token", record.access_token)
    sweep.hide("refresh token", record.refresh_token)
    return record


def failed(sweep: Sweep, awaitable) -> AmoCRMError:
    """What an action that has to fail raises, swept."""
    with pytest.raises(AmoCRMError) as caught:
        awaitable()
    sweep.look_at_error(caught.value)
    return caught.value


def whole_life(sweep: Sweep, emulator: Emulator, base_url: str, store, owner: str) -> None:
    """Consent, calls, a renewal, a revocation and what fails on the way, over one store."""
    auth = OAuth("id", SECRET, REDIRECT, store=store, owner=owner)
    flow = OAuthFlow("id", SECRET, REDIRECT, store=store, domain=base_url)
    request = flow.authorization_url(owner)
    code = sweep.hide("code", emulator.authorization_code())
    params = {"code": code, "state": request.state, "referer": base_url}
    connection = flow.handle_callback(params)
    key = TokenKey("id", connection.domain, owner)
    record = hide_stored(sweep, store, key)
    with AmoCRM(base_url, auth=auth) as amo:
        lead = amo.leads.create(name="Boat")
        emulator.expire_access_tokens()
        amo.account.get()
        renewed = hide_stored(sweep, store, key)
        sweep.look_at(amo, amo.leads, amo.leads.list(), amo._settings, amo._engine, lead)
        sweep.look_at(store, store.lease(key, 1), record, renewed, key)
        failed(sweep, lambda: flow.exchange_code(code, account=base_url, owner="another"))
        emulator.revoke_tokens()
        failed(sweep, amo.account.get)
    sweep.look_at(flow, auth, connection, flow.status(owner), request, read_callback(params))
    flow.close()


def test_a_whole_life_over_every_store_leaves_no_secret_behind(  # noqa: PLR0917 - fixtures
    sweep, emulator, base_url, family, tmp_path: Path, redis_url, caplog
):
    encryption = sweep.hide("key of the store", EncryptedTokenStore.generate_key())
    sql = SQLTokenStore(f"sqlite:///{tmp_path}/tokens.db", echo=True)
    stores = {
        "file": FileTokenStore(tmp_path / "tokens.json"),
        "sql": sql,
        "redis": RedisTokenStore(redis_url),
        "encrypted": EncryptedTokenStore(FileTokenStore(tmp_path / "encrypted.json"), keys=[encryption]),
    }
    for owner, store in stores.items():
        whole_life(sweep, emulator, base_url, store, owner)
    sql.close()
    loggers = {record.name.split(".")[0].rstrip("2") for record in caplog.records}
    assert loggers >= {"httpcore", "httpx", "sqlalchemy"}, "the logs of the libraries were looked at"
    sweep.read("the encrypted file", (tmp_path / "encrypted.json").read_text())


def repeats_everything(sent: Sent) -> Answer:
    """A server, or a machine before it, that fails and quotes the request in its page."""
    quoted = f"{sent.method} {sent.url}\n{sent.headers}\n{sent.body.decode(errors='replace')}"
    return Answer(
        500, body=f"<html><pre>{quoted}</pre></html>".encode(), headers={"content-type": "text/html"}
    )


def test_a_server_that_quotes_the_request_in_its_error_gives_nothing_away(sweep, emulator, family):
    wire = Wire(otherwise=repeats_everything)
    token = sweep.hide("long-lived token", emulator.long_lived_token())
    store = MemoryTokenStore()
    flow = OAuthFlow("id", SECRET, REDIRECT, store=store, http_client=wire.client(family))
    failed(sweep, lambda: flow.exchange_code(CODE, account="demo"))
    failed(sweep, lambda: flow.exchange_api_key("a@b.example", API_KEY, account="demo"))
    amo = AmoCRM("demo", token=token, http_client=wire.client(family), retry=None)
    failed(sweep, amo.account.get)
    amojo = Amojo("chan", CHANNEL_SECRET, account_id="acc", http_client=wire.client(family), retry=None)
    failed(sweep, lambda: amojo.connect(title="Chats"))
    sweep.look_at(amo, amojo, flow)
    assert any(CODE in sent.body.decode() for sent in wire.sent)


def test_a_proxy_and_a_database_do_not_give_their_password_away(sweep, family):
    proxy = f"http://user:{PASSWORD}@127.0.0.1:1"
    amo = AmoCRM("demo", token=SECRET, proxy=proxy, retry=None)
    failed(sweep, amo.account.get)
    store = SQLTokenStore(f"postgresql://user:{PASSWORD}@127.0.0.1:1/amo?connect_timeout=1")
    with pytest.raises(Exception, match=r"127\.0\.0\.1") as caught:
        store.load(TokenKey("id", "demo.amocrm.ru"))
    sweep.look_at_error(caught.value)
    redis = RedisTokenStore(f"redis://user:{PASSWORD}@127.0.0.1:1/0")
    with pytest.raises(Exception, match=r"127\.0\.0\.1") as caught:
        redis.load(TokenKey("id", "demo.amocrm.ru"))
    sweep.look_at_error(caught.value)
    sweep.look_at(amo, store, redis)
    amo.close()


def test_a_store_that_fails_gives_nothing_away(sweep, emulator):
    class Full(MemoryTokenStore):
        def swap(self, key, old_version, new):
            raise OSError(f"no space left while writing {new.access_token} and {new.refresh_token}")

    pair = emulator.issue_tokens()
    access, refresh = sweep.hide("access", pair["access_token"]), sweep.hide("refresh", pair["refresh_token"])
    flow = OAuthFlow("id", SECRET, REDIRECT, store=Full(), clock=ManualClock())
    with pytest.raises(Exception, match="no space left") as caught:
        flow.set_tokens(access, refresh, account="demo")
    sweep.look_at_error(caught.value)
    flow.close()


def test_a_damaged_file_is_not_quoted(sweep, emulator, tmp_path):
    pair = emulator.issue_tokens()
    access, refresh = sweep.hide("access", pair["access_token"]), sweep.hide("refresh", pair["refresh_token"])
    path = tmp_path / "tokens.json"
    store = FileTokenStore(path)
    flow = OAuthFlow("id", SECRET, REDIRECT, store=store)
    flow.set_tokens(access, refresh, account="demo")
    whole = path.read_text()
    for damaged in (whole[:-20], whole.replace('"version": 1', f'"version": "{access}"')):
        path.write_text(damaged)
        with pytest.raises(AmoCRMError) as caught:
            flow.status()
        sweep.look_at_error(caught.value)
    flow.close()


def test_hooks_give_no_secret_away(sweep):
    body = b'{"account_id": "acc", "time": 1, "message": {"text": "x"}}'
    wrong = hmac.new(b"another", body, hashlib.sha1).hexdigest()
    with pytest.raises(AmoCRMError) as caught:
        webhooks.parse_chat(body, wrong, CHANNEL_SECRET)
    sweep.look_at_error(caught.value)
    events = webhooks.parse(b"leads[add][0][id]=1&account[id]=2&account[subdomain]=demo")
    sweep.look_at(events, *events)


def test_a_cassette_of_it_all_has_no_secret(sweep, emulator, base_url, tmp_path, monkeypatch):
    monkeypatch.setattr("amocrm_sync._http.FAMILIES", ("httpx",))  # the one that vcrpy records
    recorder = vcr.VCR(
        before_record_request=anonymous_request,
        before_record_response=anonymous_response,
        decode_compressed_response=True,
        record_mode="all",
    )
    cassettes = tmp_path / "cassettes"
    with recorder.use_cassette(str(cassettes / "life.yaml")) as cassette:
        whole_life(sweep, emulator, base_url, MemoryTokenStore(), "user-1")
        assert len(cassette) >= 5
    sweep.look_into(cassettes)
    sweep.look_into(FOLDER)


def test_the_command_prints_no_secret(  # noqa: PLR0917 - fixtures
    sweep, emulator, base_url, tmp_path, monkeypatch, capfd
):
    path = tmp_path / "tokens.json"
    for name, value in {
        "SUBDOMAIN": base_url,
        "CLIENT_ID": "id",
        "CLIENT_SECRET": SECRET,
        "REDIRECT_URI": emulator.redirect_uri,
        "TOKEN_FILE": str(path),
    }.items():
        monkeypatch.setenv(f"AMOCRM_{name}", value)
    code = sweep.hide("code", emulator.authorization_code())
    assert run(["auth", "login", "--code", code]) == 0
    key = TokenKey("id", base_url.partition("://")[2])
    hide_stored(sweep, FileTokenStore(path), key)
    for command in ("status", "doctor", "url"):
        assert run(["auth", command, "--json"]) == 0
    assert run(["auth", "login", "--code", code]) == 1, "the code is used"
    emulator.revoke_tokens()
    assert run(["auth", "doctor"]) == 1
    assert run(["export", "leads"]) != 0
    printed = capfd.readouterr()
    assert "connected" in printed.out
    sweep.read("the screen", printed.out + printed.err)


def test_what_holds_a_secret_does_not_pickle(emulator):
    memory = MemoryTokenStore()
    auth = OAuth("id", SECRET, REDIRECT, store=memory)
    encrypted = EncryptedTokenStore(memory, keys=[EncryptedTokenStore.generate_key()])
    amo = AmoCRM("demo", token=SECRET, http_client=emulator.http_client())
    for holder in (auth, memory, encrypted, amo):
        with pytest.raises(TypeError, match="secret"):
            pickle.dumps(holder)


def test_the_sweep_finds_what_is_there():
    """Otherwise all of the above would pass by not looking."""

    @attrs.frozen
    class Careless:
        token: str

    sweep = Sweep()
    token = sweep.hide("token", "a-token-that-somebody-shows")
    sweep.look_at(Careless(token))
    with pytest.raises(RuntimeError) as caught:
        raise RuntimeError("no") from ValueError(token)
    sweep.look_at_error(caught.value)
    sweep.read("shortened", token[-20:])
    places = {leak.partition(" in ")[2].partition(":")[0].rstrip("0123456789 ") for leak in sweep.leaks()}
    assert places >= {
        "repr of Careless",
        "str of Careless",
        "list of Careless",
        "str of ValueError",
        "traceback",
        "shortened",
    }
