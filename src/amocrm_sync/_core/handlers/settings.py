"""What a host's administrator decides about the connection: one record per owner."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from amocrm_sync._core.handlers.problem import FieldError, Problem
from amocrm_sync._core.hosts import parse_account
from amocrm_sync.errors import ConfigurationError

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s#]+", re.IGNORECASE)
_HTTP = ("https://", "http://localhost", "http://127.0.0.1")


def _account(text: str) -> str:
    try:
        return parse_account(text).base_url.removeprefix("https://") if text else text
    except ConfigurationError as error:
        raise ValueError(error.message) from None


def _web(text: str) -> str:
    if text and not (_URL.fullmatch(text) and text.lower().startswith(_HTTP)):
        raise ValueError("an https address without a fragment is needed, as registered in amoCRM")
    return text


def _registered(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        if not _URL.fullmatch(text) or text.lower().startswith(("javascript:", "data:", "file:")):
            raise ValueError(f"{text!r} is no redirect address: write https://… or myapp://…")
    return texts


class CRMConfig(BaseModel):
    """The settings of one owner's connection.

    The client secret is write-only: it is in no answer, repr or log. An empty subdomain means that the account is the
    one that consents.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    subdomain: Annotated[str, AfterValidator(_account)] = Field(default="", max_length=255)
    client_id: str = Field(default="", max_length=255)
    client_secret: SecretStr = Field(default=SecretStr(""), max_length=1024)
    redirect_uri: Annotated[str, AfterValidator(_web)] = Field(default="", max_length=2048)
    mobile_redirect_uris: Annotated[tuple[str, ...], AfterValidator(_registered)] = Field(
        default=(), max_length=10, description="where apps take a code without a state"
    )
    sync_contacts: bool = True
    sync_leads: bool = True
    sync_tasks: bool = True
    auto_create_lead: bool = False
    lead_pipeline_id: int | None = Field(default=None, ge=1)
    lead_stage_id: int | None = Field(default=None, ge=1)
    webhook_secret: SecretStr = Field(default=SecretStr(""), max_length=255)
    version: int = Field(
        default=0, ge=0, description="counts changes; of two writers of one version the second fails"
    )

    @property
    def is_complete(self) -> bool:
        """Whether a connection can be made with it."""
        return bool(self.client_id and self.client_secret.get_secret_value() and self.redirect_uri)

    @property
    def entities(self) -> tuple[str, ...]:
        """What to sync: the account's frame always, the rest as switched on."""
        wanted = {"contacts": self.sync_contacts, "leads": self.sync_leads, "tasks": self.sync_tasks}
        chosen = tuple(name for name, is_on in wanted.items() if is_on)
        return ("pipelines", "users", "roles", *chosen)

    def to_dict(self) -> dict[str, Any]:
        """Everything, secrets in the clear: for a store that encrypts."""
        return {
            **self.model_dump(mode="json"),
            "client_secret": self.client_secret.get_secret_value(),
            "webhook_secret": self.webhook_secret.get_secret_value(),
        }

    def changed(self, fields: dict[str, Any]) -> CRMConfig:
        """The settings with some changed; an absent or empty secret stays as it is.

        Raises:
            Problem: 422 with every wrong field.
        """
        kept = {
            name: value
            for name, value in fields.items()
            if not (name in ("client_secret", "webhook_secret") and value in (None, ""))
        }
        return check_config({**self.to_dict(), **kept})


def check_config(values: dict[str, Any]) -> CRMConfig:
    """The settings of plain values.

    Raises:
        Problem: 422 with every wrong field.
    """
    from pydantic import ValidationError

    try:
        config = CRMConfig.model_validate(values)
    except ValidationError as error:
        wrong = tuple(
            FieldError(".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, "))
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise Problem(422, "invalid", "the settings are wrong; see errors", errors=wrong) from None
    if config.lead_stage_id is not None and config.lead_pipeline_id is None:
        field = FieldError("lead_pipeline_id", "say which pipeline the stage belongs to")
        raise Problem(422, "invalid", "the settings are wrong; see errors", errors=(field,))
    return config
