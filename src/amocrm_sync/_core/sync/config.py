"""What a host may decide about the sync."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from amocrm_sync._core.entities import ALIASES, SYNCED
from amocrm_sync._core.sync.auto_lead import AutoLead
from amocrm_sync._core.sync.conflicts import ConflictRules, Merge
from amocrm_sync._core.sync.host import HostMapping
from amocrm_sync._core.sync.offline import OfflineRules, OnLocalDelete
from amocrm_sync._core.sync.retention import Retention
from amocrm_sync.errors import ConfigurationError

_PREREAD_AFTER: float | None = 2.0


def _not_negative(_: Any, field: attrs.Attribute[float | None], value: float | None) -> None:
    if value is not None and value < 0:
        raise ConfigurationError(f"{field.name}: seconds, 0 or more, or None for never; not {value!r}")


def _rules(given: ConflictRules | str | Merge | Mapping[str, str | Merge]) -> ConflictRules:
    return ConflictRules.of(given)


def _host(given: HostMapping | Mapping[str, Mapping[str, str]]) -> HostMapping:
    return given if isinstance(given, HostMapping) else HostMapping(given)


def _entities(names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The names in the table's order (parents first), aliases resolved."""
    if isinstance(names, str):
        raise ConfigurationError(f"entities: give a tuple of names, not the string {names!r}")
    wanted = {ALIASES.get(name, name) for name in names}
    unknown = sorted(wanted - set(SYNCED))
    if unknown:
        raise ConfigurationError(
            f"entities: cannot sync {', '.join(map(repr, unknown))}; known are {', '.join(SYNCED)}"
        )
    return tuple(name for name in SYNCED if name in wanted)


@attrs.frozen(kw_only=True)
class SyncConfig:
    """The sync's settings; every one has a default that is safe.

    Attributes:
        entities: What to sync. Stages come with ``pipelines``.
        tenant: Name of the account in the store; by default the account's host, so that two accounts in one database
            never mix.
        overlap: Seconds that an incremental pull goes back, because a change may become visible late.
        page_size: Rows a page, at most 250.
        push_batch: Rows a write request; 50 is what amoCRM recommends.
        conflicts: Who decides where both sides changed a field: ``remote``, ``local``, ``last_write_wins`` or
            ``manual``, a function that merges, or a mapping from ``*``, ``leads`` or ``leads.price`` to one of these.
        preread_after: Seconds after which what we know of a row is too old to write over it, so that it is read again
            before; 0 for always, ``None`` for never.
        marker: Name and code of the text field in which a row that we create carries our id, so that a create whose
            answer was lost can be found again; ``engine.setup()`` makes it, or settles on a tag of that name where it may
            not. ``None`` for neither.
        lease: Seconds for which a process takes work; after that another may take it.
        max_attempts: Sends of one edit before it is a dead letter.
        retry_horizon: Seconds after its first send at which an edit is given up.
        retry_base: First wait after a failed send, in seconds; it doubles, with full jitter.
        retry_cap: Longest wait.
        pause: Seconds without a push after amoCRM has blocked the account or asked for payment.
        retention: For how long what is over is kept.
        host: The host's own columns.
        offline: What devices with a copy of their own may see, and for how long they may stay away.
        on_local_delete: Gives the edit that a deletion here makes in amoCRM, whose API deletes nothing:
            :func:`tag_deleted`, :func:`close_deleted`, or a function of the host. ``None``: the row stays as it is there.
        auto_lead: Where the lead of a first contact goes, and by what its person is known.
        events: Follow amoCRM's log of events with every pull: it tells of deletions, merges and links that lists do not
            show, and of who did what.
        hint_batch: Ids re-read in one request.
        brake: A full pull that finds more rows gone than this share of them (and more than 100) marks none: a change
            of rights looks just like that.
        webhook_url: Where this host takes webhooks. Given, it is subscribed to all that is synced with the first pull, and
            looked after every hour: amoCRM switches an address off that failed too often.
        chat_secret: Secret of the chat channel whose hooks come to :meth:`SyncEngine.receive` too: those that are not signed
            with it are refused. ``None``: whoever calls ``receive`` has looked.
        telemetry: Tell OpenTelemetry of runs, where its API is installed.
        exclusive_bounds: ``filter[updated_at]`` leaves its own bounds out. amoCRM does not document which it is; the
            default takes them as included.
    """

    entities: tuple[str, ...] = attrs.field(default=SYNCED, converter=_entities)
    tenant: str | None = None
    overlap: int = attrs.field(default=5, validator=attrs.validators.ge(0))
    page_size: int = attrs.field(
        default=250, validator=attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(250))
    )
    push_batch: int = attrs.field(
        default=50, validator=attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(250))
    )
    conflicts: ConflictRules = attrs.field(factory=ConflictRules, converter=_rules)
    preread_after: float | None = attrs.field(default=_PREREAD_AFTER, validator=_not_negative)
    marker: str | None = "EXT_UID"
    lease: float = attrs.field(default=10.0, validator=attrs.validators.gt(0))
    max_attempts: int = attrs.field(default=12, validator=attrs.validators.ge(1))
    retry_horizon: float = attrs.field(default=86_400.0, validator=attrs.validators.gt(0))
    retry_base: float = 2.0
    retry_cap: float = 900.0
    pause: float = attrs.field(default=900.0, validator=attrs.validators.ge(0))
    retention: Retention = attrs.field(factory=Retention)
    host: HostMapping = attrs.field(factory=HostMapping, converter=_host)
    offline: OfflineRules = attrs.field(factory=OfflineRules)
    on_local_delete: OnLocalDelete | None = None
    auto_lead: AutoLead = attrs.field(factory=AutoLead)
    events: bool = True
    hint_batch: int = attrs.field(
        default=250, validator=attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(250))
    )
    brake: float = 0.05
    webhook_url: str | None = attrs.field(default=None, repr=False)
    chat_secret: str | None = attrs.field(default=None, repr=False)
    telemetry: bool = True
    exclusive_bounds: bool = False


def chosen(configured: tuple[str, ...], asked: tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The entities of one run: those asked for, else all that are configured."""
    return configured if asked is None else _entities(asked)
