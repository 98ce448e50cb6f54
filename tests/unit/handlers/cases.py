"""What each route is asked in the table test, and who may: written by hand, so that the table is held against it."""

from __future__ import annotations

from typing import Any

import attrs

ALL, WRITERS, OWNERS, ANYBODY = "AUGS", "AUS", "AU", "*"
"""Letters of the roles that may: administrator, user, guest, service; ``*``: public."""


@attrs.frozen
class Case:
    """One route: who may, what they get, and what to send."""

    who: str
    status: int
    path: dict[str, Any] = attrs.field(factory=dict)
    json: Any = None
    query: str = ""
    form: str = ""


FORM = "account[id]=28805383&leads[update][0][id]=10000001"

CASES: dict[str, Case] = {
    # /integrations/amo-crm
    "callback": Case(ANYBODY, 403),
    "exchange_api_key": Case(OWNERS, 403, json={"login": "a@example.com", "api_key": "k" * 40}),
    "test_connection": Case(ALL, 200),
    "set_tokens": Case(OWNERS, 200, json={"access_token": "a", "refresh_token": "r"}),
    "sync_pipelines": Case(WRITERS, 200),
    "sync_leads": Case(WRITERS, 200, query="limit=2"),
    "sync_users": Case(WRITERS, 200),
    "sync_roles": Case(WRITERS, 200),
    "sync_contacts": Case(WRITERS, 200),
    "sync_tasks": Case(WRITERS, 200, query="is_completed=true&entity_type=leads"),
    "sync_all": Case(WRITERS, 200, query="leadsLimit=2"),
    "list_pipelines": Case(ALL, 200),
    "list_stages": Case(ALL, 200, {"id": "pipeline"}),
    "list_users": Case(ALL, 200),
    "list_roles": Case(ALL, 200),
    "list_contacts": Case(ALL, 200, query="limit=2&offset=1"),
    "list_tasks": Case(ALL, 200, query="is_completed=false"),
    "map_stage": Case(WRITERS, 200, {"id": "stage"}, {"mappedStatus": "IN_PROGRESS"}),
    "suggest_mapping": Case(ALL, 200),
    "auto_apply_mapping": Case(WRITERS, 200),
    "create_lead": Case(WRITERS, 200, json={"leadData": {"name": "New"}}),
    "update_lead": Case(WRITERS, 200, json={"leadId": 10000001, "leadData": {"name": "Other"}}),
    "sync_lead": Case(WRITERS, 200, json={"lead": {"id": 10000001, "name": "not believed"}}),
    "test_lead": Case(WRITERS, 200),
    "complete_task": Case(WRITERS, 200, {"id": "task"}, {"result_text": "done"}),
    "receive_integration_webhook": Case(ANYBODY, 200, {"secret": "secret"}, form=FORM),
    "receive_bare_webhook": Case(ANYBODY, 404, form=FORM),
    # /admin/crm
    "get_config": Case(OWNERS, 200),
    "put_config": Case(OWNERS, 200, json={"sync_tasks": True}),
    "get_auth_url": Case(OWNERS, 200, query="mode=post_message"),
    "admin_callback": Case(ANYBODY, 403),
    "exchange_code": Case(OWNERS, 403, json={"code": "c"}),
    "get_status": Case(ALL, 200),
    "get_account": Case(ALL, 200),
    "disconnect": Case(OWNERS, 200),
    "get_session": Case(ALL, 200),
    "live_contacts": Case(ALL, 200, query="limit=3&offset=2"),
    "live_leads": Case(ALL, 200, query="limit=3"),
    "live_pipelines": Case(ALL, 200),
    "get_sync_log": Case(ALL, 200),
    "get_stats": Case(ALL, 200),
    "get_activity": Case(ALL, 200, query="entity=leads"),
    "list_conflicts": Case(ALL, 200),
    "resolve_conflict": Case(WRITERS, 200, {"id": 1}, {"choice": {"price": 5}}),
    "list_dead_letters": Case(ALL, 200),
    "requeue_dead_letter": Case(WRITERS, 200, {"id": "letter"}),
    "discard_dead_letter": Case(WRITERS, 200, {"id": "given_up"}),
    "run_sync": Case(WRITERS, 200, json={"entities": ["leads"]}),
    "get_run": Case(ALL, 200, {"id": "run"}),
    "get_mapping": Case(ALL, 200),
    "put_mapping": Case(WRITERS, 200, json={"stages": [{"stageId": 142, "mappedStatus": "CLOSED"}]}),
    "list_records": Case(ALL, 200, {"entity": "leads"}),
    "create_record": Case(WRITERS, 201, {"entity": "leads"}, {"data": {"name": "New"}}),
    "get_record": Case(ALL, 200, {"entity": "leads", "id": 10000001}),
    "update_record": Case(WRITERS, 200, {"entity": "leads", "id": 10000001}, {"data": {"price": 7}}),
    "delete_record": Case(WRITERS, 200, {"entity": "leads", "id": "spare"}),
    # /webhooks/amocrm
    "receive_webhook": Case(ANYBODY, 200, {"secret": "secret"}, form=FORM),
    # /api/amo-crm
    "mobile_status": Case(ALL, 200),
    "mobile_exchange_code": Case(
        OWNERS, 403, json={"code": "c", "state": "unknown", "referer": "demo.amocrm.ru"}
    ),
    "mobile_disconnect": Case(OWNERS, 200),
    "mobile_callback": Case(ANYBODY, 302, query="code=c&state=s&referer=demo.amocrm.ru"),
    "mobile_auth_url": Case(OWNERS, 200),
    "mobile_pipelines": Case(ALL, 200),
    "mobile_stages": Case(ALL, 200, {"id": "pipeline"}),
    # /api/sync
    "offline_initial": Case(ALL, 200, query="entities=leads,contacts"),
    "offline_incremental": Case(ALL, 200, query="since=c1"),
    "offline_outgoing": Case(
        WRITERS,
        200,
        json={
            "client_id": "phone-1",
            "mutations": [{"id": 1, "entity": "leads", "uid": "u1", "op": "create", "fields": {"name": "x"}}],
        },
    ),
    "offline_status": Case(ALL, 200, query="client_id=phone-1"),
    "watermelon_pull": Case(ALL, 200, query="lastPulledAt=0"),
    "watermelon_push": Case(
        WRITERS, 200, json={"changes": {"leads": {"created": [], "updated": [], "deleted": []}}}
    ),
    # the page
    "page": Case(ANYBODY, 200),
    "page_asset": Case(ANYBODY, 404, {"name": "missing.css"}),
}
