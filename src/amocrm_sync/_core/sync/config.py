"""What a host may decide about the sync."""

from __future__ import annotations

import attrs

from amocrm_sync._core.entities import ALIASES, SYNCED
from amocrm_sync.errors import ConfigurationError


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
        max_attempts: Sends of one edit before it is a dead letter.
        retry_base: First wait after a failed send, in seconds; it doubles, with full jitter.
        retry_cap: Longest wait.
        hint_batch: Ids re-read in one request.
        brake: A full pull that finds more rows gone than this share of them (and more than 100) marks none: a change
            of rights looks just like that.
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
    max_attempts: int = attrs.field(default=12, validator=attrs.validators.ge(1))
    retry_base: float = 2.0
    retry_cap: float = 900.0
    hint_batch: int = attrs.field(
        default=250, validator=attrs.validators.and_(attrs.validators.ge(1), attrs.validators.le(250))
    )
    brake: float = 0.05
    exclusive_bounds: bool = False


def chosen(configured: tuple[str, ...], asked: tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The entities of one run: those asked for, else all that are configured."""
    return configured if asked is None else _entities(asked)
