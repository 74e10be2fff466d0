"""A report from the click that sends it to the one that deletes it."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.selftest import reports
from portal.selftest.models import Report
from tests.portal.conftest import browser
from tests.portal.helpers import location, plain
from tests.portal.member.people import audited, later
from tests.portal.selftest.samples import NEW, code_on, content, refusal, send, text
from tests.portal.support.people import at_the_desk, look_up, result

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&{{ 7|add:1 }}"


@pytest.fixture
def path(client: Client) -> str:
    """The page of a report that was sent."""
    return location(send(client))


def test_code_shown_opens_the_report_at_the_desk(client: Client, path: str, user: User) -> None:
    page = client.get(path)
    assert re.fullmatch(f"[{reports.ALPHABET}]{{4}}-[{reports.ALPHABET}]{{4}}", code_on(page))
    assert code_on(client.get(path)) == code_on(page)
    report = Report.objects.get()
    assert (report.content, report.first, report.installation) == (content(), "no_reader", "0f" * 16)
    assert report.expires_at - report.received_at == timedelta(days=30)
    assert location(look_up(at_the_desk(user), code_on(page))) == f"/support/reports/{report.pk}/"


def test_page_shows_every_row_in_words(client: Client, path: str) -> None:
    page = client.get(path)
    words, source = plain(page), page.content.decode()
    for part in (
        "您的環境檢測報告", "讀卡機", "找不到讀卡機", "no_reader", "Debian GNU/Linux 12", "異常", "注意", "正常",
        "未檢測", "須先通過「讀卡機」", "僅於要求時檢測", "30 天", "0f" * 16,
    ):  # fmt: skip
        assert part in words
    assert source.count("data-sign=") == len(content()["results"])
    assert "No card reader was found." in plain(client.get(path, headers={"accept-language": "en"}))


def test_what_is_not_known_is_shown_as_it_is_and_only_as_text(client: Client) -> None:
    rows = (result("new_check", "fail", "new_code", new_fact=HOSTILE), result("x", "skip", because="new_check"))
    source = client.get(location(send(client, text(*rows)))).content.decode()
    for part in ("new_check", "new_code", "new_fact", "&lt;img src=x onerror=alert(1)&gt;", "{{ 7|add:1 }}"):
        assert part in source
    assert "<img src=x" not in source
    assert "<script>" not in source


def test_address_of_the_page_goes_nowhere(client: Client, path: str) -> None:
    for page in (client.get(path), client.get(f"{path[:-1]}x/"), client.post(path), client.post(path)):
        assert page.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in page.headers["Cache-Control"]
        assert '<meta name="robots" content="noindex">' in page.content.decode()
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page.content.decode())


def test_deleted_is_deleted_and_the_page_says_so(client: Client, path: str) -> None:
    code = code_on(client.get(path))
    first, second = client.post(path), browser().post(path)
    assert (first.status_code, second.status_code, client.get(path).status_code) == (200, 404, 404)
    assert "報告已刪除" in plain(first)
    assert 'id="gone"' in second.content.decode()
    assert not Report.objects.exists()
    assert reports.find_by_code(code) is None
    assert audited("report_deleted") == ["ok"]


def test_one_secret_opens_and_deletes_no_other(client: Client, path: str) -> None:
    other = location(send(client))
    assert code_on(client.get(path)) != code_on(client.get(other))
    client.post(path)
    assert client.get(other).status_code == 200
    for guessed in ("x", "x" * 43, "x" * 1500, str(Report.objects.get().pk), Report.objects.get().secret_hash):
        assert client.get(f"{NEW}{guessed}/").status_code == client.post(f"{NEW}{guessed}/").status_code == 404
    assert Report.objects.count() == 1


def test_forms_without_a_token_do_nothing(path: str) -> None:
    stranger = browser(enforce_csrf_checks=True)
    assert send(stranger).status_code == stranger.post(path).status_code == 403
    assert Report.objects.count() == 1


def test_forms_of_the_pages_have_their_token(path: str) -> None:
    """As a browser sends them under the policy of each page: with our origin."""
    visitor = browser(enforce_csrf_checks=True)
    for page, more in ((NEW, {"report": text()}), (path, {})):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', visitor.get(page).content.decode())
        assert token is not None
        fields = {"csrfmiddlewaretoken": token[1], **more}
        assert visitor.post(page, fields, headers={"origin": "https://portal.test"}).status_code in (200, 302)
    assert Report.objects.count() == 1


@pytest.mark.parametrize("sent", ["", "{", "[" * 60_000, text(first="no_card"), HOSTILE, "x" * 65_537])
def test_what_is_no_report_is_not_kept(client: Client, sent: str) -> None:
    page = send(client, sent)
    assert (page.status_code, refusal(page)) == (400, "report_refused")
    assert 'name="report" value=""' in page.content.decode()
    assert not Report.objects.exists()
    assert audited("report_sent") == ["report_refused"]


def test_too_many_of_one_address(client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"report": "2/h/ip"}
    send(client, "{")
    path = location(send(client))
    page = send(browser())
    assert (page.status_code, refusal(page)) == (429, "reports_limited")
    assert "no_reader" in page.content.decode()  # may be sent again later
    assert Report.objects.count() == 1
    assert client.get(path).status_code == client.post(path).status_code == 200
    assert location(send(browser_elsewhere(), text())).startswith(NEW)


def browser_elsewhere() -> Client:
    """A browser at another network address."""
    other = browser()
    other.defaults["REMOTE_ADDR"] = "192.0.2.77"
    return other


def test_no_more_than_there_is_room_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST", 1)
    path = location(send(client))
    page = send(client)
    assert (page.status_code, refusal(page)) == (503, "reports_full")
    assert audited("report_sent") == ["ok", "reports_full"]
    client.post(path)
    assert send(client).status_code == 302


def test_over_after_thirty_days_and_gone_the_night_after(client: Client, path: str) -> None:
    code = code_on(client.get(path))
    with later(days=29, hours=23):
        call_command("nightly", verbosity=0)
        assert client.get(path).status_code == 200
    with later(days=30, minutes=1):
        assert client.get(path).status_code == client.post(path).status_code == 404
        assert reports.find_by_code(code) is None
        assert Report.objects.count() == 1
        call_command("nightly", verbosity=0)
    assert not Report.objects.exists()


def test_code_that_another_report_has_is_drawn_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["a" * 43, "a" * 43, "b" * 43])
    monkeypatch.setattr("portal.selftest.reports.secrets.token_urlsafe", lambda size: next(drawn))
    assert [location(send(client)) for _ in range(2)] == [f"{NEW}{'a' * 43}/", f"{NEW}{'b' * 43}/"]
    monkeypatch.setattr("portal.selftest.reports.secrets.token_urlsafe", lambda size: "a" * 43)
    assert refusal(send(client)) == "reports_full"
    assert Report.objects.count() == 2


def test_codes_are_spread_over_the_alphabet() -> None:
    codes = [reports.code_of(f"secret {number}") for number in range(300)]
    assert len(set(codes)) == 300
    assert set("".join(codes)) == set(reports.ALPHABET)
    assert {len(code) for code in codes} == {8}


def test_neither_code_nor_secret_is_kept_anywhere(client: Client, path: str, caplog: Any) -> None:
    code, secret = code_on(client.get(path)), path.split("/")[-2]
    client.get(path)
    reported = str(list(Report.objects.values()))
    client.post(path)
    audited_and_logged = str(list(AuditEvent.objects.values())) + caplog.text
    for told in (code, code.replace("-", ""), secret):
        assert told not in reported + audited_and_logged
    assert "0f" * 16 not in audited_and_logged
    assert set(AuditEvent.objects.values_list("action", "code", "account")) == {
        ("report_sent", "ok", None), ("report_deleted", "ok", None)
    }  # fmt: skip


def test_page_that_sends_shows_nothing_by_itself_and_sets_no_session(client: Client) -> None:
    page = client.get(NEW)
    assert page.status_code == 200
    assert 'name="report" value=""' in page.content.decode()
    assert "確認送出" in plain(page)
    assert set(page.cookies) == {"__Host-csrf"}


@pytest.mark.django_db(transaction=True)
def test_deleted_by_two_at_once_is_said_once() -> None:
    path = location(send(browser()))

    def one(_: int) -> int:
        try:
            return int(browser().post(path).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [200, 404, 404, 404]
    assert audited("report_deleted") == ["ok"]


@pytest.mark.django_db(transaction=True)
def test_several_at_once_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two have drawn the same: one of them draws again."""
    drawn = iter(["a" * 43, "a" * 43, "b" * 43, "c" * 43, "d" * 43])
    monkeypatch.setattr("portal.selftest.reports.secrets.token_urlsafe", lambda size: next(drawn))

    def one(_: int) -> str:
        try:
            return location(send(browser()))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 4
    assert Report.objects.filter(expires_at__gt=timezone.now()).count() == 4
