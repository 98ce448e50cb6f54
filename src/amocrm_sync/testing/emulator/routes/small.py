"""Endpoints that are alone in their kind: subscribers of a card, short links, currencies."""

from __future__ import annotations

import hashlib
from typing import Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import PLAIN
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, rows_of
from amocrm_sync.testing.emulator.selection import page_of
from amocrm_sync.testing.emulator.tables import Row, part
from amocrm_sync.testing.emulator.visit import Route, Visit

CURRENCIES: Final = ("RUB", "USD", "EUR", "UAH", "KZT", "BYN", "UZS")


def list_subscriptions(visit: Visit) -> Response:
    """Who follows a card: its responsible user, and those who were added in the account's pages."""
    row = visit.state.cards[visit.entity].live(visit.id)
    if row is None:
        raise not_found()
    users = dict.fromkeys([row["responsible_user_id"], *visit.state.followers[visit.entity, visit.id]])
    rows: list[Row] = [{"subscriber_id": user_id, "type": "user"} for user_id in users if user_id]
    if not rows:
        raise NothingFound
    page = page_of(rows, visit.query, PLAIN)
    pages = -(-len(rows) // visit.query.size(PLAIN))
    return hal.listing(visit.request, "subscriptions", page.rows, page, total=len(rows), pages=pages)


def create_short_links(visit: Visit) -> Response:
    """Short addresses, one for each contact."""
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    for _, body in checked(rows, lambda body: _check_link(visit, body)):
        metadata = {key: body["metadata"][key] for key in ("entity_type", "entity_id")}
        digest = hashlib.sha256(f"{body['url']} {metadata['entity_id']}".encode()).hexdigest()[:12]
        account_id = visit.state.settings.account_id
        made.append({"url": f"https://amo.sh/{digest}", "account_id": account_id, "metadata": metadata})
    return hal.collection(visit.request, "short_links", made)


def list_currencies(visit: Visit) -> Response:
    """One page."""
    page = page_of([{"code": code} for code in CURRENCIES], visit.query, PLAIN)
    return hal.listing(visit.request, "currencies", page.rows, page)


def _check_link(visit: Visit, body: Row) -> tuple[Row, list[Fault]]:
    faults: list[Fault] = []
    if not isinstance(body.get("url"), str) or not body["url"]:
        faults.append(Fault("FieldMissing", "url"))
    metadata = part(body, "metadata")
    if metadata.get("entity_type") != "contacts":
        faults.append(Fault("NotSupportedChoice", "metadata.entity_type"))
    elif visit.state.cards["contacts"].live(metadata.get("entity_id")) is None:
        faults.append(Fault("NotSupportedChoice", "metadata.entity_id"))
    return body, faults


ROUTES: Final = (
    *(
        Route(
            f"{entity}.subscriptions",
            "GET",
            "/api/v4/{entity}/{id}/subscriptions",
            list_subscriptions,
            entities=(entity,),
        )
        for entity in ("leads", "customers")
    ),
    Route("short_links.create", "POST", "/api/v4/short_links", create_short_links),
    Route("currencies.list", "GET", "/api/v4/currencies", list_currencies),
)
