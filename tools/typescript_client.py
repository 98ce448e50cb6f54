"""The OpenAPI document and the TypeScript types of ``examples/typescript-client``, as the handlers have them.

``python tools/typescript_client.py`` writes both; ``--check`` says what is out of step, without writing. The types need Node.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from amocrm_sync.handlers import CRMHandlers

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "typescript-client"
DOCUMENT, TYPES = FOLDER / "openapi.json", FOLDER / "src" / "routes.d.ts"


def document() -> bytes:
    """The document of all routes; its version is left out, or each release would change it."""
    made = CRMHandlers().openapi()
    made["info"]["version"] = "0"
    return orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def install() -> None:
    """The packages of the lock file, if they are not here."""
    if not (FOLDER / "node_modules" / ".bin" / "openapi-typescript").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=FOLDER, check=True)


def types(written: bytes) -> bytes:
    """The types of a document, by openapi-typescript."""
    install()
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "openapi.json", Path(folder) / "routes.d.ts"
        source.write_bytes(written)
        command = [
            "node_modules/.bin/openapi-typescript",
            str(source),
            "--alphabetize",
            "--output",
            str(made),
        ]
        subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
        return made.read_bytes()


def main() -> int:
    """Write, or check."""
    wanted = {DOCUMENT: document()}
    if shutil.which("npm"):
        wanted[TYPES] = types(wanted[DOCUMENT])
    else:
        print("the types are left as they are: npm is not installed", file=sys.stderr)
    stale = [path for path, content in wanted.items() if path.read_bytes() != content]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is out of step: python tools/typescript_client.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_bytes(wanted[path])
    return 0


if __name__ == "__main__":
    sys.exit(main())
