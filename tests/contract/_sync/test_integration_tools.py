# Generated from tests/contract/_async/test_integration_tools.py by tools/unasync.py: edit that file instead.
"""Widgets, sources, buttons, talks, templates, bots, short links, currencies."""

from __future__ import annotations

import pytest
from wire import Answer, Sent, Wire, hal, problem

from amocrm_sync import (
    AmbiguousWriteError,
    AmoCRM,
    BotFilter,
    ChatTemplateFilter,
    ConfigurationError,
    NotFoundError,
    SourceFilter,
    TalkFilter,
    UnprocessableError,
)
from amocrm_sync.models import Lead

pytestmark = pytest.mark.anyio


@pytest.fixture
def connect(family):
    def open_client(wire: Wire) -> AmoCRM:
        return AmoCRM("demo", token="t", limiter=None, retry=None, http_client=wire.client(family))

    return open_client


def echo(key: str):
    def answer(sent: Sent) -> Answer:
        return Answer(
            json=hal(
                key, [{"id": row.get("id", 70), "request_id": row.get("request_id")} for row in sent.json]
            )
        )

    return answer


def test_widgets_are_installed_by_code(connect):
    row = {"id": 1, "code": "my_w", "rating": "2,8", "settings": [], "settings_template": []}
    wire = Wire(
        Answer(json=hal("widgets", [row])),
        Answer(json=row),
        Answer(json={**row, "settings": {"a": "b"}}),
        Answer(204),
    )
    widgets = connect(wire).widgets
    [listed] = widgets.list().to_list()
    assert (listed.rating, listed.settings) == ("2,8", {})
    assert (widgets.get("my_w")).id == 1
    assert (widgets.install("my_w", {"a": "b"})).settings == {"a": "b"}
    widgets.uninstall("my_w")
    assert [(sent.method, sent.path) for sent in wire.sent[1:]] == [
        ("GET", "/api/v4/widgets/my_w"),
        ("POST", "/api/v4/widgets/my_w"),
        ("DELETE", "/api/v4/widgets/my_w"),
    ]


def test_a_bot_that_waits_goes_on_at_its_own_address_only(connect):
    wire = Wire(Answer(202), Answer(202), problem(404))
    widgets = connect(wire).widgets
    path = "/api/v4/salesbot/321/continue/123"
    widgets.continue_bot(f"https://demo.amocrm.ru{path}", data={"status": "ok"})
    widgets.continue_bot(path, execute_handlers=[{"handler": "goto", "params": {}}])
    assert wire.sent[0].path == wire.sent[1].path == path
    assert wire.sent[0].json == {"data": {"status": "ok"}}
    assert wire.sent[1].json == {"data": {}, "execute_handlers": [{"handler": "goto", "params": {}}]}
    with pytest.raises(NotFoundError):
        widgets.continue_bot(path)
    for bad in (f"https://evil.example{path}", "https://demo.amocrm.ru/api/v4/leads", "/api/v4/salesbot/1"):
        with pytest.raises(ConfigurationError, match="return_url"):
            widgets.continue_bot(bad)
    with pytest.raises(ConfigurationError, match="at most 10"):
        widgets.continue_bot(path, execute_handlers=[{}] * 11)
    assert len(wire.sent) == 3


def test_sources_go_fifty_at_a_time_and_are_deleted_in_one_go(connect):
    row = {"id": 3, "name": "Bot", "external_id": "x", "services": []}
    wire = Wire(
        Answer(json=hal("sources", [row])), Answer(204), echo("sources"), echo("sources"), Answer(204)
    )
    sources = connect(wire).sources
    [source] = sources.list(filter=SourceFilter(external_id="x")).to_list()
    assert source.external_id == "x"
    assert sources.get_or_none(4) is None
    sources.create_many([{"name": "a", "external_id": "a"}])
    sources.update_many([{"id": 3, "name": "b"}])
    gone = sources.delete_many([3, 4])
    assert [one.id for one in gone.succeeded] == [3, 4]
    assert wire.sent[0].query == [("filter[external_id][]", "x")]
    assert (wire.sent[4].method, wire.sent[4].json) == ("DELETE", [{"id": 3}, {"id": 4}])
    with pytest.raises(ConfigurationError, match="batch_size: 1 to 50"):
        sources.create_many([{}], batch_size=51)


def test_sources_that_are_not_there_are_named_and_the_rest_goes(connect):
    errors = [{"request_id": "1", "errors": {"code": "EntityNotFound", "path": "id", "detail": "gone"}}]
    wire = Wire(problem(400, errors=errors), Answer(204))
    result = connect(wire).sources.delete_many([3, 4, 5])
    assert [one.id for one in result.succeeded] == [3, 5]
    assert [(failure.item, "EntityNotFound" in str(failure.error)) for failure in result.failed] == [
        (4, True)
    ]
    assert wire.sent[1].json == [{"id": 3}, {"id": 5}]


def test_buttons_are_known_by_their_source(connect):
    row = {"source_id": 8, "button_id": None, "creation_status": "creation_pending"}
    wire = Wire(
        Answer(json=hal("website_buttons", [row])),
        Answer(json=row),
        Answer(202, row),
        Answer(json=row),
        Answer(202, {}),
    )
    buttons = connect(wire).website_buttons
    [button] = buttons.list(with_=["scripts"]).to_list()
    buttons.get(8)
    made = buttons.create(5, trusted_websites=["a.example"], name="Site")
    buttons.update(8, add_websites=["b.example"])
    buttons.add_online_chat(8)
    assert button.source_id == made.source_id == 8
    assert wire.sent[2].json == {"pipeline_id": 5, "trusted_websites": ["a.example"], "name": "Site"}
    assert wire.sent[3].json == {"trusted_websites": {"add": ["b.example"]}}
    assert wire.sent[4].path == "/api/v4/website_buttons/8/online_chat"
    with pytest.raises(ConfigurationError, match="give domains"):
        buttons.create(5)
    with pytest.raises(ConfigurationError, match="at most 10"):
        buttons.create(5, trusted_websites=["x"] * 11)
    with pytest.raises(ConfigurationError, match="at least one"):
        buttons.update(8)


def test_talks_are_closed_at_once_or_with_a_question(connect):
    row = {"talk_id": 2, "entity_id": None, "entity_type": None, "status": "in_work", "rate": 0}
    wire = Wire(
        Answer(json=hal("talks", [row])),
        Answer(json=row),
        Answer(202),
        problem(422),
        Answer(json=hal("messages", [])),
        Answer(202, {"id": "m-1"}),
    )
    talks = connect(wire).talks
    asked = TalkFilter(entity_type="lead", entity_id=[5], only_in_work=False)
    [talk] = talks.list(filter=asked).to_list()
    assert talk.id == (talks.get(2)).talk_id == 2
    talks.close(2)
    with pytest.raises(UnprocessableError):
        talks.close(2, force=True)
    assert talks.messages(2).to_list() == []
    assert talks.send_message(2, "hello") == "m-1"
    assert [name for name, _ in wire.sent[0].query] == [
        "page",
        "limit",
        "filter[entity_id][]",
        "filter[entity_type]",
    ]
    assert [sent.json for sent in wire.sent if sent.body] == [
        {"force_close": False},
        {"force_close": True},
        {"text": "hello"},
    ]
    with pytest.raises(ConfigurationError, match="text or attachment"):
        talks.send_message(2)
    with pytest.raises(ConfigurationError, match="entity_type"):
        TalkFilter(entity_id=5)


def test_templates_are_reviewed(connect):
    review = {"id": 4, "source_id": 8, "status": "review", "reject_reason": ""}
    row = {"id": 3, "name": "Hi", "_embedded": {"reviews": [review]}}
    wire = Wire(
        Answer(json=hal("chat_templates", [row])),
        Answer(json=hal("reviews", [review])),
        Answer(json={**review, "status": "approved"}),
        Answer(204),
        Answer(204),
    )
    templates = connect(wire).chat_templates
    [template] = templates.list(filter=ChatTemplateFilter(external_id=["a"]), with_="reviews").to_list()
    assert template.reviews[0].status == "review"
    [sent] = templates.send_review(3)
    assert sent.id == 4
    assert (templates.set_review(3, 4, status="approved")).status == "approved"
    templates.delete(3)
    assert (templates.delete_many([3])).ok
    assert ("limit", "50") in wire.sent[0].query
    assert [one.path for one in wire.sent[1:]] == [
        "/api/v4/chats/templates/3/review",
        "/api/v4/chats/templates/3/review/4",
        "/api/v4/chats/templates/3",
        "/api/v4/chats/templates",
    ]


def test_bots_run_on_records(connect):
    wire = Wire(
        Answer(json=hal("items", [{"id": 1, "settings": []}])),
        *[Answer(202)] * 3,
        Answer(json={"success": True}),
    )
    bots = connect(wire).bots
    [bot] = bots.list(filter=BotFilter(type_functionality="regular"), with_="favorite").to_list()
    assert bot.settings == {}
    bots.run(1, Lead(id=5))
    bots.stop(1, ("leads", 5))
    assert (bots.run_many([(1, ("contacts", 4))])).ok
    assert (bots.run_v2([(1, ("leads", 5)), (1, ("contacts", 4))])).ok
    assert [sent.json for sent in wire.sent[1:]] == [
        {"entity_id": 5, "entity_type": "leads"},
        {"entity_id": 5, "entity_type": "leads"},
        [{"bot_id": 1, "entity_id": 4, "entity_type": "contacts"}],
        [
            {"bot_id": 1, "entity_id": 5, "entity_type": 2},
            {"bot_id": 1, "entity_id": 4, "entity_type": 1},
        ],
    ]
    with pytest.raises(ConfigurationError, match="not on customers"):
        bots.run_v2([(1, ("customers", 4))])


def test_short_links_are_matched_by_contact_and_one_may_be_skipped(connect):
    def server(sent: Sent) -> Answer:
        rows = [
            {"url": f"https://s.example/{n}", "metadata": row["metadata"]} for n, row in enumerate(sent.json)
        ]
        return Answer(json=hal("short_links", [row for row in rows if row["metadata"]["entity_id"] != 6]))

    wire = Wire(otherwise=server)
    links = connect(wire).short_links
    one = links.create("https://site.example", 5)
    assert (one.url, one.contact_id) == ("https://s.example/0", 5)
    items = [
        {"url": "https://site.example", "metadata": {"entity_type": "contacts", "entity_id": n}}
        for n in (5, 6, 7)
    ]
    result = links.create_many(items)
    assert [link.contact_id for link in result.succeeded] == [5, 7]
    assert [failure.index for failure in result.ambiguous] == [1]
    with pytest.raises(AmbiguousWriteError):
        links.create("https://site.example", 6)
    assert "request_id" not in wire.sent[0].json[0]


def test_currencies_are_kept_whole(connect):
    wire = Wire(Answer(json=hal("currencies", [{"code": "RUB", "symbol": "₽"}])))
    [currency] = connect(wire).currencies.list().to_list()
    assert (currency.code, currency.raw) == ("RUB", {"code": "RUB", "symbol": "₽"})
