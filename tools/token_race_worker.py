"""One process of a race (see ``token_race``): calls without an end, and dies in the middle of a renewal when it is told to.

What it did is in its folder: ``calls-<pid>``, a line for each call (``ok``, or from when to when, and the error), and
``killed-<when>-<pid>``.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import attrs

from amocrm_sync import AmoCRM, AsyncAmoCRM, OAuth
from amocrm_sync._core import oauth

PAUSE = 0.2
STORES = {
    "encrypted": ("amocrm_sync.stores", "EncryptedTokenStore"),
    "file": ("amocrm_sync.stores", "FileTokenStore"),
    "redis": ("amocrm_sync.stores.redis", "RedisTokenStore"),
    "sql": ("amocrm_sync.stores.sql", "SQLTokenStore"),
}
KEY = "cmFjZS1yYWNlLXJhY2UtcmFjZS1yYWNlLXJhY2UtMDA="
"""Encrypts the tokens of the emulator, and nothing else."""


@attrs.frozen
class Orders:
    """What the process is to do, as its command line says."""

    colour: str
    store: str
    base_url: str
    folder: Path = attrs.field(converter=Path)
    workers: int = attrs.field(converter=int)
    lease: float = attrs.field(converter=float)
    margin: float = attrs.field(converter=float)
    shortest: float = attrs.field(converter=float)


def make_store(text: str, colour: str) -> Any:
    """The store that a text names: ``file=<path>``, ``sql=<url>``, ``redis=<url>``, ``encrypted=<another>``."""
    kind, _, where = text.partition("=")
    module, name = STORES[kind]
    store = getattr(importlib.import_module(module), name if colour == "threads" else f"Async{name}")
    return store(make_store(where, colour), keys=[KEY]) if kind == "encrypted" else store(where)


def main(orders: Orders) -> None:
    """Call until standard input ends."""
    half = "_sync" if orders.colour == "threads" else "_async"
    _scale(half, orders)
    store = make_store(orders.store, orders.colour)
    auth = OAuth("id", "sec", "https://example.com/cb", store=store, lease_seconds=orders.lease)
    with (orders.folder / f"calls-{os.getpid()}").open("a", buffering=1) as out:
        if orders.colour == "threads":
            _call_in_threads(orders, auth, out)
        else:
            asyncio.run(_call_in_tasks(orders, auth, out))


def _call_in_threads(orders: Orders, auth: OAuth, out: Any) -> None:
    amo = AmoCRM(orders.base_url, auth=auth, limiter=None)

    def work() -> None:
        while True:
            began = time.time()
            try:
                amo.account.get()
                _note(out, began)
            except Exception as error:  # noqa: BLE001 - whatever fails is what is counted
                _note(out, began, error)
            time.sleep(PAUSE)

    for _ in range(orders.workers):
        threading.Thread(target=work, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


async def _call_in_tasks(orders: Orders, auth: OAuth, out: Any) -> None:
    amo = AsyncAmoCRM(orders.base_url, auth=auth, limiter=None)

    async def work() -> None:
        while True:
            began = time.time()
            try:
                await amo.account.get()
                _note(out, began)
            except Exception as error:  # noqa: BLE001 - as above
                _note(out, began, error)
            await asyncio.sleep(PAUSE)

    tasks = [asyncio.ensure_future(work()) for _ in range(orders.workers)]
    await asyncio.to_thread(sys.stdin.read)
    os._exit(len(tasks) - orders.workers)


def _note(out: Any, began: float, error: Exception | None = None) -> None:
    text = "ok" if error is None else f"{began} {time.time()} {type(error).__name__}: {error}"
    out.write(text.replace("\n", " ")[:300] + "\n")


def _scale(half: str, orders: Orders) -> None:
    """Scale the lease to tokens that live for seconds, and die around an exchange when the folder says so."""
    oauth.SHORTEST_LEASE = orders.lease
    exchange: Any = importlib.import_module(f"amocrm_sync.{half}.exchange")
    exchange.MARGIN, exchange.SHORTEST_ATTEMPT = orders.margin, orders.shortest
    kind = exchange.Exchange if half == "_sync" else exchange.AsyncExchange
    send = kind.send

    def in_threads(*arguments: Any, **options: Any) -> Any:
        doom = _doom(orders.folder)
        _die(orders.folder, doom, "before")
        result = send(*arguments, **options)
        _die(orders.folder, doom, "after")
        return result

    async def in_tasks(*arguments: Any, **options: Any) -> Any:
        doom = _doom(orders.folder)
        _die(orders.folder, doom, "before")
        result = await send(*arguments, **options)
        _die(orders.folder, doom, "after")
        return result

    kind.send = in_threads if half == "_sync" else in_tasks


def _doom(folder: Path) -> str | None:
    """When to die, ``before`` the exchange or ``after`` it, for the one process that takes the order."""
    mine = folder / f"order-{os.getpid()}"
    try:
        (folder / "kill").rename(mine)
    except FileNotFoundError:
        return None
    return mine.read_text()


def _die(folder: Path, doom: str | None, now: str) -> None:
    if doom == now:
        (folder / f"killed-{now}-{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(Orders(*sys.argv[1:]))
