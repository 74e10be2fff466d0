"""Reports at the desk: found by code, read, beside those of the same computer; never by number alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.selftest.models import Report
from tests.portal.conftest import browser
from tests.portal.helpers import location, plain
from tests.portal.member.people import audited
from tests.portal.support.people import CODE, DESK, RESULTS, at_the_desk, look_up, refusal, result, sent

HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&{{ 7|add:1 }}"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "typed", ["ABCD2345", "ABCD-2345", "abcd-2345", " ab cd 23 45 ", "a-b-c-d-2-3-4-5", "ABCD–2345", "abcd　2345"]
)
def test_code_is_taken_as_it_is_spoken(desk: Client, typed: str) -> None:
    report = sent()
    assert location(look_up(desk, typed)) == f"{DESK}{report.pk}/"


@pytest.mark.parametrize(
    "typed",
    [
        "ABCD-2340",
        "ABCD-234O",
        "1BCD2345",
        "IBCD2345",
        "LBCD2345",
        "UBCD2345",
        "",
        "ABC",
        "ABCD23456",
        "x" * 99,
        "\x00",
        "ABCD234５",
    ],
)
def test_what_can_be_no_code_gets_a_hint_and_costs_no_try(desk: Client, typed: str) -> None:
    sent()
    page = look_up(desk, typed)
    assert refusal(page) == "report_code_unlikely"
    assert 'data-left="10"' in page.content.decode()
    assert "0、1 與字母 I、L、O、U" in plain(page)


def test_wrong_deleted_and_expired_are_answered_alike(desk: Client) -> None:
    sent("EXPXRED2", days_ago=31)
    sent("GQNE2345").delete()
    pages = [look_up(desk, code) for code in ("WRXNG234", "EXPXRED2", "GQNE2345")]
    assert [refusal(page) for page in pages] == ["report_unknown"] * 3
    texts = {page.content.decode().split('id="report-message"')[1].split("</div>")[0] for page in pages}
    assert len(texts) == 1
    assert audited("report_opened") == ["report_unknown"] * 3


def test_report_shows_every_row_with_what_the_manual_knows(desk: Client) -> None:
    sent()
    page = desk.get(location(look_up(desk)))
    text, source = plain(page), page.content.decode()
    for part in (
        "讀卡機", "找不到讀卡機", "Debian GNU/Linux 12", "異常", "注意", "正常", "未檢測", "須先通過「讀卡機」",
        "僅於要求時檢測",
    ):  # fmt: skip
        assert part in text
    assert 'href="/manual/failures/#no_reader"' in source
    assert source.count("data-sign=") == len(RESULTS)
    english = plain(desk.get(page.request["PATH_INFO"], headers={"accept-language": "en"}))
    assert "No card reader was found." in english
    assert "rests on “Card reader”" in english


def test_what_the_manual_does_not_know_is_shown_as_it_is(desk: Client) -> None:
    sent(CODE, result("new_check", "fail", "new_code", new_fact="7"), result("x", "skip", because="new_check"))
    text = plain(desk.get(location(look_up(desk))))
    for part in ("new_check", "new_code", "new_fact", "須先通過「new_check」"):
        assert part in text


def test_hostile_contents_are_only_text(desk: Client) -> None:
    sent(CODE, result("reader", "fail", "no_reader", reader=HOSTILE, driver="\u202egpj.exe"))
    source = desk.get(location(look_up(desk))).content.decode()
    assert "<img src=x" not in source
    assert "<script>alert" not in source
    assert "&lt;img src=x onerror=alert(1)&gt;" in source
    assert "{{ 7|add:1 }}" in source
    assert "<bdi>\u202egpj.exe</bdi>" in source


def test_number_alone_opens_nothing(desk: Client) -> None:
    report = sent()
    assert desk.get(f"{DESK}{report.pk}/").status_code == 404
    assert desk.post(f"{DESK}{report.pk}/").status_code == 404
    look_up(desk)
    assert desk.get(f"{DESK}{report.pk}/").status_code == 200
    other = sent("ABCD6789", computer="1e" * 16)
    for ask in (desk.get, desk.post):
        assert ask(f"{DESK}{other.pk}/").status_code == 404


def test_reports_of_the_same_computer_are_opened_from_its_history(desk: Client) -> None:
    older = sent("ABCD6789", result("card", "fail", "no_card"), days_ago=3)
    over = sent("ABCD7777", days_ago=40)
    stranger = sent("ABCD8888", computer="1e" * 16)
    newer = sent()
    source = desk.get(location(look_up(desk))).content.decode().split('id="history"')[1]
    assert "no_card" in source
    assert f'id="open-{older.pk}"' in source
    assert not [pk for pk in (over.pk, stranger.pk, newer.pk) if f'id="open-{pk}"' in source]
    assert desk.get(f"{DESK}{older.pk}/").status_code == 404
    assert location(desk.post(f"{DESK}{older.pk}/")) == f"{DESK}{older.pk}/"
    assert "讀卡機內沒有卡片" in plain(desk.get(f"{DESK}{older.pk}/")) or "no_card" in plain(
        desk.get(f"{DESK}{older.pk}/")
    )


def test_report_deleted_or_over_meanwhile_is_gone(desk: Client) -> None:
    report = sent()
    path = location(look_up(desk))
    Report.objects.filter(pk=report.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert desk.get(path).status_code == 404
    report.delete()
    assert desk.get(path).status_code == 404


def test_every_opened_report_is_a_line_of_the_audit_log_without_its_code(desk: Client, user: User) -> None:
    older, report = sent("ABCD6789", days_ago=1), sent()
    desk.get(location(look_up(desk)))
    look_up(desk)
    desk.post(f"{DESK}{older.pk}/")
    rows = AuditEvent.objects.filter(action="report_opened").order_by("pk")
    assert [(row.code, row.account, row.facts) for row in rows] == [
        ("ok", user.pk, {"report": pk, "count": 1}) for pk in (report.pk, report.pk, older.pk)
    ]
    assert CODE not in str(list(AuditEvent.objects.values()))


def test_another_session_begins_with_nothing_open(desk: Client, user: User) -> None:
    report = sent()
    look_up(desk)
    other = browser()
    other.force_login(user)
    assert other.get(f"{DESK}{report.pk}/").status_code in (302, 404)


def test_no_more_than_fifty_stay_open(user: User) -> None:
    desk = at_the_desk(user)
    first = sent()
    look_up(desk)
    for number in range(50):
        other = sent(f"{number}", days_ago=1)
        desk.post(f"{DESK}{other.pk}/")
    assert desk.get(f"{DESK}{first.pk}/").status_code == 404
