"""Lists as data frames and as tables of a notebook."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from wire import Answer, Wire, hal

from amocrm_sync import AsyncAmoCRM, ConfigurationError
from amocrm_sync.models import Lead

pytestmark = pytest.mark.anyio

MIDNIGHT_IN_VLADIVOSTOK = 1_772_978_400  # 2026-03-09 00:00 +10:00


def field(key: int, name: str, kind: str, *values) -> dict:
    return {"field_id": key, "field_name": name, "field_type": kind, "values": [{"value": v} for v in values]}


ROWS = [
    {
        "id": 1,
        "name": "<b>Boat</b>",
        "price": 10,
        "created_at": 1_700_000_000,
        "new_in_the_api": {"a": [1]},
        "custom_fields_values": [
            field(7, "name", "text", "inside"),
            field(8, "Delivery", "date", MIDNIGHT_IN_VLADIVOSTOK),
            field(9, "Weight", "numeric", "2.5"),
            field(10, "Paid", "checkbox", True),
            field(11, "Colours", "multiselect", "red", "blue"),
        ],
        "_embedded": {"tags": [{"id": 5, "name": "vip"}, {"id": 6, "name": "new"}], "contacts": [{"id": 3}]},
    },
    {"id": 2, "name": None, "price": None, "custom_fields_values": None},
]
ACCOUNT = Answer(json={"id": 1, "_embedded": {"datetime_settings": {"timezone": "Asia/Vladivostok"}}})


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AsyncAmoCRM:
        return AsyncAmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def cells(frame, column: str) -> list:
    """A column as plain values, whichever library it is of."""
    return [
        None if value is None or str(value) in ("<NA>", "NaT", "nan") else value for value in frame[column]
    ]


@pytest.mark.parametrize("library", ["pandas", "polars"])
async def test_a_list_becomes_a_frame_with_a_column_a_field(connect, library):
    wire = Wire(Answer(json=hal("leads", ROWS)), ACCOUNT)
    frame = await connect(wire).leads.list().to_dataframe(library=library)
    assert type(frame).__module__.startswith(library)
    assert cells(frame, "id") == [1, 2]
    assert cells(frame, "name") == ["<b>Boat</b>", None]
    assert cells(frame, "name (7)") == ["inside", None], "a title that is taken gets its id"
    assert cells(frame, "price") == [10, None]
    assert cells(frame, "Delivery") == [date(2026, 3, 9), None], "no day is shifted"
    assert cells(frame, "Weight") == [2.5, None]
    assert cells(frame, "Paid") == [True, None]
    assert cells(frame, "Colours") == ["red; blue", None]
    assert cells(frame, "tags") == ["vip; new", None]
    assert cells(frame, "contacts_ids") == ["3", None]
    assert cells(frame, "new_in_the_api") == ['{"a":[1]}', None]
    [created, missing] = cells(frame, "created_at")
    assert (created, missing) == (datetime.fromtimestamp(1_700_000_000, UTC), None)
    assert not {"custom_fields_values", "embedded", "_embedded", "request_id"} & set(frame.columns)
    assert len(wire.sent) == 2, "the account is asked for its timezone, once"


@pytest.mark.parametrize("library", ["pandas", "polars"])
async def test_types_do_not_depend_on_what_is_filled(connect, library):
    """Where all is empty the columns are of the same types as where it is not."""
    full = (
        await connect(Wire(Answer(json=hal("leads", ROWS))))
        .leads.list()
        .to_dataframe(library=library, timezone=UTC)
    )
    bare = await connect(Wire(Answer(json=hal("leads", ROWS[1:])))).leads.list().to_dataframe(library=library)
    kinds = {name: str(kind) for name, kind in zip(bare.columns, bare.dtypes, strict=True)}
    assert (
        kinds.items()
        <= {name: str(kind) for name, kind in zip(full.columns, full.dtypes, strict=True)}.items()
    )


async def test_pandas_comes_first_and_another_name_is_refused(connect):
    pager = connect(Wire(otherwise=lambda _: Answer(204))).leads.list()
    assert type(await pager.to_dataframe()).__module__.startswith("pandas")
    with pytest.raises(ConfigurationError, match="pandas, polars"):
        await pager.to_dataframe(library="spark")


async def test_a_missing_library_says_what_to_install(connect, monkeypatch):
    from amocrm_sync._core import frames

    def missing(name: str):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(frames.importlib, "import_module", missing)
    pager = connect(Wire(otherwise=lambda _: Answer(204))).leads.list()
    with pytest.raises(ConfigurationError, match=r"pandas or polars: pip install"):
        await pager.to_dataframe()


async def test_a_list_is_a_table_in_a_notebook(connect):
    leads = await connect(Wire(Answer(json=hal("leads", ROWS)))).leads.list().to_list()
    html = leads._repr_html_()
    assert isinstance(leads, list)
    assert leads == [leads[0], leads[1]]
    assert "<th>Delivery</th>" in html
    assert "&lt;b&gt;Boat&lt;/b&gt;" in html, "what users write is no markup"
    assert "<b>Boat" not in html
    assert "<th>group_id</th>" not in html, "columns that are empty everywhere are left out"
    assert "2 rows" in html


async def test_a_long_list_shows_its_beginning(connect):
    rows = [{"id": number, "name": "x" * 200} for number in range(1, 101)]
    leads = await connect(Wire(Answer(json=hal("leads", rows)))).leads.list().to_list()
    html = leads._repr_html_()
    assert html.count("<tr>") == 51
    assert "50 of 100 rows" in html
    assert "x" * 80 not in html
    assert await connect(Wire(Answer(204))).leads.list().to_list() == []
    assert (await connect(Wire(Answer(204))).leads.list().to_list())._repr_html_() is None


def test_money_with_a_part_is_a_number():
    from amocrm_sync._core.tabular import Layout

    lead = Lead(price=Decimal("1.5"))
    assert Layout.of([lead]).row(lead)["price"] == 1.5
