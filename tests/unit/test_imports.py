"""Arrows between modules go one way, and the HTTP library has one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from source_tree import Module, imports, modules

ROOT_NAME = "amocrm_sync"

LAYERS: list[tuple[str, set[str]]] = [
    ("foundation", {"errors", "_version"}),
    ("pure core", {"_core", "models"}),
    ("pure features", {"mapping", "webhooks"}),
    ("edges", {"_*", "migrations"}),
    ("shells", {"_async", "_sync"}),
    ("façades", {"", "auth", "handlers", "protocols", "stores", "sync"}),
    ("testing and adapters", {"adapters", "testing"}),
    ("command line", {"cli"}),
]
"""Lowest first. A module may import from its own layer and from those below; ``""`` is the package itself, and
``_*`` any other private module at its root: what both halves share and what is not pure."""

EXEMPT: dict[str, str] = {}
"""Modules that may import upwards, each with its reason."""

HTTP_LIBRARIES = {"httpx", "httpx2"}
HTTP_DOORS: dict[str, str] = {
    "_http": "the one file that speaks HTTP",
}
"""Modules that may import the HTTP library, each with its reason."""


def rank(name: str) -> int:
    """The layer of a module, by the first part of its name below the package."""
    part = name.removeprefix(ROOT_NAME).removeprefix(".").partition(".")[0]
    ranks = {item: index for index, (_, parts) in enumerate(LAYERS) for item in parts}
    if part in ranks:
        return ranks[part]
    if part.startswith("_"):
        return ranks["_*"]
    raise AssertionError(f"{name} is in no layer: add {part!r} to LAYERS in {Path(__file__).name}")


def imported_modules(module: Module, known: dict[str, Module]) -> list[tuple[str, int]]:
    """Our own modules that a module imports, with lines; ``from package import name`` means the submodule if it is one."""
    found: dict[tuple[str, int], None] = {}
    for use in imports(module):
        name = use.target
        if name.partition(".")[0] != ROOT_NAME:
            continue
        while name not in known:
            name = name.rpartition(".")[0]
        found[name, use.line] = None
    return list(found)


def arrows_back_up(known: dict[str, Module]) -> list[str]:
    """Each import from a lower layer of a higher one, as a line for people."""
    problems: list[str] = []
    for name, module in known.items():
        if name in EXEMPT:
            continue
        own = rank(name)
        for target, line in imported_modules(module, known):
            if rank(target) > own:
                problems.append(
                    f"{name}:{line} imports {target}: {LAYERS[own][0]} must not know of {LAYERS[rank(target)][0]}"
                )
    return problems


def mixed_colours(known: dict[str, Module]) -> list[str]:
    """Imports between the async half and the sync half, which must stand alone."""
    halves = {f"{ROOT_NAME}._async": f"{ROOT_NAME}._sync", f"{ROOT_NAME}._sync": f"{ROOT_NAME}._async"}
    problems: list[str] = []
    for name, module in known.items():
        half = ".".join(name.split(".")[:2])
        for target, line in imported_modules(module, known):
            if half in halves and (target + ".").startswith(halves[half] + "."):
                problems.append(f"{name}:{line} imports {target}: the two halves stand alone")
    return problems


def http_imports(known: dict[str, Module]) -> list[str]:
    """Imports of the HTTP library outside its doors."""
    return [
        f"{name}:{use.line} imports {use.target}: only {sorted(HTTP_DOORS)} may"
        for name, module in known.items()
        if name.removeprefix(ROOT_NAME + ".") not in HTTP_DOORS
        for use in imports(module)
        if use.target.partition(".")[0] in HTTP_LIBRARIES
    ]


def test_no_arrow_goes_back_up():
    problems = arrows_back_up(modules())
    assert not problems, "\n" + "\n".join(problems)


def test_the_two_halves_do_not_import_each_other():
    problems = mixed_colours(modules())
    assert not problems, "\n" + "\n".join(problems)


def test_the_http_library_has_one_door():
    problems = http_imports(modules())
    assert not problems, "\n" + "\n".join(problems)


def test_exemptions_are_of_modules_that_exist_and_need_them():
    known = modules()
    for name in EXEMPT:
        assert any(rank(target) > rank(name) for target, _ in imported_modules(known[name], known)), name
    for name in HTTP_DOORS:
        assert f"{ROOT_NAME}.{name}" in known, name


def synthetic(**sources: str) -> dict[str, Module]:
    """A package made of the given sources; ``__`` in a key stands for a dot."""
    known = {ROOT_NAME: Module(ROOT_NAME, Path("__init__.py"), ast.parse(""))}
    for key, source in sources.items():
        name = f"{ROOT_NAME}.{key.replace('__', '.')}"
        known[name] = Module(name, Path(f"{key}.py"), ast.parse(source))
    return known


@pytest.mark.parametrize(
    "source",
    [
        "import amocrm_sync._async.engine",
        "from amocrm_sync._async import engine",
        "from amocrm_sync._async.engine import Engine",
        "def late():\n    from amocrm_sync._async.engine import Engine",
        "from .._async.engine import Engine",
        "if TYPE_CHECKING:\n    from amocrm_sync._async.engine import Engine",
    ],
)
def test_an_arrow_back_up_is_seen_in_every_form(source):
    known = synthetic(_core__call=source, _async__engine="Engine = object")
    (problem,) = arrows_back_up(known)
    assert problem.startswith("amocrm_sync._core.call:")
    assert "amocrm_sync._async.engine" in problem


def test_an_arrow_down_and_one_to_a_neighbour_are_fine():
    known = synthetic(
        _core__call="from amocrm_sync.errors import AmoCRMError\nfrom amocrm_sync._core.unset import UNSET",
        _core__unset="UNSET = 0",
        errors="class AmoCRMError(Exception): ...",
    )
    assert arrows_back_up(known) == []


def test_a_package_in_no_layer_is_reported():
    with pytest.raises(AssertionError, match="add 'surprise' to LAYERS"):
        arrows_back_up(synthetic(surprise="from amocrm_sync.errors import AmoCRMError", errors=""))


@pytest.mark.parametrize(
    "source", ["import httpx", "from httpx2 import Client", "def late():\n    import httpx._urls"]
)
def test_a_second_door_to_http_is_seen(source):
    assert len(http_imports(synthetic(_async__engine=source))) == 1


def test_mixed_colours_are_seen():
    known = synthetic(_sync__engine="from amocrm_sync._async.pager import Pager", _async__pager="Pager = 0")
    assert len(mixed_colours(known)) == 1
