"""Phones with a copy of their own, in a world where requests and answers get lost, doubled and late.

A phone here is the least that an app has to do to keep the promises of the offline protocol; the world is driven by one
seed, so a history that fails can be played again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import orjson

from amocrm_sync.errors import MustRefetch, MutationGap
from amocrm_sync.stores import MemorySyncStore
from amocrm_sync.sync import OfflineRules, SyncConfig, SyncEngine
from amocrm_sync.testing import ManualClock

Row = dict[str, Any]


class LostError(Exception):
    """The network took it."""


class Network:
    """Between one phone and the server: loses requests and answers, repeats, and brings old requests again, late."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.online = True
        self.broken = True
        self._late: list[Callable[[], Any]] = []

    def call(self, request: Callable[[], Any]) -> Any:
        """The answer as it comes through JSON."""
        if not self.online or self._chance(0.15):
            raise LostError
        if self._late and self._chance(0.5):
            self._deliver_late()
        if self._chance(0.15):
            self._late.append(request)
        answer = orjson.loads(orjson.dumps(request()))
        if self._chance(0.1):
            self._unheard(request)
        if self._chance(0.15):
            raise LostError
        return answer

    def _deliver_late(self) -> None:
        self._unheard(self._late.pop(self.draw.randrange(len(self._late))))

    def _unheard(self, request: Callable[[], Any]) -> None:
        """A request reaches the server again; nobody waits for its answer."""
        try:
            request()
        except (LostError, MustRefetch, MutationGap):
            return

    def _chance(self, share: float) -> bool:
        return self.broken and self.draw.random() < share


class Phone:
    """A copy of what its user may see, and edits that wait to be sent."""

    def __init__(self, name: str, user: str, engine: SyncEngine, draw: random.Random, limit: int) -> None:
        self.name = name
        self.user = user
        self.limit = limit
        self.network = Network(draw)
        self._engine = engine
        self._draw = draw
        self._numbered = 0
        self._life = 0
        self.acknowledged: set[tuple[str, int]] = set()
        self.start_again()

    @property
    def client_id(self) -> str:
        return f"{self.name}-{self._life}"

    def start_again(self) -> None:
        """Drop the copy. Edits that wait are kept, under a new name, numbered from 1."""
        self._life += 1
        self.rows: dict[str, Row] = {}
        self.page: str | None = None
        self.cursor: str | None = None
        self.version = 0
        waiting = getattr(self, "waiting", [])
        self.waiting: list[Row] = [{**edit, "id": number} for number, edit in enumerate(waiting, 1)]
        self.sent: list[Row] = []
        self._numbered = len(self.waiting)

    @property
    def seen(self) -> dict[str, Row]:
        """What the app shows: the copy with the own edits over it that are not contained in it yet."""
        shown = {uid: dict(row["fields"]) for uid, row in self.rows.items()}
        for edit in [*self.sent, *self.waiting]:
            if edit["op"] == "delete":
                shown.pop(edit["uid"], None)
            elif edit["op"] == "create" or edit["uid"] in shown:
                shown[edit["uid"]] = {**shown.get(edit["uid"], {}), **edit["fields"]}
        return shown

    def edit(self, op: str, uid: str, **fields: Any) -> None:
        base = {name: self.seen[uid].get(name) for name in fields} if op == "update" else None
        self._numbered += 1
        self.waiting.append(
            {"id": self._numbered, "entity": "leads", "uid": uid, "op": op, "fields": fields, "base": base}
        )

    def pull(self) -> bool:
        """Take a page; whether there are more."""
        offline, user, limit, client = self._engine.offline, self.user, self.limit, self.client_id
        if self.cursor is None:
            page = self.page
            answer = self.network.call(
                lambda: offline.initial(
                    user=user, entities=["leads"], page=page, limit=limit, client_id=client
                )
            )
            self.page, self.cursor = answer["next"], answer["cursor"]
            more = self.cursor is None
        else:
            since = self.cursor
            answer = self.network.call(
                lambda: offline.incremental(user=user, since=since, limit=limit, client_id=client)
            )
            assert answer["version"] >= self.version, "a cursor went back"
            self.cursor, more = answer["cursor"], answer["has_more"]
        for part in answer["changes"].values():
            for row in [*part["created"], *part["updated"]]:
                self.rows[row["uid"]] = row
            for uid in part["deleted"]:
                self.rows.pop(uid, None)
        if self.cursor is not None:
            self.version = answer["version"]
            if not more:
                self._check_own_writes()
            self.sent = [edit for edit in self.sent if edit["version"] > self.version]
        return more

    def _check_own_writes(self) -> None:
        """Where nobody has changed a record after the own edit, the copy shows it."""
        for place, edit in enumerate(self.sent):
            row = self.rows.get(edit["uid"])
            if row is None or edit["version"] > self.version or row["version"] > edit["made"]:
                continue
            later = {
                name
                for other in self.sent[place + 1 :]
                if other["uid"] == edit["uid"]
                for name in other["fields"]
            }
            for name in set(edit["fields"]) - later:
                assert row["fields"][name] == edit["fields"][name], "an own write is lost"

    def push(self) -> None:
        """Send what waits; what was taken stays in sight until the copy contains it."""
        if not self.waiting:
            return
        offline, user, client = self._engine.offline, self.user, self.client_id
        sent = [dict(edit) for edit in self.waiting[: self._draw.randint(1, 4)]]
        answer = self.network.call(lambda: offline.outgoing(user=user, client_id=client, mutations=sent))
        results = {result["id"]: result for result in answer["results"]}
        assert set(results) == {edit["id"] for edit in sent}
        for edit in self.waiting[: len(sent)]:
            result = results[edit["id"]]
            status = result.get("was") or result["status"]
            if status in ("applied", "merged"):
                self.acknowledged.add((self.client_id, edit["id"]))
                covered = max(answer["version"], result["version"])
                self.sent.append({**edit, "made": result["version"], "version": covered})
        del self.waiting[: len(sent)]

    def sync(self) -> None:
        """Push, then pull until nothing is left; a void copy is fetched again."""
        try:
            while self.waiting:
                self.push()
            while self.pull():
                pass
        except MustRefetch:
            self.start_again()


def rights(world: World) -> Callable[[str], dict[str, dict[str, Any]] | None]:
    return world.scopes.get


@attrs.define
class World:
    """Ten phones, a panel that works on the same records, and one seed."""

    seed: int
    devices: int = 10
    steps: int = 60
    scopes: dict[str, Any] = attrs.field(factory=dict)
    draw: random.Random = attrs.field(init=False)
    clock: ManualClock = attrs.field(factory=ManualClock)
    counted: dict[str, int] = attrs.field(
        factory=lambda: dict.fromkeys(("edits", "lost", "crashes", "shifts", "epochs"), 0)
    )
    effects: Counter[tuple[str, int]] = attrs.field(factory=Counter)
    engine: SyncEngine = attrs.field(init=False)
    phones: list[Phone] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.draw = random.Random(self.seed)
        config = SyncConfig(offline=OfflineRules(scope=rights(self), key=b"k" * 32))
        self.engine = SyncEngine(
            None, MemorySyncStore(), config=config, clock=self.clock, random=random.Random(self.seed)
        )
        self._watch()
        for number in range(12):
            self.engine.records.leads.create(name=f"lead {number}", price=0, responsible_user_id=number % 3)
        self.phones = [
            Phone(f"phone{number}", f"user{number % 4}", self.engine, self.draw, self.draw.choice((2, 5, 50)))
            for number in range(self.devices)
        ]

    def run(self) -> None:
        """A history, and then quiet: the network holds, everybody syncs."""
        for _ in range(self.steps):
            self.clock.advance(self.draw.random() * 5)
            self._step()
        for phone in self.phones:
            phone.network.online, phone.network.broken = True, False
        for _ in range(3):
            for phone in self.phones:
                phone.sync()

    def _watch(self) -> None:
        """Count what edits really do, and let the server die between an effect and its commit."""
        outgoing = self.engine.offline._outgoing
        take_part, effect = outgoing.take_part, outgoing._effect
        done: list[tuple[str, int]] = []

        def watched_part(*args: Any, **more: Any) -> Any:
            done.clear()
            answer = take_part(*args, **more)
            if self.draw.random() < 0.05 and any(phone.network.broken for phone in self.phones):
                self.counted["crashes"] += 1
                raise LostError
            self.effects.update(done)
            return answer

        def watched_effect(tx: Any, scope: Any, edit: Any, client: Any, events: Any) -> Any:
            done.append((client.client_id, edit.id))
            return effect(tx, scope, edit, client, events)

        outgoing.take_part, outgoing._effect = watched_part, watched_effect

    def _step(self) -> None:
        phone = self.draw.choice(self.phones)
        deed = self.draw.random()
        if deed < 0.45:
            self._edit(phone)
        elif deed < 0.8:
            self._sync(phone)
        elif deed < 0.88:
            phone.network.online = not phone.network.online
        elif deed < 0.96:
            self._panel()
        elif deed < 0.99:
            self._change_rights()
        else:
            self.counted["epochs"] += 1
            self.engine.offline.new_epoch()

    def _edit(self, phone: Phone) -> None:
        self.counted["edits"] += 1
        seen = phone.seen
        if not seen or self.draw.random() < 0.3:
            uid = f"{phone.name}_{self.counted['edits']}"
            phone.edit("create", uid, name=uid, price=1, responsible_user_id=self.draw.randrange(3))
            assert phone.seen[uid]["name"] == uid
            return
        uid = self.draw.choice(sorted(seen))
        if self.draw.random() < 0.15:
            phone.edit("delete", uid)
            assert uid not in phone.seen
            return
        price = self.counted["edits"] * 1000
        phone.edit("update", uid, price=price)
        assert phone.seen[uid]["price"] == price, "a phone does not see its own write"

    def _sync(self, phone: Phone) -> None:
        try:
            phone.sync()
        except LostError:
            self.counted["lost"] += 1

    def _panel(self) -> None:
        records = self.engine.records.leads
        record = self.draw.choice(records.list())
        if self.draw.random() < 0.2:
            records.delete(record.uid)
            records.create(name="another", price=0, responsible_user_id=self.draw.randrange(3))
        else:
            records.update(
                record.uid, responsible_user_id=self.draw.randrange(3), name=f"n{self.draw.random()}"
            )

    def _change_rights(self) -> None:
        self.counted["shifts"] += 1
        user = f"user{self.draw.randrange(4)}"
        mine = {"leads": {"responsible_user_id": self.draw.sample(range(3), self.draw.randint(1, 2))}}
        self.scopes[user] = self.draw.choice([None, mine])

    def truth(self, user: str) -> dict[str, Row]:
        """What a user may see, taken from the store itself."""
        scope = self.scopes.get(user)
        wanted = (scope or {"leads": {}})["leads"]
        return {
            record.uid: {name: record[name] for name in ("name", "price", "responsible_user_id")}
            for record in self.engine.records.leads.list(wanted)
        }

    def check(self) -> None:
        """Every phone has what its user may see, no more and no less, and no edit waits."""
        assert not [key for key, times in self.effects.items() if times != 1], "an edit was taken twice"
        for phone in self.phones:
            assert phone.acknowledged <= set(self.effects), "an edit was acknowledged that was not taken"
            copy = {
                uid: {name: row["fields"][name] for name in ("name", "price", "responsible_user_id")}
                for uid, row in phone.rows.items()
            }
            assert copy == self.truth(phone.user), (self.seed, phone.name)
            assert (phone.waiting, phone.sent) == ([], []), (self.seed, phone.name)
