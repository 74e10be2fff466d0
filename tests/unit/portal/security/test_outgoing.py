"""What the portal itself asks for: no redirect is followed (ASVS 15.3.2)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pytest_django import Settings
from typing_extensions import override

from portal.messages.gateway import GatewayError, HttpGateway


class Turnpike(HTTPServer):
    """Sends everybody on to `/elsewhere` on itself, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Turnpike  # type: ignore[mutable-override]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.asked.append(self.path)
        elsewhere = self.path == "/elsewhere"
        self.send_response(200 if elsewhere else int(self.path.removeprefix("/")))
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output stays readable."""


@pytest.fixture
def turnpike() -> Iterator[Turnpike]:
    """A running one."""
    with Turnpike() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_text_goes_nowhere_else(turnpike: Turnpike, settings: Settings, status: int) -> None:
    settings.CARDLOGIN_TEXT_URL = f"http://127.0.0.1:{turnpike.server_address[1]}/{status}"
    settings.CARDLOGIN_TEXT_TOKEN = "secret-1"
    with pytest.raises(GatewayError):
        HttpGateway().send("0911123456", "text")
    assert turnpike.asked == [f"/{status}"]
