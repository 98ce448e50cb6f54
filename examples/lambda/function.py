"""Two functions for AWS Lambda: one answers, one works every minute. Events as API Gateway sends them (version 2)."""

import base64
import os
from typing import Any

from amocrm_sync import AmoCRM
from amocrm_sync.handlers import APIKeyAuthenticator, CRMHandlers, Request
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator


def account() -> AmoCRM:
    """The account in the environment; without one, a seeded account of the emulator."""
    if "AMOCRM_SUBDOMAIN" in os.environ:
        return AmoCRM.from_env()
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20)
    return AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


engine = SyncEngine(amo := account(), SQLSyncStore(os.environ["DATABASE_URL"]))
keys = APIKeyAuthenticator({"shop": os.environ["API_KEY"]})
handlers = CRMHandlers(
    client=amo, engine=engine, webhook_secret=os.environ["WEBHOOK_SECRET"], authenticate=keys
)


def answer(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Behind the function's address."""
    asked, body = event["requestContext"]["http"], event.get("body") or ""
    response = handlers.handle(
        Request(
            asked["method"],
            event["rawPath"],
            event["rawQueryString"],
            {**event["headers"], "cookie": "; ".join(event.get("cookies", ()))},
            base64.b64decode(body) if event["isBase64Encoded"] else body.encode(),
            client=asked["sourceIp"],
        )
    )
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "body": response.body.decode(),
    }


def every_minute(_event: dict[str, Any], _: object) -> None:
    """Behind a schedule of EventBridge: a function has no background of its own."""
    engine.pull()
    handlers.work_once()
