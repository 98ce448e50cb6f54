"""What an account allows, judged from its answers before the first pull; each finding carries its fix. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any, Final

import attrs

from amocrm_sync._core.doctor import Finding
from amocrm_sync._core.entities import ENTITIES, Entity, Strategy
from amocrm_sync._core.shapes import as_object
from amocrm_sync._core.sync.marks import FieldMark, Mark, TagMark
from amocrm_sync._core.sync.records import Row

RATE: Final = 6.8
"""Requests a second that the limiter lets out."""
_ADMIN_ONLY: Final = frozenset({"users", "roles"})
_RIGHTS: Final = {
    "leads": "leads",
    "contacts": "contacts",
    "companies": "companies",
    "tasks": "tasks",
}
"""Entities with rights of their own, and the key under a user's ``rights``."""
_SEES: Final = {"G": "of the own department", "M": "the user's own", "L": "of some stages", "D": "none"}


@attrs.frozen(kw_only=True)
class Preflight:
    """What :meth:`SyncEngine.preflight` has found; ``print`` lays it out.

    Attributes:
        account: The account's host.
        account_id: Its number, where the account answered.
        findings: What was looked at, in the order in which to repair.
        rows: Rows of each entity, roughly: lists have no totals, so pages are tried until they end.
        requests: What a first pull will ask for, roughly.
    """

    account: str
    account_id: int | None
    findings: tuple[Finding, ...]
    rows: Mapping[str, int]
    requests: int

    @property
    def ok(self) -> bool:
        """Whether a sync can begin: warnings say what it will not see."""
        return not any(finding.state == "trouble" for finding in self.findings)

    @property
    def seconds(self) -> float:
        """How long a first pull takes at the rate limit."""
        return round(self.requests / RATE, 1)

    def __str__(self) -> str:
        lines = [
            f"{item.state:<7}  {item.check}: {item.says}" + (f" -> {item.fix}" if item.fix else "")
            for item in self.findings
        ]
        known = ", ".join(f"about {number} {name}" for name, number in self.rows.items() if number)
        total = f"first pull: about {self.requests} requests, {self.seconds} s" + (
            f"; {known}" if known else ""
        )
        return "\n".join((f"{self.account} (account {self.account_id or 'unknown'})", *lines, total))


def judge_filters(account: Mapping[str, Any]) -> Finding:
    """Whether lists may be filtered; without that every pull reads everything."""
    is_on = account.get("is_api_filter_enabled")
    if is_on is None:
        return Finding(
            "filters",
            "warning",
            "the account does not say whether lists honour filters",
            "run `amocrm-sync probe`: it tries",
        )
    if is_on:
        return Finding("filters", "ok", "lists honour filters: a pull reads what has changed")
    return Finding(
        "filters",
        "warning",
        "lists ignore filters: every pull reads every row, and hints are fetched one by one",
        "ask amoCRM to switch on API filters for the account (a matter of its tariff), or pull less often",
    )


def judge_rights(user: Mapping[str, Any] | None, entities: Iterable[str]) -> list[Finding]:
    """What the user behind the token may see and change; ``None`` where the API does not tell who is no administrator."""
    if user is None:
        says = "the token's user is no administrator: users and roles are refused, and rows may be hidden"
        return [Finding("rights", "warning", says, "connect as an administrator of the account")]
    rights = as_object(user.get("rights"))
    if rights.get("is_admin"):
        return [Finding("rights", "ok", "the token's user is an administrator")]
    found: list[Finding] = []
    for name in entities:
        allowed = as_object(rights.get(_RIGHTS.get(name, "")))
        if not allowed:
            continue
        if allowed.get("view", "A") != "A":
            says = f"the token's user sees {_SEES.get(str(allowed['view']), 'some')} of the {name}"
            fix = f"give the user the right to view all {name}: what is hidden later looks deleted"
            found.append(Finding("rights", "trouble" if allowed["view"] == "D" else "warning", says, fix))
        if ENTITIES[name].writable and allowed.get("edit", "A") == "D":
            fix = f"give the user the right to edit {name}, or make no local edits of them"
            found.append(Finding("rights", "warning", f"the token's user may not edit {name}", fix))
    return found or [Finding("rights", "ok", "the token's user sees every row of what is synced")]


def judge_entity(entity: Entity, refusal: Exception | None) -> Finding:
    """Whether an entity's list can be read."""
    if refusal is None:
        return Finding(entity.name, "ok", "can be read")
    if entity.optional:
        return Finding(entity.name, "ok", f"the account has none: {refusal}")
    if entity.name in _ADMIN_ONLY:
        fix = f"connect as an administrator, or leave {entity.name} out of SyncConfig.entities"
        return Finding(entity.name, "warning", f"cannot be read: {refusal}", fix)
    fix = f"give the token's user the right to view {entity.name}, or leave them out of SyncConfig.entities"
    return Finding(entity.name, "trouble", f"cannot be read: {refusal}", fix)


def judge_trash(name: str, rows: Sequence[Row], refusal: Exception | None) -> Finding:
    """Whether deleted rows can be listed. An empty trash proves nothing, and nothing is wrong with it."""
    check = f"trash of {name}"
    if refusal is not None or not all(row.get("is_deleted") for row in rows):
        says = "the trash is not listed" if refusal is None else f"the trash is not listed: {refusal}"
        fix = "deletions come by webhooks and events only: subscribe, and reconcile every night"
        return Finding(check, "warning", says, fix)
    return Finding(check, "ok", "deleted rows are listed" if rows else "the trash is listed, and empty")


def judge_events(refusal: Exception | None, *, wanted: bool) -> Finding:
    """Whether the account's log of events can be followed."""
    if not wanted:
        return Finding("events", "warning", "not followed (SyncConfig.events=False)", "switch them on")
    if refusal is None:
        return Finding(
            "events", "ok", "the log of events can be read: deletions, merges and authors are seen"
        )
    fix = "give the user the right to see events; until then merges and links are seen by a full pull only"
    return Finding("events", "warning", f"the log of events is shut: {refusal}", fix)


def judge_marker(
    entity: str, field: str | None, kind: str | None, refusal: Exception | None, mark: Mark | None
) -> Finding:
    """Whether rows that we create carry our id.

    Args:
        entity: Plural name.
        field: The configured name; ``None`` for no marker.
        kind: Type of the field of that name; ``None`` where there is none.
        refusal: Why fields cannot be read.
        mark: What new rows are marked with, as :meth:`SyncEngine.setup` has settled it.
    """
    check = f"marker of {entity}"
    if field is None:
        fix = 'set SyncConfig(marker="EXT_UID") and call engine.setup()'
        return Finding(check, "warning", "none: a create whose answer is lost waits for a person", fix)
    if isinstance(mark, TagMark) and kind is None:
        says = f"a tag carries our ids, for this user may not make the field {field}"
        fix = "an administrator may make the field: then run setup again (amocrm-sync sync setup)"
        return Finding(check, "warning", says, fix)
    if refusal is not None:
        fix = "let an administrator make a text field of that name, then call engine.setup()"
        return Finding(check, "warning", f"the fields cannot be read: {refusal}", fix)
    if kind is not None and kind != "text":
        fix = f"rename the field {field}, or choose another SyncConfig.marker; then call engine.setup()"
        return Finding(check, "trouble", f"the field {field} is of type {kind}, and has to be a text", fix)
    if kind is None or not isinstance(mark, FieldMark):
        says = f"there is no field {field}" if kind is None else f"the field {field} is there, and not in use"
        return Finding(check, "warning", says, "call engine.setup() (amocrm-sync sync setup)")
    return Finding(check, "ok", f"the field {field} carries our ids")


def judge_webhooks(
    hooks: Sequence[Row] | None, wanted: set[str], url: str | None, refusal: Exception | None
) -> Finding:
    """Whether amoCRM tells of changes at once.

    Args:
        hooks: The account's subscriptions; ``None`` where they cannot be read.
        wanted: The names of the subscriptions that tell of every change.
        url: Where this host takes webhooks; ``None``: any subscription counts.
        refusal: Why the subscriptions cannot be read.
    """
    if hooks is None:
        fix = "connect as an administrator, and look at the tariff: webhooks need an advanced one"
        return Finding("webhooks", "warning", f"the subscriptions cannot be read: {refusal}", fix)
    names = " ".join(sorted(wanted))
    own = [hook for hook in hooks if url is None or hook.get("destination") == url]
    if not own:
        says = "none is subscribed" if url is None else f"none is subscribed to {url}"
        fix = f"amocrm-sync webhooks subscribe {url or 'https://your.host/…'} {names}"
        return Finding("webhooks", "warning", f"{says}: changes arrive with the next pull", fix)
    if all(hook.get("disabled") for hook in own):
        fix = "subscribe the same address again: that switches it on"
        return Finding("webhooks", "trouble", f"amoCRM has switched {own[0].get('destination')} off", fix)
    told = {name for hook in own if not hook.get("disabled") for name in hook.get("settings") or ()}
    missing = sorted(wanted - told)
    if missing:
        fix = f"subscribe once more with all of: {names}"
        return Finding("webhooks", "warning", f"not subscribed: {' '.join(missing)}", fix)
    return Finding("webhooks", "ok", "every change of what is synced is told at once")


def requests_of(entity: Entity, rows: int, page_size: int) -> int:
    """What a first pull asks for: one pass in time order or by proven windows, else two equal ones."""
    pages = max(1, ceil(rows / page_size))
    return pages if pages == 1 or entity.strategy is Strategy.KEYSET else 2 * pages
