"""A stranger fills the audit log, which nobody may empty, with refusals."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from portal.accounts.models import User
from portal.audit import flood
from portal.audit.log import record
from portal.audit.models import AuditEvent
from portal.cards.models import CardBinding
from tests.portal.conftest import PASSWORD, browser
from tests.portal.pki import Pki

pytestmark = pytest.mark.django_db
WHO = "a stranger"


@pytest.fixture(autouse=True)
def _one_hour() -> Iterator[None]:
    with time_machine.travel("2026-01-31T12:10:00Z", tick=False):
        yield


def _rows() -> list[tuple[str, str, int]]:
    rows = AuditEvent.objects.order_by("pk")
    return [(row.action, row.code, row.facts.get("count", 1)) for row in rows]


@pytest.mark.parametrize("profile", ["modern", "egov-compat"])
def test_same_page(client: Client, user: User, settings: object, profile: str) -> None:
    """A hundred wrong passwords for one account from one address."""
    settings.CARDLOGIN_PROFILE = profile  # type: ignore[attr-defined]
    for _ in range(100):
        client.post("/accounts/login/", {"login": "wang0001", "password": "x"})
    rows = AuditEvent.objects.filter(action="login")
    assert rows.count() <= 25
    assert {row.account for row in rows} == {user.pk}
    assert {len(row.address) for row in rows} == {64}
    for code in ("password_wrong", "account_locked"):
        counts = [row.facts.get("count", 1) for row in rows if row.code == code]
        assert counts == sorted(counts)


def test_many_pages(client: Client, user: User, pki: Pki) -> None:
    """A hundred and forty refusals of every kind that needs no account, from one address."""
    told = {"challenge": "x", "token": "x", "account": "nobody01", "code": "123456"}
    for number in range(20):
        client.post("/accounts/login/", {"login": f"nobody{number:02}", "password": "x"})
        for page in (
            "card/login/", "confirm/xxxx/", "confirm/", "mail/confirm/xxxx/", "keep/xxxx/", "recover/account/card/",
        ):  # fmt: skip
            assert client.post(f"/accounts/{page}", told).status_code in (200, 302, 410)
    assert AuditEvent.objects.values("action").distinct().count() == 5
    assert AuditEvent.objects.count() <= flood.OF_ONE_ADDRESS + 3


def test_equal() -> None:
    """One refusal again and again: rows at round numbers, which say for how many they stand."""
    for _ in range(101):
        record("login", "password_wrong", account=7)
    counts = [count for _, _, count in _rows()]
    assert counts == [1, 1, 1, 1, 1, 5, 10, 30, 50]
    assert sum(counts) == 100


def test_one_address() -> None:
    """A different account each time: after fifty rows there are only sums, without account."""
    for number in range(1, 201):
        record("login", "password_wrong", account=number)
    assert _rows()[50:] == [(*flood.SUMMED, 50), (*flood.SUMMED, 100)]
    assert [row.account for row in AuditEvent.objects.order_by("pk")[48:]] == [49, 50, None, None]


def test_many_addresses(monkeypatch: pytest.MonkeyPatch, rf: object) -> None:
    """A different account from a different address each time: after so many rows there are only sums."""
    monkeypatch.setattr(flood, "IN_ALL", 60)
    for number in range(1, 301):
        request = rf.get("/", REMOTE_ADDR=f"10.0.{number // 256}.{number % 256}")  # type: ignore[attr-defined]
        record("login", "password_wrong", account=number, request=request)
    assert _rows()[60:] == [(*flood.SUMMED, 40), (*flood.SUMMED, 100)]
    assert {(row.account, row.address) for row in AuditEvent.objects.order_by("pk")[60:]} == {(None, "")}


def test_two_workers(user: User) -> None:
    """Each worker is asked as often: they count together, because the count is in their cache."""
    for client in (browser(), browser()):
        for _ in range(50):
            client.post("/accounts/confirm/code/", {"account": "wang0001", "code": "123456"})
    assert sum(count for _, _, count in _rows()) == 100
    assert len(_rows()) == 9


def test_what_succeeds_is_always_a_row() -> None:
    """The flood is to hide a log-in."""
    for number in range(1, 201):
        record("login", "password_wrong", account=number)
    for _ in range(20):
        record("login", account=7, method="card")
    assert AuditEvent.objects.filter(action="login", code="ok").count() == 20


def test_account_of_ones_own(client: Client, user: User) -> None:
    """A member does the same over and over, and ends sessions that are not there."""
    client.post("/accounts/login/", {"login": "wang0001", "password": PASSWORD})
    card = CardBinding.objects.get().pk
    for number in range(210):
        client.post(f"/member/cards/{card}/rename/", {"nickname": str(number)})
        client.post("/member/sessions/end-others/")
    rows = AuditEvent.objects.order_by("pk").exclude(action="login")
    assert [row.action for row in rows] == ["card_renamed"] * 101
    assert [row.facts for row in rows[99:]] == [{}, {"count": 100}]


def test_next_hour() -> None:
    """The flood is to hide the refusals of the next hour."""
    for moment in ("2026-01-31T12:59:59Z", "2026-01-31T13:00:00Z"):
        with time_machine.travel(moment, tick=False):
            for _ in range(9):
                record("login", "password_wrong", account=7)
    assert [count for _, _, count in _rows()] == [1] * 10


@pytest.mark.django_db(transaction=True)
def test_program_log(caplog: pytest.LogCaptureFixture) -> None:
    """The same flood in the program's log: a line for each row, no more."""
    for _ in range(100):
        record("login", "password_wrong", account=7)
    assert len([one for one in caplog.records if one.name == "portal.audit"]) == AuditEvent.objects.count() == 9
