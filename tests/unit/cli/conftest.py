"""An emulated account in the environment, and a way to run a command in this process."""

from __future__ import annotations

import attrs
import orjson
import pytest

from amocrm_sync.cli.app import run
from amocrm_sync.testing import Emulator


@attrs.frozen
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return orjson.loads(self.out)


@pytest.fixture
def cli(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder: ``cli("sync", "run").code``."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def account(monkeypatch):
    """An emulated account that the environment names."""
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20, pipelines=2)
    with emulator.serve() as server:
        monkeypatch.setenv("AMOCRM_SUBDOMAIN", server.base_url)
        monkeypatch.setenv("AMOCRM_TOKEN", emulator.long_lived_token())
        yield emulator
