"""Keep a local store and an amoCRM account in step: pull, webhooks, local edits, push. Sync and async side by side."""

from amocrm_sync._async.sync.conflicts import AsyncConflicts
from amocrm_sync._async.sync.doorbells import AsyncDoorbell, AsyncHeardDoorbell
from amocrm_sync._async.sync.engine import AsyncSyncEngine
from amocrm_sync._async.sync.http_sink import AsyncHTTPEventSink
from amocrm_sync._async.sync.offline import AsyncOffline
from amocrm_sync._async.sync.protocols import (
    AsyncRemote,
    AsyncSyncStore,
    AsyncSyncTx,
    PageQuery,
    RemotePage,
)
from amocrm_sync._async.sync.records import AsyncLocalEntity, AsyncRecords
from amocrm_sync._async.sync.remote import AsyncClientRemote
from amocrm_sync._async.sync.sinks import AsyncEventSink
from amocrm_sync._async.sync.worker import AsyncSyncWorker
from amocrm_sync._core.doctor import Finding
from amocrm_sync._core.sync.auto_lead import AutoLead
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.conflicts import ConflictRules, FieldConflict, Take
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.host import HostMapping
from amocrm_sync._core.sync.link_edits import LocalLink
from amocrm_sync._core.sync.local import LocalRecord
from amocrm_sync._core.sync.offline import OfflineRules, close_deleted, tag_deleted
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.preflight import Preflight
from amocrm_sync._core.sync.probing import Answer
from amocrm_sync._core.sync.reports import (
    EntityReport,
    Receipt,
    SetupResult,
    SyncLogEntry,
    SyncProblem,
    SyncProgress,
    SyncReport,
    SyncStatus,
)
from amocrm_sync._core.sync.retention import Retention
from amocrm_sync._core.sync.stored import Activity, Conflict
from amocrm_sync._core.sync.story import Moment, Story
from amocrm_sync._core.sync.work import WorkKind
from amocrm_sync._core.sync.worker_status import LaneStatus, WorkerStatus
from amocrm_sync._sync.sync.conflicts import Conflicts
from amocrm_sync._sync.sync.doorbells import Doorbell, HeardDoorbell
from amocrm_sync._sync.sync.engine import SyncEngine
from amocrm_sync._sync.sync.http_sink import HTTPEventSink
from amocrm_sync._sync.sync.offline import Offline
from amocrm_sync._sync.sync.protocols import Remote, SyncStore, SyncTx
from amocrm_sync._sync.sync.records import LocalEntity, Records
from amocrm_sync._sync.sync.remote import ClientRemote
from amocrm_sync._sync.sync.sinks import EventSink
from amocrm_sync._sync.sync.worker import SyncWorker

__all__ = [
    "Activity",
    "Answer",
    "AsyncClientRemote",
    "AsyncConflicts",
    "AsyncDoorbell",
    "AsyncEventSink",
    "AsyncHTTPEventSink",
    "AsyncHeardDoorbell",
    "AsyncLocalEntity",
    "AsyncOffline",
    "AsyncRecords",
    "AsyncRemote",
    "AsyncSyncEngine",
    "AsyncSyncStore",
    "AsyncSyncTx",
    "AsyncSyncWorker",
    "AutoLead",
    "ClientRemote",
    "Conflict",
    "ConflictRules",
    "Conflicts",
    "Doorbell",
    "EntityReport",
    "EventSink",
    "FieldConflict",
    "Finding",
    "HTTPEventSink",
    "HeardDoorbell",
    "HostMapping",
    "LaneStatus",
    "LocalEntity",
    "LocalLink",
    "LocalRecord",
    "Moment",
    "Offline",
    "OfflineRules",
    "Op",
    "OpKind",
    "OpState",
    "PageQuery",
    "Preflight",
    "Receipt",
    "Records",
    "Remote",
    "RemotePage",
    "Retention",
    "SetupResult",
    "Story",
    "SyncConfig",
    "SyncEngine",
    "SyncEvent",
    "SyncLogEntry",
    "SyncProblem",
    "SyncProgress",
    "SyncReport",
    "SyncStatus",
    "SyncStore",
    "SyncTx",
    "SyncWorker",
    "Take",
    "WorkKind",
    "WorkerStatus",
    "close_deleted",
    "tag_deleted",
]
