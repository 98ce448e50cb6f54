"""Tables for people, plain lines for pipes, JSON for programs."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import orjson
import pytest
from rich.console import Console

from amocrm_sync.cli.output import Output, as_text

ROWS = [
    {"entity": "leads", "rows": 2000, "note": "Встреча"},
    {"entity": "contacts", "rows": 7, "note": None},
]


def terminal(output: Output) -> io.StringIO:
    """Give an output a terminal to write to."""
    file = io.StringIO()
    output.console = Console(file=file, force_terminal=True, width=80, color_system=None)
    return file


def test_outside_a_terminal_a_table_is_aligned_lines_without_frames(capsys):
    Output().table(ROWS, ["entity", "rows", "note"])
    assert capsys.readouterr().out == "entity    rows  note\nleads     2000  Встреча\ncontacts  7     -\n"


def test_in_a_terminal_a_table_has_a_frame():
    output = Output()
    file = terminal(output)
    output.table(ROWS, ["entity", "rows"])
    assert "┃" in file.getvalue()
    assert "│ leads    │ 2000 │" in file.getvalue()


def test_json_is_one_array_with_the_columns_asked_for(capsys):
    Output(as_json=True).table(ROWS, ["rows", "note"])
    assert orjson.loads(capsys.readouterr().out) == [
        {"rows": 2000, "note": "Встреча"},
        {"rows": 7, "note": None},
    ]


def test_json_of_nothing_is_an_empty_array(capsys):
    Output(as_json=True).table([], ["rows"])
    assert capsys.readouterr().out == "[]\n"


def test_a_table_of_nothing_says_so(capsys):
    Output().table([], ["rows"], empty="no webhooks")
    assert capsys.readouterr().out == "no webhooks\n"


def test_with_json_the_rest_is_silent(capsys):
    output = Output(as_json=True)
    output.heading("Title")
    output.line("words")
    with output.meter() as meter:
        meter.update("leads", 1)
    assert capsys.readouterr().out == ""


def test_square_brackets_are_text_and_not_markup(capsys):
    output = Output()
    output.line('pip install "amocrm-sync[cli]"')
    output.table([{"key": "leads[add][0]"}], ["key"])
    assert capsys.readouterr().out == 'pip install "amocrm-sync[cli]"\nkey\nleads[add][0]\n'


def test_square_brackets_survive_in_a_terminal_too():
    output = Output()
    file = terminal(output)
    output.table([{"key": "leads[add][0]"}], ["key"])
    assert "leads[add][0]" in file.getvalue()


def test_a_long_line_is_not_broken_in_a_pipe(capsys):
    Output().line("x" * 500)
    assert capsys.readouterr().out == "x" * 500 + "\n"


def test_outside_a_terminal_progress_is_one_line_per_name(capsys):
    with Output().meter() as meter:
        for count in (250, 500, 620):
            meter.update("leads", count, count / 620)
        meter.update("contacts", 4)
    assert capsys.readouterr().out == "  leads: 620\n  contacts: 4\n"


def test_in_a_terminal_progress_is_a_bar():
    output = Output()
    file = terminal(output)
    with output.meter() as meter:
        meter.update("leads", 250, 0.5)
        meter.update("leads", 500, 1.0)
        meter.update("users", 3)
    lines = file.getvalue().splitlines()
    assert any("leads" in line and "━" in line and "500" in line for line in lines)
    assert any("users" in line and "3" in line for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        (0.5, "0.50"),
        (["a", "b"], "a; b"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 03:04:05"),
        (True, "True"),
    ],
)
def test_a_cell_is_plain_text(value, text):
    assert as_text(value) == text
