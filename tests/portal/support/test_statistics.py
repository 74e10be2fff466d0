"""How often each failure was met: the right numbers on the right days of Taipei."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from portal.selftest.models import Report
from portal.support.statistics import DAYS, frequency
from tests.portal.support.people import DESK, result, sent

NOON = datetime(2026, 12, 2, 12, tzinfo=ZoneInfo("Asia/Taipei"))
READER, CARD = result("reader", "fail", "no_reader"), result("card", "fail", "no_card")
pytestmark = pytest.mark.django_db


def numbers() -> dict[str, tuple[int, ...]]:
    return {line.code: line.counts for line in frequency().lines}


def test_nothing() -> None:
    table = frequency()
    assert (len(table.days), table.lines, table.total, table.total_reports) == (DAYS, (), 0, 0)
    assert table.sums == [0] * DAYS


@time_machine.travel(NOON, tick=False)
def test_counted_by_day_once_for_each_report() -> None:
    sent("A", READER, CARD)
    sent("B", READER, READER, result("clock", "warn", "clock_off"))
    sent("C", READER, days_ago=1)
    sent("D", CARD, days_ago=29)
    sent("E", result("system"))
    sent("F", READER, days_ago=31)
    assert numbers() == {
        "no_reader": (*[0] * 28, 1, 2),
        "no_card": (1, *[0] * 28, 1),
    }
    table = frequency()
    assert [line.code for line in table.lines] == ["no_reader", "no_card"]
    assert table.sums == [1, *[0] * 27, 1, 3]
    assert table.reports == (1, *[0] * 27, 1, 3)
    assert (table.total, table.total_reports) == (5, 5)
    assert [(str(day), days) for day, days in table.months] == [("2026-11-03", 28), ("2026-12-01", 2)]


@time_machine.travel(NOON, tick=False)
def test_day_begins_at_midnight_of_taipei() -> None:
    sent("A", READER, days_ago=12 / 24)
    sent("B", READER, days_ago=(12 * 3600 + 1) / 86400)
    assert numbers()["no_reader"][-2:] == (1, 1)


@time_machine.travel(NOON, tick=False)
def test_deleted_and_expired_do_not_count() -> None:
    sent("A", READER).delete()
    gone = sent("B", READER)
    Report.objects.filter(pk=gone.pk).update(expires_at=NOON - timedelta(seconds=1))
    assert numbers() == {}


def test_page_has_the_table(desk: Client) -> None:
    assert 'id="no-reports"' in desk.get(DESK).content.decode()
    sent("A", READER, CARD)
    sent("B", READER, result("x", "fail", "new_code"))
    source = desk.get(DESK).content.decode()
    row = source.split('data-code="no_reader"')[1].split("</tr>")[0]
    assert row.count("<td") == DAYS + 1
    assert '<td class="sum">2</td>' in row
    assert 'href="/manual/failures/#no_reader"' in row
    assert '<th scope="row">new_code</th>' in source
    assert '<td class="sum">4</td>' in source.split("data-sums")[1]
    assert '<td class="sum">2</td>' in source.split("data-reports")[1]
