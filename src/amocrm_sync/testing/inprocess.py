"""The emulator without a socket: an HTTP client whose server is a function in this process."""

from __future__ import annotations

from typing import Any

from amocrm_sync._http import NoAnswerError, in_process_client
from amocrm_sync.testing.emulator.http import Request
from amocrm_sync.testing.faults import LostAnswer
from amocrm_sync.testing.server import Handles


def http_client(emulator: Handles, family: str | None = None) -> Any:
    """A client for ``AmoCRM(http_client=…)`` and ``AsyncAmoCRM(http_client=…)`` alike.

    Args:
        emulator: Who answers.
        family: ``"httpx"`` or ``"httpx2"``; the preferred installed one where not given.
    """

    def answer(
        method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        lowered = {name.lower(): value for name, value in headers.items()}
        response = emulator.handle(Request(method=method.upper(), url=url, headers=lowered, body=body))
        if isinstance(response, LostAnswer):
            raise NoAnswerError(
                f"{method} {url.partition('?')[0]}: the answer was lost (a fault of the emulator)"
            )
        return response.status, list(response.headers), response.body

    return in_process_client(answer, family)
