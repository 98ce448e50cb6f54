"""The chat service's own store: channels, their connections, conversations and messages."""

from __future__ import annotations

import hashlib
import hmac
import random
from typing import Any, TypeAlias

import attrs

Row: TypeAlias = dict[str, Any]


@attrs.define(kw_only=True)
class Channel:
    """A chat channel as support registers one.

    Attributes:
        scopes: Connections by account, with what was asked for.
    """

    id: str
    secret: str = attrs.field(repr=False)
    bot_id: str
    name: str
    code: str
    scopes: dict[str, Row] = attrs.field(factory=dict[str, Row])


@attrs.frozen(kw_only=True)
class ChannelHook:
    """What a channel's own webhook would get: the body, and the signature over it."""

    scope_id: str
    body: bytes
    signature: str


@attrs.define(kw_only=True)
class Conversation:
    """One chat.

    Attributes:
        id: Its uuid here.
        client_id: Its id on the integration's side.
        user: The client: ``id`` here, ``client_id`` there, ``name``, ``avatar``, ``phone``, ``email``.
        source: External id of the source, if one was named.
        messages: In the order in which they came.
    """

    id: str
    scope_id: str
    client_id: str
    user: Row
    source: str | None = None
    messages: list[Row] = attrs.field(factory=list[Row])


class Chats:
    """Channels by id, conversations by uuid. One channel is registered from the start."""

    def __init__(self, seed: int) -> None:
        """Register the first channel, with randomness of its own."""
        self._random = random.Random(seed)
        self.channels: dict[str, Channel] = {}
        self.conversations: dict[str, Conversation] = {}
        self.hooks: list[ChannelHook] = []
        self.first = self.register("Chats")

    def uuid(self) -> str:
        """A uuid that the seed decides."""
        text = f"{self._random.getrandbits(128):032x}"
        return "-".join((text[:8], text[8:12], f"4{text[13:16]}", f"8{text[17:20]}", text[20:]))

    def register(self, name: str) -> Channel:
        """A new channel with a secret and a bot."""
        secret = f"{self._random.getrandbits(160):040x}"
        channel = Channel(
            id=self.uuid(),
            secret=secret,
            bot_id=self.uuid(),
            name=name,
            code=f"amo.ext.{len(self.channels) + 1}",
        )
        self.channels[channel.id] = channel
        return channel

    def channel_of(self, scope_id: str) -> Channel | None:
        """The channel that a scope belongs to, while it is connected."""
        channel_id, _, account_id = scope_id.partition("_")
        channel = self.channels.get(channel_id)
        return channel if channel is not None and account_id in channel.scopes else None

    def conversation(
        self, scope_id: str, *, client_id: object = None, uuid: object = None
    ) -> Conversation | None:
        """A scope's conversation by either of its ids."""
        for found in self.conversations.values():
            if found.scope_id == scope_id and (found.id == uuid or found.client_id == client_id):
                return found
        return None

    def message(self, scope_id: str, *, uuid: object = None, client_id: object = None) -> Row | None:
        """A scope's message by either of its ids."""
        for conversation in self.conversations.values():
            if conversation.scope_id == scope_id:
                for row in conversation.messages:
                    if (uuid is not None and row["id"] == uuid) or (
                        client_id is not None and row["client_id"] == client_id
                    ):
                        return row
        return None

    def tell(self, scope_id: str, body: bytes) -> None:
        """Sign what the channel's own webhook gets, and keep it for tests."""
        channel = self.channel_of(scope_id)
        if channel is not None:
            signature = hmac.new(channel.secret.encode(), body, hashlib.sha1).hexdigest()
            self.hooks.append(ChannelHook(scope_id=scope_id, body=body, signature=signature))
