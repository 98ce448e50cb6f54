"""Users, roles and their rights."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row

_ACTIONS: Final = ("view", "edit", "add", "delete", "export")
_CARDS: Final = ("leads", "contacts", "companies")


def full_rights(letter: str = "A") -> Row:
    """Rights with one letter everywhere (``add`` knows only A and D)."""
    add = "D" if letter == "D" else "A"
    rights: Row = {
        name: {action: add if action == "add" else letter for action in _ACTIONS} for name in _CARDS
    }
    return {
        **rights,
        "tasks": {"edit": letter, "delete": letter},
        "mail_access": letter != "D",
        "catalog_access": letter != "D",
        "status_rights": None,
        "catalog_rights": None,
    }


def merged_rights(given: Row | None) -> Row:
    """Rights as asked for, the rest denied."""
    return {**full_rights("D"), **(given or {})}


def add_user(state: State, fields: Row, *, rights: Row | None = None, is_admin: bool = False) -> Row:
    """A new user; a role rules over rights given beside it."""
    given = dict(rights or {})
    role = state.roles.live(given.get("role_id"))
    base = full_rights() if is_admin else merged_rights(role["rights"] if role else given)
    flags: Row = {
        "is_admin": is_admin,
        "is_free": bool(given.get("is_free")),
        "is_active": not given.get("is_free"),
        "group_id": given.get("group_id"),
        "role_id": role["id"] if role else None,
    }
    return state.users.add(
        {
            "id": state.next_id("users"),
            "name": fields["name"],
            "email": fields["email"],
            "lang": fields.get("lang", state.settings.language),
            "rights": {**base, **flags},
            "_uuid": state.uuid(),
            "_amojo_id": state.uuid(),
            "_api_key": state.uuid().replace("-", ""),
            "_phone": fields.get("phone_number"),
        }
    )


def shown_user(state: State, origin: str, row: Row, with_: frozenset[str]) -> Row:
    """A user as answers show one."""
    shown: Row = {key: value for key, value in row.items() if key[0] != "_"}
    extras: dict[str, Any] = {
        "uuid": row["_uuid"],
        "amojo_id": row["_amojo_id"],
        "user_rank": "newbie",
        "phone_number": row["_phone"],
    }
    shown |= {name: value for name, value in extras.items() if name in with_}
    shown["_links"] = {"self": {"href": f"{origin}/api/v4/users/{row['id']}"}}
    embedded: Row = {}
    if "role" in with_:
        role = state.roles.live(row["rights"]["role_id"])
        embedded["roles"] = [{"id": role["id"], "name": role["name"]}] if role else []
    if "group" in with_:
        embedded["groups"] = [
            {"id": group["id"], "name": group["name"]}
            for group in state.user_groups
            if group["id"] == (row["rights"]["group_id"] or 0)
        ]
    return {**shown, "_embedded": embedded} if embedded else shown
