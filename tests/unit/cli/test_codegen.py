"""``codegen``: the module that it writes, and what type checkers say to its use."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from amocrm_sync import ConfigurationError
from amocrm_sync._core.codegen import attribute_name, render_module
from amocrm_sync.models import CustomField, Lead, SmartAddress

ENUMS = [
    {"id": 11, "value": "Реклама", "code": None},
    {"id": 12, "value": 'a "quoted"\n\\ label', "code": None},
]
KINDS = [
    "birthday", "chained_list", "checkbox", "date", "date_time", "file", "items", "legal_entity", "linked_entity",
    "monetary", "multitext", "numeric", "org_legal_name", "payer", "price", "smart_address", "streetaddress",
    "supplier", "text", "textarea", "tracking_data", "url", "hologram",
]  # fmt: skip


def definition(number: int, name: str, kind: str, **more: object) -> CustomField:
    return CustomField.model_validate({"id": number, "name": name, "type": kind, **more})


FIELDS = [
    *(definition(100 + at, f"x {kind}", kind) for at, kind in enumerate(KINDS)),
    definition(1, "Площадь, м2", "numeric"),
    definition(2, "Источник", "select", enums=ENUMS),
    definition(
        3, "Группа", "category", nested=[{"id": 21, "value": "A"}, {"id": 22, "value": "B", "parent_id": 21}]
    ),
    definition(4, "Услуги", "multiselect", enums=ENUMS),
    definition(5, "Day", "date"),
    definition(6, "Day", "date"),
    definition(7, "Address", "smart_address"),
    definition(8, "Empty list", "select", enums=[]),
]


@pytest.fixture
def generated(tmp_path):
    path = tmp_path / "fields.py"
    path.write_text(render_module({"leads": FIELDS}, "Europe/Moscow"), encoding="utf-8")
    spec = spec_from_file_location("fields", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("code", "title", "name"),
    [
        ("UTM_SOURCE", "Метка", "utm_source"),
        (None, "Площадь, м2", "ploshchad_m2"),
        (None, "Объём ящика", "obem_yashchika"),
        (None, "class", "class_"),
        (None, "Record", "record_"),
        (None, "2 этаж", "field_2_etazh"),
        (None, "日本", "field"),
        ("not a-code", "Title", "title"),
    ],
)
def test_attributes_are_named_by_code_else_by_title(code, title, name):
    assert attribute_name(code, title) == name
    assert name.isidentifier()


def test_the_same_definitions_give_the_same_text_in_any_order():
    assert render_module({"leads": FIELDS}) == render_module({"leads": FIELDS[::-1]})


def test_fields_that_share_a_name_are_told_apart_by_their_ids(generated):
    assert generated.LeadFields.day_5.id == 5
    assert generated.LeadFields.day_6.id == 6
    assert not hasattr(generated.LeadFields, "day")


def test_values_are_read_and_set_by_id(generated):
    lead = Lead(name="x")
    fields = generated.LeadFields(lead)
    assert fields.ploshchad_m2 is None
    fields.ploshchad_m2 = Decimal("45.5")
    fields.istochnik = 'a "quoted"\n\\ label'
    fields.gruppa = "B"
    fields.uslugi = ["Реклама"]
    fields.address = SmartAddress(city="Омск")
    rows = {row["field_id"]: row["values"] for row in lead.create_payload()["custom_fields_values"]}
    assert rows == {
        1: [{"value": "45.5"}],
        2: [{"enum_id": 12}],
        3: [{"enum_id": 22}],
        4: [{"enum_id": 11}],
        7: [{"value": "Омск", "enum_code": "city"}],
    }
    assert (fields.istochnik, fields.gruppa, fields.uslugi) == ('a "quoted"\n\\ label', "B", ["Реклама"])
    fields.uslugi = None
    assert fields.uslugi is None


def test_a_label_that_was_renamed_in_the_account_reads_as_the_module_knows_it(generated):
    def row(number, kind, value):
        return {"field_id": number, "field_name": "f", "field_type": kind, "values": [value]}

    renamed = {"value": "Advertising", "enum_id": 11, "enum_code": None}
    new = {"value": "New", "enum_id": 99, "enum_code": None}
    rows = [row(2, "select", renamed), row(4, "multiselect", new), row(5, "date", {"value": 1_767_214_800})]
    fields = generated.LeadFields(Lead.model_validate({"custom_fields_values": rows}))
    assert fields.istochnik == "Реклама"
    assert fields.uslugi == ["New"]
    assert fields.day_5 == date(2026, 1, 1), "midnight in Moscow is the day before in UTC"


def test_a_label_that_is_not_there_is_refused_with_the_nearest(generated):
    with pytest.raises(ConfigurationError, match=r"2: 'Реклам' .*did you mean 'Реклама'"):
        generated.LeadFields(Lead()).istochnik = "Реклам"


ACCEPTED = """
from datetime import date
from decimal import Decimal

from amocrm_sync.models import Lead, LegalEntity, SmartAddress
from fields import LeadFields

fields = LeadFields(Lead(name="x"))
fields.istochnik = "Реклама"
fields.uslugi = ["Реклама"]
fields.ploshchad_m2 = 45
fields.ploshchad_m2 = None
fields.day_5 = date(2026, 12, 1)
fields.address = SmartAddress(city="Омск")
fields.x_legal_entity = LegalEntity(name="ООО Ромашка", entity_type=2)
fields.x_multitext = [("+7 912 000 00 03", "WORK")]
area: Decimal | None = fields.ploshchad_m2
city: str | None = fields.address.city if fields.address else None
"""
REFUSED = """
from amocrm_sync.models import Contact, Lead
from fields import LeadFields

fields = LeadFields(Lead(name="x"))
fields.istochnik = "Реклам"  # refused
fields.uslugi = "Реклама"  # refused
fields.ploshchad_m2 = "wide"  # refused
area: int = fields.ploshchad_m2  # refused
fields.address = {"city": "Омск"}  # refused
fields.nothing  # refused
LeadFields(Contact())  # refused
"""


@pytest.mark.slow
@pytest.mark.usefixtures("generated")
def test_mypy_accepts_right_use_and_refuses_wrong_use(tmp_path):
    (tmp_path / "accepted.py").write_text(ACCEPTED, encoding="utf-8")
    (tmp_path / "refused.py").write_text(REFUSED, encoding="utf-8")
    options = ["--strict", "--no-error-summary", "--hide-error-context", "--config-file", ""]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "accepted.py", "refused.py", "fields.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = {line.split(": error:")[0] for line in found.stdout.splitlines() if ": error:" in line}
    wrong = [at for at, line in enumerate(REFUSED.splitlines(), 1) if line.endswith("# refused")]
    assert errors == {f"refused.py:{at}" for at in wrong}, found.stdout + found.stderr


class TestCommand:
    def test_written_then_up_to_date_then_stale(self, cli, account, tmp_path):
        assert cli("codegen", "own.py").code == 0
        text = (tmp_path / "own.py").read_text(encoding="utf-8")
        assert "class LeadFields(FieldsOf[Lead])" in text
        assert "class ContactFields(FieldsOf[Contact])" in text
        assert cli("codegen", "own.py", "--check").code == 0
        account.load("/api/v4/leads/custom_fields", [{"name": "Brand new", "type": "text"}])
        stale = cli("codegen", "own.py", "--check")
        assert stale.code == 1
        assert "+    brand_new = TypedField[str, str](" in stale.out
        assert (tmp_path / "own.py").read_text(encoding="utf-8") == text
        assert cli("codegen", "own.py").code == 0
        assert cli("codegen", "own.py", "--check").code == 0

    def test_only_what_is_asked_for(self, cli, account, tmp_path):
        [row] = account.load("/api/v4/catalogs", [{"name": "Goods"}])
        account.load(f"/api/v4/catalogs/{row['id']}/custom_fields", [{"name": "Price", "type": "price"}])
        assert cli("codegen", "--entity", "leads", "--catalog", str(row["id"])).code == 0
        text = (tmp_path / "amocrm_fields.py").read_text(encoding="utf-8")
        assert "ContactFields" not in text
        assert f"class Catalog{row['id']}Fields(FieldsOf[CatalogElement])" in text

    def test_wrong_use_is_explained(self, cli, account, tmp_path):
        wrong = cli("codegen", "--entity", "deals")
        assert (wrong.code, "leads" in wrong.err) == (2, True)
        (tmp_path / "mine.py").write_text("x = 1\n", encoding="utf-8")
        assert cli("codegen", "mine.py").code == 2
        assert (tmp_path / "mine.py").read_text(encoding="utf-8") == "x = 1\n"
