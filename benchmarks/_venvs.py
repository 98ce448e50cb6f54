"""An environment for each client of the comparison, under ``~/.cache/amo-bench`` (or ``AMO_BENCH_VENVS``)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ.get("AMO_BENCH_VENVS") or Path.home() / ".cache" / "amo-bench")
CHECKOUT = Path(__file__).resolve().parents[1]

REQUIREMENTS = {
    "own": ["-e", str(CHECKOUT)],
    "base": ["httpx", "orjson", "msgspec", "uvloop"],
    "aioamocrm": ["aioamocrm==0.1.1"],
    "amocrm-api": ["amocrm-api==2.6.1"],
    "amocrm-sdk": ["amocrm-sdk==0.4.0"],
    "amochka": ["amochka==0.7.0"],
    "amocrm-api-wrapper": ["amocrm-api-wrapper==1.0.1"],
}
"""``own`` is this checkout without extras, as a user installs it."""


def python(name: str) -> Path:
    """The interpreter of an environment; it is made at the first call.

    Raises:
        RuntimeError: pip could not install it; carries pip's last lines.
    """
    folder = ROOT / name
    interpreter, ready = folder / "bin" / "python", folder / ".ready"
    wanted = " ".join(REQUIREMENTS[name])
    if ready.is_file() and ready.read_text(encoding="utf-8") == wanted:
        return interpreter
    print(f"installing {wanted} …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(interpreter), "-m", "pip", "install", "--quiet", *REQUIREMENTS[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(" ".join(done.stderr.strip().splitlines()[-2:]) or "pip failed")
    ready.write_text(wanted, encoding="utf-8")
    return interpreter


def versions(name: str, *packages: str) -> str:
    """``package version`` of some packages of an environment."""
    code = (
        "import sys, importlib.metadata as m; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
    )
    done = subprocess.run(
        [str(python(name)), "-c", code, *packages], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
