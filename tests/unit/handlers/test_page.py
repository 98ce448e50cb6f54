"""The files of the page: all words in all languages, nothing from outside, nothing inline, and told where its routes are."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from amocrm_sync.handlers import CRMHandlers, Request

FOLDER = resources.files("amocrm_sync.handlers").joinpath("page")
HTML, CSS, JS = (FOLDER.joinpath(name).read_text("utf-8") for name in ("index.html", "app.css", "app.js"))
LANGUAGES = re.findall(r"(\w\w): \"", re.search(r"const LANGUAGES = {(.*?)};", JS)[1])
WORDS = json.loads(re.search(r"const WORDS = ({.*?\n});", JS, re.DOTALL)[1])
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


def get(path, handlers=None, **headers):
    return (handlers or CRMHandlers()).handle(Request("GET", path, headers=headers))


def test_every_word_is_there_in_every_language():
    assert LANGUAGES == ["en", "ru", "uk", "es", "pt"]
    assert {len(texts) for texts in WORDS.values()} == {5}
    assert all(text.strip() for texts in WORDS.values() for text in texts)


def test_a_word_takes_the_same_values_in_every_language():
    for key, texts in WORDS.items():
        assert len({frozenset(re.findall(r"{\w+}", text)) for text in texts}) == 1, key


def test_every_word_that_the_page_asks_for_is_in_the_table():
    asked = set(re.findall(r"data-t(?:-label)?=\"(\w+)\"", HTML)) | set(re.findall(r"\bt\(\"([\w-]+)\"", JS))
    assert len(asked) > 60
    assert asked - set(WORDS) == set()


def test_letters_of_another_language_have_not_strayed():
    """``ы`` and ``э`` are in no Ukrainian word, ``і`` and ``ї`` in no Russian one."""
    for key, (_, russian, ukrainian, *_) in WORDS.items():
        assert not re.search("[іїєґ]", russian, re.IGNORECASE), key
        assert not re.search("[ыэёъ]", ukrainian, re.IGNORECASE), key


def test_nothing_comes_from_elsewhere():
    for text in (HTML, CSS, JS):
        assert not re.search(
            r"(https?:)?//[a-z0-9-]+\.[a-z]", re.sub(r"//[ -].*|\"[^\"]*https[^\"]*\"", "", text)
        )
    assert "@import" not in CSS
    assert re.findall(r"(?:src|href)=\"(?!#|data:)([^\"]+)\"", HTML) == ["assets/app.css", "assets/app.js"]


def test_nothing_is_inline():
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=\"|javascript:", HTML)
    assert "innerHTML" not in JS
    assert "eval(" not in JS


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/admin/crm/", "text/html; charset=utf-8"),
        ("/admin/crm/assets/app.css", "text/css; charset=utf-8"),
        ("/admin/crm/assets/app.js", "text/javascript; charset=utf-8"),
    ],
)
def test_the_files_are_served_under_a_policy_that_runs_nothing_else(path, kind):
    answer = get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("name", ["__init__.py", "..%2F__init__.py", "../__init__.py", "index", "app.jsx"])
def test_no_other_file_is_served(name):
    assert get(f"/admin/crm/assets/{name}").status == 404


def test_the_page_is_told_where_its_routes_are():
    moved = CRMHandlers(prefixes={"admin": "/crm", "integrations": '/amo"', "page": "/crm"})
    text = get("/crm/", moved).body.decode()
    assert 'data-admin="/crm"' in text
    assert 'data-integrations="/amo&quot;"' in text


def test_a_browser_that_comes_back_gets_a_page_and_a_program_gets_a_problem():
    path = "/admin/crm/callback"
    program = get(path)
    assert (program.status, program.json()["code"]) == (403, "state")
    browser = get(path, **BROWSER)
    assert browser.status == 403
    assert 'data-callback="state"' in browser.body.decode()
    assert 'src="/admin/crm/assets/app.js"' in browser.body.decode()
    unmounted = get(path, CRMHandlers(groups=["admin"]), **BROWSER)
    assert unmounted.json()["code"] == "state"


def test_what_the_callback_shows_is_escaped():
    from amocrm_sync._sync.handlers.answers.page import returned
    from amocrm_sync._sync.handlers.call import Call

    handlers = CRMHandlers()
    request = Request("GET", "/admin/crm/callback", headers=BROWSER)
    route = handlers.router.find("GET", "/admin/crm/callback").route
    call = Call(
        handlers=handlers, request=request, route=route, path={}, query=None, body=None,
        principal=None, owner="", connection=None,
    )  # fmt: skip
    text = returned(call, "oauth", '"><script>alert(1)</script>').body.decode()
    assert "<script>alert" not in text
