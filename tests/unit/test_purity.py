"""The pure packages do no I/O, read no clock and draw no random number."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_tree import Module, imports, modules, touched

PURE_PACKAGES = ("amocrm_sync._core", "amocrm_sync.models", "amocrm_sync.mapping", "amocrm_sync.webhooks")

IMPURE_MODULES = {
    "anyio",
    "asyncio",
    "httpx",
    "httpx2",
    "os",
    "random",
    "secrets",
    "socket",
    "sqlalchemy",
    "threading",
    "time",
}

IMPURE_NAMES = {
    "builtins.__import__",
    "builtins.open",
    "codecs.open",
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "importlib.import_module",
    "io.FileIO",
    "io.open",
    "pathlib.Path",
    "uuid.getnode",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid.uuid6",
    "uuid.uuid7",
}

EXEMPT = {
    ("amocrm_sync._core.identity", "importlib.import_module"): "loads phonenumbers, where it is installed",
    ("amocrm_sync._core.frames", "importlib.import_module"): "loads pandas or polars, whichever is installed",
}
"""Single uses that are let through, each with its reason."""


def impurities(module: Module) -> Iterator[str]:
    """What a module imports or touches of the world outside, as lines for people."""
    for use in imports(module):
        if use.target.partition(".")[0] in IMPURE_MODULES or use.target in IMPURE_NAMES:
            yield f"{module.name}:{use.line} imports {use.target}"
    for use in touched(module):
        if use.target in IMPURE_NAMES and (module.name, use.target) not in EXEMPT:
            yield f"{module.name}:{use.line} uses {use.target.removeprefix('builtins.')}"


def is_pure(name: str) -> bool:
    return any((name + ".").startswith(package + ".") for package in PURE_PACKAGES)


def test_the_pure_packages_are_pure():
    found = [line for name, module in modules().items() if is_pure(name) for line in impurities(module)]
    assert not found, "\n" + "\n".join(found) + "\nTime, randomness and bytes come in as arguments there."


def test_every_pure_package_is_looked_at():
    names = set(modules())
    assert names.issuperset(PURE_PACKAGES)


def test_exemptions_are_still_needed():
    known = modules()
    for name, target in EXEMPT:
        assert target in {use.target for use in touched(known[name])}, (name, target)


@pytest.mark.parametrize("name", sorted(IMPURE_MODULES))
@pytest.mark.parametrize(
    "form",
    [
        "import {name}",
        "import {name} as innocent",
        "import {name}.part",
        "from {name} import thing",
        "def late():\n    from {name}.part import thing",
        "class Late:\n    import {name}",
    ],
)
def test_an_impure_import_is_caught_in_every_form(name, form):
    assert list(impurities(module_of(form.format(name=name))))


@pytest.mark.parametrize(
    ("source", "culprit"),
    [
        ("open('x')", "open"),
        ("reader = open", "open"),
        ("import io\nio.open('x')", "io.open"),
        ("from pathlib import Path\nPath('x').read_text()", "pathlib.Path"),
        ("import pathlib\npathlib.Path('x')", "pathlib.Path"),
        ("from datetime import datetime\ndatetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime as dt\nclock = dt.utcnow", "datetime.datetime.utcnow"),
        ("import datetime\ndatetime.datetime.now(datetime.UTC)", "datetime.datetime.now"),
        ("import datetime as d\ndef f(): return d.date.today()", "datetime.date.today"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("from uuid import uuid7 as make", "uuid.uuid7"),
        ("__import__('time')", "__import__"),
        ("import importlib\nimportlib.import_module('time')", "importlib.import_module"),
    ],
)
def test_an_impure_name_is_caught(source, culprit):
    assert any(line.endswith(culprit) for line in impurities(module_of(source)))


@pytest.mark.parametrize(
    "source",
    [
        "from uuid import UUID\nUUID('12345678123456781234567812345678')",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "def decide(clock): return clock.now()",
        "from amocrm_sync._core import time_windows",
        "timeout = random_seed = 1",
    ],
)
def test_what_is_pure_is_left_alone(source):
    assert list(impurities(module_of(source))) == []


def module_of(source: str) -> Module:
    return Module("amocrm_sync._core.sample", Path("sample.py"), ast.parse(source))
