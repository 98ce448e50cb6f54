"""0 ok, 1 failed, 2 wrong use, 3 not connected; and what is said then."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

import amocrm_sync
from amocrm_sync.cli.app import exit_code


def test_the_version(cli):
    assert cli("--version").out == f"amocrm-sync {amocrm_sync.__version__}\n"
    assert cli("--version").code == 0


@pytest.mark.parametrize("group", ["demo", "emulator", "auth", "sync", "mapping", "webhooks"])
def test_every_command_is_in_the_help_and_has_its_own(cli, group):
    assert group in cli("--help").out
    assert cli(group, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["sync", "run", "--no-such-option"],
        ["webhooks", "parse"],
        ["emulator", "--port", "x"],
    ],
)
def test_wrong_use_is_2_and_goes_to_standard_error(cli, arguments):
    result = cli(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert result.err


def test_no_account_is_2_and_names_the_flag_and_the_variable(cli):
    result = cli("sync", "run")
    assert result.code == 2
    assert result.err == "amocrm-sync: which account? Give --account, or set AMOCRM_SUBDOMAIN\n"


def test_no_token_is_2_and_names_both_ways(cli, monkeypatch):
    monkeypatch.setenv("AMOCRM_CLIENT_ID", "id")
    result = cli("sync", "run", "--account", "mycompany")
    assert result.code == 2
    for name in ("--token", "AMOCRM_TOKEN", "AMOCRM_CLIENT_SECRET", "AMOCRM_REDIRECT_URI"):
        assert name in result.err
    assert "AMOCRM_CLIENT_ID" not in result.err


def test_a_wrong_account_name_is_2_and_names_the_fix(cli):
    result = cli("webhooks", "list", "--account", "my company", "--token", "t")
    assert result.code == 2
    assert "subdomain" in result.err


def test_a_token_that_is_not_taken_is_3(cli, account):
    result = cli("webhooks", "list", "--token", "wrong-token")
    assert result.code == 3
    assert "wrong-token" not in result.err


def test_an_integration_without_tokens_is_3(cli, account, monkeypatch):
    monkeypatch.delenv("AMOCRM_TOKEN")
    for name, value in {
        "CLIENT_ID": "id",
        "CLIENT_SECRET": "sec",
        "REDIRECT_URI": "https://example.com/cb",
    }.items():
        monkeypatch.setenv(f"AMOCRM_{name}", value)
    assert cli("webhooks", "list").code == 3


def test_no_answer_is_1(cli, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    pause = amocrm_sync.RetryPolicy(retries=0)
    monkeypatch.setattr("amocrm_sync._sync.client.RetryPolicy", lambda: pause)
    result = cli("webhooks", "list", "--account", f"http://127.0.0.1:{port}", "--token", "t")
    assert result.code == 1
    assert result.err.startswith("amocrm-sync: ")
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (amocrm_sync.NotConnectedError, 3),
        (amocrm_sync.AuthorizationLost, 3),
        (amocrm_sync.AmoCRMTokenExpired, 3),
        (amocrm_sync.ConfigurationError, 2),
        (amocrm_sync.AccountBlockedError, 1),
        (amocrm_sync.AmoCRMError, 1),
    ],
)
def test_errors_have_their_codes(error, code):
    assert exit_code(error("x")) == code


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a module cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from amocrm_sync.cli import main; main()"
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_without_its_extra_the_command_names_the_pip_line(module):
    done = without(module)
    assert done.returncode == 2
    assert 'pip install "amocrm-sync[cli]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_another_missing_module_is_not_blamed_on_the_extra():
    assert "import of amocrm_sync.mapping halted" in without("amocrm_sync.mapping").stderr


def test_without_the_extra_sql_only_the_commands_that_need_it_fail(account):
    assert without("sqlalchemy", "mapping", "suggest", "--json").returncode == 0
    done = without("sqlalchemy", "sync", "run")
    assert done.returncode == 2
    assert 'pip install "amocrm-sync[sql]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_is_closed_early_is_no_traceback(account):
    command = (
        f"{sys.executable} -c 'from amocrm_sync.cli import main; main()' mapping suggest --json | head -c 1"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "["
    assert "Traceback" not in done.stderr
