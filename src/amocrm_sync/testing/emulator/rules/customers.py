"""Customers: their mode, their statuses and segments, and the figures that follow from purchases."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator.refusals import Fault, Refusal, impossible
from amocrm_sync.testing.emulator.state import State
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row

MODES: Final = ("segments", "periodicity")


def check_is_on(state: State) -> None:
    """Customers can be reached at all.

    Raises:
        Refusal: 402 where the tariff has none, 422 where they are switched off.
    """
    mode = state.settings.customers_mode
    if mode == "unavailable":
        raise Refusal(402, "The tariff has no customers")
    if mode == "disabled":
        raise impossible("Customers are switched off")


def check_mode(state: State, mode: str) -> None:
    """Statuses belong to one mode, segments to the other.

    Raises:
        Refusal: 402 or 422.
    """
    check_is_on(state)
    if state.settings.customers_mode != mode:
        raise impossible(f"The mode {mode} is off")


def check_customer(state: State, given: Row, body: Row, current: Row | None) -> list[Fault]:
    """Check what only customers have; segments go into ``given`` as ids."""
    faults: list[Fault] = []
    is_periodic = state.settings.customers_mode == "periodicity"
    if current is None and is_periodic and given.get("next_date") is None:
        faults.append(Fault("FieldMissing", "next_date"))
    if "status_id" in given and state.customer_statuses.live(given["status_id"]) is None:
        faults.append(Fault("NotSupportedChoice", "status_id"))
    embedded = body.get("_embedded")
    if is_row(embedded) and "segments" in embedded:
        given["_segments"], found = _segments(state, embedded["segments"] or [])
        faults += found
    return faults


def default_status(state: State) -> int:
    """The status that a new customer gets."""
    return int(next(row["id"] for row in state.customer_statuses.all() if row["is_default"]))


def count_purchases(state: State, customer_id: int) -> Row:
    """What a customer's transactions come to."""
    rows = [row for row in state.transactions.all() if row["customer_id"] == customer_id]
    total = sum(row["price"] for row in rows)
    return {
        "ltv": total,
        "purchases_count": len(rows),
        "average_check": round(total / len(rows)) if rows else 0,
    }


def _segments(state: State, given: Any) -> tuple[list[int], list[Fault]]:
    found: list[int] = []
    faults: list[Fault] = []
    for index, item in enumerate(given if is_list(given) else []):
        row = state.segments.live(item.get("id")) if is_row(item) else None
        if row is None:
            faults.append(Fault("NotSupportedChoice", f"_embedded.segments.{index}.id"))
        else:
            found.append(row["id"])
    return found, faults
