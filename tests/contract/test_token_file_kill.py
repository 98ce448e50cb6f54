"""A writer of the token file is killed at every line; what is stored is always the old record or the new one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

DRIVER = """
import itertools, json, os, signal, sys
from amocrm_sync._core.tokens import TokenKey, TokenRecord
from amocrm_sync.stores import FileTokenStore

path, key = sys.argv[1], TokenKey("i", "demo.amocrm.ru", "")

def record(version):
    return TokenRecord(access_token=f"access-{version}" * 500, refresh_token=f"refresh-{version}", version=version)

def die_at(line):
    seen = 0
    def trace(frame, event, _):
        nonlocal seen
        if not frame.f_code.co_filename.endswith(("_tokenfile.py", "token_table.py")):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)

version, outcomes = 1, []
FileTokenStore(path).swap(key, None, record(1))
for line in itertools.count(1):
    child = os.fork()
    if child == 0:
        store = FileTokenStore(path)
        die_at(line)
        os._exit(0 if store.swap(key, version, record(version + 1)) else 1)
    _, status = os.waitpid(child, 0)
    signal.alarm(10)  # a lock that outlived its holder would block the next read for ever
    stored = FileTokenStore(path).load(key)
    signal.alarm(0)
    if stored == record(version):
        outcomes.append("old")
    elif stored == record(version + 1):
        outcomes.append("new")
        version += 1
    else:
        outcomes.append("torn")
    if os.WIFEXITED(status):
        outcomes.append(f"exit {os.WEXITSTATUS(status)}")
        break
print(json.dumps(outcomes))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is neither fork nor SIGKILL on Windows")
def test_a_kill_at_any_line_leaves_a_whole_file(tmp_path):
    path = tmp_path / "tokens.json"
    command = [sys.executable, "-c", DRIVER, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    *outcomes, last, end = json.loads(run.stdout)
    assert (last, end) == ("new", "exit 0")
    assert len(outcomes) > 30
    assert "torn" not in outcomes
    switch = outcomes.index("new")
    assert set(outcomes[:switch]) == {"old"}
    assert set(outcomes[switch:]) == {"new"}
    assert {file.name for file in tmp_path.iterdir()} == {"tokens.json", "tokens.json.lock"}
