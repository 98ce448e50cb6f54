"""Every endpoint that the emulator serves: one function and one table row each."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator.routes import (
    account,
    amojo,
    bots,
    calls,
    cards,
    catalogs,
    chat_templates,
    complex_leads,
    customers,
    drive,
    elements,
    entity_files,
    events,
    fields,
    links,
    loss_reasons,
    notes,
    oauth,
    people,
    pipelines,
    small,
    sources,
    stages,
    tags,
    talks,
    tasks,
    transactions,
    unsorted,
    webhooks,
    website_buttons,
    widgets,
)
from amocrm_sync.testing.emulator.visit import Route

ROUTES: Final[tuple[Route, ...]] = (
    *oauth.ROUTES,
    *account.ROUTES,
    *cards.ROUTES,
    *customers.ROUTES,
    *transactions.ROUTES,
    *complex_leads.ROUTES,
    *catalogs.ROUTES,
    *elements.ROUTES,
    *drive.ROUTES,
    *entity_files.ROUTES,
    *unsorted.ROUTES,
    *talks.ROUTES,
    *amojo.ROUTES,
    *calls.ROUTES,
    *sources.ROUTES,
    *website_buttons.ROUTES,
    *chat_templates.ROUTES,
    *widgets.ROUTES,
    *bots.ROUTES,
    *small.ROUTES,
    *links.ROUTES,
    *tasks.ROUTES,
    *notes.ROUTES,
    *pipelines.ROUTES,
    *stages.ROUTES,
    *loss_reasons.ROUTES,
    *people.ROUTES,
    *fields.ROUTES,
    *tags.ROUTES,
    *events.ROUTES,
    *webhooks.ROUTES,
)


def coverage() -> list[tuple[str, str, str]]:
    """What is served: endpoint id, HTTP method, path template."""
    return sorted((route.id, route.method, route.path) for route in ROUTES)
