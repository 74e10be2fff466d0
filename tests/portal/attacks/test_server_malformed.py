"""Requests that are no honest browser's: each is refused with one short line in the log, and nothing breaks."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from portal.log_lines import LONGEST
from tests.portal.conftest import browser

pytestmark = pytest.mark.django_db
WHO = "a stranger with nonsense"
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
PATHS = ("/accounts/login/", "/accounts/card/challenge/", "/language/", "/accounts/register/", "/no/such/page/")
PART = b'--x\r\nContent-Disposition: form-data; name="a"'


def sent(body: bytes | str, kind: str = FORM) -> dict[str, Any]:
    return {"method": "POST", "data": body, "content_type": kind}


HOSTS = ["evil.example", "portal.test:x", "a" * 300, "[::1", "portal.test@evil.example", "名.example", ""]
CHARSETS = ["nonsense", "base64", "utf-16", "idna", "rot13", "hex", "unicode_escape", "utf-7", "x" * 300, "undefined"]
REQUESTS: dict[str, dict[str, Any]] = {
    **{f"host {host[:12]!r}": {"headers": {"host": host}} for host in HOSTS},
    **{f"{kind.split(';')[0]} as {charset[:14]}": sent(b"a=\xff", f"{kind}; charset={charset}")
       for charset in CHARSETS for kind in (FORM, PARTS, "application/json")},
    **{f"address as {charset[:14]}": {"query": "next=%ff", "content_type": f"text/plain; charset={charset}"}
       for charset in CHARSETS},
    "long body": sent("x" * 60_000),
    "body said to be long": sent("x") | {"headers": {"content-length": "9" * 30}},
    "body of a negative length": sent("x") | {"headers": {"content-length": "-5"}},
    "many fields": sent("&".join(f"a{number}=1" for number in range(30))),
    "many parts": sent((PART + b"\r\n\r\n1\r\n") * 40 + b"--x--", PARTS),
    "many files": sent((PART + b'; filename="f"\r\n\r\n1\r\n') * 200 + b"--x--", PARTS),
    "parts without boundary": sent(PART, "multipart/form-data"),
    "parts with a strange boundary": sent(PART, "multipart/form-data; boundary=\u2603"),
    "parts that end": sent(PART, PARTS),
    "parts in an unknown encoding": sent(PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--x--", PARTS),
    "part with long lines": sent(PART + b"\r\nX: " + b"x" * 5000 + b"\r\n\r\n1\r\n--x--", PARTS),
    "field that is no text": sent(b"a=%ff%fe&%00=%00"),
    "deep JSON": sent("[" * 20_000, "application/json"),
    "JSON that is no text": sent(b'{"purpose": "\xff"}', "application/json"),
    "address with a query that is no text": {"query": "next=%ff%00"},
    "unknown method": {"method": "BREW"},
    "cookies that are none": {"headers": {"cookie": "__Host-session=%00\xff; __Host-csrf=" + "x" * 500}},
    "language that is none": {"headers": {"accept-language": "\xff" * 50, "accept": "\xff/;q=x"}},
    "forwarded for nobody": {"headers": {"x-forwarded-for": "x" * 500}},
}  # fmt: skip


def ask(client: Client, path: str, what: dict[str, Any]) -> Any:
    query = f"?{what['query']}" if "query" in what else ""
    kind = what.get("content_type", FORM)
    return client.generic(what.get("method", "GET"), path + query, what.get("data", b""), kind,
                          headers=what.get("headers"))  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_malformed_request(name: str, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A request that no browser sends is answered, and logged, shortly."""
    settings.CARDLOGIN_PROXIES = 1
    for checks in (True, False):
        for path in PATHS:
            caplog.clear()
            answer = ask(browser(enforce_csrf_checks=checks), path, REQUESTS[name])
            assert answer.status_code < 500, path
            lines = [
                record for record in caplog.records if record.levelname != "INFO" and record.name != "portal.audit"
            ]
            assert len(lines) == (answer.status_code >= 400), (path, answer.status_code, caplog.text)
            for line in lines:
                assert (line.levelname, line.exc_info) == ("WARNING", None)
                assert len(line.getMessage()) < 150 < LONGEST


PATHS_OF_NOBODY = [
    "/%00/", "/accounts/confirm/%00/", "/%ff%fe/", "/static/%00", "/static/%ff", "/a//", f"/{'x' * 2000}",
    f"/accounts/confirm/{'x' * 1900}/", "/..%2f..%2f", "/static/..%00/",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS_OF_NOBODY, ids=lambda path: path[:24])
def test_malformed_path(path: str, caplog: pytest.LogCaptureFixture) -> None:
    """A path that is no text, or no path of this site."""
    answer = browser().get(path)
    assert answer.status_code in (302, 400, 404, 410)
    assert "Traceback" not in caplog.text
    assert all(len(record.getMessage()) < 150 for record in caplog.records)
