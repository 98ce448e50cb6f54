"""Each example host in a process of its own, driven over HTTP. `make examples` does it from the READMEs' lines."""

from __future__ import annotations

import importlib.util
import os

import example_hosts
import pytest
from example_hosts import HOSTS, KEY, ROOT, SECRET

pytest_plugins = ("real_services",)

NEEDS = {
    "django": "django",
    "flask": "flask",
    "aiohttp": "aiohttp",
    "fastapi": "fastapi",
    "lambda": "amocrm_sync",
}
GLUE = 60


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_starts_and_answers(name, request, tmp_path):
    if importlib.util.find_spec(NEEDS[name]) is None:
        if os.environ.get("REQUIRE_SERVICES"):
            pytest.fail(f"{NEEDS[name]} is not installed")
        pytest.skip(f"NOT TESTED: {NEEDS[name]} is not installed")
    database = (
        request.getfixturevalue("postgres_url") if name == "fastapi" else f"sqlite:///{tmp_path}/crm.db"
    )
    port = example_hosts.free_port()
    command = [*HOSTS[name], *(["--port", str(port)] if name == "fastapi" else [])]
    plain = {key: value for key, value in os.environ.items() if not key.startswith("AMOCRM_")}
    environment = {
        **plain,
        "API_KEY": KEY,
        "WEBHOOK_SECRET": SECRET,
        "SECRET_KEY": "k" * 50,
        "DATABASE_URL": database,
        "PORT": str(port),
        "PYTHONWARNINGS": "default",
    }
    with example_hosts.started(command, ROOT / "examples" / name, environment, port) as base:
        example_hosts.drive(base, name)


@pytest.mark.parametrize("name", HOSTS)
def test_an_example_is_short_and_its_readme_starts_it(name):
    folder = ROOT / "examples" / name
    for path in folder.glob("*.py"):
        code = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        assert len(code) <= GLUE, path
    lines = example_hosts.readme_lines(name)
    assert lines[1].startswith("pip install ")
    assert lines[-1].split()[0] in {"python", "uvicorn"}
    assert KEY in lines[2]
    assert SECRET in lines[2]
