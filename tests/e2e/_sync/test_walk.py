# Generated from tests/e2e/_async/test_walk.py by tools/unasync.py: edit that file instead.
"""Every method of the client over a socket: nothing may be left out, and what was done has to show in what is read.

The emulator writes down which endpoint served a request, so that a walk which goes past one is found out.
"""

from __future__ import annotations

import pytest
from e2e._sync import walk_cards, walk_channels, walk_lists, walk_settings

from amocrm_sync import AmoCRM
from amocrm_sync.testing import Emulator, ManualClock
from amocrm_sync.testing.coverage import endpoints
from amocrm_sync.testing.coverage_calls import REASONS

pytestmark = pytest.mark.anyio

WALKS = {
    "account currencies": walk_settings.walk_account,
    "amojo": walk_channels.walk_amojo,
    "bots salesbot": walk_channels.walk_bots,
    "calls": walk_channels.walk_calls,
    "catalogs catalog_elements": walk_lists.walk_catalogs,
    "chat_templates": walk_channels.walk_templates,
    "companies": walk_cards.walk_companies,
    "contacts": walk_cards.walk_contacts,
    "custom_fields cf_groups": walk_lists.walk_fields,
    "customers customer_statuses transactions bonus_points": walk_cards.walk_customers,
    "drive files entity_files": walk_lists.walk_files,
    "events": walk_lists.walk_events,
    "leads": walk_cards.walk_leads,
    "links": walk_lists.walk_links,
    "loss_reasons": walk_cards.walk_loss_reasons,
    "notes": walk_cards.walk_notes,
    "oauth": walk_settings.walk_oauth,
    "pipelines statuses": walk_settings.walk_pipelines,
    "products": walk_lists.walk_products,
    "segments": walk_cards.walk_segments,
    "short_links": walk_channels.walk_short_links,
    "sources": walk_settings.walk_sources,
    "tags": walk_lists.walk_tags,
    "talks": walk_channels.walk_talks,
    "tasks": walk_cards.walk_tasks,
    "unsorted": walk_lists.walk_unsorted,
    "users roles": walk_settings.walk_people,
    "webhooks": walk_settings.walk_webhooks,
    "website_buttons": walk_settings.walk_buttons,
    "widgets": walk_settings.walk_widgets,
}
"""Which groups of endpoints a walk has to reach, all of them; the group is what stands before the dot of an id."""


def ids_of(groups: str) -> set[str]:
    return {one.id for one in endpoints() if one.id.partition(".")[0] in groups.split()} - REASONS.keys()


def test_every_endpoint_is_in_a_walk():
    assert ids_of(" ".join(WALKS)) == {one.id for one in endpoints()} - REASONS.keys()


@pytest.mark.parametrize("groups", WALKS)
def test_walk(groups):
    emulator = Emulator(seed=1, clock=ManualClock(1_700_000_000), rate_limit=False)
    token = emulator.long_lived_token()
    with emulator.serve() as server:
        with AmoCRM(server.base_url, token=token, limiter=None, retry=None, clock=emulator.clock) as amo:
            WALKS[groups](amo, emulator)
    served = {entry.endpoint for entry in emulator.requests if entry.status < 400}
    assert ids_of(groups) <= served
