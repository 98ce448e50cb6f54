"""The measured process of this library: it lists, creates, updates and holds leads as a host would.

Run by ``compare.py`` with ``AMO_BASE`` set; prints one JSON line for each operation, as the scripts of the bench
server's folder do. ``--async`` does the same with the async client. Writes send dicts in the API's shape and count what
was stored, as those scripts do; ``--read`` makes a :class:`Lead` of each stored record as well, and ``--models`` begins
with :class:`Lead` objects too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from typing import Any

from _server import folder

from amocrm_sync import AmoCRM, AsyncAmoCRM
from amocrm_sync.models import Lead

sys.path.insert(0, str(folder()))
from common import BASE, N_WRITE, arun, lead_dict, run, upd_dict

BATCH = 250


def main() -> None:
    """Measure in the colour that the arguments name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--async", dest="awaits", action="store_true")
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--models", action="store_true")
    given = parser.parse_args()
    if given.awaits:
        asyncio.run(measure_async())
    else:
        measure(read=given.read, models=given.models)


def measure(*, read: bool, models: bool) -> None:
    """The sync client."""
    stored = read_stored if read or models else count_stored
    amo = AmoCRM(BASE, token="x", limiter=None)
    leads = amo.leads  # imports and opening are measured as a start, on no side as part of a job
    if not (read or models):
        run("list_leads", lambda: count(leads.list(with_=["contacts"])))
    run("create_leads", lambda: stored(leads.create_many(created(models=models), batch_size=BATCH)))
    run("update_leads", lambda: stored(leads.update_many(updated(models=models), batch_size=BATCH)))
    if not (read or models):
        run("hold_leads", lambda: len(list(leads.list(with_=["contacts"]))))
    amo.close()


async def measure_async() -> None:
    """The async client."""

    async def listing() -> int:
        number = 0
        async for lead in leads.list(with_=["contacts"]):
            touch(lead)
            number += 1
        return number

    async def creating() -> int:
        return count_stored(await leads.create_many(created(models=False), batch_size=BATCH))

    async def updating() -> int:
        return count_stored(await leads.update_many(updated(models=False), batch_size=BATCH))

    async def holding() -> int:
        return len([lead async for lead in leads.list(with_=["contacts"])])

    async with AsyncAmoCRM(BASE, token="x", limiter=None) as amo:
        leads = amo.leads
        await arun("list_leads", listing)
        await arun("create_leads", creating)
        await arun("update_leads", updating)
        await arun("hold_leads", holding)


def touch(lead: Any) -> None:
    """Read what every client of the comparison reads of a lead."""
    _ = (lead.id, lead.name, lead.price, lead.updated_at)


def count(leads: Iterable[Any]) -> int:
    number = 0
    for lead in leads:
        touch(lead)
        number += 1
    return number


def created(*, models: bool) -> list[Any]:
    """New leads; making them is part of what is measured, on every side."""
    return [new_lead(i) if models else lead_dict(i) for i in range(N_WRITE)]


def updated(*, models: bool) -> list[Any]:
    return [changed_lead(i) if models else upd_dict(i) for i in range(N_WRITE)]


def new_lead(number: int) -> Lead:
    """The model that sends what ``lead_dict`` is."""
    lead = Lead(
        name=f"Новая сделка {number}",
        price=1000 + number,
        pipeline_id=3177727,
        status_id=32392156,
        tags=["импорт"],
    )
    lead.custom_fields.set(601001, None, enum=900101)
    lead.custom_fields.set(601002, "Создано через API")
    lead.custom_fields.set(601004, "42")
    return lead


def changed_lead(number: int) -> Lead:
    """The model that sends what ``upd_dict`` is."""
    lead = Lead(id=10_000_000 + number, price=5000 + number, status_id=142)
    lead.custom_fields.set(601002, "Обновлено")
    return lead


def count_stored(result: Any) -> int:
    """How many were stored; all of them, or the run does not count."""
    result.raise_for_failures()
    return int(result.stored_count)


def read_stored(result: Any) -> int:
    """The same, with a model made of each."""
    result.raise_for_failures()
    return len(result.succeeded)


if __name__ == "__main__":
    main()
