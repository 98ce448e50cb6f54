"""Django in one file: a view hands requests to the handlers, and a thread does the work."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from amocrm_sync import AmoCRM
from amocrm_sync.adapters import wsgi
from amocrm_sync.handlers import APIKeyAuthenticator, CRMHandlers, Request
from amocrm_sync.stores.sql import SQLSyncStore
from amocrm_sync.sync import SyncEngine
from amocrm_sync.testing import Emulator

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY=os.environ["SECRET_KEY"], ALLOWED_HOSTS=["127.0.0.1"])


def account() -> AmoCRM:
    """The account in the environment; without one, a seeded account of the emulator."""
    if "AMOCRM_SUBDOMAIN" in os.environ:
        return AmoCRM.from_env()
    emulator = Emulator(seed=1)
    emulator.seed_account(leads=20)
    return AmoCRM("demo", token=emulator.long_lived_token(), http_client=emulator.http_client())


engine = SyncEngine(amo := account(), SQLSyncStore(os.environ.get("DATABASE_URL", "sqlite:///crm.db")))
keys = APIKeyAuthenticator({"shop": os.environ["API_KEY"]})
handlers = CRMHandlers(
    client=amo, engine=engine, webhook_secret=os.environ["WEBHOOK_SECRET"], authenticate=keys
)


@csrf_exempt  # the handlers have their own protection
def crm(request: HttpRequest) -> HttpResponse:
    query, peer = request.META["QUERY_STRING"], request.META["REMOTE_ADDR"]
    answer = handlers.handle(
        Request(request.method, request.path, query, request.headers, request.body, client=peer)
    )
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


@csrf_exempt
def order(_: HttpRequest) -> HttpResponse:
    lead = engine.records.leads.create({"name": "An order"}, actor="shop")
    return JsonResponse({"lead": lead.uid}, status=201)


urlpatterns = [
    path("orders", order),
    re_path(r"^(?:admin/crm|integrations/amo-crm|webhooks/amocrm|api|openapi\.json)", crm),
]

if __name__ == "__main__":
    engine.pull()
    with wsgi.worker(handlers):
        execute_from_command_line(
            [sys.argv[0], "runserver", "--noreload", f"127.0.0.1:{os.environ.get('PORT', '8000')}"]
        )
