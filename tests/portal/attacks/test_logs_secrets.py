"""Links that are secrets, in paths, queries and headers, sent so that every page refuses: what the log then holds."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from portal.log_lines import LineFormatter, RequestFilter
from portal.settings import base
from tests.portal.conftest import browser
from tests.portal.pki import Pki
from tests.portal.security import addresses as known
from tests.portal.security.addresses import addresses
from tests.portal.served import HEAD, serving

pytestmark = pytest.mark.django_db
WHO = "somebody who reads the log"
SECRET = "s3cret-Link_token"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything that is logged, as the portal writes it and as a handler of somebody else's gets it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RequestFilter())
    logging.getLogger().addHandler(handler)
    yield lambda: written.getvalue() + caplog.text
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address, with the secret where a value stands."""
    monkeypatch.setattr(known, "_SAMPLES", {"int": "73700737", "slug": SECRET})
    found = [address.path for address in addresses()]
    assert sum(SECRET in path for path in found) >= 4
    return found


def follow(visitor: Client, path: str) -> Any:
    return visitor.get(path)


def without_token(visitor: Client, path: str) -> Any:
    return visitor.post(path, f"token={SECRET}", FORM)


def from_elsewhere(visitor: Client, path: str) -> Any:
    return visitor.post(path, "", FORM, headers={"origin": f"https://evil.example/{SECRET}"})


def referred(visitor: Client, path: str) -> Any:
    return visitor.post(path, "", FORM, headers={"referer": f"https://evil.example/accounts/confirm/{SECRET}/"})


def other_method(visitor: Client, path: str) -> Any:
    return visitor.generic("PUT", path)


def secret_method(visitor: Client, path: str) -> Any:
    return visitor.generic(SECRET, path)


def more_behind(visitor: Client, path: str) -> Any:
    return visitor.get(f"{path}{SECRET}/")


def without_slash(visitor: Client, path: str) -> Any:
    return visitor.get(path.rstrip("/") + f"?next=/accounts/confirm/{SECRET}/")


def foreign_host(visitor: Client, path: str) -> Any:
    return visitor.get(path, headers={"host": f"{SECRET.replace('_', '-')}.example"})


def long_body(visitor: Client, path: str) -> Any:
    return visitor.post(path, f"token={SECRET}" + "x" * 60_000, FORM)


def many_fields(visitor: Client, path: str) -> Any:
    return visitor.post(path, "&".join(f"{SECRET}{number}=1" for number in range(30)), FORM)


def broken_parts(visitor: Client, path: str) -> Any:
    return visitor.post(path, f"--{SECRET}", "multipart/form-data; boundary=\N{SNOWMAN}")


def unknown_charset(visitor: Client, path: str) -> Any:
    return visitor.generic("POST", path, f"token={SECRET}", f"{FORM}; charset={SECRET}")


def forwarded(visitor: Client, path: str) -> Any:
    return visitor.get(path, headers={"x-forwarded-for": SECRET})


WAYS = [
    follow, without_token, from_elsewhere, referred, other_method, secret_method, more_behind, without_slash,
    foreign_host, long_body, many_fields, broken_parts, unknown_charset, forwarded,
]  # fmt: skip


def assert_nothing_of_it(text: str) -> None:
    """Neither the secrets nor their beginnings, and no trace."""
    for word in (SECRET, SECRET.replace("_", "-"), "73700737", "evil.example", "Traceback"):
        assert word not in text, text[:2000]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_secrets_of_links(
    way: Callable[[Client, str], Any], paths: list[str], settings: Settings, log: Callable[[], str]
) -> None:
    """Every address with a secret in it, refused in one way."""
    settings.CARDLOGIN_PROXIES = 1
    visitor = browser(enforce_csrf_checks=True)
    answers = {way(visitor, path).status_code for path in paths}
    assert all(status < 500 for status in answers), answers
    assert_nothing_of_it(log())
    assert log().count("\n") <= 8 * len(paths)


def test_limit_that_is_used_up(paths: list[str], settings: Settings, log: Callable[[], str]) -> None:
    """Every address with a secret in it, where no more requests are taken."""
    limits = base.ACCOUNT_RATE_LIMITS
    assert isinstance(limits, dict)
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(limits, "1/m/ip")
    answers = {browser().post(path).status_code for path in paths for _ in range(3)}
    assert 429 in answers
    assert_nothing_of_it(log())


def test_error_of_the_program(paths: list[str], monkeypatch: pytest.MonkeyPatch, log: Callable[[], str]) -> None:
    """Every address with a secret in it, where the program fails with the secret in the error's own text."""

    def fail(_self: object, request: HttpRequest) -> None:
        try:
            raise KeyError(f"Key (link)=({SECRET})")
        except KeyError as error:
            raise RuntimeError(f"no such page: {request.get_full_path()}") from error

    monkeypatch.setattr(BaseHandler, "resolve_request", fail)
    visitor = browser()
    visitor.raise_request_exception = False
    for path in paths:
        assert visitor.get(path).status_code == 500
    assert "Internal Server Error (RuntimeError): /accounts/confirm/<slug:link>/" in log()
    assert "KeyError" in log()
    assert SECRET not in log()


def test_what_a_served_portal_writes(tmp_path_factory: pytest.TempPathFactory, pki: Pki) -> None:
    """The server's own lines, for requests that are no HTTP or no page of ours."""
    secret = SECRET.encode()
    line = b"GET /accounts/confirm/" + secret + b"/"
    host = HEAD.split(b"\r\n", 1)[1]
    with serving(tmp_path_factory.mktemp("served"), pki, "tls") as server:
        before = server.log.read_text()
        for request in (
            line + b" HTTP/1.1\r\n" + host + b"\r\n",
            line.replace(b"GET", b"POST") + b" HTTP/1.1\r\n" + host + b"Content-Length: 3\r\n\r\nabc",
            line.replace(b"GET", b"PUT") + b" HTTP/1.1\r\n" + host + b"\r\n",
            line + b"more HTTP/1.1\r\n" + host + b"\r\n",
            line + b"%00%ff HTTP/1.1\r\n" + host + b"\r\n",
            line + b" HTTP/9.9\r\n" + host + b"\r\n",
            line + b" HTTP/1.1\r\nHost: " + secret + b".example\r\n\r\n",
            line + b" HTTP/1.1\r\n" + host + b"Bad Name: " + secret + b"\r\n\r\n",
            line + b" HTTP/1.1\r\n" + host + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            line + b" HTTP/1.1\r\n" + host + b"X: " + secret * 3000 + b"\r\n\r\n",
            line + b"?" + secret * 300 + b" HTTP/1.1\r\n" + host + b"\r\n",
            secret + b" " + line + b"\r\n\r\n",
            b"\x00" + secret + b"\r\n\r\n",
        ):
            with server.connect() as connection:
                connection.sendall(request)
                connection.recv(1000)
        assert server.visit() == b"HTTP/1.1 200 OK"
        text = server.log.read_text().removeprefix(before)
    assert SECRET not in text
    assert "Traceback" not in text
    assert "Not Found: no such page" in text
    assert "/accounts/confirm/<slug:link>/" in text
