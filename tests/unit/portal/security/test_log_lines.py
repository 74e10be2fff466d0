"""The program's log: times in UTC, and no input that forges a line (ASVS 16.2.2, 16.4.1)."""

import logging
import re
from typing import Any

import pytest
from django.conf import settings

from portal.log_lines import LineFormatter

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING portal\.test .*")


def line(message: str, *values: object, trace: bool = False) -> str:
    info = None
    if trace:
        try:
            raise ValueError("first\nsecond 2026-01-31T12:00:00.000Z INFO portal.audit forged")
        except ValueError as error:
            info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("portal.test", logging.WARNING, "x.py", 1, message, values, info)
    return LineFormatter().format(record)


def test_time_is_utc_whatever_the_site_shows() -> None:
    assert settings.TIME_ZONE == "Asia/Taipei"
    record = logging.LogRecord("portal.test", logging.WARNING, "x.py", 1, "message", (), None)
    record.created, record.msecs = 0.5, 500.0
    assert LineFormatter().format(record) == "1970-01-01T00:00:00.500Z WARNING portal.test message"


@pytest.mark.parametrize("evil", ["\n", "\r\n", "\x85", "\u2028", "\x1b[2J", "\x00"])
def test_message_stays_one_line(evil: str) -> None:
    said = line("account %s", f"wang{evil}2026-01-31T12:00:00.000Z INFO portal.audit login code=ok")
    assert _LINE.fullmatch(said)
    assert len(said.splitlines()) == 1
    assert "\\x" in said


def test_trace_cannot_be_taken_for_an_event() -> None:
    first, *more = line("failed", trace=True).splitlines()
    assert _LINE.fullmatch(first)
    assert more
    assert all(text.startswith("    ") for text in more)


def test_this_is_the_form_that_is_used() -> None:
    used: Any = settings.LOGGING
    assert used["formatters"]["line"] == {"()": "portal.log_lines.LineFormatter"}
    for handler in used["handlers"].values():
        assert handler["formatter"] == "line"
