"""``amocrm-sync serve`` as a process, and a browser in front of it: what the tests of the page drive."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
from playwright.sync_api import Browser, Page, expect

from amocrm_sync import AmoCRM, OAuth, OAuthFlow
from amocrm_sync.stores import MemoryTokenStore

COMMAND = str(Path(sys.executable).with_name("amocrm-sync"))
ARTEFACTS = Path(os.environ.get("SCREENSHOTS", "build/screenshots"))
LEADS = 40
SECONDS = 20.0
IN_VIEW = """async (node) => {
  node.scrollIntoView({ behavior: "instant" });
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);  // drawn where it is now
}"""
WINDOW = {"locale": "en-GB", "viewport": {"width": 1100, "height": 760}, "reduced_motion": "reduce"}


@attrs.define
class Served:
    """A running ``amocrm-sync serve``.

    Attributes:
        origin: Where its emulated account answers.
        lines: What it prints, line by line.
        account: The emulated account itself, as somebody else works in it.
    """

    origin: str
    lines: queue.Queue[str]
    account: AmoCRM

    def key(self) -> str:
        """The address that signs a browser in; each works once, and then the next one is printed."""
        line = self.lines.get(timeout=SECONDS)
        return re.search(r"http\S+", line)[0]

    def code(self) -> str:
        """An authorization code, as the integration's window shows it."""
        return code_of(self.origin)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The command on free ports, with an emulated account of its own; it must end well, and leave no file behind.

    Args:
        folder: Where it may keep temporary files.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AMOCRM_")}
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", "--leads", str(LEADS)],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment, "TMPDIR": str(folder)},
    )
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=lambda: [lines.put(line) for line in process.stdout])
    reader.start()
    try:
        origin = re.search(r"http\S+", lines.get(timeout=SECONDS))[0]
        store = MemoryTokenStore()
        with OAuthFlow("id", "sec", _redirect_uri(origin), store=store, domain=origin) as flow:
            flow.exchange_code(code_of(origin), account=origin)
        auth = OAuth("id", "sec", _redirect_uri(origin), store=store)
        with AmoCRM(origin, auth=auth) as account:
            yield Served(origin, lines, account)
    finally:
        process.terminate()
        ended = process.wait(SECONDS)
        reader.join(SECONDS)
        process.stdout.close()
    assert ended == 0
    assert list(folder.iterdir()) == []


def code_of(origin: str) -> str:
    """What the consent page sends the browser back with."""
    return parse_qs(urlsplit(_consent(origin)).query)["code"][0]


def _redirect_uri(origin: str) -> str:
    return _consent(origin).partition("?")[0]


def _consent(origin: str) -> str:
    return httpx.get(f"{origin}/oauth", params={"client_id": "id"}, trust_env=False).headers["Location"]


@attrs.define
class Visitor:
    """Somebody in front of the page."""

    page: Page
    served: Served
    errors: list[str] = attrs.field(factory=list)

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        """Ask a route with the page's own session."""
        base = "{0.scheme}://{0.netloc}".format(urlsplit(self.page.url))
        session = self.page.request.get(f"{base}/admin/crm/session").json()
        answer = self.page.request.fetch(
            f"{base}{path}", method=method, data=json, headers={"X-CSRF-Token": session["csrf"]}
        )
        assert answer.ok, answer.text()
        return answer.json()

    def until(self, found: Callable[[], Any]) -> Any:
        """What the host's worker brings about soon; asked for again and again until it is there."""
        ends = time.monotonic() + SECONDS
        while not (value := found()):
            assert time.monotonic() < ends, "it did not come about"
            self.page.wait_for_timeout(50)
        return value

    def reload(self) -> None:
        """See the page as it is now."""
        self.page.reload()
        expect(self.page.locator("#main")).to_be_visible(timeout=SECONDS * 1000)

    def badge(self, words: str, state: str) -> None:
        """The badge says this, in the colour of this state."""
        expect(self.page.locator("#badge")).to_have_text(words)
        expect(self.page.locator("#badge")).to_have_attribute("data-state", state)

    def told(self, words: str | re.Pattern[str]) -> None:
        """The page says so, where a screen reader hears it."""
        expect(self.page.locator("#say")).to_contain_text(words, timeout=SECONDS * 1000)

    def shoot(self, name: str, at: str = "body") -> None:
        """Keep a picture of the window as an artefact, with a part of the page at its top."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.locator(at).evaluate(IN_VIEW)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")


def enter(browser: Browser, served: Served, **options: Any) -> Visitor:
    """A fresh browser, signed in by the printed address; what its scripts fail with is kept in ``errors``."""
    context = browser.new_context(
        **{"locale": "en-GB", "viewport": {"width": 1100, "height": 760}, **options}
    )
    page = context.new_page()
    visitor = Visitor(page, served)
    page.on("pageerror", lambda error: visitor.errors.append(str(error)))
    page.goto(served.key())
    expect(page.locator("#main")).to_be_visible(timeout=SECONDS * 1000)
    return visitor
