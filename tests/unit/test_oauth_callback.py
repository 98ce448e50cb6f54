"""What amoCRM calls the host with."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from amocrm_sync._core.callback import Callback, Uninstall, read_callback, verify_uninstall
from amocrm_sync.errors import OAuthError

CLIENT, SECRET = "0a0a-client", "s3cret"
GOOD = {"code": "def502", "referer": "demo.amocrm.ru", "state": "st", "client_id": CLIENT, "platform": "1"}


def test_a_callback_is_read():
    assert read_callback(GOOD) == Callback(
        code="def502", referer="demo.amocrm.ru", state="st", client_id=CLIENT
    )


def test_both_spellings_and_lists_are_read():
    params = {"code": ["def502", "second"], "referrer": ["demo.amocrm.ru"], "state": []}
    assert read_callback(params) == Callback(code="def502", referer="demo.amocrm.ru")


@pytest.mark.parametrize(("value", "read"), [("1", True), ("0", False), ("", False)])
def test_hooks_are_told_from_browsers(value, read):
    callback = read_callback({**GOOD, "from_widget": value, "from_exchange": value})
    assert (callback.from_widget, callback.from_exchange) == (read, read)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"error": "access_denied", "state": "st"}, "declined"),
        ({"error": "x" * 500}, "answered with the error 'x{100}'"),
        ({**GOOD, "code": ""}, "has no code"),
        ({"code": "def502"}, "has no referer"),
        ({}, "has no code"),
    ],
)
def test_what_is_no_consent_says_why(params, words):
    with pytest.raises(OAuthError, match=words):
        read_callback(params)


def signed(account_id: str = "31000001", client_id: str = CLIENT, secret: str = SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), f"{client_id}|{account_id}".encode(), hashlib.sha256).hexdigest()
    return {"client_uuid": client_id, "account_id": account_id, "signature": signature}


def test_an_uninstall_is_verified_under_both_names():
    params = signed()
    assert verify_uninstall(params, CLIENT, SECRET) == Uninstall(31_000_001, CLIENT)
    params["client_id"] = params.pop("client_uuid")
    assert verify_uninstall(params, CLIENT, SECRET) == Uninstall(31_000_001, CLIENT)
    params["signature"] = params["signature"].upper()
    assert verify_uninstall(params, CLIENT, SECRET) == Uninstall(31_000_001, CLIENT)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {**signed(), "signature": ""},
        {**signed(), "signature": "0" * 64},
        {**signed(), "signature": "подпись"},
        {**signed(), "account_id": "31000002"},
        signed(secret="another"),
        signed(client_id="another"),
        {**signed(), "client_uuid": "another"},
    ],
)
def test_a_forged_uninstall_is_refused(params):
    with pytest.raises(OAuthError, match="not signed"):
        verify_uninstall(params, CLIENT, SECRET)


@pytest.mark.parametrize("account_id", ["", "abc", "-1", "١٢"])
def test_a_signed_uninstall_names_an_account(account_id):
    with pytest.raises(OAuthError, match="no account_id"):
        verify_uninstall(signed(account_id), CLIENT, SECRET)
