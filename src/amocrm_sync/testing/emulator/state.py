"""What the server holds: tables, links, counters, and the account's settings."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import attrs

from amocrm_sync._clock import Clock
from amocrm_sync.testing.emulator.chats import Chats
from amocrm_sync.testing.emulator.drive import Drive
from amocrm_sync.testing.emulator.links import Links, Node
from amocrm_sync.testing.emulator.tables import Row, Table

CARDS: Final = ("leads", "contacts", "companies", "customers")
ELEMENTS: Final = "catalog_elements"
SEGMENTS: Final = "customers/segments"
SINGULAR: Final = {
    "leads": "lead",
    "contacts": "contact",
    "companies": "company",
    "customers": "customer",
    "catalog_elements": "catalog_element",
    "tasks": "task",
}
WON: Final = 142
LOST: Final = 143

_FIRST_IDS: Final = {
    "leads": 10_000_001,
    "contacts": 20_000_001,
    "companies": 30_000_001,
    "customers": 1_299_433,
    "catalog_elements": 525_439,
    "tasks": 40_000_001,
    "notes": 50_000_001,
    "pipelines": 3_177_727,
    "statuses": 32_392_156,
    "loss_reasons": 4_203_748,
    "users": 504_141,
    "roles": 16_801,
    "webhooks": 839_656,
    "fields": 601_001,
    "enums": 900_101,
    "groups": 90_001,
    "tags": 100_601,
    "customer_statuses": 4_740_028,
    "segments": 43,
    "transactions": 134_643,
    "catalogs": 4_517,
    "unsorted": 1,
    "sources": 1_011,
    "website_buttons": 9_001,
    "chat_templates": 7_103,
    "reviews": 301,
    "talks": 2_001,
    "chat_links": 5_001,
    "entity_files": 8_001,
    "sessions": 26_136_001,
    "bots": 565,
    "widgets": 2_117,
}


@attrs.define(kw_only=True)
class Settings:
    """The account and the switches that a test may turn while the emulator runs.

    Attributes:
        filters_enabled: ``False`` plays an account without the paid list filters of leads, contacts and companies.
        links_touch: Whether linking moves ``updated_at`` of both ends (the documentation does not say).
        is_paid: ``False`` answers 402 to writes.
        customers_mode: ``segments``, ``periodicity`` or ``disabled``; ``PATCH /customers/mode`` turns it too.
        products_enabled: Whether the list of products is on.
        max_part_size: Bytes that one part of an upload may have.
        max_file_size: Bytes that a file may have.
        talks_are_open: ``False`` answers 403 to reading and sending messages of talks, as amocrm.ru has done.
    """

    subdomain: str = "demo"
    domain: str = "amocrm.ru"
    account_id: int = 28_805_383
    timezone: str = "Europe/Moscow"
    language: str = "ru"
    currency: str = "RUB"
    filters_enabled: bool = True
    links_touch: bool = True
    is_paid: bool = True
    customers_mode: str = "segments"
    products_enabled: bool = False
    talks_are_open: bool = True
    max_part_size: int = 524_288
    max_file_size: int = 314_572_800

    @property
    def host(self) -> str:
        """The account's own host name."""
        return f"{self.subdomain}.{self.domain}"


class State:
    """All that is stored. Plain data: what may change, and what follows from a change, lives elsewhere."""

    def __init__(self, *, clock: Clock, rng: random.Random, settings: Settings) -> None:
        """Start empty."""
        self.clock = clock
        self.random = rng
        self.settings = settings
        self.cards = {entity: Table("created_at", "updated_at") for entity in (*CARDS, ELEMENTS)}
        self.tasks = Table("created_at", "updated_at", "complete_till")
        self.tasks_of: defaultdict[Node, set[int]] = defaultdict(set)
        self.notes = Table("updated_at")
        self.pipelines = Table()
        self.stages: dict[int, dict[int, Row]] = {}
        self.loss_reasons = Table()
        self.users = Table()
        self.roles = Table()
        self.subscriptions = Table()
        self.customer_statuses = Table("sort")
        self.segments = Table()
        self.transactions = Table()
        self.catalogs = Table("sort")
        self.fields = {entity: Table("sort") for entity in (*CARDS, SEGMENTS)}
        self.groups: dict[str, dict[str, Row]] = {entity: {} for entity in CARDS}
        self.tags = {entity: Table() for entity in CARDS}
        self.tag_names: dict[str, dict[str, Row]] = {entity: {} for entity in CARDS}
        self.unsorted = Table("created_at", "updated_at")
        self.hidden: set[Node] = set()
        self.sources = Table()
        self.buttons = Table()
        self.templates = Table()
        self.widgets = Table()
        self.bots = Table()
        self.bot_runs: set[tuple[int, str, int]] = set()
        self.bot_waits: list[tuple[str, ...]] = []
        self.followers: defaultdict[Node, list[int]] = defaultdict(list)
        self.callbacks: list[str] = []
        self.exchanged_at: dict[str, int] = {}
        self.talks = Table()
        self.chat_links = Table()
        self.chats = Chats(rng.getrandbits(32))
        self.entity_files = Table()
        self.drive = Drive(rng.getrandbits(32))
        self.links = Links()
        self.events: list[Row] = []
        self.user_groups: list[Row] = [{"id": 0, "name": "Отдел продаж", "uuid": None}]
        self._issued: defaultdict[str, int] = defaultdict(int)
        self.created_at = self.now()
        self.amojo_id = self.uuid()
        self.account_uuid = self.uuid()

    def now(self) -> int:
        """Unix seconds by the emulator's clock."""
        return int(self.clock.now())

    def next_id(self, kind: str) -> int:
        """A fresh id; kinds count apart, so ids do not depend on what else was made."""
        self._issued[kind] += 1
        return _FIRST_IDS[kind] + self._issued[kind] - 1

    def uuid(self) -> str:
        """A uuid from the seeded randomness."""
        bits = self.random.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
        text = f"{bits:032x}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def tag(self, entity: str, name: str, color: str | None = None) -> Row:
        """The tag of that name, made if there is none."""
        known = self.tag_names[entity].get(name)
        if known is None:
            known = self.tags[entity].add({"id": self.next_id("tags"), "name": name, "color": color})
            self.tag_names[entity][name] = known
        return known

    def holders(self, entity: str) -> Iterator[Row]:
        """Rows that may have values of the custom fields of an entity, a list or the segments."""
        if entity == SEGMENTS:
            yield from self.segments.rows.values()
        elif entity in self.cards:
            yield from self.cards[entity].rows.values()
        else:
            catalog_id = int(entity.rpartition("/")[2])
            rows = self.cards[ELEMENTS].rows.values()
            yield from (row for row in rows if row["catalog_id"] == catalog_id)

    def open_deadlines(self, node: Node) -> list[int]:
        """Deadlines of an entity's tasks that are not done."""
        rows = (self.tasks.rows[row_id] for row_id in self.tasks_of[node])
        return [row["complete_till"] for row in rows if not row["is_completed"]]

    def incoming_stage(self, pipeline_id: int) -> int:
        """The stage of a pipeline that holds incoming leads."""
        return int(next(row["id"] for row in self.stages[pipeline_id].values() if row["type"] == 1))

    @property
    def main_pipeline(self) -> Row:
        """The pipeline that new leads enter by default."""
        rows = self.pipelines.all()
        return next((row for row in rows if row["is_main"]), rows[0])

    def first_stage(self, pipeline_id: int) -> int:
        """The stage that a lead enters in a pipeline: the first that is not for incoming leads."""
        stages = sorted(self.stages[pipeline_id].values(), key=lambda stage: (stage["sort"], stage["id"]))
        return int(next(stage["id"] for stage in stages if stage["type"] != 1))

    def admin_id(self) -> int:
        """The first administrator, in whose name things happen by default."""
        return int(next(user["id"] for user in self.users.all() if user["rights"]["is_admin"]))
