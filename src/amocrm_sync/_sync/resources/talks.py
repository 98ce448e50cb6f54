# Generated from src/amocrm_sync/_async/resources/talks.py by tools/unasync.py: edit that file instead.
"""Talks and templates of chat messages: ``/api/v4/talks``, ``/api/v4/chats/templates``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from amocrm_sync._core.filters import AnyFilter
from amocrm_sync._core.payloads import embedded, number
from amocrm_sync._core.shapes import as_object
from amocrm_sync._sync.pager import Pager
from amocrm_sync._sync.resources._base import Listed, Resource
from amocrm_sync._sync.resources._writing import Creatable, DeleteMany, UpdateMany
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import ChatTemplate, Talk, TalkMessage, TemplateReview
from amocrm_sync.models.page import parse_rows


class _TalkMessages(Resource[TalkMessage]):
    path = "/api/v4/talks"
    key = "messages"
    model = TalkMessage

    def list(self, talk_id: int, limit: int | None, page: int) -> Pager[TalkMessage]:
        path, template = f"{self.path}/{number(talk_id)}/messages", f"{self.path}/{{id}}/messages"
        return self._pager(path, template, limit=self.max_limit if limit is None else limit, page=page)


class Talks(Resource[Talk]):
    """Talks. Their rights are those on the contact."""

    path = "/api/v4/talks"
    key = "talks"
    model = Talk

    def list(
        self, *, filter: AnyFilter | None = None, limit: int | None = None, page: int = 1
    ) -> Pager[Talk]:
        """Talks, lazily (known from newer versions of the official PHP SDK; not on the API page)."""
        limit = self.max_limit if limit is None else limit
        return self._pager(self.path, self.path, filter=filter, limit=limit, page=page)

    def get(self, id: int) -> Talk:
        """One talk.

        Raises:
            NotFoundError: There is none with this id.
        """
        return self._get(f"{self.path}/{number(id)}", f"{self.path}/{{id}}", ())

    def close(self, id: int, *, force: bool = False) -> None:
        """Close a talk.

        Args:
            id: The talk.
            force: Close at once; otherwise the bot that asks for a mark comes first, where the account has it.

        Raises:
            UnprocessableError: It is closed or closing already.
        """
        path = f"{self.path}/{number(id)}/close"
        self._command("POST", path, f"{self.path}/{{id}}/close", {"force_close": force})

    def messages(self, id: int, *, limit: int | None = None, page: int = 1) -> Pager[TalkMessage]:
        """Messages of a talk. Documented by Kommo only: amocrm.ru was seen to answer 403."""
        return _TalkMessages(self._core).list(id, limit, page)

    def send_message(
        self, id: int, text: str | None = None, *, attachment: Mapping[str, Any] | None = None
    ) -> str | None:
        """Send a message; its id comes back once it stands in the queue.

        Documented by Kommo only (it uses up the quota of an add-on); amocrm.ru answers 403.

        Args:
            id: The talk.
            text: What to say.
            attachment: ``{"type": "file" | "picture" | "video", "drive_uuid": …, "drive_version_uuid": …}``.
        """
        body = {"text": text, "attachment": None if attachment is None else dict(attachment)}
        sent = {name: value for name, value in body.items() if value is not None}
        if not sent:
            raise ConfigurationError("text or attachment: give at least one")
        path = f"{self.path}/{number(id)}/send_message"
        answer = as_object(self._command("POST", path, f"{self.path}/{{id}}/send_message", sent))
        return None if answer.get("id") is None else str(answer["id"])


class ChatTemplates(
    Listed[ChatTemplate],
    Creatable[ChatTemplate],
    UpdateMany[ChatTemplate],
    DeleteMany[ChatTemplate],
):
    """Templates of chat messages; an integration sees its own. Writes are for administrators."""

    path = "/api/v4/chats/templates"
    key = "chat_templates"
    model = ChatTemplate
    max_limit = 50
    with_values = ("reviews",)

    def send_review(self, id: int) -> Sequence[TemplateReview]:
        """Send a template to WhatsApp for review; one review for each source comes back."""
        path, template = f"{self.path}/{number(id)}/review", f"{self.path}/{{id}}/review"
        data = self._command("POST", path, template, {})
        return parse_rows(embedded(data, "reviews"), TemplateReview, strict=self._core.strict)

    def set_review(
        self,
        id: int,
        review_id: int,
        *,
        status: Literal["approved", "paused", "rejected"],
        reject_reason: str | None = None,
    ) -> TemplateReview:
        """Say what became of a review."""
        body: dict[str, Any] = {"status": status}
        if reject_reason is not None:
            body["reject_reason"] = reject_reason
        path = f"{self.path}/{number(id)}/review/{number(review_id)}"
        data = self._command("POST", path, f"{self.path}/{{id}}/review/{{review_id}}", body)
        return parse_rows([as_object(data)], TemplateReview, strict=self._core.strict)[0]
