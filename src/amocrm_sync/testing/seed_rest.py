"""What stands around the cards of a seeded account: sources, a website button, templates, short links; unsorted, customers, lists."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from amocrm_sync.testing.seed_frame import Frame, Funnel

if TYPE_CHECKING:
    from amocrm_sync.testing.emulator.emulator import Emulator

SOURCES: Final = ("Website", "Phone", "Messenger")
TEMPLATES: Final = ("Welcome", "Reminder", "Thanks")
GOODS: Final = ("Boat", "Cabin", "Deck chair", "Life vest", "Harbour tour")
SHOP: Final = "shop.example"
LINKED: Final = 3
"""Contacts that have a short link."""
HOUR: Final = 3_600


@attrs.frozen
class Rest:
    """Adds what stands around the cards, after them, so that their ids and values are those of the seed alone."""

    emulator: Emulator
    frame: Frame
    contact_ids: Sequence[int]

    def fill(self, *, unsorted: int, customers: int, elements: int) -> None:
        """Add it; the three counts may be 0."""
        rng = random.Random(f"rest {self.emulator.seed}")
        load = self.emulator.load
        funnel = self.frame.funnels[0]
        rows = [
            {"name": name, "external_id": name.lower(), "pipeline_id": funnel.pipeline_id} for name in SOURCES
        ]
        load("/api/v4/sources", rows)
        button = {"name": SOURCES[0], "pipeline_id": funnel.pipeline_id, "trusted_websites": [SHOP]}
        load("/api/v4/website_buttons", button)
        load(
            "/api/v4/chats/templates",
            [{"name": name, "content": f"{name}!", "external_id": name.lower()} for name in TEMPLATES],
        )
        links = [
            {"url": f"https://shop.example/{key}", "metadata": {"entity_type": "contacts", "entity_id": key}}
            for key in self.contact_ids[:LINKED]
        ]
        if links:
            load("/api/v4/short_links", links)
        if customers:
            load("/api/v4/customers", [self._customer(number, rng) for number in range(customers)])
        if elements:
            (goods,) = load("/api/v4/catalogs", [{"name": "Goods", "type": "regular"}])
            names = [{"name": f"{rng.choice(GOODS)} {number + 1}"} for number in range(elements)]
            load(f"/api/v4/catalogs/{goods['id']}/elements", names)
        kinds = {"forms": unsorted - unsorted // 2, "sip": unsorted // 2}
        for kind, count in kinds.items():
            if count:
                load(f"/api/v4/leads/unsorted/{kind}", list(self._incoming(kind, count, rng)))

    def _customer(self, number: int, rng: random.Random) -> dict[str, Any]:
        user_id = rng.choice(self.frame.user_ids)
        words = rng.choice(self.frame.funnels).words
        return {"name": f"{rng.choice(words.companies)} {number + 1}", "responsible_user_id": user_id}

    def _incoming(self, kind: str, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
        """What came in during the last hours and waits."""
        now = int(self.emulator.clock.now())
        for number in range(count):
            funnel, at = rng.choice(self.frame.funnels), now - rng.randint(1, 48) * HOUR
            first, last = funnel.words.person(rng)
            yield {
                "source_uid": f"{kind}-{number + 1}",
                "source_name": SOURCES[0] if kind == "forms" else SOURCES[1],
                "pipeline_id": funnel.pipeline_id,
                "created_at": at,
                "metadata": _form(at) if kind == "forms" else _call(at, number, funnel, rng),
                "_embedded": {
                    "leads": [{"name": rng.choice(funnel.words.deals).format(number + 1)}],
                    "contacts": [{"name": f"{first} {last}"}],
                },
            }


def _form(at: int) -> dict[str, Any]:
    return {
        "form_id": "order",
        "form_name": "Order",
        "form_page": "https://shop.example/order",
        "referer": "https://shop.example/",
        "ip": "192.0.2.1",
        "form_sent_at": at,
    }


def _call(at: int, number: int, funnel: Funnel, rng: random.Random) -> dict[str, Any]:
    return {
        "from": funnel.words.mobile(rng),
        "phone": "+74950000000",
        "called_at": at,
        "duration": rng.randint(5, 600),
        "link": "https://shop.example/record.mp3",
        "service_code": "telephony",
        "uniq": f"call-{number + 1}",
    }
