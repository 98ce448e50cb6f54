"""The reader of the examples finds what is there; otherwise the examples would pass by not being run."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from docs_pages import blocks

PAGE = """# Title

```python
a = 1
```

Text.

<!-- no-run: needs an account -->
```python
b = 2
```

1. In a list:

    ```python
    c = 3
    if c:
        d = 4
    ```

```console
$ amocrm-sync emulator \\
    --port 0
{"base_url": "…"}
$ amocrm-sync --version
```

```python title="pkg/app.py"
app = 1
```
"""


def test_blocks_are_found_with_their_lines_and_reasons():
    found = blocks(PAGE)
    assert [(block.language, block.line, block.reason) for block in found] == [
        ("python", 4, None),
        ("python", 11, "needs an account"),
        ("python", 17, None),
        ("console", 23, None),
        ("python", 30, None),
    ]
    assert [block.file for block in found] == [None, None, None, None, "pkg/app.py"]
    assert found[2].text == "c = 3\nif c:\n    d = 4\n"


def test_commands_are_joined_and_their_output_left_out():
    assert blocks(PAGE)[3].commands == ["amocrm-sync emulator      --port 0", "amocrm-sync --version"]


def test_a_traceback_points_into_the_page():
    (block,) = blocks("# Title\n\n```python\nok = 1\n1 / 0\n```\n")
    try:
        exec(block.compile(Path("page.md")), {})
    except ZeroDivisionError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert (frame.filename, frame.lineno) == ("page.md", 5)


def test_each_tab_has_its_own_block():
    page = """=== "Sync"

    ```python
    a = 1

    b = 2
    ```

=== "Async"

    ```python
    c = 3
    ```
"""
    found = blocks(page)
    assert [(block.text, block.line) for block in found] == [("a = 1\n\nb = 2\n", 4), ("c = 3\n", 12)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```python\na = 1\n", "not closed"),
        ("<!-- no-run: reason -->\n\nwords\n\n```python\n```\n", "right above its block"),
    ],
)
def test_a_broken_page_is_an_error(text, message):
    with pytest.raises(ValueError, match=message):
        blocks(text)
