"""Samples: the shapes of real bodies with made-up values, one ``key=value`` a line, unescaped."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

SAMPLES = Path(__file__).with_name("samples")


@pytest.fixture
def sample():
    """A function from a sample's name to the body as it comes over the wire."""

    def body(name: str) -> bytes:
        lines = (SAMPLES / f"{name}.txt").read_text("utf-8").splitlines()
        return urlencode([tuple(line.split("=", 1)) for line in lines]).encode()

    return body
