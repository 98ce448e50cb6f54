"""A chat channel's hook, believed only if it is signed with the channel's secret."""

from __future__ import annotations

from amocrm_sync._core.amojo import verify_hook
from amocrm_sync._core.chat_hooks import AnyChatHook, read_chat
from amocrm_sync._core.shapes import json_object


def parse_chat(body: bytes, signature: str | None, secret: str) -> AnyChatHook:
    """A hook of a chat channel, once its signature is checked.

    Args:
        body: The request's body, exactly as it came.
        signature: The header ``X-Signature``.
        secret: The channel's secret.

    Raises:
        SignatureError: It is not signed with this secret. Nothing was read from it.
    """
    verify_hook(body, signature, secret)
    return read_chat(json_object(body))
