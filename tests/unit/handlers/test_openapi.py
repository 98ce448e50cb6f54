"""The OpenAPI document held against real answers: requests made from it by schemathesis, right and wrong ones."""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from unit.handlers._sync import world

from amocrm_sync.adapters import wsgi
from amocrm_sync.handlers import Allowance, Rate

EACH = int(os.environ.get("FUZZ_EXAMPLES", "7"))
"""Random requests for each of the 72 routes: about 500 in the suite; `make fuzz` asks for 150 each."""

THOROUGH = "FUZZ_EXAMPLES" in os.environ
"""Beside the random ones, every boundary of every schema in turn: thousands, so not in the suite."""

BEYOND_SCHEMA = {
    "create_lead": "which fields a lead has, the account decides",
    "update_lead": "which fields a lead has, the account decides",
    "create_record": "which fields a record has, the account decides",
    "update_record": "which fields a record has, the account decides",
    "list_records": "any column filters, each with its own type",
    "exchange_code": "which addresses can be an account's has rules of its own",
    "put_config": "a stage needs its pipeline, and addresses have rules of their own",
    "sync_tasks": "which kinds of parent there are, the account decides",
    "receive_integration_webhook": "the body is no JSON schema's",
    "receive_webhook": "the body is no JSON schema's",
}
"""Operations that may refuse with 422 what their schema lets pass, each with the reason."""

ENDLESS = Allowance(10**9)
"""Ten thousand requests, many of them without credentials, come from one address."""

host = world.world(
    development=True,
    app_redirect="myapp://amo-crm",
    rates=dict.fromkeys(Rate, ENDLESS),
    failures=ENDLESS,
)
config = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": THOROUGH}}})
schema = schemathesis.openapi.from_wsgi("/openapi.json", wsgi.app(host.handlers), config=config)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@schema.parametrize()
@settings(
    max_examples=EACH,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_one_that_the_document_has(case):
    known = case.operation.definition.raw["operationId"] in BEYOND_SCHEMA
    excluded = [positive_data_acceptance] if known else []
    case.call_and_validate(headers={"Authorization": "Bearer admin"}, excluded_checks=excluded)
