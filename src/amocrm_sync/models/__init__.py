"""What amoCRM says and hears: one model an entity."""

from amocrm_sync._core.fields_codec import Choice
from amocrm_sync.models._base import Model
from amocrm_sync.models._custom_fields import CustomFieldValues, FieldValue
from amocrm_sync.models._tags import Tags
from amocrm_sync.models.account import Account, TaskType, UserGroup
from amocrm_sync.models.company import Company
from amocrm_sync.models.contact import Contact
from amocrm_sync.models.custom_field import CustomField, CustomFieldGroup, FieldEnum, NestedEnum
from amocrm_sync.models.event import Event
from amocrm_sync.models.lead import Lead, LeadComplexResult
from amocrm_sync.models.link import Link
from amocrm_sync.models.loss_reason import LossReason
from amocrm_sync.models.note import Note, NoteType
from amocrm_sync.models.page import Page, Quarantined, parse_one, parse_page, parse_rows
from amocrm_sync.models.pipeline import LOST, WON, Pipeline, Stage
from amocrm_sync.models.role import Role, UserRights
from amocrm_sync.models.tag import Tag
from amocrm_sync.models.task import Task
from amocrm_sync.models.user import User
from amocrm_sync.models.webhook import Webhook

__all__ = [
    "LOST",
    "WON",
    "Account",
    "Choice",
    "Company",
    "Contact",
    "CustomField",
    "CustomFieldGroup",
    "CustomFieldValues",
    "Event",
    "FieldEnum",
    "FieldValue",
    "Lead",
    "LeadComplexResult",
    "Link",
    "LossReason",
    "Model",
    "NestedEnum",
    "Note",
    "NoteType",
    "Page",
    "Pipeline",
    "Quarantined",
    "Role",
    "Stage",
    "Tag",
    "Tags",
    "Task",
    "TaskType",
    "User",
    "UserGroup",
    "UserRights",
    "Webhook",
    "parse_one",
    "parse_page",
    "parse_rows",
]
