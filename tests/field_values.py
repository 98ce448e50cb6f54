"""Values of every type of custom field, for property tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from amocrm_sync.models import (
    ChainedRow,
    Choice,
    Discount,
    FileValue,
    InvoiceItem,
    LegalEntity,
    LinkedEntity,
    Payer,
    SmartAddress,
    Supplier,
)

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
some_text = st.none() | texts
ids = st.integers(1, 2**31)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)
money = st.decimals(0, 10**16, places=2) | st.just(Decimal("0.1"))
some_money = st.none() | money
days = st.dates(date(1930, 1, 2), date(2090, 1, 1))
moments = st.integers(-(10**9), 4 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC))

TEXT = ["text", "textarea", "url", "streetaddress", "tracking_data", "org_legal_name"]
REQUISITES = dict.fromkeys(
    ["vat_id", "kpp", "tax_registration_reason_code", "address", "real_address", "bank_code", "bank_account_number",
     "unp", "bin", "egrpou", "mfo", "oked", "director"],
    some_text,
)  # fmt: skip

addresses = st.builds(
    SmartAddress,
    city=texts,
    **dict.fromkeys(["address_line_1", "address_line_2", "state", "zip", "country"], some_text),
)
people = st.builds(LegalEntity, name=texts, entity_type=st.sampled_from([None, 1, 2]), external_uid=some_text, **REQUISITES)  # fmt: skip
discounts = st.builds(Discount, type=st.sampled_from(["percentage", "amount"]), value=money)
items = st.builds(
    InvoiceItem,
    sku=some_text,
    description=some_text,
    unit_price=money,
    quantity=some_money,
    unit_type=some_text,
    discount=st.none() | discounts,
    vat_rate_id=st.none() | st.integers(0, 30),
    vat_rate_value=some_money,
    external_uid=some_text,
    product_id=st.none() | ids,
    bonus_points_per_purchase=some_money,
    metadata=st.none() | st.dictionaries(texts, texts, min_size=1, max_size=2),
)
free_payers = st.builds(Payer, name=texts, type=st.sampled_from([None, "legal", "individual"]), phone=some_text, email=some_text, **REQUISITES)  # fmt: skip
linked_payers = st.builds(Payer, entity_id=ids, entity_type=st.sampled_from(["contacts", "companies"]))

OBJECTS: dict[str, st.SearchStrategy[Any]] = {
    "smart_address": addresses,
    "legal_entity": st.lists(people, min_size=1, max_size=3),
    "items": st.lists(items, min_size=1, max_size=3),
    "linked_entity": st.builds(
        LinkedEntity,
        name=some_text,
        entity_id=ids,
        entity_type=st.sampled_from(["catalog_elements", "contacts", "companies"]),
        catalog_id=st.none() | ids,
    ),
    "file": st.builds(
        FileValue, file_uuid=texts, version_uuid=some_text, file_name=some_text, file_size=st.none() | ids
    ),
    "payer": free_payers | linked_payers,
    "supplier": st.builds(Supplier, entity_id=ids),
    "chained_list": st.lists(
        st.builds(ChainedRow, catalog_id=ids, catalog_element_id=ids), min_size=1, max_size=5
    ),
}


def typed(labels: list[Choice], kinds: list[Choice]) -> dict[str, st.SearchStrategy[Any]]:
    """A strategy for every field type; ``labels`` of the lists, ``kinds`` of phones."""
    choices = st.sampled_from(labels)
    phones = st.builds(
        lambda text, kind: Choice(text, kind.enum_id, kind.enum_code), texts, st.sampled_from(kinds)
    )
    return {
        **dict.fromkeys(TEXT, texts),
        **dict.fromkeys(["numeric", "price", "monetary"], numbers),
        "checkbox": st.booleans(),
        "date": days,
        "birthday": days,
        "date_time": moments,
        **dict.fromkeys(["select", "radiobutton", "category"], choices),
        "multiselect": st.lists(choices, min_size=1, max_size=3, unique=True),
        "multitext": st.lists(phones, min_size=1, max_size=3),
        **OBJECTS,
    }
