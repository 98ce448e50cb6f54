"""The account itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.hosts import drive_url
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.tables import Row
from amocrm_sync.testing.emulator.visit import Route, Visit

TASK_TYPES: Final = (
    {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"},
    {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"},
)


def get_account(visit: Visit) -> Response:
    """The account, with what ``with`` asks for at top level or in ``_embedded``, as the API has it."""
    settings, with_ = visit.state.settings, visit.query.with_
    admin_id = visit.state.admin_id()
    created_at = visit.state.created_at
    body: Row = {
        "id": settings.account_id,
        "name": settings.subdomain,
        "subdomain": settings.subdomain,
        "created_at": created_at,
        "created_by": admin_id,
        "updated_at": created_at,
        "updated_by": admin_id,
        "current_user_id": visit.user_id,
        "country": "RU",
        "currency": settings.currency,
        "currency_symbol": "₽",
        "customers_mode": settings.customers_mode,
        "is_unsorted_on": True,
        "mobile_feature_version": 0,
        "is_loss_reason_enabled": True,
        "is_helpbot_enabled": False,
        "is_technical_account": False,
        "contact_name_display_order": 1,
    }
    body |= {name: value for name, value in _top(visit).items() if name in with_}
    embedded = {name: value for name, value in _embedded(visit).items() if name in with_}
    links = {"self": hal.link(visit.href("/api/v4/account"))}
    return hal.document({**body, "_links": links, **({"_embedded": embedded} if embedded else {})})


def _top(visit: Visit) -> dict[str, Any]:
    settings = visit.state.settings
    return {
        "amojo_id": visit.state.amojo_id,
        "uuid": visit.state.account_uuid,
        "version": 16,
        "drive_url": drive_url(visit.request, settings),
        "is_api_filter_enabled": settings.filters_enabled,
        "invoices_settings": {"lang": settings.language, "invoices_catalog_id": None},
        "entity_names": {
            "leads": {
                "en": {
                    "gender": "f",
                    "singular_form": {"default": "lead"},
                    "plural_form": {"default": "leads"},
                }
            }
        },
    }


def _embedded(visit: Visit) -> dict[str, Any]:
    zone = visit.state.settings.timezone
    offset = datetime.fromtimestamp(visit.state.now(), ZoneInfo(zone)).strftime("%z")
    return {
        "amojo_rights": {"can_direct": True, "can_create_groups": True},
        "users_groups": visit.state.user_groups,
        "task_types": TASK_TYPES,
        "datetime_settings": {
            "date_pattern": "d.m.Y H:i",
            "short_date_pattern": "d.m.Y",
            "short_time_pattern": "H:i",
            "date_formant": "d.m.Y",
            "time_format": "H:i:s",
            "timezone": zone,
            "timezone_offset": f"{offset[:3]}:{offset[3:]}",
        },
    }


ROUTES: Final = (Route("account.get", "GET", "/api/v4/account", get_account),)
