"""Every page of the recovery of access, as Django answers it, and a Chromium that is shown them: no server between."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from django.test import Client
from playwright.sync_api import Page, Route, ViewportSize, sync_playwright

from portal.accounts.models import User
from portal.accounts.recovery_codes import new_code
from portal.settings.base import BROWSER_CLIENT, PORTAL
from tests.portal.conftest import browser
from tests.portal.pki import Pki
from tests.portal.recovery.people import ANSWER, BASE, by_card, mailed_code, name_account, set_password, solved, start
from tests.stand.browser import chromium
from tests.stand.waiting import LIMIT

ORIGIN = "https://portal.test"
Scheme = Literal["light", "dark"]
Enter = Callable[[int, int, Scheme], Page]
# What axe looks for on every page: WCAG 2.2, level AA.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Gallery:
    """Pages by name, and the pictures that they show."""

    pages: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def hang(self, name: str, answer: Any) -> Any:
        """Keep a page with the captcha's picture on it."""
        assert answer.status_code == 200, (name, answer.status_code)
        self.pages[name] = answer
        text = answer.content.decode()
        if "/captcha/image/" in text:
            path = "/captcha/image/" + text.split("/captcha/image/", 1)[1].split('"', 1)[0]
            self.pictures[path] = browser().get(path).content
        return answer


def gather(owner: User, pki: Pki, sends: Any, *, modern: bool) -> Gallery:
    """Walk all ways of a profile and keep what is shown on them."""
    gallery = Gallery()
    _panels(gallery, browser())
    _cards(gallery, browser(), pki)
    _names(gallery, browser(), pki)
    _codes(gallery, browser(), owner, sends, modern=modern)
    _passwords(gallery, browser(), pki)
    return gallery


def _panels(gallery: Gallery, client: Client) -> None:
    gallery.hang("login", client.get("/accounts/login/"))
    gallery.hang("recover", client.get(BASE))
    gallery.hang("recover-again", client.get(f"{BASE}password/", follow=True))


def _cards(gallery: Gallery, client: Client, pki: Pki) -> None:
    gallery.hang("activate-name", client.get(f"{BASE}activate-card/"))
    gallery.hang("activate-name-wrong", client.post(f"{BASE}activate-card/", {"account": "1"}))
    for way in ("activate", "unlock", "reset"):
        name_account(client, way)
        gallery.hang(f"{way}-card", client.get(f"{BASE}{way}-card/"))
    gallery.hang("unlock-refused", by_card(client, "unlock", pki.cards["namesake"]))
    for way in ("activate", "unlock"):
        gallery.hang(f"{way}-done", by_card(client, way, pki.cards["citizen"]))


def _names(gallery: Gallery, client: Client, pki: Pki) -> None:
    path = f"{BASE}account/"
    gallery.hang("account", client.get(path))
    gallery.hang("account-sound", client.post(path, {"email": "", "captcha_new": "sound"}))
    gallery.hang("account-wrong", client.post(path, {"email": "x"}))
    fields = {"email": "nobody@portal.example", **solved(client, path)}
    gallery.hang("account-sent", client.post(path, fields, follow=True))
    asked = client.post("/accounts/card/challenge/", {"purpose": "login"}, content_type="application/json")
    challenge = asked.json()["challenge"]
    proof = {"challenge": challenge, "token": pki.cards["citizen"].token(challenge)}
    gallery.hang("account-name", client.post(f"{path}card/", proof))


def _codes(gallery: Gallery, client: Client, owner: User, sends: Any, *, modern: bool) -> None:
    gallery.hang("text", client.get(f"{BASE}text/"))
    gallery.hang("text-code", start(client, "text"))
    gallery.hang("text-code-wrong", client.post(f"{BASE}text/code/", {"code": "000000"}))
    gallery.hang("text-code-form", client.post(f"{BASE}text/code/", {"code": "x"}))
    if not modern:
        gallery.hang("question", client.get(f"{BASE}question/"))
        gallery.hang("answer", start(client, "question"))
        gallery.hang("answer-wrong", client.post(f"{BASE}question/answer/", {"answer": "x"}))
        gallery.hang("question-code", client.post(f"{BASE}question/answer/", {"answer": ANSWER}, follow=True))
        return
    new_code(owner)
    gallery.hang("saved-code", client.get(f"{BASE}saved-code/"))
    with sends():
        gallery.hang("saved-code-mail", start(client, "saved-code"))
    typed = {"code": mailed_code()}
    gallery.hang("saved-code-last", client.post(f"{BASE}saved-code/code/", typed, follow=True))
    gallery.hang("saved-code-wrong", client.post(f"{BASE}saved-code/saved-code/", {"saved_code": "x"}))


def _passwords(gallery: Gallery, client: Client, pki: Pki) -> None:
    gallery.hang("password", by_card(client, "reset", pki.cards["citizen"]))
    gallery.hang("password-wrong", set_password(client, "wang0001", "another"))
    gallery.hang("password-done", set_password(client))
    gallery.hang("ways-in", client.get(f"{BASE}ways-in/"))
    gallery.hang("ways-in-removed", client.post(f"{BASE}ways-in/mobile/0/remove/", follow=True))


@contextmanager
def room(gallery: Gallery) -> Iterator[Enter]:
    """A Chromium at https://portal.test whose every request is answered from the gallery; gives pages of any size."""
    switches = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=switches, timeout=LIMIT * 1000)

        def enter(width: int, height: int, scheme: Scheme) -> Page:
            size = ViewportSize(width=width, height=height)
            page = started.new_context(viewport=size, color_scheme=scheme, locale="zh-TW").new_page()
            page.set_default_timeout(LIMIT * 1000)
            page.route("**/*", lambda route: _answer(gallery, route))
            return page

        yield enter
        started.close()


def _answer(gallery: Gallery, route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path in gallery.pictures:
        route.fulfill(body=gallery.pictures[path], content_type="image/png")
    elif path.startswith("/static/cardlogin/"):
        route.fulfill(path=BROWSER_CLIENT / Path(path).name)
    elif path.startswith("/static/"):
        route.fulfill(path=PORTAL / path.lstrip("/"))
    else:
        answer = gallery.pages[path.strip("/")]
        policy = {name: answer[name] for name in ("Content-Security-Policy", "Referrer-Policy")}
        route.fulfill(body=answer.content, content_type="text/html; charset=utf-8", headers=policy)
