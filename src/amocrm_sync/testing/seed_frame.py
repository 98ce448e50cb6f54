"""What stands in a seeded account before its first customer: people, pipelines, custom fields, loss reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from amocrm_sync.testing.seed_words import LANGUAGES, LOSS_REASONS, SERVICES, SOURCES, Language

if TYPE_CHECKING:
    from amocrm_sync.testing.emulator.emulator import Emulator

Item = dict[str, Any]

_OWN: Final = {"view": "M", "edit": "M", "add": "A", "delete": "D", "export": "D"}
_ALL: Final = {"view": "A", "edit": "A", "add": "A", "delete": "A", "export": "A"}
_ROLES: Final = (
    ("Менеджер", _OWN, {"edit": "M", "delete": "D"}),
    ("Руководитель отдела", _ALL, {"edit": "A", "delete": "A"}),
)
_PEOPLE: Final = (
    ("Анна Соколова", 1),
    ("Максим Орлов", 0),
    ("Оксана Бондаренко", 0),
    ("Emma Carter", 0),
    ("Lucía Romero", 0),
)
"""Names, with the number of the role."""

_LEAD_FIELDS: Final[tuple[Item, ...]] = (
    {"name": "Источник", "type": "select", "enums": SOURCES},
    {"name": "Площадь, м2", "type": "numeric"},
    {"name": "Дата доставки", "type": "date"},
    {"name": "Договор подписан", "type": "checkbox"},
    {"name": "Услуги", "type": "multiselect", "enums": SERVICES},
    {"name": "utm_source", "type": "tracking_data", "code": "UTM_SOURCE"},
    {"name": "utm_medium", "type": "tracking_data", "code": "UTM_MEDIUM"},
    {"name": "utm_campaign", "type": "tracking_data", "code": "UTM_CAMPAIGN"},
)


@attrs.frozen
class Funnel:
    """A pipeline and its language."""

    pipeline_id: int
    stage_ids: tuple[int, ...]
    """Its stages between incoming leads and the end, in order."""
    words: Language


@attrs.frozen
class LeadFields:
    """Ids of the leads' custom fields, and of the choices of those that have some."""

    source: int
    sources: tuple[int, ...]
    area: int
    delivery: int
    is_signed: int
    services: int
    service_choices: tuple[int, ...]
    utm_source: int
    utm_medium: int
    utm_campaign: int


@attrs.frozen
class Frame:
    """What cards are hung into."""

    user_ids: tuple[int, ...]
    funnels: tuple[Funnel, ...]
    reason_ids: tuple[int, ...]
    fields: LeadFields


def build_frame(emulator: Emulator, pipelines: int) -> Frame:
    """Add to a fresh account what :class:`Frame` holds; the account's own pipeline becomes the first."""
    return Frame(
        user_ids=_people(emulator),
        funnels=tuple(_funnel(emulator, index) for index in range(pipelines)),
        reason_ids=_ids(
            emulator.load("/api/v4/leads/loss_reasons", [{"name": name} for name in LOSS_REASONS])
        ),
        fields=_fields(emulator),
    )


def _people(emulator: Emulator) -> tuple[int, ...]:
    """Everybody who works: the administrator, and users with roles."""
    roles = emulator.load(
        "/api/v4/roles",
        [
            {"name": name, "rights": {"leads": cards, "contacts": cards, "companies": cards, "tasks": tasks}}
            for name, cards, tasks in _ROLES
        ],
    )
    users = [
        {
            "name": name,
            "email": f"user{number}@example.com",
            "password": "not-a-real-one",
            "rights": {"role_id": roles[role]["id"]},
        }
        for number, (name, role) in enumerate(_PEOPLE, 1)
    ]
    return (*emulator.users, *_ids(emulator.load("/api/v4/users", users)))[: 1 + len(users)]


def _funnel(emulator: Emulator, index: int) -> Funnel:
    """The pipeline of that number, in the language whose turn it is."""
    words = LANGUAGES[index % len(LANGUAGES)]
    if index == 0:
        pipeline_id = next(row_id for row_id, row in emulator.pipelines.items() if row["is_main"])
    else:
        turn = index // len(LANGUAGES) + 1
        name = words.pipeline if turn == 1 else f"{words.pipeline} {turn}"
        (made,) = emulator.load("/api/v4/leads/pipelines", [_pipeline(words, name, index)])
        pipeline_id = made["id"]
    stages = emulator.state.stages[pipeline_id]
    for stage in stages.values():
        if stage["type"] == 1:
            stage["name"] = words.unsorted
    return Funnel(
        pipeline_id, tuple(row_id for row_id, stage in stages.items() if stage["is_editable"]), words
    )


def _pipeline(words: Language, name: str, index: int) -> Item:
    between = [{"name": stage, "sort": 20 + 10 * at} for at, stage in enumerate(words.stages)]
    ends = [{"id": 142, "name": words.won}, {"id": 143, "name": words.lost}]
    return {
        "name": name,
        "sort": index + 1,
        "is_main": False,
        "is_unsorted_on": True,
        "_embedded": {"statuses": between + ends},
    }


def _fields(emulator: Emulator) -> LeadFields:
    definitions = [
        {**field, "enums": [{"value": value} for value in field["enums"]]} if "enums" in field else field
        for field in _LEAD_FIELDS
    ]
    made = emulator.load("/api/v4/leads/custom_fields", definitions)
    source, area, delivery, is_signed, services, *utm = _ids(made)
    return LeadFields(
        source=source,
        sources=_ids(made[0]["enums"]),
        area=area,
        delivery=delivery,
        is_signed=is_signed,
        services=services,
        service_choices=_ids(made[4]["enums"]),
        utm_source=utm[0],
        utm_medium=utm[1],
        utm_campaign=utm[2],
    )


def _ids(rows: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    return tuple(row["id"] for row in rows)
