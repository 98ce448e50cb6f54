"""Values of custom fields that are objects: addresses, requisites, invoice rows, links, files.

Each reads loosely: keys that are not known yet are kept in ``extra``, and numbers that came as text (or text that came
as numbers) take their type. Each writes exactly: keys without a value and keys that only the server computes are left
out, and what the API requires is checked.
"""

# Annotations are real types here, not text: they say how a key is read.

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, ClassVar, Final, Self

import attrs

from amocrm_sync._core.shapes import is_object

COMPUTED: Final = {"computed": True}
"""Marks what the server computes: it is read and never sent."""

ADDRESS_PARTS: Final = {
    1: "address_line_1",
    2: "address_line_2",
    3: "city",
    4: "state",
    5: "zip",
    6: "country",
}

MAX_CHAIN: Final = 5
"""Rows that a chained list holds at most."""

_EXACT_DIGITS: Final = 15
"""Digits that a JSON number keeps everywhere."""


@attrs.frozen(kw_only=True, repr=False)
class ObjectValue:
    """A value that is an object of the API.

    Attributes:
        extra: Keys of the answer that this release does not know; they are sent back as they came.
    """

    required: ClassVar[Sequence[str]] = ()
    choices: ClassVar[Mapping[str, Sequence[int | str]]] = {}

    extra: Mapping[str, Any] = attrs.field(factory=dict[str, Any], hash=False)

    @classmethod
    def from_wire(cls, value: Any) -> Self:
        """Read an object of an answer.

        Raises:
            ValueError: It is no object, or a key holds another kind of value; names the key.
        """
        if not is_object(value):
            raise ValueError(f"a {cls.__name__} or a dict is needed, not {value!r}")
        known = _readers(cls)
        parts = {key: _read(key, known[key], part) for key, part in value.items() if key in known}
        extra = {str(key): part for key, part in value.items() if key not in known}
        return cls(**parts, extra=extra)

    @classmethod
    def given(cls, value: Any) -> Self:
        """Read what a caller gave: as :meth:`from_wire`, and a misspelled key is an error.

        Raises:
            ValueError: As there; or a key resembles a known one.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, ObjectValue):
            raise ValueError(f"a {cls.__name__} is needed, not a {type(value).__name__}")  # noqa: TRY004 - one kind of error for all that does not fit
        made = cls.from_wire(value)
        for key in made.extra:
            near = get_close_matches(key, list(_readers(cls)), n=1, cutoff=0.75)
            if near:
                raise ValueError(f"{key!r} is not a key of {cls.__name__}; did you mean {near[0]!r}?")
        return made

    def __repr__(self) -> str:
        parts = ((field.name, getattr(self, field.name)) for field in attrs.fields(type(self)))
        shown = (f"{name}={part!r}" for name, part in parts if part is not None and (name != "extra" or part))
        return f"{type(self).__name__}({', '.join(shown)})"

    def as_wire(self) -> dict[str, Any]:
        """The object as the API takes it.

        Raises:
            ValueError: A required part is missing, or a part is not one of its choices.
        """
        for name in self.required:
            if getattr(self, name) in (None, ""):
                raise ValueError(f"{type(self).__name__}.{name} is needed")
        for name, choices in self.choices.items():
            part = getattr(self, name)
            if part is not None and part not in choices:
                raise ValueError(
                    f"{type(self).__name__}.{name}: one of {list(choices)} is needed, not {part!r}"
                )
        parts = {
            field.name: _write(getattr(self, field.name))
            for field in attrs.fields(type(self))
            if field.name != "extra" and not field.metadata.get("computed")
        }
        return {**{name: part for name, part in parts.items() if part is not None}, **self.extra}


@attrs.frozen(kw_only=True, repr=False)
class SmartAddress(ObjectValue):
    """An address in parts (``smart_address``). On the wire each part is a row of its own."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None

    def rows(self) -> list[dict[str, Any]]:
        """The rows that write it: the parts that have a value, each by its code."""
        return [{"value": str(part), "enum_code": code} for code, part in self.as_wire().items()]


@attrs.frozen(kw_only=True, repr=False)
class _Requisites(ObjectValue):
    """What a company is known by to banks and tax offices, by country."""

    name: str | None = None
    vat_id: str | None = None
    """INN in Russia."""
    kpp: str | None = None
    tax_registration_reason_code: str | None = None
    address: str | None = None
    real_address: str | None = None
    bank_code: str | None = None
    bank_account_number: str | None = None
    unp: str | None = None
    """Belarus."""
    bin: str | None = None
    """Kazakhstan."""
    egrpou: str | None = None
    """Ukraine."""
    mfo: str | None = None
    """Ukraine and Uzbekistan."""
    oked: str | None = None
    """Uzbekistan."""
    director: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class LegalEntity(_Requisites):
    """Requisites (``legal_entity``); ``name`` is needed to write.

    Attributes:
        entity_type: 1 a sole trader, 2 a legal person.
    """

    required: ClassVar[Sequence[str]] = ("name",)
    choices: ClassVar[Mapping[str, Sequence[int | str]]] = {"entity_type": (1, 2)}

    entity_type: int | None = None
    external_uid: str | None = None


@attrs.frozen(kw_only=True, repr=False)
class Payer(_Requisites):
    """Who pays an invoice (``payer``): a link by ``entity_type`` and ``entity_id``, or free data with a ``name``."""

    choices: ClassVar[Mapping[str, Sequence[int | str]]] = {
        "entity_type": ("contacts", "companies"),
        "type": ("legal", "individual"),
    }

    entity_id: int | None = None
    entity_type: str | None = None
    type: str | None = None
    phone: str | None = None
    email: str | None = None

    def as_wire(self) -> dict[str, Any]:
        """The object as the API takes it."""
        if not self.name and self.entity_id is None:
            raise ValueError("Payer: name, or entity_id with entity_type, is needed")
        if self.entity_id is not None and self.entity_type is None:
            raise ValueError("Payer.entity_type is needed beside entity_id: contacts or companies")
        return super().as_wire()


@attrs.frozen(kw_only=True, repr=False)
class Supplier(ObjectValue):
    """Who issues an invoice (``supplier``): an element of the list of own legal entities; the rest is read only."""

    required: ClassVar[Sequence[str]] = ("entity_id",)

    entity_id: int | None = None
    entity_type: str | None = attrs.field(default=None, metadata=COMPUTED)
    name: str | None = attrs.field(default=None, metadata=COMPUTED)
    vat_id: str | None = attrs.field(default=None, metadata=COMPUTED)
    kpp: str | None = attrs.field(default=None, metadata=COMPUTED)
    tax_registration_reason_code: str | None = attrs.field(default=None, metadata=COMPUTED)
    bank_code: str | None = attrs.field(default=None, metadata=COMPUTED)
    address: str | None = attrs.field(default=None, metadata=COMPUTED)
    bank_account_number: str | None = attrs.field(default=None, metadata=COMPUTED)


@attrs.frozen(kw_only=True, repr=False)
class Discount(ObjectValue):
    """A discount of an invoice row.

    Attributes:
        type: ``percentage``, or ``amount``, which is taken off the row's total.
        value: Percent, or money in the invoice's currency.
    """

    required: ClassVar[Sequence[str]] = ("type",)
    choices: ClassVar[Mapping[str, Sequence[int | str]]] = {"type": ("percentage", "amount")}

    type: str | None = None
    value: Decimal | None = None


@attrs.frozen(kw_only=True, repr=False)
class InvoiceItem(ObjectValue):
    """One row of an invoice (``items``). Money is in the invoice's currency.

    Attributes:
        vat_rate_id: Any whole number: the API's own pages disagree on the list of rates.
        total_sum: Computed by the server, as are ``is_discount_recalculated`` and ``is_total_sum_recalculated``.
    """

    sku: str | None = None
    description: str | None = None
    unit_price: Decimal | None = None
    quantity: Decimal | None = None
    unit_type: str | None = None
    discount: Discount | None = None
    vat_rate_id: int | None = None
    vat_rate_value: Decimal | None = None
    external_uid: str | None = None
    product_id: int | None = None
    bonus_points_per_purchase: Decimal | None = None
    metadata: Any = attrs.field(default=None, hash=False)
    is_discount_recalculated: bool | None = attrs.field(default=None, metadata=COMPUTED)
    is_total_sum_recalculated: bool | None = attrs.field(default=None, metadata=COMPUTED)
    total_sum: Decimal | None = attrs.field(default=None, metadata=COMPUTED)


@attrs.frozen(kw_only=True, repr=False)
class LinkedEntity(ObjectValue):
    """A link from a list element (``linked_entity``).

    Attributes:
        name: For display right after writing; the server has its own.
        entity_type: ``catalog_elements``, ``contacts`` or ``companies``.
        catalog_id: The list, where an element of one is linked.
    """

    required: ClassVar[Sequence[str]] = ("entity_id", "entity_type")
    choices: ClassVar[Mapping[str, Sequence[int | str]]] = {
        "entity_type": ("catalog_elements", "contacts", "companies")
    }

    name: str | None = None
    entity_id: int | None = None
    entity_type: str | None = None
    catalog_id: int | None = None


@attrs.frozen(kw_only=True, repr=False)
class FileValue(ObjectValue):
    """A file of the file storage (``file``); ``file_size`` in bytes."""

    required: ClassVar[Sequence[str]] = ("file_uuid",)

    file_uuid: str | None = None
    version_uuid: str | None = None
    file_name: str | None = None
    file_size: int | None = None


@attrs.frozen(kw_only=True, repr=False)
class ChainedRow(ObjectValue):
    """One level of a chained list (``chained_list``): which element of which list is chosen."""

    required: ClassVar[Sequence[str]] = ("catalog_id", "catalog_element_id")

    catalog_id: int | None = None
    catalog_element_id: int | None = None


OBJECT_TYPES: Final[Mapping[str, type[ObjectValue]]] = {
    "legal_entity": LegalEntity,
    "items": InvoiceItem,
    "linked_entity": LinkedEntity,
    "file": FileValue,
    "payer": Payer,
    "supplier": Supplier,
    "chained_list": ChainedRow,
}
"""The class of each field type whose rows are objects; ``smart_address`` is one object of several rows."""


def as_decimal(value: Any) -> Decimal | None:
    """A finite number, or ``None``."""
    try:
        number = Decimal(value.strip() if isinstance(value, str) else str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _readers(cls: type[ObjectValue]) -> dict[str, Callable[[Any], Any]]:
    return {field.name: _READERS[field.type] for field in attrs.fields(cls) if field.name != "extra"}


def _read(key: str, reader: Callable[[Any], Any], value: Any) -> Any:
    if value is None:
        return None
    try:
        return reader(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"a str is needed, not {value!r}")


def _to_whole(value: Any) -> int:
    number = None if isinstance(value, bool) else as_decimal(value)
    if number is None or number != number.to_integral_value():
        raise ValueError(f"a whole number is needed, not {value!r}")
    return int(number)


def _to_number(value: Any) -> Decimal:
    number = None if isinstance(value, bool) else as_decimal(value)
    if number is None:
        raise ValueError(f"a number is needed, not {value!r}")
    return number


def _to_flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"True or False is needed, not {value!r}")


def _to_discount(value: Any) -> Discount | None:
    """PHP writes an empty discount as ``[]``."""
    return Discount.given(value) if value else None


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[Any, Callable[[Any], Any]] = {
    str | None: _to_text,
    int | None: _to_whole,
    Decimal | None: _to_number,
    bool | None: _to_flag,
    Discount | None: _to_discount,
    Any: _as_it_is,
}


def _write(part: Any) -> Any:
    if isinstance(part, ObjectValue):
        return part.as_wire()
    if isinstance(part, str):
        return str(part)
    return _number(part) if isinstance(part, Decimal) else part


def _number(number: Decimal) -> int | float | str:
    """A JSON number; text where a JSON number would lose digits."""
    if not number.is_finite():
        raise ValueError(f"a finite number is needed, not {number}")
    if len(number.normalize().as_tuple().digits) > _EXACT_DIGITS:
        return format(number, "f")
    return int(number) if number == number.to_integral_value() else float(number)
