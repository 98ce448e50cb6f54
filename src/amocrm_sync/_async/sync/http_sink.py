"""Events posted to another backend."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson

from amocrm_sync._http import AsyncHTTP, Failure
from amocrm_sync.errors import AmoCRMError, ConfigurationError, TransportError


class AsyncHTTPEventSink:
    """Posts each event as JSON to a URL, with an API key.

    ::

        engine.add_sink(AsyncHTTPEventSink("https://erp.example/amo-events", api_key), ["lead.*"])

    The body is the event as :class:`SyncEvent` has it. ``Authorization: Bearer <api_key>`` says who we are;
    ``Idempotency-Key`` is the same for every delivery of one event, so that the other side can drop a repetition. Any
    2xx answer is an arrival; everything else is tried again for a day.

    Args:
        url: Where to post; https, unless it is this machine.
        api_key: Sent with each event; never logged.
        name: The sink's name in the store; by default the URL's host and path.
        http_client: A client of the HTTP library to use instead of one of our own; it is never closed by us.
        timeout: Seconds for one delivery.

    Raises:
        ConfigurationError: The URL is none, or would send the key in the clear.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        name: str | None = None,
        http_client: Any = None,
        timeout: float = 10.0,
    ) -> None:
        parts = urlsplit(url)
        is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_local)):
            raise ConfigurationError("url: write https://…; plain http would send the key in the clear")
        self.name = name or f"{parts.hostname}{parts.path}"
        self._url = url
        self._headers = {
            "authorization": f"Bearer {api_key}",
            "content-type": "application/json",
            "user-agent": "amocrm-sync",
        }
        base = f"{parts.scheme}://{parts.netloc}"
        self._http = AsyncHTTP.open(http_client, base_url=base, timeout=timeout)

    async def deliver(self, key: str, payload: Mapping[str, Any]) -> None:
        """Post one event.

        Raises:
            TransportError: No answer came.
            AmoCRMError: The answer was no success.
        """
        headers = {**self._headers, "idempotency-key": key}
        reply = await self._http.send("POST", self._url, headers=headers, content=orjson.dumps(payload))
        if isinstance(reply, Failure):
            raise TransportError(f"{self.name}: {reply.reason}")
        if not HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            raise AmoCRMError(f"{self.name} answered {reply.status}")

    async def aclose(self) -> None:
        """Close the connections that are ours."""
        await self._http.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"
