"""What plain tables have in common on the wire: a page of rows, one row, a checked body."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.lists import PLAIN, ListRule, Test
from amocrm_sync.testing.emulator.rules.shapes import (
    MAX_ITEMS,
    Field,
    Shape,
    check_fields,
    object_of,
    rows_of,
)
from amocrm_sync.testing.emulator.selection import page_of, select
from amocrm_sync.testing.emulator.tables import Row, Table
from amocrm_sync.testing.emulator.visit import Visit

Shown = Callable[[Visit, Row], Row]


def page(
    visit: Visit,
    key: str,
    table: Table,
    shown: Shown,
    *,
    rule: ListRule = PLAIN,
    also: Iterable[Test] = (),
    is_counted: bool = False,
) -> Response:
    """One page of a table, with totals where the API has them."""
    rows = select(table, visit.query, rule, also=also)
    found = page_of(rows, visit.query, rule)
    total = len(table) if is_counted else None
    pages = -(-len(table) // visit.query.size(rule)) if is_counted else None
    made = [shown(visit, row) for row in found.rows]
    return hal.listing(visit.request, key, made, found, total=total, pages=pages)


def known(table: Table, row_id: object) -> Row:
    """The row of the path.

    Raises:
        Refusal: 404.
    """
    row = table.live(row_id)
    if row is None:
        raise not_found()
    return row


def found(table: Table, row_id: object) -> Row:
    """The row of the path, where the API answers a missing one with 204.

    Raises:
        NothingFound: There is none.
    """
    row = table.live(row_id)
    if row is None:
        raise NothingFound
    return row


def drafts(visit: Visit, shape: Shape, *, most: int = MAX_ITEMS) -> list[tuple[str, Row]]:
    """The rows of a body that makes new ones: request_id and checked fields of each.

    Raises:
        Refusal: 400 or 422.
    """
    rows = rows_of(visit.body, most=visit.most(most))
    return list(checked(rows, lambda body: check_fields(shape, body, None, is_user=visit.is_user)))


def changes(
    visit: Visit, table: Table, shape: Shape, *, most: int = MAX_ITEMS
) -> list[tuple[str, tuple[Row, Row]]]:
    """The rows of a body that changes some: request_id, the row and its new fields.

    Raises:
        Refusal: 400 or 422.
    """

    def check(body: Row) -> tuple[tuple[Row, Row], list[Fault]]:
        row = table.live(body.get("id"))
        if row is None:
            return ({}, {}), [Fault("EntityNotFound", "id")]
        fields, faults = check_fields(shape, body, row, is_user=visit.is_user)
        return (row, fields), faults

    return list(checked(rows_of(visit.body, most=visit.most(most)), check))


def single(visit: Visit, shape: Shape, current: Row | None = None) -> Row:
    """The checked fields of a body that is one object.

    Raises:
        Refusal: 400.
    """
    body = object_of(visit.body)
    ((_, fields),) = checked([body], lambda body: check_fields(shape, body, current, is_user=visit.is_user))
    return fields


def optional(shape: Shape) -> Shape:
    """The shape of a change: the same fields, none of them required."""
    return {name: Field(field.kind, field.access, field.nullable) for name, field in shape.items()}


def stamped(visit: Visit, kind: str, fields: Row) -> Row:
    """A new row with id, times and authors."""
    now = visit.state.now()
    return {
        "id": visit.state.next_id(kind),
        "created_by": visit.user_id,
        "updated_by": visit.user_id,
        "created_at": now,
        "updated_at": now,
        "account_id": visit.state.settings.account_id,
        **fields,
    }
