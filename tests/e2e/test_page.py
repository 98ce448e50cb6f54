"""The administration page in a real browser, against ``amocrm-sync serve``."""

from __future__ import annotations

import os
import re

import pytest
import services
from axe_playwright_python.sync_playwright import Axe
from browser_page import LEADS, enter, served
from playwright.sync_api import expect, sync_playwright

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium of Debian."""
    try:
        program = services.chromium()
    except services.MissingServiceError as error:
        if os.environ.get("REQUIRE_SERVICES"):
            raise
        pytest.skip(f"NOT TESTED: {error}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(program), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """One host for all tests of this file; each brings it to the state that it needs."""
    with served(tmp_path_factory.mktemp("served")) as host:
        yield host


@pytest.fixture
def visitor(browser, host):
    """Somebody who has just signed in."""
    found = enter(browser, host)
    yield found
    found.page.context.close()
    assert found.errors == []


def connected(visitor):
    """The account connected and synced, whatever it was before."""
    if visitor.ask("GET", "/admin/crm/status")["state"] != "connected":
        visitor.ask("POST", "/admin/crm/exchange-code", {"code": visitor.served.code()})
    if not visitor.ask("GET", "/admin/crm/stats")["counts"].get("leads"):
        visitor.ask("POST", "/admin/crm/sync", {})
    visitor.reload()
    visitor.badge("Connected", "connected")


def disconnected(visitor):
    """The account not connected, whatever it was before."""
    visitor.ask("POST", "/admin/crm/disconnect")
    visitor.reload()
    visitor.badge("Not connected", "disconnected")


def a_lead(visitor, number):
    """A stored lead; each test takes one of its own."""
    return visitor.ask("GET", f"/admin/crm/records/leads?limit=1&offset={number}")["data"][0]


def waits(visitor, path, lead):
    """Whether something about a lead waits for a person."""
    return any(row["uid"] == lead["uid"] for row in visitor.ask("GET", path)["data"])


def conflict_over(visitor, lead, there={"price": 111}, here={"price": 222}):  # noqa: B006 - only read
    """Both sides change the same field of a lead: its price, if nothing else is said."""
    visitor.served.account.leads.update(lead["amo_lead_id"], **there)
    visitor.ask("PATCH", f"/admin/crm/records/leads/{lead['uid']}", {"data": here})
    visitor.until(lambda: waits(visitor, "/admin/crm/conflicts", lead))
    visitor.reload()
    return visitor.page.locator("#conflict-list article").filter(has_text=lead["name"])


def letter_about(visitor, lead):
    """An edit that amoCRM does not take: the user that it names is not there yet. The id that the next user gets."""
    users = visitor.served.account.users.list(limit=250)
    newcomer = max(user.id for user in users) + 1
    visitor.ask(
        "PATCH", f"/admin/crm/records/leads/{lead['uid']}", {"data": {"responsible_user_id": newcomer}}
    )
    visitor.until(lambda: waits(visitor, "/admin/crm/dead-letters", lead))
    visitor.reload()
    return newcomer, visitor.page.locator("#letter-list article").filter(has_text=lead["name"])


def test_the_printed_address_lets_one_browser_in_once(browser, host, visitor):
    address = host.lines.queue[0]  # the next one, not used yet
    key = re.search(r"http\S+", address)[0]
    stranger = browser.new_context(locale="en-GB").new_page()
    assert stranger.goto(key).ok
    other = browser.new_context(locale="en-GB").new_page()
    again = other.goto(host.key())
    assert again.status == 403
    other.goto(re.sub("/login/.*", "/", key))
    expect(other.locator("#alert")).to_contain_text("You are not signed in")
    expect(other.locator("#main")).to_be_hidden()
    stranger.context.close()
    other.context.close()


def test_connecting_through_the_popup_and_disconnecting(visitor):
    disconnected(visitor)
    page = visitor.page
    visitor.shoot("page-not-connected")
    asked = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Connect amoCRM").click()
    visitor.told("The account is connected.")
    visitor.badge("Connected", "connected")
    assert popup.value.is_closed()
    assert any(url.startswith(f"{visitor.served.origin}/oauth?") for url in asked)
    card = page.locator("#account")
    expect(card).to_contain_text("demo")
    expect(card).to_contain_text("Администратор")
    expect(card).to_contain_text("admin@example.com")

    page.get_by_role("button", name="Disconnect").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Cancel").click()
    visitor.badge("Connected", "connected")
    page.get_by_role("button", name="Disconnect").click()
    dialog.get_by_role("button", name="Disconnect").click()
    visitor.told("The account is disconnected.")
    visitor.badge("Not connected", "disconnected")
    expect(card).to_be_hidden()


def test_a_declined_consent_is_told_in_the_page(visitor):
    disconnected(visitor)
    page = visitor.page
    page.context.route(
        f"{visitor.served.origin}/oauth?*",
        lambda route: route.continue_(url=f"{route.request.url}&deny=1"),
    )
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Connect amoCRM").click()
    expect(page.locator("#alert")).to_contain_text("amoCRM did not give access")
    visitor.badge("Not connected", "disconnected")
    assert popup.value.is_closed()


def test_the_code_of_a_private_integration_is_pasted(visitor):
    disconnected(visitor)
    page = visitor.page
    page.get_by_text("Private integration: paste a code").click()
    page.get_by_role("button", name="Connect with the code").click()
    expect(page.get_by_label("Authorization code")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Authorization code")).to_be_focused()
    page.get_by_label("Authorization code").fill(visitor.served.code())
    page.get_by_role("button", name="Connect with the code").click()
    visitor.told("The account is connected.")
    visitor.badge("Connected", "connected")


def test_a_lost_authorization_is_amber_with_its_reason(visitor):
    connected(visitor)
    page = visitor.page
    answer = {"state": "error", "error": "the refresh token is refused", "has_tokens": True}
    page.route("**/admin/crm/status", lambda route: route.fulfill(json=answer))
    visitor.reload()
    visitor.badge("Error", "error")
    expect(page.locator("#reason")).to_have_text("the refresh token is refused")


def test_with_a_long_lived_token_there_is_nothing_to_consent_to(visitor):
    connected(visitor)
    page = visitor.page
    expect(page.locator("#settings")).to_be_visible()
    answer = {"state": "connected", "has_tokens": False}
    page.route("**/admin/crm/status", lambda route: route.fulfill(json=answer))
    visitor.reload()
    visitor.badge("Connected", "connected")
    expect(page.locator("#account")).to_contain_text("demo")
    expect(page.locator("#mapping tbody tr").first).to_be_visible()
    for part in ("#connect", "#disconnect", "#by-code", "#settings"):
        expect(page.locator(part)).to_be_hidden()


def test_a_sync_shows_how_far_it_is(visitor):
    connected(visitor)
    page = visitor.page
    page.get_by_role("button", name="Compare everything").click()
    expect(page.locator("#progress li").first).to_be_visible()
    visitor.shoot("page-sync", at="#sync")
    visitor.told(re.compile(r"The sync is done\. Records: \d+, errors: 0\."))
    shown = page.locator("#progress li[data-entity=leads]")
    expect(shown).to_have_attribute("data-done", "")
    expect(shown).to_contain_text(str(LEADS))
    expect(page.get_by_role("progressbar", name="Leads")).to_have_js_property("value", 1)
    stats = page.locator("#stats")
    expect(stats.locator("div").filter(has_text="Leads")).to_contain_text(str(LEADS))
    expect(page.locator("#rows tr").filter(has_text="sync_leads").first).to_contain_text("ok")


def test_a_stage_is_mapped_by_hand(visitor):
    connected(visitor)
    page = visitor.page
    row = page.locator("#stages tbody tr").filter(has_text="Первичный контакт")
    expect(row).to_contain_text("%")
    choice = row.get_by_role("combobox", name="Status of “Первичный контакт”")
    choice.select_option("Closed")
    page.get_by_role("button", name="Save the stages").click()
    visitor.told("The stages are saved.")
    visitor.reload()
    expect(choice).to_have_value("CLOSED")
    expect(row).to_contain_text("set by a person")
    page.get_by_role("button", name="Use sure suggestions").click()
    visitor.told(re.compile(r"Suggestions in use: [1-9]"))
    expect(choice).to_have_value("CLOSED")
    visitor.shoot("page-stages", at="#mapping")


def test_a_conflict_is_decided(visitor):
    connected(visitor)
    lead = a_lead(visitor, 3)
    card = conflict_over(visitor, lead)
    for side, value in (("Here", "222"), ("In amoCRM", "111")):
        expect(card.locator("dl div").filter(has_text=side)).to_contain_text(value)
    visitor.shoot("page-conflict", at="#conflicts")
    card.get_by_role("button", name="Keep ours").click()
    visitor.told("The conflict is decided.")
    expect(card).to_be_hidden()
    there = visitor.served.account.leads
    visitor.until(lambda: there.get(lead["amo_lead_id"]).price == 222)


def test_a_conflict_is_decided_by_a_third_value_without_a_mouse(visitor):
    connected(visitor)
    page = visitor.page
    lead = a_lead(visitor, 8)
    card = conflict_over(visitor, lead)
    other = card.get_by_label("Another value")
    expect(other).to_have_value("222")
    expect(other).to_have_accessible_description(re.compile(re.escape(lead["name"])))
    press_until(page, f"[id='{card.locator('form').get_attribute('id')}'] input")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(other).to_have_attribute("aria-invalid", "true")
    expect(other).to_be_focused()
    expect(other).to_have_accessible_description(re.compile("^Write a number"))
    page.keyboard.type("150")
    page.locator("#language").select_option("uk")
    expect(page.get_by_label("Інше значення").first).to_be_visible()
    expect(card.locator("input")).to_have_value("150")
    page.locator("#language").select_option("en")
    card.get_by_label("Another value").focus()
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Use this value")).to_be_focused()
    page.keyboard.press("Enter")
    visitor.told("The conflict is decided.")
    expect(page.locator("#conflicts-title")).to_be_focused()
    expect(card).to_be_hidden()
    there = visitor.served.account.leads
    visitor.until(lambda: there.get(lead["amo_lead_id"]).price == 150)


def test_the_values_of_a_custom_field_are_typed_one_a_line(visitor):
    connected(visitor)

    def field(value):
        return {"custom_fields_values": [{"field_code": "UTM_SOURCE", "values": [{"value": value}]}]}

    lead = a_lead(visitor, 9)
    card = conflict_over(visitor, lead, there=field("google"), here=field("yandex"))
    expect(card.locator("dl div").filter(has_text="In amoCRM")).to_contain_text("google")
    other = card.get_by_role("textbox", name="Another value")
    expect(other).to_have_accessible_description(re.compile(r"^One value a line\."))
    other.fill("newsletter\n")
    card.get_by_role("button", name="Use this value").click()
    visitor.told("The conflict is decided.")
    there = visitor.served.account.leads
    visitor.until(lambda: there.get(lead["amo_lead_id"]).custom_fields.get("UTM_SOURCE") == "newsletter")


def test_an_edit_that_was_refused_is_sent_again(visitor):
    connected(visitor)
    lead = a_lead(visitor, 4)
    newcomer, card = letter_about(visitor, lead)
    expect(card).to_contain_text("given up")
    expect(card).to_contain_text("not a valid choice")
    made = visitor.served.account.users.create(
        name="New", email=f"new{newcomer}@example.com", password="x" * 8
    )
    assert made.id == newcomer
    card.get_by_role("button", name="Send again").click()
    visitor.told("The edit is sent again.")
    there = visitor.served.account.leads
    visitor.until(lambda: there.get(lead["amo_lead_id"]).responsible_user_id == newcomer)
    visitor.reload()
    expect(card).to_be_hidden()


def test_an_edit_that_was_refused_is_given_up_after_a_question(visitor):
    connected(visitor)
    lead = a_lead(visitor, 5)
    _, card = letter_about(visitor, lead)
    card.get_by_role("button", name="Give up").click()
    visitor.page.get_by_role("dialog").get_by_role("button", name="Give up").click()
    visitor.told("The edit is given up.")
    expect(card).to_be_hidden()


def test_settings_name_the_wrong_field_and_never_show_the_secret(visitor):
    connected(visitor)
    page = visitor.page
    secret, subdomain = page.get_by_label("Client secret"), page.locator("#config [name=subdomain]")
    expect(secret).to_have_value("")
    expect(page.locator("#config [name=redirect_uri]")).to_have_value(re.compile(r"/admin/crm/callback$"))
    before = subdomain.input_value()
    subdomain.fill("my company")
    page.get_by_role("button", name="Save the settings").click()
    expect(subdomain).to_have_attribute("aria-invalid", "true")
    expect(subdomain).to_be_focused()
    expect(page.locator("#config-subdomain-error")).to_contain_text("Write mycompany")
    visitor.shoot("page-settings", at="#settings")
    subdomain.fill(before)
    page.get_by_label("Create a lead for a first contact").check()
    page.get_by_role("combobox", name="Pipeline").select_option(index=1)
    page.get_by_role("combobox", name="Stage").select_option(index=2)
    page.get_by_role("button", name="Save the settings").click()
    visitor.told("The settings are saved.")
    expect(subdomain).not_to_have_attribute("aria-invalid", "true")
    saved = visitor.ask("GET", "/admin/crm/config")
    assert saved["auto_create_lead"]
    assert saved["has_client_secret"]
    assert saved["lead_stage_id"] in {
        stage["amo_stage_id"]
        for stage in visitor.ask("GET", "/admin/crm/records/stages?limit=1000")["data"]
        if stage["pipeline_id"] == saved["lead_pipeline_id"]
    }


def test_every_language_has_words_for_all_of_it(visitor):
    connected(visitor)
    page = visitor.page
    seen = set()
    for tag, said in (("ru", "Подключено"), ("uk", "Підключено"), ("es", "Conectado"), ("pt", "Conectado")):
        page.locator("#language").select_option(tag)
        expect(page.locator("html")).to_have_attribute("lang", tag)
        expect(page.locator("#badge")).to_have_text(said)
        seen.add(page.locator("nav").inner_text())
    assert len(seen) == 4
    visitor.reload()
    expect(page.locator("#badge")).to_have_text("Conectado")


def press_until(page, selector):
    """Go on with the Tab key until a control is reached, as somebody without a mouse does."""
    target = page.locator(selector)
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not reach {selector}")


def test_the_main_path_needs_no_mouse(visitor):
    disconnected(visitor)
    page = visitor.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "#connect")
    with page.expect_popup():
        page.keyboard.press("Enter")
    visitor.told("The account is connected.")
    expect(page.locator("#connect")).to_be_focused()
    press_until(page, '[data-sync="pipelines"]')
    page.keyboard.press("Space")
    visitor.told("The sync is done.")
    expect(page.locator('[data-sync="pipelines"]')).to_be_focused()
    press_until(page, "#stages tbody tr:nth-child(3) select")
    page.keyboard.type("New")
    press_until(page, "#save-mapping")
    page.keyboard.press("Enter")
    visitor.told("The stages are saved.")
    page.locator("#disconnect").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#confirm-no")).to_be_focused()
    page.keyboard.press("Escape")
    visitor.badge("Connected", "connected")
    expect(page.locator("#disconnect")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "#confirm-yes")
    page.keyboard.press("Enter")
    visitor.told("The account is disconnected.")
    expect(page.locator("#connect")).to_be_focused()


WAYS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}


@pytest.fixture(scope="module")
def busy(browser, host):
    """An account with a conflict and an edit that was refused, both waiting."""
    visitor = enter(browser, host)
    connected(visitor)
    conflict_over(visitor, a_lead(visitor, 6))
    letter_about(visitor, a_lead(visitor, 7))
    visitor.page.context.close()


@pytest.mark.parametrize("way", WAYS)
def test_axe_finds_nothing(way, browser, host, busy):
    visitor = enter(browser, host, **WAYS[way])
    page = visitor.page
    expect(page.locator("#conflict-list article")).not_to_have_count(0)
    expect(page.locator("#letter-list article")).not_to_have_count(0)
    visitor.shoot(f"page-{way}")
    page.get_by_text("Private integration: paste a code").click()
    page.locator("#config [name=subdomain]").fill("my company")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.locator("#config-subdomain-error")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Disconnect").click()
    in_dialog = Axe().run(page)
    assert in_dialog.violations_count == 0, in_dialog.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page is wider than the window"
    page.context.close()
    assert visitor.errors == []
