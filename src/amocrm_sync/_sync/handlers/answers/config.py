# Generated from src/amocrm_sync/_async/handlers/answers/config.py by tools/unasync.py: edit that file instead.
"""The settings of an owner's connection, and who is signed in."""

from __future__ import annotations

from typing import Any

from amocrm_sync._core.handlers.access import UNAUTHENTICATED
from amocrm_sync._core.handlers.problem import Problem, not_offered
from amocrm_sync._core.handlers.settings import CRMConfig
from amocrm_sync._sync.handlers.call import Call

_TRIES = 5


def show(call: Call) -> Any:
    """The settings, without their secrets."""
    if call.handlers.configs is None:
        return _shown(call, (None if call.connection is None else call.connection.config) or CRMConfig())
    return _shown(call, call.handlers.configs.load(call.owner) or CRMConfig())


def change(call: Call) -> Any:
    """Change some of the settings; the next request already works with them."""
    store = call.handlers.configs
    if store is None:
        raise not_offered("settings: this host keeps them in its code (configs)")
    fields = call.body.model_dump(exclude_unset=True, exclude_none=False)
    for _ in range(_TRIES):
        old = store.load(call.owner)
        new = (old or CRMConfig()).changed(_cleared(fields))
        new = new.model_copy(update={"version": 1 if old is None else old.version + 1})
        if store.save(call.owner, None if old is None else old.version, new):
            return _shown(call, new)
    raise Problem(409, "busy", "the settings were changed by somebody else at the same time: try again")


def session(call: Call) -> Any:
    """Who is signed in."""
    principal = call.principal
    if principal is None:
        raise UNAUTHENTICATED
    return {"id": principal.id, "role": principal.role.value, "owner": principal.own, "csrf": principal.csrf}


def _cleared(fields: dict[str, Any]) -> dict[str, Any]:
    """``null`` empties a setting; numbers may be absent, everything else has its empty value."""
    empty = CRMConfig().to_dict()
    return {name: empty[name] if value is None else value for name, value in fields.items()}


def _shown(call: Call, config: CRMConfig) -> Any:
    plain = config.to_dict()
    secrets = {f"has_{name}": bool(plain.pop(name)) for name in ("client_secret", "webhook_secret")}
    return {**plain, **secrets, "redirect_uri": config.redirect_uri or _redirect_uri(call)}


def _redirect_uri(call: Call) -> str:
    """The address to register in amoCRM, filled in for whoever reads the form."""
    host = call.request.header("x-forwarded-host") or call.request.header("host")
    if not host or any(mark in host for mark in "/\\@ "):
        return ""
    local = host.partition(":")[0] in ("localhost", "127.0.0.1")
    path = call.handlers.router.prefixes[call.route.group]
    return f"{'http' if local else 'https'}://{host}{path}/callback"
