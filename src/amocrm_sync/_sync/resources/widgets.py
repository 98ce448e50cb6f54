# Generated from src/amocrm_sync/_async/resources/widgets.py by tools/unasync.py: edit that file instead.
"""Widgets: ``/api/v4/widgets``, and the way on for a bot that waits for one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from amocrm_sync._core.payloads import text_key
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Resource
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Widget

RETURN_PATH = re.compile(r"/api/v4/(salesbot|marketingbot)/\w+/continue/\w+")
CONTINUE = "/api/v4/{bot_type}/{bot_id}/continue/{continue_id}"
MAX_HANDLERS = 10


class Widgets(Resource[Widget]):
    """Widgets of the account: public ones, installed ones, and those that the user uploaded. The key is ``code``."""

    path = "/api/v4/widgets"
    key = "widgets"
    model = Widget

    def list(self, *, limit: int | None = None, page: int = 1) -> Pager[Widget]:
        """The widgets, lazily."""
        return self._pager(self.path, self.path, limit=self.max_limit if limit is None else limit, page=page)

    def get(self, code: str) -> Widget:
        """One widget; ``settings`` is shown only to its own integration.

        Raises:
            NotFoundError: There is none with this code, or it is not to be seen.
        """
        return self._get(f"{self.path}/{text_key(code)}", f"{self.path}/{{code}}", ())

    def install(self, code: str, settings: Mapping[str, Any] | None = None) -> Widget:
        """Install a widget, or change its settings. For administrators.

        Args:
            code: Its code.
            settings: Values by the keys of ``settings_template``; for ``users`` a dict of user id and extension.
        """
        path = f"{self.path}/{text_key(code)}"
        return self._one("POST", path, f"{self.path}/{{code}}", dict(settings or {}))

    def uninstall(self, code: str) -> None:
        """Take a widget out of the account. For administrators."""
        self._command("DELETE", f"{self.path}/{text_key(code)}", f"{self.path}/{{code}}")

    def continue_bot(
        self,
        return_url: str,
        *,
        data: Mapping[str, Any] | None = None,
        execute_handlers: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Let a bot go on that called a widget and waits for its answer.

        Args:
            return_url: ``return_url`` of the request that the bot sent; only its path is used, on this account.
            data: What the bot reads as ``{{json.key}}``.
            execute_handlers: Up to ten steps for it, ``show`` or ``goto``.

        Raises:
            ConfigurationError: The address is not one of a waiting bot, or there are too many steps.
            NotFoundError: Nothing waits there any more.
        """
        parts = urlsplit(return_url)
        if not RETURN_PATH.fullmatch(parts.path):
            raise ConfigurationError(f"return_url: a path like {CONTINUE} is needed, not {parts.path!r}")
        if parts.netloc and f"{parts.scheme}://{parts.netloc}" != self._core.engine.base_url:
            raise ConfigurationError(
                f"return_url: it leads to {parts.hostname}, not to {self._core.engine.account}"
            )
        if len(execute_handlers) > MAX_HANDLERS:
            raise ConfigurationError(f"execute_handlers: at most {MAX_HANDLERS}, not {len(execute_handlers)}")
        body: dict[str, Any] = {"data": dict(data or {})}
        if execute_handlers:
            body["execute_handlers"] = [dict(step) for step in execute_handlers]
        self._command("POST", parts.path, CONTINUE, body)
