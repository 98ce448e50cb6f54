"""Webhooks: stored, answered, and worked on later."""

from __future__ import annotations

import logging
from typing import Any

from amocrm_sync._async.handlers.call import AsyncCall
from amocrm_sync._async.handlers.connections import AsyncConnection
from amocrm_sync._core.handlers.guard import account_id_in, is_within
from amocrm_sync._core.handlers.problem import Problem
from amocrm_sync._core.handlers.reading import check_media
from amocrm_sync.errors import SignatureError
from amocrm_sync.webhooks import WebhookTooLarge

_LOG = logging.getLogger("amocrm_sync.handlers")


async def receive(call: AsyncCall) -> Any:
    """Put the body into the engine's inbox; when this answers 200, a crash loses nothing."""
    connection = await _tenant(call)
    request = call.request
    check_media(call.route, request)
    if not request.body:
        raise Problem(400, "no-body", "a webhook has a body")
    named = account_id_in(request.body)
    if connection.account_id is not None and named not in (None, connection.account_id):
        raise Problem(403, "another-account", "this webhook is of another account")
    signature = request.header("x-signature")
    signed = () if signature is None else ({"X-Signature": signature},)
    try:
        receipt = await connection.engine.receive(request.body, request.header("content-type"), *signed)
    except SignatureError:
        raise Problem(403, "not-signed", "hooks of this chat channel are signed with its secret") from None
    except WebhookTooLarge:
        raise Problem(413, "too-large", "the body is larger or deeper than is read here") from None
    except Exception:  # noqa: BLE001 - whatever the store raised: amoCRM shall send it again
        _LOG.exception("a webhook could not be stored")
        retry = {"Retry-After": "30"}
        raise Problem(503, "not-stored", "it could not be stored; send it again", headers=retry) from None
    call.handlers.bell.ring()
    return {"status": "ok", "processed": receipt.processed, "errors": receipt.errors}


async def _tenant(call: AsyncCall) -> AsyncConnection:
    """Whose webhook it is: the secret says so, and the address where a list of them is given."""
    handlers = call.handlers
    options, secret = handlers.options, call.path.get("secret")
    networks = options.webhook_ips
    allowed = bool(networks) and is_within(handlers.address(call.request), networks)
    connection = None
    if secret is not None:
        if allowed or not networks:
            connection = await handlers.connections.by_webhook_secret(secret)
    elif allowed or options.insecure:
        connection = await handlers.connections.get(handlers.connections.default_owner)
    if connection is None or connection.engine is None:
        raise Problem(404, "no-route", "there is nothing here")
    return connection
