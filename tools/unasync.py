"""Generate the sync half from the async half.

``python tools/unasync.py`` writes, ``--check`` compares whole files and reports stale, missing and orphan files.

A file is generated for every Python file under ``src/amocrm_sync/_async`` and ``tests/**/_async``; its twin lies in
the ``_sync`` folder beside it. The translation works on tokens: ``async`` and ``await`` go, and names change by the
table below and by the rule ``AsyncThing -> Thing``. The result is formatted by ruff.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HAND_WRITTEN = {"_primitives.py"}
HEADER = "# Generated from {source} by tools/unasync.py: edit that file instead.\n"

NAMES = {
    "AbstractAsyncContextManager": "AbstractContextManager",
    "_async": "_sync",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aiter": "iter",
    "anext": "next",
    "asleep": "sleep",
    "asynccontextmanager": "contextmanager",
    "async_amo_client": "amo_client",
    "check_async_config_store": "check_config_store",
    "check_async_state_store": "check_state_store",
    "check_async_sync_store": "check_sync_store",
    "check_async_token_store": "check_token_store",
    "create_async_engine": "create_engine",
    "sqlite_async_url": "sqlite_url",
    "StopAsyncIteration": "StopIteration",
}
"""Names that change other than by the rule ``AsyncThing -> Thing``."""

KEEP = {"AsyncIO"}
WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
PHRASES = [
    (re.compile(r"\basync (with|for|def)\b"), r"\1"),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"sqlalchemy\.ext\.asyncio"), "sqlalchemy"),
    (re.compile(r"redis\.asyncio"), "redis"),
    (re.compile(r"sqlite\+aiosqlite"), "sqlite"),
]


def sync_name(name: str) -> str:
    """The sync twin of one identifier."""
    if name in KEEP:
        return name
    if name in NAMES:
        return NAMES[name]
    if name.startswith("_Async") and len(name) > 6 and name[6].isupper():  # noqa: PLR2004 - len("_Async")
        return "_" + name[6:]
    if name.startswith("Async") and len(name) > 5 and name[5].isupper():  # noqa: PLR2004 - len("Async")
        return name[5:]
    return name


def sync_text(text: str) -> str:
    """The twin of a comment or a string: names and the words of async code in it."""
    for pattern, replacement in PHRASES:
        text = pattern.sub(replacement, text)
    return WORD.sub(lambda match: sync_name(match.group()), text)


def translate(source: str) -> str:
    """The sync twin of a module, unformatted."""
    source = source.replace("sqlalchemy.ext.asyncio", "sqlalchemy").replace("redis.asyncio", "redis")
    pieces: list[str] = []
    line, column = 1, 0
    lines = source.splitlines(keepends=True)
    skip_space = False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = token.start, token.end
        gap = _between(lines, (line, column), start)
        if skip_space:
            gap = gap.lstrip(" ")
            skip_space = False
        pieces.append(gap)
        line, column = end
        if token.type == tokenize.NAME and token.string in ("async", "await"):
            skip_space = True
        elif token.type == tokenize.NAME:
            pieces.append(sync_name(token.string))
        elif (
            token.type in (tokenize.STRING, tokenize.COMMENT)
            or tokenize.tok_name[token.type] == "FSTRING_MIDDLE"
        ):
            pieces.append(sync_text(token.string))
        elif token.type not in (tokenize.DEDENT, tokenize.ENDMARKER):
            pieces.append(token.string)
    return "".join(pieces)


def _between(lines: list[str], begin: tuple[int, int], end: tuple[int, int]) -> str:
    """The source text between two token positions."""
    if begin >= end or begin[0] > len(lines):
        return ""
    if begin[0] == end[0]:
        return lines[begin[0] - 1][begin[1] : end[1]]
    middle = "".join(lines[begin[0] : end[0] - 1])
    last = lines[end[0] - 1][: end[1]] if end[0] <= len(lines) else ""
    return lines[begin[0] - 1][begin[1] :] + middle + last


def ruff_format(text: str, name: str) -> str:
    """Sort the imports and format, as the rest of the repository is."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    imports = [
        ruff,
        "check",
        "--isolated",
        "--select",
        "I,F401",
        "--fix-only",
        "--quiet",
        "--line-length",
        "110",
    ]
    imports += ["--config", 'lint.isort.known-first-party=["amocrm_sync"]', "--stdin-filename", name, "-"]
    layout = [ruff, "format", "--isolated", "--line-length", "110", "--stdin-filename", name, "-"]
    for command in (imports, layout):
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


def pairs(root: Path = ROOT) -> dict[Path, Path]:
    """Every generated file, with its source."""
    folders = [root / "src/amocrm_sync/_async", *sorted((root / "tests").rglob("_async"))]
    found: dict[Path, Path] = {}
    for folder in folders:
        for source in sorted(folder.rglob("*.py")):
            if source.name not in HAND_WRITTEN:
                found[folder.with_name("_sync") / source.relative_to(folder)] = source
    return found


def orphans(wanted: set[Path], root: Path = ROOT) -> list[Path]:
    """Files in ``_sync`` folders that no source stands behind."""
    folders = [root / "src/amocrm_sync/_sync", *sorted((root / "tests").rglob("_sync"))]
    present = {file for folder in folders for file in folder.rglob("*.py") if file.name not in HAND_WRITTEN}
    return sorted(present - wanted)


def generate(source: Path, root: Path = ROOT) -> str:
    """The whole text of the twin of one file."""
    header = HEADER.format(source=source.relative_to(root).as_posix())
    return header + ruff_format(translate(source.read_text(encoding="utf-8")), source.name)


def run(root: Path, *, check: bool) -> list[str]:
    """Write what is not in step, or only look; what is wrong (and cannot be written) comes back as lines."""
    twins = pairs(root)
    problems: list[str] = []
    for target, source in twins.items():
        text = generate(source, root)
        current = target.read_text(encoding="utf-8") if target.exists() else None
        if text == current:
            continue
        name = target.relative_to(root).as_posix()
        if check:
            problems.append(f"{'stale' if current is not None else 'missing'}: {name}")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return problems + [
        f"orphan: {orphan.relative_to(root).as_posix()}" for orphan in orphans(set(twins), root)
    ]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write or check; the exit code says whether all is in step."""
    problems = run(root, check="--check" in arguments)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print("run `make generate` and delete orphans", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
