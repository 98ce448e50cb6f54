"""What amoCRM says and hears: one model an entity."""

from amocrm_sync._core.fields_codec import Choice
from amocrm_sync._core.fields_values import (
    ChainedRow,
    Discount,
    FileValue,
    InvoiceItem,
    LegalEntity,
    LinkedEntity,
    ObjectValue,
    Payer,
    SmartAddress,
    Supplier,
)
from amocrm_sync.models._base import Model
from amocrm_sync.models._custom_fields import CustomFieldValues, FieldValue
from amocrm_sync.models._tags import Tags
from amocrm_sync.models.account import Account, AccountAddress, TaskType, UserGroup
from amocrm_sync.models.amojo import Chat, ChatChannel, ChatMessage, ChatUser, SentMessage
from amocrm_sync.models.bot import Bot
from amocrm_sync.models.call import Call, CallNotice
from amocrm_sync.models.catalog import Catalog, CatalogElement, ProductsSettings
from amocrm_sync.models.chat_template import ChatTemplate, TemplateReview
from amocrm_sync.models.company import Company
from amocrm_sync.models.contact import Contact
from amocrm_sync.models.currency import Currency
from amocrm_sync.models.custom_field import CustomField, CustomFieldGroup, FieldEnum, NestedEnum
from amocrm_sync.models.customer import Customer, CustomersMode, CustomerStatus, Segment, Transaction
from amocrm_sync.models.event import Event, EventKind
from amocrm_sync.models.event_values import (
    CustomerStatusValue,
    CustomFieldChange,
    EventValue,
    HelpbotValue,
    LinkedValue,
    MessageValue,
    NoteValue,
    NpsValue,
    ResponsibleValue,
    StageValue,
    TagValue,
    TaskDeadlineValue,
    TaskTextValue,
    TaskTypeValue,
    TransactionValue,
    UnknownValue,
)
from amocrm_sync.models.file import EntityFile, File, FileLink, FileVersion
from amocrm_sync.models.lead import Lead, LeadComplexResult
from amocrm_sync.models.link import Link
from amocrm_sync.models.loss_reason import LossReason
from amocrm_sync.models.note import Note, NoteType
from amocrm_sync.models.note_params import (
    AiResultNote,
    AnyNoteParams,
    AttachmentNote,
    BillPaidNote,
    CallInNote,
    CallOutNote,
    ChatNote,
    CommonNote,
    DropboxNote,
    ExtendedServiceMessageNote,
    GeolocationNote,
    InvoicePaidNote,
    LinkFollowedNote,
    MailNote,
    MessageCashierNote,
    ServiceMessageNote,
    SiteVisitNote,
    SmsInNote,
    SmsOutNote,
    TargetingInNote,
    TargetingOutNote,
    TransactionNote,
    UnknownNote,
    ZoomMeetingNote,
)
from amocrm_sync.models.page import Page, Quarantined, parse_one, parse_page, parse_rows
from amocrm_sync.models.pipeline import LOST, WON, Pipeline, Stage
from amocrm_sync.models.role import Role, UserRights
from amocrm_sync.models.short_link import ShortLink
from amocrm_sync.models.source import Source, WebsiteButton
from amocrm_sync.models.subscription import Subscription
from amocrm_sync.models.tag import Tag
from amocrm_sync.models.talk import ChatLink, Talk, TalkMessage
from amocrm_sync.models.task import Task
from amocrm_sync.models.unsorted import Unsorted, UnsortedSummary
from amocrm_sync.models.user import User
from amocrm_sync.models.webhook import Webhook
from amocrm_sync.models.widget import Widget

__all__ = [
    "LOST",
    "WON",
    "Account",
    "AccountAddress",
    "AiResultNote",
    "AnyNoteParams",
    "AttachmentNote",
    "BillPaidNote",
    "Bot",
    "Call",
    "CallInNote",
    "CallNotice",
    "CallOutNote",
    "Catalog",
    "CatalogElement",
    "ChainedRow",
    "Chat",
    "ChatChannel",
    "ChatLink",
    "ChatMessage",
    "ChatNote",
    "ChatTemplate",
    "ChatUser",
    "Choice",
    "CommonNote",
    "Company",
    "Contact",
    "Currency",
    "CustomField",
    "CustomFieldChange",
    "CustomFieldGroup",
    "CustomFieldValues",
    "Customer",
    "CustomerStatus",
    "CustomerStatusValue",
    "CustomersMode",
    "Discount",
    "DropboxNote",
    "EntityFile",
    "Event",
    "EventKind",
    "EventValue",
    "ExtendedServiceMessageNote",
    "FieldEnum",
    "FieldValue",
    "File",
    "FileLink",
    "FileValue",
    "FileVersion",
    "GeolocationNote",
    "HelpbotValue",
    "InvoiceItem",
    "InvoicePaidNote",
    "Lead",
    "LeadComplexResult",
    "LegalEntity",
    "Link",
    "LinkFollowedNote",
    "LinkedEntity",
    "LinkedValue",
    "LossReason",
    "MailNote",
    "MessageCashierNote",
    "MessageValue",
    "Model",
    "NestedEnum",
    "Note",
    "NoteType",
    "NoteValue",
    "NpsValue",
    "ObjectValue",
    "Page",
    "Payer",
    "Pipeline",
    "ProductsSettings",
    "Quarantined",
    "ResponsibleValue",
    "Role",
    "Segment",
    "SentMessage",
    "ServiceMessageNote",
    "ShortLink",
    "SiteVisitNote",
    "SmartAddress",
    "SmsInNote",
    "SmsOutNote",
    "Source",
    "Stage",
    "StageValue",
    "Subscription",
    "Supplier",
    "Tag",
    "TagValue",
    "Tags",
    "Talk",
    "TalkMessage",
    "TargetingInNote",
    "TargetingOutNote",
    "Task",
    "TaskDeadlineValue",
    "TaskTextValue",
    "TaskType",
    "TaskTypeValue",
    "TemplateReview",
    "Transaction",
    "TransactionNote",
    "TransactionValue",
    "UnknownNote",
    "UnknownValue",
    "Unsorted",
    "UnsortedSummary",
    "User",
    "UserGroup",
    "UserRights",
    "Webhook",
    "WebsiteButton",
    "Widget",
    "ZoomMeetingNote",
    "parse_one",
    "parse_page",
    "parse_rows",
]
