"""``amocrm-sync codegen``: a typed module for the account's own custom fields."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from amocrm_sync import AmoCRM, ConfigurationError, ForbiddenError, NotFoundError, PaymentRequiredError
from amocrm_sync._core.codegen import HEADER, MODELS, render_module
from amocrm_sync._sync.resources._parts import CustomFields
from amocrm_sync.cli.account import AccountOption, ProxyOption, TokenOption, connect
from amocrm_sync.cli.output import Output
from amocrm_sync.models import CustomField

STALE = 1
"""Exit code of ``--check`` where the file is not what would be written."""


def codegen(
    *,
    path: Annotated[Path, typer.Argument(help="The module to write.")] = Path("amocrm_fields.py"),
    entities: Annotated[
        list[str] | None,
        typer.Option(
            "--entity", help=f"One of {', '.join(MODELS)}; several times for several. All by default."
        ),
    ] = None,
    catalogs: Annotated[
        list[int] | None,
        typer.Option("--catalog", help="A list (catalog) by its id; several times for several."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where the file is not up to date.")
    ] = False,
    account: AccountOption = None,
    token: TokenOption = None,
    proxy: ProxyOption = None,
) -> None:
    """Write a module with typed attributes for the account's own custom fields."""
    output = Output()
    unknown = [name for name in entities or () if name not in MODELS]
    if unknown:
        raise ConfigurationError(f"--entity {unknown[0]}: one of {', '.join(MODELS)} is needed")
    old = path.read_text(encoding="utf-8") if path.exists() else None
    if old is not None and not check and not old.startswith(HEADER):
        raise ConfigurationError(
            f"{path} was not written by codegen; choose another file, or remove this one"
        )
    with connect(account, token, proxy) as amo:
        new = module_of(amo, entities or [], catalogs or [])
    if old == new:
        output.line(f"{path} is up to date")
    elif not check:
        path.write_text(new, encoding="utf-8")
        output.line(f"{path} written")
    else:
        lines = ((old or "").splitlines(keepends=True), new.splitlines(keepends=True))
        output.line("".join(difflib.unified_diff(*lines, str(path), "the account")))
        output.warn(f"{path} is not up to date: run amocrm-sync codegen")
        raise typer.Exit(STALE)


def module_of(amo: AmoCRM, entities: list[str], catalogs: list[int]) -> str:
    """The module for the fields that an account has now.

    Without named entities it is for all that the account has: not every plan has customers.
    """
    resources = {
        "leads": amo.leads.custom_fields,
        "contacts": amo.contacts.custom_fields,
        "companies": amo.companies.custom_fields,
        "customers": amo.customers.custom_fields,
    }
    definitions = {
        name: found
        for name in MODELS
        if (name in entities or not entities)
        and (found := _read(resources[name], is_asked=bool(entities))) is not None
    }
    for number in sorted(catalogs):
        definitions[f"catalogs/{number}"] = amo.catalogs.custom_fields(number).list().to_list()
    return render_module(definitions, amo.account.get(with_="datetime_settings").timezone)


def _read(fields: CustomFields, *, is_asked: bool) -> list[CustomField] | None:
    """The definitions; ``None`` where the account has no such entity and nobody asked for it."""
    try:
        return fields.list().to_list()
    except (ForbiddenError, NotFoundError, PaymentRequiredError):
        if is_asked:
            raise
        return None
