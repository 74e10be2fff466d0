"""What holds for every address of the portal: headers, methods, anti-forgery tokens, who gets in."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.settings import base
from tests.portal.conftest import browser
from tests.portal.security.addresses import Address, addresses

pytestmark = pytest.mark.django_db
EVERY = pytest.mark.parametrize("address", addresses(), ids=lambda address: address.path)
# The component's page posts here from its own origin, without cookies; the answer keeps and changes nothing.
WITHOUT_TOKEN = {"card_return"}


@pytest.fixture
def member(client: Client, user: User) -> Client:
    """A browser with a member logged in."""
    client.force_login(user)
    return client


def test_list_is_whole() -> None:
    found = addresses()
    assert len(found) > 50
    assert all(address.name for address in found)
    assert not [address for address in found if "<" in address.path]


def check_headers(answer: object) -> None:
    headers = answer.headers  # type: ignore[attr-defined]
    # The whole policy: what stands in it is said here once more, and nothing else may.
    policy = dict(f"{part} ".strip().split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    ports = [f"{scheme}://localhost:{port}" for scheme in ("https", "http") for port in base.CARDLOGIN_AGENT_PORTS]
    assert policy == {
        "default-src": "'none'", "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'",
        "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "form-action": "'self'",
        "media-src": "'self'",
        "connect-src": " ".join(["'self'", *ports]),
    }  # fmt: skip
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    # One address says to everybody, without cookies, that this site takes answers of the component there.
    at = (answer.status_code, answer.request["PATH_INFO"])  # type: ignore[attr-defined]
    # A secret stands in the address of a report, and goes to no other page of ours either.
    secret = at == (404, "/selftest/report/x/")
    assert headers["Referrer-Policy"] == ("strict-origin" if secret else "same-origin")
    assert ("Access-Control-Allow-Origin" in headers) is (at == (200, "/.well-known/cardlogin-return"))
    if headers["Content-Type"].startswith("text/"):
        assert headers["Content-Type"].replace('"', "").endswith("charset=utf-8")


@EVERY
def test_headers_of_a_stranger_s_page(client: Client, address: Address) -> None:
    answer = client.get(address.path, headers={"origin": "https://evil.example"})
    assert answer.status_code < 500
    check_headers(answer)
    assert "no-store" in answer.headers["Cache-Control"]


@EVERY
def test_headers_of_a_member_s_page_which_nobody_keeps(member: Client, address: Address) -> None:
    answer = member.get(address.path)
    assert answer.status_code < 500
    check_headers(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    if answer.headers["Content-Type"].startswith("text/html"):
        source = answer.content.decode()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>|javascript:", source)


ANSWERS: dict[str, tuple[int, Callable[[Client], object]]] = {
    "page": (200, lambda client: client.get("/")),
    "file": (200, lambda client: client.get("/static/portal/portal.css")),
    "without a slash": (301, lambda client: client.get("/accounts/login")),
    "to the log-in": (302, lambda client: client.get("/member/")),
    "other host": (400, lambda client: client.get("/", headers={"host": "evil.example"})),
    "long body": (400, lambda client: client.post("/accounts/login/", {"login": "x" * 60_000})),
    "order that is none": (400, lambda client: client.post("/accounts/card/challenge/", "[", "application/json")),
    "without a token": (403, lambda client: browser(enforce_csrf_checks=True).post("/accounts/login/")),
    "no such page": (404, lambda client: client.get("/no-such-page/")),
    "no such file": (404, lambda client: client.get("/static/no-such-file.js")),
    "other method": (405, lambda client: client.delete("/")),
    "old link": (410, lambda client: client.get("/accounts/confirm/x/")),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_headers_of_every_kind_of_answer(client: Client, kind: str) -> None:
    status, ask = ANSWERS[kind]
    answer: Any = ask(client)
    with contextlib.closing(answer):
        assert answer.status_code == status
        check_headers(answer)


def test_headers_where_a_limit_is_used_up(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"card_address": "1/h/ip"}
    answers = [client.post("/accounts/card/challenge/", {"purpose": "login"}, "application/json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    check_headers(answers[1])


def test_headers_of_an_unexpected_error(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("portal.views.outbox_is_open", lambda: 1 // 0)
    answer = client.get("/")
    assert answer.status_code == 500
    check_headers(answer)


@EVERY
def test_form_without_its_token_is_refused(user: User, address: Address) -> None:
    client = browser(enforce_csrf_checks=True)
    if address.name not in WITHOUT_TOKEN:
        client.force_login(user)
    before = AuditEvent.objects.count()
    answer = client.post(address.path, {"draft": "x"})
    if address.name in WITHOUT_TOKEN:
        assert answer.status_code == 200
        assert not answer.cookies
    else:
        assert answer.status_code == 403
        assert AuditEvent.objects.count() == before


@EVERY
def test_other_methods_are_refused(member: Client, address: Address) -> None:
    for method in ("TRACE", "DELETE", "PUT", "PATCH", "OPTIONS", "PROPFIND"):
        answer = member.generic(method, address.path, "{}", "application/json")
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, POST"
        check_headers(answer)


@pytest.mark.parametrize("address", [one for one in addresses() if one.path.startswith("/member/")], ids=str)
def test_strangers_see_no_page_of_a_member(client: Client, address: Address) -> None:
    for answer in (client.get(address.path), client.post(address.path)):
        assert answer.status_code in (302, 405), address
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/accounts/login/?next=")
