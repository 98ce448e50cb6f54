"""What every account has from its first minute: an administrator, a pipeline, the predefined fields."""

from __future__ import annotations

from typing import Final

from amocrm_sync.testing.emulator.routes import stages
from amocrm_sync.testing.emulator.rules.definitions import add_definition
from amocrm_sync.testing.emulator.rules.people import add_user
from amocrm_sync.testing.emulator.state import CARDS, State

_STAGES: Final = ("Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора")
_FIELDS: Final = (
    ("contacts", "Должность", "POSITION", "text"),
    ("contacts", "Телефон", "PHONE", "multitext"),
    ("contacts", "Email", "EMAIL", "multitext"),
    ("companies", "Телефон", "PHONE", "multitext"),
    ("companies", "Email", "EMAIL", "multitext"),
    ("companies", "Web", "WEB", "url"),
    ("companies", "Адрес", "ADDRESS", "textarea"),
)
_BOTS: Final = (("Первый ответ", "regular"), ("Приветствие", "greeting"), ("Оценка", "nps"))
_SETTINGS: Final = (
    ("login", "Логин", "text"),
    ("password", "Пароль", "pass"),
    ("phones", "Телефоны", "users"),
)
_CUSTOMER_STATUSES: Final = (
    ("Новый", 0),
    ("Ожидается покупка", 1),
    ("Не купил", 2),
    ("Закрыт", 3),
    ("Недавно купил", 4),
)


def lay(state: State, client_id: str) -> None:
    """Furnish an empty state; the integration has a widget of its own."""
    for code, client in (("example_widget", client_id), ("example_telephony", None)):
        state.widgets.add(
            {
                "id": state.next_id("widgets"),
                "code": code,
                "version": "1.0.0",
                "rating": "2,8",
                "settings_template": [
                    {"key": key, "name": name, "type": kind, "is_required": kind != "users"}
                    for key, name, kind in _SETTINGS
                ],
                "is_lead_source": False,
                "is_work_with_dp": True,
                "is_crm_template": False,
                "client_uuid": client,
                "is_active_in_account": False,
                "pipeline_id": None,
                "_settings": {},
            }
        )
    add_user(state, {"name": "Администратор", "email": "admin@example.com"}, is_admin=True)
    pipeline = state.pipelines.add(
        {
            "id": state.next_id("pipelines"),
            "name": "Воронка",
            "sort": 1,
            "is_main": True,
            "is_unsorted_on": True,
            "is_archive": False,
            "account_id": state.settings.account_id,
        }
    )
    stages.furnish(
        state, pipeline["id"], [{"name": name, "sort": 20 + 10 * at} for at, name in enumerate(_STAGES)]
    )
    for entity in CARDS:
        state.groups[entity]["default"] = {
            "id": "default",
            "name": "Основное",
            "is_predefined": True,
            "type": "linked_group",
            "entity_type": entity,
            "sort": 0,
        }
    for sort, (name, status_type) in enumerate(_CUSTOMER_STATUSES, 1):
        state.customer_statuses.add(
            {
                "id": state.next_id("customer_statuses"),
                "name": name,
                "sort": sort * 10,
                "is_default": sort == 1,
                "conditions": [],
                "color": "#fffeb2",
                "type": status_type,
                "account_id": state.settings.account_id,
            }
        )
    for name, functionality in _BOTS:
        state.bots.add(
            {
                "id": state.next_id("bots"),
                "name": name,
                "type_functionality": functionality,
                "is_visual_editor": True,
                "settings": {"active": True},
                "_is_favorite": functionality == "regular",
            }
        )
    for entity, name, code, kind in _FIELDS:
        fields = {"name": name, "code": code, "type": kind}
        add_definition(state, entity, fields, is_predefined=True, is_deletable=False)
