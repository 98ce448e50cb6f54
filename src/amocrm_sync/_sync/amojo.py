# Generated from src/amocrm_sync/_async/amojo.py by tools/unasync.py: edit that file instead.
"""The client of the chats API: signed requests of one channel, without the account's token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson

from amocrm_sync._clock import SYSTEM_CLOCK, Clock
from amocrm_sync._core.amojo import (
    HOOK_VERSION,
    PREFIX,
    delivery_body,
    message_body,
    message_event,
    reaction_body,
)
from amocrm_sync._core.call import Call, Method, Reply
from amocrm_sync._core.form import encode_brackets
from amocrm_sync._core.retry import RetryPolicy
from amocrm_sync._core.shapes import as_array, as_object, is_object, json_object
from amocrm_sync._core.unpicklable import Unpicklable
from amocrm_sync._http import DEFAULT_TIMEOUT, HTTP
from amocrm_sync._sync.signed import SignedEngine
from amocrm_sync.errors import ConfigurationError
from amocrm_sync.models import Model
from amocrm_sync.models.amojo import Chat, ChatChannel, ChatMessage, SentMessage
from amocrm_sync.models.page import parse_rows

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MOST_HISTORY = 50
"""Messages that one request for a history may ask for."""


class Amojo(Unpicklable):
    """One channel of chats, in one account.

    ::

        amojo = amo.amojo(channel_id, secret)
        amojo.connect(title="My messenger")
        amojo.send_message("chat-7", "Hello", sender={"id": "user-1", "name": "Ivan"}, msgid="m-1")

    Identifiers have two sides here: ``conversation_id``, ``msgid`` and ``sender["id"]`` are yours, those that answers
    and hooks bring are the chats API's. A request whose outcome is unknown is not sent again by itself; sending a
    message again with its ``msgid`` is safe, for the API takes each ``msgid`` once.

    Args:
        channel_id: The channel, as amoCRM's support issued it.
        secret: Its secret. For the back end only.
        account_id: The account's ``amojo_id`` (``amo.account.get(with_=["amojo_id"])``).
        base_url: ``https://amojo.amocrm.ru``; accounts of Kommo are at ``https://amojo.kommo.com``. Or a function that
            gives it, which is asked at each request: an account may move.
        http_client: A client of httpx or httpx2 that you own.
        proxy: Address of a proxy.
        timeout: Seconds for one attempt.
        retry: When to try again; ``None`` sends everything once.
        clock: Where time comes from. The server refuses dates that are 15 minutes off.
    """

    def __init__(
        self,
        channel_id: str,
        secret: str,
        *,
        account_id: str,
        base_url: str | Callable[[], str] = "https://amojo.amocrm.ru",
        http_client: Any = None,
        proxy: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = RetryPolicy(),  # noqa: B008 - frozen
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        for name, value in (("channel_id", channel_id), ("secret", secret), ("account_id", account_id)):
            if not value:
                raise ConfigurationError(f"{name}: it is empty")
        origin = base_url if callable(base_url) else partial(str, base_url)
        self.channel_id = channel_id
        self.account_id = account_id
        self._clock = clock
        self._shares_pool = isinstance(http_client, HTTP)
        self._http = (
            http_client
            if isinstance(http_client, HTTP)
            else HTTP.open(http_client, base_url=origin(), proxy=proxy, timeout=timeout)
        )
        self._signed = SignedEngine(
            http=self._http,
            secret=secret,
            origin=origin,
            account=account_id,
            retry=retry or RetryPolicy(retries=0),
            clock=clock,
            timeout=None if http_client is None else timeout,
        )

    @property
    def scope_id(self) -> str:
        """The channel in this account."""
        return f"{self.channel_id}_{self.account_id}"

    def connect(
        self, *, title: str | None = None, is_time_window_disabled: bool | None = None
    ) -> ChatChannel:
        """Connect the channel to the account. Do it after every install: switching the integration off disconnects.

        Args:
            title: What users see; the channel's own name where not given.
            is_time_window_disabled: Let users write at any time in channels with a time window.
        """
        body = {
            "account_id": self.account_id,
            "title": title,
            "hook_api_version": HOOK_VERSION,
            "is_time_window_disabled": is_time_window_disabled,
        }
        path, template = self._path(self.channel_id, "/connect", name="channel_id")
        return self._send("POST", path, template, _given(body), parse=_reader(ChatChannel))

    def disconnect(self) -> None:
        """Disconnect the channel from the account: hooks stop, and nobody can write first."""
        path, template = self._path(self.channel_id, "/disconnect", name="channel_id")
        self._send("DELETE", path, template, {"account_id": self.account_id}, parse=_nothing)

    def create_chat(
        self, conversation_id: str, user: Mapping[str, Any], *, source: str | None = None
    ) -> Chat:
        """Make a chat, or get the one that this ``conversation_id`` has already. It is shown once it has a message.

        Args:
            conversation_id: Yours.
            user: ``id`` and ``name``, further ``avatar``, ``profile`` (``phone``, ``email``), ``profile_link``.
            source: ``external_id`` of the source.
        """
        body = {"conversation_id": conversation_id, "user": dict(user), "source": _source(source)}
        path, template = self._path(self.scope_id, "/chats")
        return self._send("POST", path, template, _given(body), parse=_reader(Chat))

    def send_message(
        self,
        conversation_id: str,
        message: str | Mapping[str, Any],
        *,
        sender: Mapping[str, Any],
        msgid: str,
        receiver: Mapping[str, Any] | None = None,
        at: datetime | None = None,
        conversation_ref_id: str | None = None,
        source: str | None = None,
        silent: bool | None = None,
        reply_to: Mapping[str, Any] | None = None,
        forwards: Mapping[str, Any] | None = None,
    ) -> SentMessage:
        """Bring a message into amoCRM: a client's, or a manager's that was written elsewhere.

        Args:
            conversation_id: Your id of the chat; an unknown one makes a new chat, a contact and an unsorted lead.
            message: A text, or a dict with ``type`` (text, contact, file, video, picture, voice, audio, sticker,
                location) and what goes with it (``text``, ``media``, ``file_name``, ``file_size`` …).
            sender: ``id`` and ``name``; for a manager ``ref_id`` too (the user's ``amojo_id``), and a ``receiver``.
            msgid: Your id of the message; each is taken once.
            receiver: Who gets a manager's message: ``id`` and ``name``.
            at: When it was written; now where not given.
            conversation_ref_id: The chats API's id of the chat, for the first answer to "write first".
            source: ``external_id`` of the source.
            silent: No notification and no unsorted lead: for imports.
            reply_to: The message that is answered: ``{"message": {"id" or "msgid": …}}``.
            forwards: What is passed on: ``{"messages": [one], "conversation_ref_id" or "conversation_id": …}``.
        """
        event = message_event(
            "new_message",
            message_body(message),
            at=at or self._now(),
            msgid=msgid,
            conversation_id=conversation_id,
            conversation_ref_id=conversation_ref_id,
            sender=dict(sender),
            receiver=receiver,
            source=_source(source),
            silent=silent,
            reply_to=reply_to,
            forwards=forwards,
        )
        return self._message(event)

    def edit_message(
        self,
        conversation_id: str,
        message: str | Mapping[str, Any],
        *,
        msgid: str | None = None,
        id: str | None = None,
    ) -> SentMessage:
        """Change a message; nobody is notified.

        Args:
            conversation_id: Your id of the chat.
            message: The whole message as it shall be; a dict may carry ``delivery_status``.
            msgid: Your id of the message.
            id: The chats API's id of it; given together, ``msgid`` becomes your id of it.
        """
        if msgid is None and id is None:
            raise ConfigurationError("msgid, id: name the message by one of them")
        event = message_event(
            "edit_message",
            message_body(message),
            at=self._now(),
            msgid=msgid,
            id=id,
            conversation_id=conversation_id,
        )
        return self._message(event)

    def delivery_status(
        self, msgid: str, status: str | int, *, error_code: int | None = None, error: str | None = None
    ) -> None:
        """Say what became of a message that a hook brought.

        Args:
            msgid: The chats API's id of it.
            status: ``delivered``, ``read`` or ``error`` (1, 2, -1).
            error_code: For an error: 901 chat deleted, 902 channel off, 903 internal, 904 no conversation, 905 other.
            error: For an error: the text that the user sees.
        """
        body = delivery_body(status, error_code, error)
        path, template = self._path(self.scope_id, f"/{msgid}/delivery_status", "/{msgid}/delivery_status")
        self._send("POST", path, template, body, parse=_nothing)

    def typing(self, conversation_id: str, sender_id: str, *, duration_ms: int | None = None) -> None:
        """Show that a client is typing, for 5 seconds or ``duration_ms``; both ids are yours."""
        body = {"conversation_id": conversation_id, "sender": {"id": sender_id}, "duration_ms": duration_ms}
        path, template = self._path(self.scope_id, "/typing")
        self._send("POST", path, template, _given(body), parse=_nothing)

    def react(
        self,
        emoji: str,
        user: Mapping[str, Any],
        *,
        conversation_id: str | None = None,
        conversation_ref_id: str | None = None,
        msgid: str | None = None,
        id: str | None = None,
    ) -> None:
        """React to a message.

        Args:
            emoji: The reaction.
            user: ``id``; ``ref_id`` too for a manager.
            conversation_id: Your id of the chat, or
            conversation_ref_id: the chats API's.
            msgid: Your id of the message, or
            id: the chats API's.
        """
        body = reaction_body(
            user=user,
            emoji=emoji,
            conversation_id=conversation_id,
            conversation_ref_id=conversation_ref_id,
            msgid=msgid,
            id=id,
        )
        self._react(body)

    def unreact(
        self,
        user: Mapping[str, Any],
        *,
        conversation_id: str | None = None,
        conversation_ref_id: str | None = None,
        msgid: str | None = None,
        id: str | None = None,
    ) -> None:
        """Take a reaction back; arguments as in :meth:`react`."""
        body = reaction_body(
            user=user,
            emoji=None,
            conversation_id=conversation_id,
            conversation_ref_id=conversation_ref_id,
            msgid=msgid,
            id=id,
        )
        self._react(body)

    def history(self, chat_id: str, *, offset: int = 0, limit: int = MOST_HISTORY) -> Sequence[ChatMessage]:
        """Messages of a chat, the newest first; empty where there are none. Only chats of this channel.

        Args:
            chat_id: The chats API's id of the chat.
            offset: How many to pass over.
            limit: 1 to 50.
        """
        if not 1 <= limit <= MOST_HISTORY:
            raise ConfigurationError(f"limit: 1 to {MOST_HISTORY} is needed here, not {limit}")
        query = encode_brackets({"offset": offset, "limit": limit}, escape_brackets=False)
        path, template = self._path(
            self.scope_id, f"/chats/{chat_id}/history", "/chats/{conversation_id}/history"
        )
        return self._send("GET", path, template, None, parse=_messages, query=query)

    def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if not self._shares_pool:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.scope_id}>"

    def _message(self, event: Mapping[str, Any]) -> SentMessage:
        path, template = self._path(self.scope_id)
        return self._send("POST", path, template, event, parse=_sent)

    def _react(self, body: Mapping[str, Any]) -> None:
        path, template = self._path(self.scope_id, "/react")
        self._send("POST", path, template, body, parse=_nothing)

    @staticmethod
    def _path(
        scope: str, rest: str = "", template: str | None = None, *, name: str = "scope_id"
    ) -> tuple[str, str]:
        return f"{PREFIX}/{scope}{rest}", f"{PREFIX}/{{{name}}}{rest if template is None else template}"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def _send(
        self,
        method: Method,
        path: str,
        template: str,
        body: Mapping[str, Any] | None,
        *,
        parse: Callable[[Reply], T],
        query: str = "",
    ) -> T:
        content = None if body is None else orjson.dumps(body)
        call = Call(method=method, path=path, template=template, query=query, parse=parse, content=content)
        return self._signed.send(call)


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _source(external_id: str | None) -> dict[str, str] | None:
    return None if external_id is None else {"external_id": external_id}


def _reader(model: type[M]) -> Callable[[Reply], M]:
    return lambda reply: parse_rows([json_object(reply.body)], model)[0]


def _sent(reply: Reply) -> SentMessage:
    answer = json_object(reply.body)
    row = as_object(answer.get("new_message") or answer.get("edit_message"))
    return parse_rows([row], SentMessage)[0]


def _messages(reply: Reply) -> Sequence[ChatMessage]:
    rows = as_array(json_object(reply.body).get("messages"))
    return parse_rows([row for row in rows if is_object(row)], ChatMessage)


def _nothing(_reply: Reply) -> None:
    """The answer says nothing that the status does not say."""
