"""Who works at the desk in these tests, and what citizens have sent."""

import secrets
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.sealing import index
from portal.selftest.models import Report
from tests.portal.conftest import browser
from tests.portal.member.people import log_in
from tests.portal.member.test_second_factor import switch_on

DESK, CODE_PAGE = "/support/reports/", "/support/code/"
CODE, COMPUTER = "ABCD2345", "0f" * 16


def result(check: str, sign: str = "ok", code: str = "", because: str = "", **facts: str) -> dict[str, Any]:
    """One row of a report."""
    return {"check": check, "sign": sign, "code": code, "because": because, "facts": facts}


RESULTS = (
    result("system", system="Debian GNU/Linux 12", processor="x86_64"),
    result("clock", "warn", "clock_off", offset="140", portal="https://portal.test"),
    result("reader", "fail", "no_reader"),
    result("card", "skip", because="reader"),
    result("signature", "skip", because="asked"),
)


def sent(
    code: str = CODE, *results: dict[str, Any], computer: str = COMPUTER, days_ago: float = 0, life: float = 30
) -> Report:
    """A report as a citizen has sent it."""
    rows = list(results or RESULTS)
    first = next((row["code"] for row in rows if row["sign"] == "fail"), "")
    at = timezone.now() - timedelta(days=days_ago)
    content = {
        "format": "cardlogin-report:1", "installation": computer, "made": "2026-12-02T17:00:00Z", "version": "0.1.0",
        "first": first, "results": rows,
    }  # fmt: skip
    return Report.objects.create(
        code_hash=index(code, "report code"), secret_hash=secrets.token_hex(32), installation=computer,
        content=content, first=first, received_at=at, expires_at=at + timedelta(days=life),
    )  # fmt: skip


def make_staff(user: User) -> User:
    """Let the account read reports."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return user


def at_the_desk(user: User) -> Client:
    """The browser of one of the staff, who has just set two-step log-in up."""
    make_staff(user)
    client = browser()
    log_in(client, account=user.username)
    switch_on(client)
    return client


def look_up(client: Client, code: str = CODE) -> Any:
    """Type a code; the answer."""
    return client.post(DESK, {"code": code})


def refusal(answer: Any) -> str:
    """The code of the failure that the page shows; empty where it shows none."""
    text = answer.content.decode().split('id="report-message"')
    return text[1].split('data-code="', 1)[1].split('"', 1)[0] if len(text) > 1 else ""
