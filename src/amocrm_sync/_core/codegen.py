"""A typed module for one account's own custom fields, as text. The same definitions give the same text."""

from __future__ import annotations

import json
import keyword
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import attrs

from amocrm_sync._core.fields_known import FieldDefinition

HEADER: Final = (
    '"""Custom fields of one amoCRM account, typed. Written by amocrm-sync codegen: do not edit."""'
)
"""The first line of every generated module."""

MODELS: Final[Mapping[str, str]] = {
    "leads": "Lead",
    "contacts": "Contact",
    "companies": "Company",
    "customers": "Customer",
}
"""The model of each entity; elements of a list are ``CatalogElement``."""

_TEXT: Final = ("str", "str")
_NUMBER: Final = ("Decimal", "Decimal | int")
_DAY: Final = ("date", "date")
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("text", "textarea", "url", "streetaddress", "tracking_data", "org_legal_name"), _TEXT),
    **dict.fromkeys(("numeric", "price", "monetary"), _NUMBER),
    **dict.fromkeys(("date", "birthday"), _DAY),
    "checkbox": ("bool", "bool"),
    "date_time": ("datetime", "datetime"),
    "multitext": ("list[str]", "str | list[str | tuple[str, str]]"),
    "smart_address": ("SmartAddress", "SmartAddress"),
    "legal_entity": ("list[LegalEntity]", "LegalEntity | list[LegalEntity]"),
    "items": ("list[InvoiceItem]", "InvoiceItem | list[InvoiceItem]"),
    "chained_list": ("list[ChainedRow]", "list[ChainedRow]"),
    "linked_entity": ("LinkedEntity", "LinkedEntity"),
    "file": ("FileValue", "FileValue"),
    "payer": ("Payer", "Payer"),
    "supplier": ("Supplier", "Supplier"),
}
_ONE_OF: Final = frozenset({"select", "radiobutton", "category"})
_SOURCES: Final[Mapping[str, Sequence[str]]] = {
    "datetime": ("date", "datetime"),
    "decimal": ("Decimal",),
    "typing": ("Any", "Literal"),
    "zoneinfo": ("ZoneInfo",),
    "amocrm_sync.models": (
        "CatalogElement",
        "ChainedRow",
        "Company",
        "Contact",
        "Customer",
        "FileValue",
        "InvoiceItem",
        "Lead",
        "LegalEntity",
        "LinkedEntity",
        "Payer",
        "SmartAddress",
        "Supplier",
    ),
    "amocrm_sync.models.typed": ("ChoiceField", "ChoicesField", "FieldsOf", "TypedField"),
}
_TAKEN: Final = frozenset({"record", "timezone"})
_LETTERS: Final = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "_",
            "y",
            "_",
            "e",
            "yu",
            "ya",
            "e",
            "i",
            "yi",
            "ye",
            "g",
        ],
        strict=True,
    )
) | {"ъ": "", "ь": ""}
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def render_module(entities: Mapping[str, Iterable[FieldDefinition]], timezone: str | None = None) -> str:
    """The text of the module.

    Args:
        entities: Definitions by entity: ``leads``, ``contacts``, ``companies``, ``customers``, ``catalogs/{id}``.
        timezone: Name of the account's timezone, which settles where a day begins; UTC where it is not known.
    """
    classes = [_class(entity, [_Field.of(row) for row in rows]) for entity, rows in entities.items()]
    zone = f"TIMEZONE = ZoneInfo({_quoted(timezone or 'UTC')})"
    body = "\n\n\n".join([zone, *classes])
    return f"{HEADER}\n\nfrom __future__ import annotations\n\n{_imports(body)}\n\n{body}\n"


@attrs.frozen
class _Field:
    """What is written about one field."""

    id: int
    name: str
    title: str
    type: str
    items: Mapping[str, int]

    @classmethod
    def of(cls, row: FieldDefinition) -> _Field:
        listed: Iterable[Any] = (row.nested if row.type == "category" else row.enums) or ()
        items: dict[str, int] = {}
        for item in listed:
            if item.id is not None and item.value is not None:
                items.setdefault(str(item.value), int(item.id))
        title = " ".join((row.name or "").split())
        return cls(row.id or 0, attribute_name(row.code, title), title, row.type or "", items)


def attribute_name(code: str | None, title: str) -> str:
    """A Python name: the field's code where that is one, else the title in Latin letters."""
    text = code if code and _IDENTIFIER.fullmatch(code) else title
    latin = "".join(_LETTERS.get(letter, letter) for letter in text.lower())
    name = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")
    if not name or name[0].isdigit():
        name = f"field_{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name


def _class(entity: str, fields: Sequence[_Field]) -> str:
    list_id = entity.removeprefix("catalogs/") if entity.startswith("catalogs/") else None
    model = "CatalogElement" if list_id else MODELS[entity]
    name = f"Catalog{list_id}Fields" if list_id else f"{model}Fields"
    lines = [
        f"class {name}(FieldsOf[{model}]):",
        f'    """Custom fields of {entity}."""',
        "",
        "    timezone = TIMEZONE",
    ]
    aliases: list[str] = []
    for field in _named(fields):
        alias = f"{name.removesuffix('Fields')}{_camel(field.name)}Label"
        if _is_list(field):
            aliases.append(
                f"{alias} = Literal[\n" + "".join(f"    {_quoted(label)},\n" for label in field.items) + "]"
            )
        lines += ["", f"    # {field.title}: {field.type}", *_attribute(field, alias)]
    return "\n\n".join(["\n".join(aliases), "\n" + "\n".join(lines)]) if aliases else "\n".join(lines)


def _named(fields: Iterable[_Field]) -> list[_Field]:
    """By id, each under a name of its own: fields that share a name get their ids appended."""
    named = sorted(fields, key=lambda field: field.id)
    while True:
        often = Counter(field.name for field in named)
        if len(often) == len(named):
            return named
        named = [
            attrs.evolve(field, name=f"{field.name}_{field.id}") if often[field.name] > 1 else field
            for field in named
        ]


def _camel(name: str) -> str:
    """Different for different names: a part that begins with a digit keeps its underscore."""
    return "".join(f"_{part}" if part[0].isdigit() else part.capitalize() for part in name.split("_") if part)


def _is_list(field: _Field) -> bool:
    return bool(field.items) and field.type in _ONE_OF | {"multiselect"}


def _attribute(field: _Field, alias: str) -> list[str]:
    if _is_list(field):
        kind = "ChoiceField" if field.type in _ONE_OF else "ChoicesField"
        items = (f"            {_quoted(label)}: {number}," for label, number in field.items.items())
        return [
            f"    {field.name} = {kind}[{alias}](",
            f"        {field.id},",
            "        {",
            *items,
            "        },",
            "    )",
        ]
    read, write = _TYPES.get(field.type, ("Any", "Any"))
    return [f"    {field.name} = TypedField[{read}, {write}]({field.id})"]


def _imports(body: str) -> str:
    words = set(re.findall(r"\b[A-Za-z]+\b", re.sub(r'"(?:[^"\\]|\\.)*"|#.*', "", body)))
    lines = [
        f"from {module} import {', '.join(used)}"
        for module, names in _SOURCES.items()
        if (used := [name for name in names if name in words])
    ]
    own = [line for line in lines if line.startswith("from amocrm_sync")]
    return "\n".join(line for line in lines if line not in own) + "\n\n" + "\n".join(own)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
