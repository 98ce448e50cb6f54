"""A believable account, the same for the same seed: a year of a small business that sells in several languages."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from amocrm_sync.models._gc import paused_gc
from amocrm_sync.testing.seed_frame import Frame, Funnel, LeadFields, build_frame
from amocrm_sync.testing.seed_rest import Rest
from amocrm_sync.testing.seed_words import CAMPAIGNS, Language

if TYPE_CHECKING:
    from amocrm_sync.testing.emulator.emulator import Emulator

Item: TypeAlias = dict[str, Any]

YEAR: Final = 365 * 86_400
PER_LEAD: Final = {"contacts": 0.7, "companies": 0.1, "tasks": 0.4, "notes": 0.5}
"""How many of each there are for every lead, where the caller does not say."""

WON: Final = 142
LOST: Final = 143
MANY: Final = 250
"""Rows handed over at once."""


def seed_account(
    emulator: Emulator,
    *,
    leads: int = 2000,
    pipelines: int = 3,
    contacts: int | None = None,
    companies: int | None = None,
    tasks: int | None = None,
    notes: int | None = None,
    unsorted: int = 0,
    customers: int = 0,
    elements: int = 0,
) -> None:
    """Fill a fresh account: people, pipelines, custom fields, and the cards of the past year. No webhook tells of it.

    Args:
        emulator: Whose account; its seed decides every name, value and date.
        leads: How many leads; they spread over all stages and over the past year.
        pipelines: How many pipelines, each in a language of its own (ru, uk, en, es, pt, and again).
        contacts: How many contacts; seven for ten leads by default.
        companies: How many companies; one for ten leads by default.
        tasks: How many tasks, most of them done; four for ten leads by default.
        notes: How many notes; one for two leads by default.
        unsorted: How many incoming leads wait, half of them forms and half calls; each has a lead and a contact of its own.
        customers: How many customers.
        elements: How many elements in a list of goods.

    Sources, chat templates and short links are a few in every account, and there is a website button.

    Raises:
        ValueError: A count is negative, or there is no pipeline.
    """
    given = {"contacts": contacts, "companies": companies, "tasks": tasks, "notes": notes}
    wanted = {"leads": leads, **{name: _count(name, count, leads) for name, count in given.items()}}
    rest = {"unsorted": unsorted, "customers": customers, "elements": elements}
    for name, count in {**wanted, **rest, "pipelines": pipelines - 1}.items():
        if count < 0:
            raise ValueError(f"seed_account({name}=…) is too small")
    rng = random.Random(f"account {emulator.seed}")
    with paused_gc():  # all that is made here stays; looking for garbage in it costs a third of the time
        frame = build_frame(emulator, pipelines)
        _Year(emulator, frame, rng).fill(wanted)
        Rest(emulator, frame, [*emulator.contacts]).fill(**rest)


def _count(name: str, given: int | None, leads: int) -> int:
    return max(min(leads, 1), int(leads * PER_LEAD[name])) if given is None else given


@attrs.frozen
class _Person:
    """A contact, as leads need to know it."""

    id: int
    funnel: Funnel
    firm_id: int | None


class _Year:
    """Makes cards with times spread evenly over the year before now; ids rise with the time of creation."""

    def __init__(self, emulator: Emulator, frame: Frame, rng: random.Random) -> None:
        self._emulator = emulator
        self._frame = frame
        self._rng = rng
        self._habits = _habits(frame.fields, rng)
        self._now = int(emulator.clock.now())
        self._people: list[_Person] = []
        self._leads: list[tuple[int, Language]] = []

    def fill(self, wanted: Mapping[str, int]) -> None:
        """Make everything, what is linked to before what links."""
        firm_ids = self._add(
            "companies", (self._company(index, at) for index, at in self._moments(wanted["companies"]))
        )
        self._add_contacts(wanted["contacts"], firm_ids)
        self._add_leads(wanted["leads"])
        if self._leads or self._people:
            self._add("tasks", (self._task(at) for _, at in self._moments(wanted["tasks"])))
            self._add_notes(wanted["notes"])

    def _moments(self, count: int) -> Iterator[tuple[int, int]]:
        start = self._now - YEAR
        return ((index, start + YEAR * index // count) for index in range(count))

    def _add(self, path: str, items: Iterable[Item]) -> list[int]:
        """Hand rows over as they are made, some at a time; their ids."""
        made: list[int] = []
        rest = iter(items)
        while part := list(islice(rest, MANY)):
            made += [row["id"] for row in self._emulator.load(f"/api/v4/{path}", part)]
        return made

    def _stamps(self, at: int) -> Item:
        """Author, owner and times; most rows were last changed soon after they were made."""
        rng = self._rng
        user_id = rng.choice(self._frame.user_ids)
        return {
            "created_at": at,
            "updated_at": at + int((self._now - at) * rng.random() ** 3),
            "created_by": user_id,
            "updated_by": rng.choice((user_id, user_id, 0)),
            "responsible_user_id": rng.choice(self._frame.user_ids),
        }

    def _company(self, index: int, at: int) -> Item:
        words = self._rng.choice(self._frame.funnels).words
        return {
            "name": self._rng.choice(words.companies),
            **self._stamps(at),
            "custom_fields_values": [
                _by_code("PHONE", words.mobile(self._rng), enum_code="WORK"),
                _by_code("WEB", f"https://company{index + 1}.example"),
            ],
        }

    def _add_contacts(self, count: int, firm_ids: list[int]) -> None:
        rng = self._rng
        funnels = [rng.choice(self._frame.funnels) for _ in range(count)]
        ids = self._add(
            "contacts", (self._contact(index, at, funnels[index].words) for index, at in self._moments(count))
        )
        for contact_id, funnel in zip(ids, funnels, strict=True):
            works = bool(firm_ids) and rng.random() < 0.4  # noqa: PLR2004 - the others are private persons
            self._people.append(_Person(contact_id, funnel, rng.choice(firm_ids) if works else None))
        links = [
            {"entity_id": person.id, "to_entity_id": person.firm_id, "to_entity_type": "companies"}
            for person in self._people
            if person.firm_id is not None
        ]
        if links:
            self._emulator.load("/api/v4/contacts/link", links)

    def _contact(self, index: int, at: int, words: Language) -> Item:
        rng = self._rng
        first, last = words.person(rng)
        values = [_by_code("PHONE", words.mobile(rng), enum_code=rng.choice(("WORK", "MOB")))]
        if rng.random() < 0.6:  # noqa: PLR2004 - most have given an address
            values.append(_by_code("EMAIL", f"client{index + 1}@example.com", enum_code="WORK"))
        name = {"name": f"{first} {last}", "first_name": first, "last_name": last}
        return {**name, **self._stamps(at), "custom_fields_values": values}

    def _add_leads(self, count: int) -> None:
        buyers = [self._buyer(index, count) for index in range(count)]
        items = (self._lead(index, at, *buyers[index]) for index, at in self._moments(count))
        ids = self._add("leads", items)
        self._leads = [(row_id, funnel.words) for row_id, (_, funnel) in zip(ids, buyers, strict=True)]

    def _buyer(self, index: int, count: int) -> tuple[_Person | None, Funnel]:
        """Who buys: somebody known by then; the pipeline is that of the person's language."""
        if not self._people:
            return None, self._rng.choice(self._frame.funnels)
        newest = index * len(self._people) // count
        is_new = self._rng.random() < 0.8  # noqa: PLR2004 - some come back
        person = self._people[newest if is_new else self._rng.randint(0, newest)]
        return person, person.funnel

    def _lead(self, index: int, at: int, person: _Person | None, funnel: Funnel) -> Item:
        rng, words, stamps = self._rng, funnel.words, self._stamps(at)
        tags = rng.sample(words.tags, rng.choice((0, 0, 1, 2)))
        linked: Item = {} if person is None else {"contacts": [{"id": person.id, "is_main": True}]}
        if person is not None and person.firm_id is not None:
            linked["companies"] = [{"id": person.firm_id}]
        return {
            "name": rng.choice(words.deals).format(index + 1),
            "price": int(10 ** rng.uniform(3, 5.7)) // 100 * 100,
            "pipeline_id": funnel.pipeline_id,
            **stamps,
            **self._stage(funnel, stamps["updated_at"]),
            "custom_fields_values": [
                value for share, make in self._habits if rng.random() < share for value in make(at)
            ],
            "_embedded": {"tags": [{"name": name} for name in tags], **linked},
        }

    def _stage(self, funnel: Funnel, changed: int) -> Item:
        """Where the lead has got to, and what goes with that."""
        draw = self._rng.random()
        if draw < 0.25:  # noqa: PLR2004 - one in four is lost
            reason_id = self._rng.choice(self._frame.reason_ids)
            return {"status_id": LOST, "closed_at": changed, "loss_reason_id": reason_id}
        if draw < 0.45:  # noqa: PLR2004 - one in five is won
            return {"status_id": WON, "closed_at": changed}
        return {"status_id": self._rng.choice(funnel.stage_ids)}

    def _task(self, at: int) -> Item:
        rng = self._rng
        entity, row_id, words = self._anybody()
        is_done = rng.random() < 0.7  # noqa: PLR2004 - most are
        return {
            "text": rng.choice(words.tasks),
            "entity_type": entity,
            "entity_id": row_id,
            "task_type_id": rng.choice((1, 1, 2)),
            "complete_till": at + rng.randint(1, 14) * 86_400,
            "is_completed": is_done,
            "result": {"text": rng.choice(words.notes)} if is_done else [],
            **self._stamps(at),
        }

    def _add_notes(self, count: int) -> None:
        """Notes lie by the kind of their parent; ids rise with time within each."""
        notes: dict[str, list[Item]] = {"leads": [], "contacts": []}
        for _, at in self._moments(count):
            entity, row_id, words = self._anybody()
            notes[entity].append({"entity_id": row_id, **self._note(words), **self._stamps(at)})
        for entity, items in notes.items():
            self._add(f"{entity}/notes", items)

    def _note(self, words: Language) -> Item:
        rng = self._rng
        if rng.random() < 0.8:  # noqa: PLR2004 - the others are calls
            return {"note_type": "common", "params": {"text": rng.choice(words.notes)}}
        params = {
            "uniq": f"{rng.getrandbits(64):016x}",
            "duration": rng.randint(5, 900),
            "source": "telephony",
            "link": "https://example.com/record.mp3",
            "phone": words.mobile(rng),
        }
        return {"note_type": rng.choice(("call_in", "call_out")), "params": params}

    def _anybody(self) -> tuple[str, int, Language]:
        """A lead, or now and then a contact."""
        if self._leads and (not self._people or self._rng.random() < 0.8):  # noqa: PLR2004 - work is on leads
            return "leads", *self._rng.choice(self._leads)
        person = self._rng.choice(self._people)
        return "contacts", person.id, person.funnel.words


def _habits(fields: LeadFields, rng: random.Random) -> tuple[tuple[float, Callable[[int], list[Item]]], ...]:
    """How often people fill which custom fields of a lead, and with what, given when it was made."""

    def delivery(at: int) -> list[Item]:
        return [_by_id(fields.delivery, value=at - at % 86_400 + rng.randint(3, 60) * 86_400)]

    def services(_at: int) -> list[Item]:
        chosen = rng.sample(fields.service_choices, rng.randint(1, 3))
        return [{"field_id": fields.services, "values": [{"enum_id": choice} for choice in chosen]}]

    def advertisement(_at: int) -> list[Item]:
        source, medium = rng.choice(CAMPAIGNS)
        return [
            _by_id(fields.utm_source, value=source),
            _by_id(fields.utm_medium, value=medium),
            _by_id(fields.utm_campaign, value=f"{source}-{medium}"),
        ]

    return (
        (0.7, lambda _: [_by_id(fields.source, enum_id=rng.choice(fields.sources))]),
        (0.4, lambda _: [_by_id(fields.area, value=str(rng.randint(20, 400)))]),
        (0.4, delivery),
        (0.5, lambda _: [_by_id(fields.is_signed, value=rng.choice((True, False)))]),
        (0.3, services),
        (0.4, advertisement),
    )


def _by_code(code: str, value: str, **more: str) -> Item:
    return {"field_code": code, "values": [{"value": value, **more}]}


def _by_id(field_id: int, **value: Any) -> Item:
    return {"field_id": field_id, "values": [value]}
