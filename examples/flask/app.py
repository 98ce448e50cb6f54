"""Flask: the routes are mounted beside the host's own, and a thread does the work."""

import os

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from amocrm_sync import AmoCRM
from amocrm_sync.adapters import wsgi
from amocrm_sync.handlers import APIKeyAuthenticator, CRMHandlers
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator

PREFIXES = ("/admin/crm", "/integrations/amo-crm", "/webhooks/amocrm", "/api", "/openapi.json")


def account() -> AmoCRM:
    """The account in the environment; without one, a seeded account of the emulator."""
    if "AMOCRM_SUBDOMAIN" in os.environ:
        return AmoCRM.from_env()
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20)
    return AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


crm = SyncEngine(amo := account(), SQLSyncStore(os.environ.get("DATABASE_URL", "sqlite:///crm.db")))
keys = APIKeyAuthenticator({"shop": os.environ["API_KEY"]})
handlers = CRMHandlers(client=amo, engine=crm, webhook_secret=os.environ["WEBHOOK_SECRET"], authenticate=keys)

app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, dict.fromkeys(PREFIXES, wsgi.app(handlers)))


@app.post("/orders")
def order() -> tuple[dict[str, str], int]:
    lead = crm.records.leads.create({"name": "An order"}, actor="shop")
    return {"lead": lead.uid}, 201


if __name__ == "__main__":
    crm.pull()
    with wsgi.worker(handlers):
        app.run(port=int(os.environ.get("PORT", "8000")))
