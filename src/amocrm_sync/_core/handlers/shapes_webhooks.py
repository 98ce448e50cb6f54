"""The answer to a webhook."""

from __future__ import annotations

from amocrm_sync._core.handlers.shapes import Answer


class Received(Answer):
    """It is stored: ``processed`` events in it, ``errors`` items that could not be read."""

    status: str = "ok"
    processed: int
    errors: int
