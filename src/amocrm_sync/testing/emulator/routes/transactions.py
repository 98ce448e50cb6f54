"""Purchases of customers: of all and of one."""

from __future__ import annotations

from typing import Any, Final

from amocrm_sync.testing.emulator import hal
from amocrm_sync.testing.emulator.http import Response
from amocrm_sync.testing.emulator.refusals import Fault, NothingFound, not_found
from amocrm_sync.testing.emulator.routes import tables
from amocrm_sync.testing.emulator.rules.batches import checked
from amocrm_sync.testing.emulator.rules.customers import check_is_on, count_purchases
from amocrm_sync.testing.emulator.rules.lists import BY_ID
from amocrm_sync.testing.emulator.rules.shapes import MAX_ITEMS, Field, Shape, check_fields, rows_of
from amocrm_sync.testing.emulator.state import ELEMENTS
from amocrm_sync.testing.emulator.tables import Row, is_row, part
from amocrm_sync.testing.emulator.visit import Route, Visit

_SHAPE: Final[Shape] = {
    "price": Field("int", required=True),
    "comment": Field("string", nullable=True),
    "completed_at": Field("int", nullable=True),
    "next_price": Field("int", nullable=True),
    "next_date": Field("int", nullable=True),
    "created_by": Field("user"),
    "metadata": Field("object"),
}


def list_transactions(visit: Visit) -> Response:
    """One page of all purchases, or of one customer's."""
    check_is_on(visit.state)
    customer_id = visit.params.get("customer_id")
    return tables.page(
        visit,
        "transactions",
        visit.state.transactions,
        _shown,
        rule=BY_ID,
        also=[lambda row: customer_id in (None, row["customer_id"])],
    )


def get_transaction(visit: Visit) -> Response:
    """One purchase."""
    check_is_on(visit.state)
    row = _find(visit)
    if row is None:
        raise NothingFound
    return hal.document(_shown(visit, row))


def create_transactions(visit: Visit) -> Response:
    """New purchases of one customer; its sums and its expectations follow."""
    check_is_on(visit.state)
    customer_id = int(visit.params["customer_id"])
    if visit.state.cards["customers"].live(customer_id) is None:
        raise not_found()
    rows = rows_of(visit.body, most=visit.most(MAX_ITEMS))
    made: list[Row] = []
    for name, (fields, elements) in checked(rows, lambda body: _check(visit, body)):
        row = _store(visit, customer_id, fields, elements)
        links = {"self": hal.link(_href(visit, row))}
        made.append({"id": row["id"], "customer_id": customer_id, "request_id": name, "_links": links})
    return hal.collection(visit.request, "transactions", made)


def delete_transaction(visit: Visit) -> Response:
    """Remove a purchase; the customer's sums follow."""
    check_is_on(visit.state)
    row = _find(visit)
    if row is None:
        raise not_found()
    visit.state.transactions.drop(row["id"])
    _recount(visit, row["customer_id"], {})
    return hal.NO_CONTENT


def _find(visit: Visit) -> Row | None:
    row = visit.state.transactions.live(visit.id)
    is_here = row is not None and visit.params.get("customer_id") in (None, row["customer_id"])
    return row if is_here else None


def _check(visit: Visit, body: Row) -> tuple[tuple[Row, list[Row]], list[Fault]]:
    fields, faults = check_fields(_SHAPE, body, None, is_user=visit.is_user)
    nested = body.get("_embedded")
    given: list[Any] = (nested.get(ELEMENTS) or []) if is_row(nested) else []
    elements: list[Row] = []
    for index, item in enumerate(given):
        element = visit.state.cards[ELEMENTS].live(item.get("id")) if is_row(item) else None
        if element is None:
            faults.append(Fault("NotSupportedChoice", f"_embedded.{ELEMENTS}.{index}.id"))
            continue
        quantity = part(item, "metadata").get("quantity", 1)
        metadata = {"catalog_id": element["catalog_id"], "quantity": quantity}
        elements.append({"id": element["id"], "metadata": metadata})
    return (fields, elements), faults


def _store(visit: Visit, customer_id: int, fields: Row, elements: list[Row]) -> Row:
    expected: Row = {name: fields.pop(name) for name in ("next_price", "next_date") if name in fields}
    row = tables.stamped(
        visit, "transactions", {"comment": None, "completed_at": visit.state.now(), **fields}
    )
    row |= {"customer_id": customer_id, "is_deleted": False, "_elements": elements}
    row["updated_by"] = row["created_by"]
    row.pop("metadata", None)
    visit.state.transactions.add(row)
    visit.changes.write("transaction_added", "customers", customer_id, by=visit.user_id)
    _recount(visit, customer_id, expected)
    return row


def _recount(visit: Visit, customer_id: int, expected: Row) -> None:
    figures = count_purchases(visit.state, customer_id)
    visit.changes.change_card("customers", customer_id, {**figures, **expected}, by=visit.user_id)


def _shown(visit: Visit, row: Row) -> Row:
    shown = {key: value for key, value in row.items() if key[0] != "_"}
    customer = {
        "id": row["customer_id"],
        "_links": {"self": hal.link(visit.href(f"/api/v4/customers/{row['customer_id']}"))},
    }
    shown["_links"] = {"self": hal.link(_href(visit, row))}
    shown["_embedded"] = {"customer": customer, ELEMENTS: row["_elements"]}
    return shown


def _href(visit: Visit, row: Row) -> str:
    return visit.href(f"/api/v4/customers/{row['customer_id']}/transactions/{row['id']}")


_ALL: Final = "/api/v4/customers/transactions"
_OF_ONE: Final = "/api/v4/customers/{customer_id}/transactions"
ROUTES: Final = (
    Route("transactions.list", "GET", _ALL, list_transactions),
    Route("transactions.list_by_customer", "GET", _OF_ONE, list_transactions),
    Route("transactions.get", "GET", f"{_ALL}/{{id}}", get_transaction),
    Route("transactions.get_by_customer", "GET", f"{_OF_ONE}/{{id}}", get_transaction),
    Route("transactions.create", "POST", _OF_ONE, create_transactions),
    Route("transactions.delete", "DELETE", f"{_ALL}/{{id}}", delete_transaction),
    Route("transactions.delete_by_customer", "DELETE", f"{_OF_ONE}/{{id}}", delete_transaction),
)
