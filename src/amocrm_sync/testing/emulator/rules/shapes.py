"""Bodies of requests: which fields there are, of what type, who may write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import attrs

from amocrm_sync.testing.emulator.refusals import Fault, bad_request, impossible, wrong_type
from amocrm_sync.testing.emulator.tables import Row, is_list, is_row

Access: TypeAlias = Literal["rw", "r", "c"]
MAX_ITEMS: Final = 250


@attrs.frozen
class Field:
    """One field of a body.

    Attributes:
        kind: Type by its name on the wire: ``string``, ``int``, ``bool``, ``array``, ``user`` (an id).
        access: ``r`` only comes back, ``c`` is taken on creation, ``rw`` always.
        nullable: Whether null is a value.
        required: Whether creation needs it.
    """

    kind: str
    access: Access = "rw"
    nullable: bool = False
    required: bool = False


Shape: TypeAlias = Mapping[str, Field]

_STAMPS: Final = {
    "created_by": Field("user"),
    "updated_by": Field("user"),
    "created_at": Field("int"),
    "updated_at": Field("int"),
}
_CARD: Final = {
    "id": Field("int", "r"),
    "responsible_user_id": Field("user"),
    **_STAMPS,
    "group_id": Field("int", "r"),
    "closest_task_at": Field("int", "r"),
    "is_deleted": Field("bool", "r"),
    "is_unsorted": Field("bool", "r"),
    "account_id": Field("int", "r"),
}

LEAD: Final[Shape] = {
    **_CARD,
    "name": Field("string", nullable=True),
    "price": Field("int", nullable=True),
    "status_id": Field("int"),
    "pipeline_id": Field("int"),
    "closed_at": Field("int", nullable=True),
    "loss_reason_id": Field("int", nullable=True),
    "visitor_uid": Field("string", "c", nullable=True),
    "source_id": Field("int", "r"),
    "score": Field("int", "r"),
    "labor_cost": Field("int", "r"),
    "is_price_modified_by_robot": Field("bool", "r"),
    "is_price_computed": Field("bool", "r"),
}
CONTACT: Final[Shape] = {
    **_CARD,
    "name": Field("string"),
    "first_name": Field("string"),
    "last_name": Field("string"),
}
COMPANY: Final[Shape] = {**_CARD, "name": Field("string")}
CUSTOMER: Final[Shape] = {
    **_CARD,
    "name": Field("string", required=True),
    "next_price": Field("int", nullable=True),
    "next_date": Field("int", nullable=True),
    "status_id": Field("int"),
    "periodicity": Field("int", nullable=True),
    "ltv": Field("int", "r"),
    "purchases_count": Field("int", "r"),
    "average_check": Field("int", "r"),
}
TASK: Final[Shape] = {
    "id": Field("int", "r"),
    "text": Field("string", required=True),
    "complete_till": Field("int", required=True),
    "responsible_user_id": Field("user"),
    "entity_id": Field("int", nullable=True),
    "entity_type": Field("string", nullable=True),
    "is_completed": Field("bool"),
    "task_type_id": Field("int"),
    "duration": Field("int"),
    **_STAMPS,
    "group_id": Field("int", "r"),
    "account_id": Field("int", "r"),
}
NOTE: Final[Shape] = {
    "id": Field("int", "r"),
    "entity_id": Field("int", required=True),
    "note_type": Field("string", required=True),
    "params": Field("object", required=True),
    "responsible_user_id": Field("user"),
    **_STAMPS,
    "group_id": Field("int", "r"),
    "account_id": Field("int", "r"),
}
SHAPES: Final[Mapping[str, Shape]] = {
    "leads": LEAD,
    "contacts": CONTACT,
    "companies": COMPANY,
    "customers": CUSTOMER,
}


def rows_of(body: Any, *, most: int = MAX_ITEMS) -> list[Row]:
    """The objects of a collection body.

    Raises:
        Refusal: Not an array of objects, empty, or more than allowed.
    """
    if not is_list(body):
        raise bad_request("Request data must be an array of objects")
    if not body:
        raise bad_request("Request data is empty")
    if len(body) > most:
        raise impossible(f"Limit {most} per page")
    rows = [row for row in body if is_row(row)]
    if len(rows) < len(body):
        raise bad_request("Request data must be an array of objects")
    return rows


def object_of(body: Any) -> Row:
    """The object of a single body.

    Raises:
        Refusal: Not an object, or an empty one.
    """
    if not is_row(body):
        raise bad_request("Request data must be an object")
    if not body:
        raise bad_request("Request data is empty")
    return body


def check_fields(
    shape: Shape, body: Row, current: Row | None, *, is_user: Callable[[int], bool], path: str = ""
) -> tuple[Row, list[Fault]]:
    """The writable fields that a body gives, and what is wrong with it.

    A read-only field that says what the row says already is let pass (clients send rows back as they read
    them); any other value for it is refused. Fields that the shape does not know are left out.
    """
    given: Row = {}
    faults: list[Fault] = []
    if current is None:
        missing = (name for name, field in shape.items() if field.required and name not in body)
        faults += [Fault("FieldMissing", path + name) for name in missing]
    for name, value in body.items():
        field = shape.get(name)
        if field is None:
            continue
        if field.access == "r" or (field.access == "c" and current is not None):
            if value != (current or {}).get(name):
                faults.append(Fault("FieldNotExpected", path + name))
        elif fault := _type_fault(field, value, path + name, is_user):
            faults.append(fault)
        else:
            given[name] = value
    return given, faults


_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "int": (int,),
    "user": (int,),
    "bool": (bool,),
    "array": (list,),
    "object": (dict,),
}
_NAMES: Final = {"user": "int", "object": "array"}


def _type_fault(field: Field, value: Any, path: str, is_user: Callable[[int], bool]) -> Fault | None:
    if value is None and field.nullable:
        return None
    is_odd_bool = isinstance(value, bool) and field.kind != "bool"
    if is_odd_bool or type(value) not in _TYPES[field.kind]:
        return wrong_type(path, _NAMES.get(field.kind, field.kind))
    if field.kind == "user" and isinstance(value, int) and not is_user(value):
        return Fault("NotSupportedChoice", path)
    return None
