"""``amocrm-sync mapping``: what the stages of an account mean, and what of it is in force."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from amocrm_sync import AmoCRM, ConfigurationError
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import JSONOption, Output, Row, Styles
from amocrm_sync.cli.sync import DatabaseOption, open_engine
from amocrm_sync.mapping import (
    AutoApplyResult,
    MappedStage,
    MappingEngine,
    Suggestion,
    Suggestions,
    auto_apply,
)

app = typer.Typer(help="What the stages of an account mean.", no_args_is_help=True)

COLUMNS = ("pipeline", "stage_id", "stage", "status", "confidence", "reasons")
APPLY_COLUMNS = ("pipeline_id", "stage_id", "stage", "status", "confidence", "result", "why")
SHOW_COLUMNS = ("pipeline_id", "stage_id", "stage", "status", "confidence", "set_by")
HOW_TO_OVERRIDE = "To override: amocrm-sync mapping set STAGE_ID STATUS --pipeline PIPELINE_ID"
SURE, LIKELY = 0.9, 0.75
STATUS_COLOURS = {"NEW": "blue", "IN_PROGRESS": "yellow", "CLOSED": "green"}
WHOLE_NUMBERS = ("id", "type", "sort", "pipeline_id")


def confidence_style(row: Row) -> str:
    """Green may be applied without a person, yellow is worth a look, red is a guess; a person's word is bold."""
    confidence = row.get("confidence")
    if confidence is None:
        return "bold"
    return "green" if confidence >= SURE else "yellow" if confidence >= LIKELY else "red"


def status_style(row: Row) -> str:
    """The colours that a notebook shows."""
    return STATUS_COLOURS.get(str(row.get("status")), "magenta")


STYLES: Styles = {"confidence": confidence_style, "status": status_style}


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
        output.table(suggestions({"": stages_of_file(csv_file)}), COLUMNS, styles=STYLES)
    else:
        with connect(account, token, proxy) as amo:
            output.table(
                suggestions(stages_of_account(amo)),
                COLUMNS,
                empty="the account has no pipelines",
                styles=STYLES,
            )
    output.line(HOW_TO_OVERRIDE)


@app.command()
def apply(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    min_confidence: Annotated[
        float, typer.Option(help="Less sure suggestions wait for a person.", min=0.0, max=1.0)
    ] = 0.9,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and write nothing.")
    ] = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Put the sure suggestions into the database's mapping; what a person set stays. amoCRM is only read."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        suggested = Suggestions(
            found for stages in stages_of_account(amo).values() for found in MappingEngine().suggest(stages)
        )
        result = auto_apply(suggested, min_confidence, mapping=engine.mapping())
        changed = 0 if dry_run else engine.set_mapping(result.mapping)
    output.table(apply_rows(result), APPLY_COLUMNS, empty="the account has no pipelines", styles=STYLES)
    counts = ", ".join(f"{count} {name}" for name, count in result.as_counts().items())
    output.line(
        f"{counts}; {'nothing was written (dry run)' if dry_run else f'{changed} stored rows changed'}"
    )
    output.line(HOW_TO_OVERRIDE)
    if result.errors:
        raise typer.Exit(1)


@app.command()
def show(
    *,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Show the mapping that the database holds, and who said so. Nothing is asked of amoCRM."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        rows = [mapped_row(stage) for stage in engine.mapping()]
    output.table(
        rows, SHOW_COLUMNS, empty='nothing is mapped yet; "amocrm-sync mapping apply" does it', styles=STYLES
    )
    output.line(HOW_TO_OVERRIDE)


@app.command("set")
def set_(
    stage_id: Annotated[int, typer.Argument(help="The stage.")],
    status: Annotated[str, typer.Argument(help="NEW, IN_PROGRESS, CLOSED, or a status of your own.")],
    *,
    pipeline: Annotated[
        int | None, typer.Option("--pipeline", help="Its pipeline; needed if several have the stage.")
    ] = None,
    db: DatabaseOption = "sqlite:///amo.db",
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
    as_json: JSONOption = False,
) -> None:
    """Say what a stage stands for. It wins over every suggestion, also after a rename."""
    output = Output(as_json=as_json)
    with connect(account, token, proxy) as amo, open_engine(amo, db) as engine:
        mapping = engine.mapping()
        mapping.set(stage_id, status, pipeline)
        changed = engine.set_mapping(mapping)
    output.table(
        [mapped_row(stage) for stage in mapping if stage.stage_id == stage_id], SHOW_COLUMNS, styles=STYLES
    )
    output.line(f"{changed} stored rows changed")


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


def apply_rows(result: AutoApplyResult) -> list[dict[str, Any]]:
    """What was done with every suggestion, and why not where it was not."""
    waiting = [("skipped", item) for item in result.skipped] + [("error", item) for item in result.errors]
    return [
        *(_apply_row(found, "applied", None) for found in result.applied),
        *(_apply_row(item.suggestion, kind, item.why) for kind, item in waiting),
    ]


def _apply_row(found: Suggestion, result: str, why: str | None) -> dict[str, Any]:
    return {
        **suggestion_row("", found),
        "pipeline_id": found.pipeline_id,
        "result": result,
        "why": why or "; ".join(found.reasons),
    }


def mapped_row(stage: MappedStage) -> dict[str, Any]:
    """One stage of the mapping as a row."""
    return {
        "pipeline_id": stage.pipeline_id,
        "stage_id": stage.stage_id,
        "stage": stage.stage_name,
        "status": str(stage.status),
        "confidence": None if stage.confidence is None else round(stage.confidence, 2),
        "set_by": "a person" if stage.source == "person" else "suggestion",
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
