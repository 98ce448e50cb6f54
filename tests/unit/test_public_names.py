"""Every public module says what is public, and says it in order."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import types

import pytest
from source_tree import PACKAGE, imports, modules

FAMILIES = ("amocrm_sync.adapters", "amocrm_sync.stores")
"""Packages whose members are doors of their own, because each needs another extra."""


def is_door(name: str) -> bool:
    """Whether hosts import from this module: the package, its public children, and members of the families."""
    parent, _, own = name.rpartition(".")
    return not own.startswith("_") and parent in ("", "amocrm_sync", *FAMILIES)


DOORS = sorted(filter(is_door, modules()))
PACKAGES = [name for name in DOORS if modules()[name].path.name == "__init__.py"]


def in_order(names: list[str]) -> list[str]:
    """Constants, then classes, then the rest: the order that ruff keeps."""

    def key(name: str) -> tuple[int, list[tuple[int, str]]]:
        kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
        parts = [part for part in re.split(r"(\d+)", name) if part]
        return kind, [(int(part), "") if part.isdigit() else (0, part) for part in parts]

    return sorted(names, key=key)


@pytest.mark.parametrize("name", DOORS)
def test_all_is_there_sorted_and_without_repeats(name):
    module = importlib.import_module(name)
    assert hasattr(module, "__all__"), f"{name} says nothing of what is public"
    listed = list(module.__all__)
    assert len(listed) == len(set(listed))
    assert listed == in_order(listed)


@pytest.mark.parametrize("name", DOORS)
def test_every_listed_name_is_importable(name):
    module = importlib.import_module(name)
    missing = [item for item in module.__all__ if not hasattr(module, item)]
    assert not missing
    assert set(module.__all__) <= set(dir(module))


MACHINERY = {"Any", "TYPE_CHECKING", "import_module"}
"""What a module that loads its names on first use needs itself."""


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_name_of_a_package_is_listed(name):
    module = importlib.import_module(name)
    foreign = {use.target.rpartition(".")[2] for use in imports(modules()[name]) if not is_ours(use.target)}
    present = {
        item
        for item, value in vars(module).items()
        if not item.startswith("_") and not isinstance(value, types.ModuleType) and item not in foreign
    }
    assert present <= set(module.__all__), f"bound but not listed: {sorted(present - set(module.__all__))}"


def test_every_error_is_at_the_door():
    package = importlib.import_module("amocrm_sync")
    errors = importlib.import_module("amocrm_sync.errors")
    assert set(errors.__all__) <= set(package.__all__)
    assert all(getattr(package, name) is getattr(errors, name) for name in errors.__all__)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    package = importlib.import_module("amocrm_sync")
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = package.NoSuchThing


def test_a_star_import_gives_what_is_listed():
    code = "from amocrm_sync import *; print(sorted(k for k in globals() if not k.startswith('_') or k == '__version__'))"
    listed = importlib.import_module("amocrm_sync").__all__
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sorted(listed))


def test_the_package_ships_its_type_marker():
    assert (PACKAGE / "py.typed").is_file()


def is_ours(dotted: str) -> bool:
    return dotted.partition(".")[0] == "amocrm_sync"
