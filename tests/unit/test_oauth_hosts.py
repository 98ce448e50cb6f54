"""Account names as people type them."""

from __future__ import annotations

import pytest

from amocrm_sync._core.hosts import AccountHost, consent_origin, is_amocrm_host, parse_account
from amocrm_sync.errors import ConfigurationError


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("mycompany", "mycompany.amocrm.ru"),
        (" MyCompany ", "mycompany.amocrm.ru"),
        ("my-company2", "my-company2.amocrm.ru"),
        ("mycompany.amocrm.ru", "mycompany.amocrm.ru"),
        ("mycompany.amocrm.com", "mycompany.amocrm.com"),
        ("mycompany.kommo.com", "mycompany.kommo.com"),
        ("https://mycompany.kommo.com", "mycompany.kommo.com"),
        ("HTTPS://MyCompany.amocrm.ru/", "mycompany.amocrm.ru"),
    ],
)
def test_an_account_of_amocrm(text, host):
    assert parse_account(text) == AccountHost(host.partition(".")[0], host, f"https://{host}")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("https://proxy.example", "proxy.example"),
        ("http://[::1]:9000", "[::1]:9000"),
        ("http://emulator:80", "emulator:80"),
        ("https://demo.amocrm.ru:8443", "demo.amocrm.ru:8443"),
    ],
)
def test_another_server_is_taken_as_it_is(text, host):
    parsed = parse_account(text)
    assert (parsed.subdomain, parsed.host, parsed.base_url) == ("", host, text.rstrip("/"))
    assert not is_amocrm_host(parsed.host)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("my company", "spaces"),
        ("моякомпания", "Latin letters"),
        ("моякомпания.amocrm.ru", "Latin letters"),
        ("www.amocrm.ru", "the account's own address"),
        ("https://www.kommo.com", "the account's own address"),
        ("amocrm.ru", "the account's own address"),
        ("mycompany.amocrm.ru/leads", "without path"),
        ("https://mycompany.amocrm.ru/leads/list", "https://mycompany.amocrm.ru"),
        ("https://mycompany.amocrm.ru?x=1", "write the host alone"),
        ("http://mycompany.amocrm.ru", "https only: https://mycompany.amocrm.ru"),
        ("mycompany.amocrm.de", "not a subdomain of amocrm.ru"),
        ("a.b.amocrm.ru", "not a subdomain"),
        ("localhost:8080", "origin of another server"),
        ("-company", "not a subdomain"),
        ("my_company", "not a subdomain"),
        ("me@mycompany.amocrm.ru", "without path, query or user"),
        ("ftp://mycompany.amocrm.ru", "write https://host"),
        ("https://", "write https://host"),
        ("https://host:port", "valid URL"),
        ("https://ho st", "host has characters"),
    ],
)
def test_what_is_no_account_names_the_fix(text, fix):
    with pytest.raises(ConfigurationError, match=fix) as caught:
        parse_account(text)
    assert str(caught.value).startswith("account: ")


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ConfigurationError, match="user name or password") as caught:
        parse_account("https://user:hunter2@mycompany.amocrm.ru")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("mycompany.amocrm.ru", True),
        ("drive-b.amocrm.ru", True),
        ("MYCOMPANY.KOMMO.COM", True),
        ("amocrm.ru", False),
        ("amocrm.ru.evil.example", False),
        ("evilamocrm.ru", False),
        ("evil.example", False),
        ("mycompany.amocrm.ru:443", False),
        ("mycompany.amocrm.ru.", False),
        ("a.b.amocrm.ru", False),
        ("", False),
        ("mycompany.amocrm.ru\n", False),
    ],
)
def test_the_list_of_zones_is_closed(host, known):
    assert is_amocrm_host(host) is known


@pytest.mark.parametrize(
    ("domain", "origin"),
    [
        ("amocrm.ru", "https://www.amocrm.ru"),
        ("www.Kommo.com", "https://www.kommo.com"),
        ("http://127.0.0.1:81/", "http://127.0.0.1:81"),
    ],
)
def test_consent_pages(domain, origin):
    assert consent_origin(domain) == origin
