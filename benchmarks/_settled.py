"""Runs a measured script with the garbage of what came before each operation collected, the same way for every client.

Run by ``compare.py`` and ``list_leads.py``: ``python _settled.py script.py [arguments]``. A full collection goes over
everything that a process has imported and holds. It comes now and then, costs some 25 ms, and without this it would be
charged to whichever operation happens to run when it is due: a third of an update of 10,000 leads, or nothing.
"""

from __future__ import annotations

import gc
import importlib
import runpy
import sys
from collections.abc import Callable
from typing import Any

from _server import folder


def main() -> None:
    """Run the script that the arguments name, as if it were run by itself."""
    sys.argv.pop(0)
    sys.path.insert(0, str(folder()))
    common: Any = importlib.import_module("common")  # reads the script's name from sys.argv
    common.run, common.arun = settled(common.run), settled(common.arun)
    runpy.run_path(sys.argv[0], run_name="__main__")


def settled(measure: Callable[..., Any]) -> Callable[..., Any]:
    """The same measurement, begun without garbage."""

    def begin(operation: str, job: Callable[[], Any]) -> Any:
        gc.collect()
        return measure(operation, job)

    return begin


if __name__ == "__main__":
    main()
