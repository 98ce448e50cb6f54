"""``amocrm-sync mapping``: what the stages of an account mean."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from amocrm_sync import AmoCRM, ConfigurationError
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output
from amocrm_sync.mapping import MappingEngine, Suggestion

app = typer.Typer(help="What the stages of an account mean.", no_args_is_help=True)

COLUMNS = ("pipeline", "stage_id", "stage", "status", "confidence", "reasons")
WHOLE_NUMBERS = ("id", "type", "sort", "pipeline_id")


@app.callback()
def _group() -> None:
    """What the stages of an account mean."""


@app.command()
def suggest(
    *,
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv", help="Read stages from a CSV file (name; where known id, type, sort, pipeline_id)."
        ),
    ] = None,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Suggest a status for every stage, with confidence and reasons. Nothing is changed."""
    output = Output(as_json=as_json)
    if csv_file:
        output.table(suggestions({"": stages_of_file(csv_file)}), COLUMNS)
        return
    with connect(account, token, proxy) as amo:
        output.table(suggestions(stages_of_account(amo)), COLUMNS, empty="the account has no pipelines")


def suggestions(stages: Mapping[str, Iterable[Any]]) -> list[dict[str, Any]]:
    """Rows for the table: pipelines by name, each with its stages."""
    engine = MappingEngine()
    return [
        suggestion_row(pipeline, found)
        for pipeline, items in stages.items()
        for found in engine.suggest(items)
    ]


def suggestion_row(pipeline: str, found: Suggestion) -> dict[str, Any]:
    """One suggestion as a row."""
    return {
        "pipeline": pipeline,
        "stage_id": found.stage_id,
        "stage": found.stage_name,
        "status": str(found.suggested_status),
        "confidence": round(found.confidence, 2),
        "reasons": list(found.reasons),
    }


def stages_of_account(amo: AmoCRM) -> dict[str, Iterable[Any]]:
    """Every pipeline's name and stages."""
    return {str(pipeline.name): pipeline.stages for pipeline in amo.pipelines.list()}


def stages_of_file(path: Path) -> list[dict[str, Any]]:
    """Stages from a CSV file with a header line.

    Raises:
        ConfigurationError: The file cannot be read, or has no ``name`` column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error
    if rows and "name" not in rows[0]:
        raise ConfigurationError(f'{path} has no column "name"; its columns are {", ".join(rows[0])}')
    return [_stage(row, path, number) for number, row in enumerate(rows, start=2)]


def _stage(row: Mapping[str, str | None], path: Path, number: int) -> dict[str, Any]:
    """One line of the file: the columns that the engine knows, whole numbers as such."""
    stage: dict[str, Any] = {"name": row["name"] or ""}
    for column in WHOLE_NUMBERS:
        text = (row.get(column) or "").strip()
        if not text:
            continue
        try:
            stage[column] = int(text)
        except ValueError:
            raise ConfigurationError(
                f"{path}, line {number}: {column} is not a whole number: {text!r}"
            ) from None
    return stage
