"""The served portal from outside: TLS versions, message boundaries, what is not served, errors without details."""

import socket
import ssl
from pathlib import Path

import pytest
from django.test import Client

from tests.portal.test_serving import Visitor, tls, visitor  # noqa: F401
from tests.stand.waiting import LIMIT


def told(port: int, certificate: Path, request: bytes) -> bytes:
    """What the server says to exactly these bytes."""
    context = ssl.create_default_context(cafile=certificate)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as plain,
        context.wrap_socket(plain, server_hostname="portal.test") as secured,
    ):
        secured.sendall(request)
        return secured.recv(65_536)


def versions(port: int, certificate: Path, version: ssl.TLSVersion) -> str | None:
    """Which version is agreed on by a client that knows only this one."""
    context = ssl.create_default_context(cafile=certificate)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as plain,
        context.wrap_socket(plain, server_hostname="portal.test") as secured,
    ):
        return secured.version()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_only_tls_12_and_13(visitor: Visitor, tls: Path) -> None:  # noqa: F811
    certificate = tls / "tls.crt"
    for old in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises(OSError):  # noqa: PT011 - an alert or a closed connection, by the library's version
            versions(visitor.port, certificate, old)
    assert versions(visitor.port, certificate, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert versions(visitor.port, certificate, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    plain = socket.create_connection(("127.0.0.1", visitor.port), timeout=LIMIT)
    with plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: portal.test:8443\r\n\r\n")
        assert b"200" not in plain.recv(1000)[:20]


def test_weak_ciphers_are_refused(visitor: Visitor, tls: Path) -> None:  # noqa: F811
    for names in ("AES128-SHA", "DES-CBC3-SHA", "NULL", "RC4", "EXPORT", "aNULL"):
        context = ssl.create_default_context(cafile=tls / "tls.crt")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.set_ciphers(names)
        except ssl.SSLError:
            continue  # unknown even to this client
        with socket.create_connection(("127.0.0.1", visitor.port), timeout=LIMIT) as plain, pytest.raises(OSError):  # noqa: PT011
            context.wrap_socket(plain, server_hostname="portal.test")


DOUBTFUL = [
    b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    b"Content-Length: 6\r\nContent-Length: 5\r\n\r\nabcdef",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: +5\r\n\r\nabcde",
    b"Bad Header: x\r\n\r\n",
    b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n",
    b"Evil: a\x00b\r\n\r\n",
]


def test_doubtful_boundaries_are_refused(visitor: Visitor, tls: Path) -> None:  # noqa: F811
    for lines in DOUBTFUL:
        request = b"POST /accounts/login/ HTTP/1.1\r\nHost: portal.test:8443\r\n" + lines
        status = told(visitor.port, tls / "tls.crt", request).split(b" ", 2)[1]
        assert status in (b"400", b"411", b"431", b"501"), lines


def test_nothing_but_pages_and_files_is_served(visitor: Visitor) -> None:  # noqa: F811
    for path in (
        "/.git/config", "/.env", "/static/", "/static/portal/", "/static/../portal/urls.py",
        "/static/%2e%2e/settings/base.py", "/static/portal/..%2f..%2fsettings%2fbase.py", "/portal.sqlite3",
        "/admin/", "/metrics", "/debug/", "/openapi.json", "/static/cardlogin/../../__init__.py",
    ):  # fmt: skip
        page, body = visitor.get(path)
        assert page.status == 404, path
        assert b"CARDLOGIN_" not in body


@pytest.mark.django_db
def test_unexpected_error_tells_nothing(client: Client, monkeypatch: pytest.MonkeyPatch, caplog: object) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret-1 in the database at db.portal.example")

    client.raise_request_exception = False
    monkeypatch.setattr("portal.views.render", fail)
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "en"}).content.decode()
    page = client.get("/")
    assert page.status_code == 500
    text = page.content.decode()
    assert "系統發生錯誤" in text
    for word in ("secret-1", "RuntimeError", "Traceback", "portal/views.py", "django"):
        assert word not in text
    assert "RuntimeError" in caplog.text  # type: ignore[attr-defined]


def test_debug_is_off_everywhere() -> None:
    root = Path(__file__).parents[3]
    for path in (root / "portal" / "settings").glob("*.py"):
        assert "DEBUG = True" not in path.read_text("utf-8")
