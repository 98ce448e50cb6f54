"""What a user gets from the wheel with the core dependencies alone: no sources, no extras, no test tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from source_tree import ROOT

import amocrm_sync

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EXTRA_MODULES = (
    "sqlalchemy",
    "alembic",
    "aiosqlite",
    "psycopg",
    "redis",
    "fastapi",
    "typer",
    "rich",
    "pytest",
)
"""What must not be there, or the test shows nothing."""


class Install:
    """A fresh environment that holds the wheel and its core dependencies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "venv" / "bin"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, away from the sources and without the test run's own settings."""
        clean = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTHON", "AMOCRM_", "VIRTUAL"))
        }
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.folder,
            env=clean,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def python(self, code: str) -> str:
        """What a few lines print; their failure is the test's failure."""
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def install(tmp_path_factory) -> Install:
    """Build the wheel and install it as a user does."""
    folder = tmp_path_factory.mktemp("bare")
    source = copy_of_the_repository(folder / "source")
    python = folder / "venv" / "bin" / "python"
    wheels = folder / "wheels"
    uv = shutil.which("uv")
    if uv:
        call(uv, "build", "--quiet", "--wheel", "--out-dir", str(wheels), str(source))
        call(uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
        (wheel,) = wheels.glob("*.whl")
        call(uv, "pip", "install", "--quiet", "--python", str(python), str(wheel))
    else:
        call(
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            str(wheels),
            str(source),
        )
        call(sys.executable, "-m", "venv", str(folder / "venv"))
        (wheel,) = wheels.glob("*.whl")
        call(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    shutil.rmtree(source)
    return Install(folder)


def copy_of_the_repository(target: Path) -> Path:
    """What the wheel is built from, so that the build leaves nothing behind in the checkout."""
    target.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target / name)
    shutil.copytree(ROOT / "src", target / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return target


def call(*command: str) -> None:
    """Run a packaging command; its words are the failure."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


def test_the_package_comes_from_the_wheel(install):
    where = install.python("import amocrm_sync; print(amocrm_sync.__file__)")
    assert where.startswith(str(install.folder / "venv"))
    assert str(ROOT) not in install.python("import sys; print(sys.path)")


def test_no_extra_came_along(install):
    code = f"import importlib.util as u; print([n for n in {EXTRA_MODULES!r} if u.find_spec(n)])"
    assert install.python(code) == "[]"


def test_the_version_is_that_of_the_sources(install):
    code = "import amocrm_sync, importlib.metadata as m; print(amocrm_sync.__version__, m.version('amocrm-sync'))"
    assert install.python(code) == f"{amocrm_sync.__version__} {amocrm_sync.__version__}"


def test_every_name_at_the_door_is_importable(install):
    install.python("from amocrm_sync import *")


def test_a_client_is_made_and_closed_in_both_colours(install):
    code = (
        "import asyncio\n"
        "from amocrm_sync import AmoCRM, AsyncAmoCRM\n"
        "with AmoCRM('mycompany', token='t') as amo: print(type(amo.leads).__name__)\n"
        "async def main():\n"
        "    async with AsyncAmoCRM('mycompany', token='t') as amo: print(type(amo.leads).__name__)\n"
        "asyncio.run(main())"
    )
    assert install.python(code).split() == ["Leads", "AsyncLeads"]


def test_the_emulator_works_without_extras(install):
    code = (
        "from amocrm_sync import AmoCRM\n"
        "from amocrm_sync.testing import Emulator\n"
        "emulator = Emulator(seed=1)\n"
        "emulator.seed_account(leads=3, pipelines=1)\n"
        "with AmoCRM('demo', token=emulator.long_lived_token(), http_client=emulator.http_client()) as amo:\n"
        "    print(len(list(amo.leads.list())))"
    )
    assert install.python(code) == "3"


@pytest.mark.parametrize(
    ("module", "extra"),
    [("amocrm_sync.stores.sql", "sql")],
)
def test_a_missing_extra_names_the_pip_line(install, module, extra):
    done = install.run("python", "-c", f"from {module} import *")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f'pip install "amocrm-sync[{extra}]"' in last


def test_the_command_without_its_extra_names_the_pip_line(install):
    done = install.run("amocrm-sync", "demo")
    assert done.returncode == 2
    assert done.stderr.strip().splitlines() == [
        'amocrm-sync: the command line needs typer and rich: pip install "amocrm-sync[cli]"'
    ]


def test_every_declared_extra_exists_in_the_wheel(install):
    declared = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
            "optional-dependencies"
        ]
    )
    code = (
        "import importlib.metadata as m; print(*sorted(m.metadata('amocrm-sync').get_all('Provides-Extra')))"
    )
    assert set(install.python(code).split()) == declared
