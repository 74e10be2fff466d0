"""The pages: one language, live regions, no dead links, headers, cookies, errors."""

import re
from io import BytesIO

import pytest
from django.contrib.staticfiles import finders
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.views.defaults import server_error
from pytest_django import Settings

from portal.accounts.models import User
from tests.portal.helpers import ask_challenge, card_log_in, plain
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
PAGES = ["/", "/accounts/login/", "/no-such-page/"]


@pytest.mark.parametrize("path", PAGES)
def test_page_says_it_is_a_demonstration_in_one_language(client: Client, path: str) -> None:
    chinese, english = client.get(path), client.get(path, headers={"accept-language": "en"})
    assert "示範系統，非政府網站" in plain(chinese)
    assert '<html lang="zh-Hant">' in chinese.content.decode()
    assert "Demonstration only, not a government website" in plain(english)
    assert '<html lang="en">' in english.content.decode()
    assert "Demonstration" not in plain(chinese)
    assert "示範" not in plain(english)


@pytest.mark.parametrize("path", PAGES)
def test_page_has_nothing_inline_and_every_link_leads_somewhere(client: Client, path: str) -> None:
    source = client.get(path).content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script>|<script (?!type=\"module\" src=)", source)
    addresses = set(re.findall(r'(?:href|src|action)="([^"]+)"', source))
    assert addresses
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        elif address.startswith("/"):
            assert client.get(address).status_code in (200, 302, 405), address
        else:
            assert address == "#main"


def test_log_in_page_has_both_ways_and_never_a_pin_field(client: Client) -> None:
    page = client.get("/accounts/login/")
    source, text = page.content.decode(), plain(page)
    for name in ("card-login", "card-message", "id_login", "id_password", "password-login"):
        assert source.count(f'id="{name}"') == 1
    assert 'id="card-message" tabindex="-1" role="status" aria-live="polite"' in source
    for words in ("以憑證卡登入", "切勿在任何網頁上輸入 PIN 碼"):
        assert words in text
    assert source.count('type="password"') == 1
    assert "<noscript>" in source
    assert 'data-agent-ports="61171,61172,61173"' in source


def test_failure_is_an_alert(client: Client, user: User, pki: Pki) -> None:
    source = client.get(card_log_in(client, pki.cards["revoked"]).url).content.decode()
    assert 'role="alert" class="message failure" data-code="certificate_revoked"' in source
    assert "<title>登入失敗 – 會員登入" in source


def test_static_files_are_served(client: Client) -> None:
    for path, kind in (("portal/portal.css", "text/css"), ("portal/login.js", "text/javascript")):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith(kind)
        answer.close()


def test_security_headers(client: Client) -> None:
    headers = client.get("/accounts/login/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    agent = [f"{scheme}://localhost:{port}" for scheme in ("https", "http") for port in (61171, 61172, 61173)]
    assert policy["connect-src"].split() == ["'self'", *agent]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "no-store" in headers["Cache-Control"]


def test_cookies_belong_to_this_host_and_to_tls(client: Client) -> None:
    client.get("/accounts/login/")
    ask_challenge(client)
    assert set(client.cookies) == {"__Host-session", "__Host-csrf"}
    for cookie in client.cookies.values():
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password"])
def test_pages_that_are_not_there_yet_are_not_mounted(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_not_found_page(client: Client) -> None:
    page = client.get("/no-such-page/")
    assert page.status_code == 404
    assert "找不到這個頁面" in plain(page)
    assert "Page not found" in plain(client.get("/no-such-page/", headers={"accept-language": "en"}))


def test_foreign_host_name_is_refused(client: Client) -> None:
    page = client.get("/", headers={"host": "evil.example"})
    assert page.status_code == 400
    assert "evil.example" not in page.content.decode()


def test_overlong_body_is_refused_unparsed(client: Client) -> None:
    page = client.post("/accounts/card/login/", {"token": "x" * 60_000})
    assert page.status_code == 400
    assert "無法處理這個請求" in plain(page)


def test_overlong_file_part_is_refused_unparsed(client: Client) -> None:
    """Django's own limit leaves the file parts of a form out."""
    page = client.post("/accounts/card/login/", {"token": BytesIO(b"x" * 60_000)})
    assert page.status_code == 400
    assert "無法處理這個請求" in plain(page)


def test_error_page_needs_nothing_but_its_template(rf: RequestFactory) -> None:
    page = server_error(rf.get("/"))
    assert page.status_code == 500
    assert "系統發生錯誤" in page.content.decode()
    assert '<html lang="zh-hant">' in page.content.decode()


def test_too_many_requests_page(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    client.post("/accounts/login/", REMOTE_ADDR="192.0.2.7")
    page = client.post("/accounts/login/", REMOTE_ADDR="192.0.2.7")
    assert page.status_code == 429
    assert 'data-code="rate_limited"' in page.content.decode()


def test_holder_name_is_escaped(client: Client, user: User, pki: Pki) -> None:
    user.name = "<script>alert(1)</script>"
    user.save()
    # The card keeps its own name; without one it would be compared with the account's.
    user.cards.update(holder_name="王小明")
    card_log_in(client, pki.cards["citizen"])
    source = client.get("/member/").content.decode()
    assert "<script>alert" not in source
    assert "&lt;script&gt;alert" in source
