"""Keep a local store and an amoCRM account in step: pull, webhooks, local edits, push. Sync and async side by side."""

from amocrm_sync._async.sync.engine import AsyncSyncEngine
from amocrm_sync._async.sync.protocols import (
    AsyncRemote,
    AsyncSyncStore,
    AsyncSyncTx,
    PageQuery,
    RemotePage,
)
from amocrm_sync._async.sync.records import AsyncLocalEntity, AsyncRecords
from amocrm_sync._async.sync.remote import AsyncClientRemote
from amocrm_sync._core.sync.config import SyncConfig
from amocrm_sync._core.sync.events import SyncEvent
from amocrm_sync._core.sync.local import LocalRecord
from amocrm_sync._core.sync.outbox import Op, OpKind, OpState
from amocrm_sync._core.sync.reports import (
    EntityReport,
    Receipt,
    SyncLogEntry,
    SyncProblem,
    SyncProgress,
    SyncReport,
    SyncStatus,
)
from amocrm_sync._sync.sync.engine import SyncEngine
from amocrm_sync._sync.sync.protocols import Remote, SyncStore, SyncTx
from amocrm_sync._sync.sync.records import LocalEntity, Records
from amocrm_sync._sync.sync.remote import ClientRemote

__all__ = [
    "AsyncClientRemote",
    "AsyncLocalEntity",
    "AsyncRecords",
    "AsyncRemote",
    "AsyncSyncEngine",
    "AsyncSyncStore",
    "AsyncSyncTx",
    "ClientRemote",
    "EntityReport",
    "LocalEntity",
    "LocalRecord",
    "Op",
    "OpKind",
    "OpState",
    "PageQuery",
    "Receipt",
    "Records",
    "Remote",
    "RemotePage",
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
]
