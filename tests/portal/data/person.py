"""A browser's bare bones over TLS, for portals that run as processes: cookies, forms, and which worker is asked."""

import json
import re
import socket
import ssl
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

HOST = "portal.test:8443"
"""What the balancer is called; the workers behind it have other ports."""
_SECONDS = 120  # fifty passwords at once on one core take half a minute


class Page(NamedTuple):
    """An answer: status, where it leads (or ""), its text."""

    status: int
    location: str
    text: str


class Person:
    """Keeps cookies for the one host that all workers serve; every request names the worker's port."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.create_default_context(cafile=certificate)
        self.cookies: dict[str, str] = {}
        self._csrf = ""

    def get(self, port: int, path: str) -> Page:
        """Open a page."""
        return self._ask(port, "GET", path, b"", {})

    def post(self, port: int, path: str, **fields: str) -> Page:
        """Send a form, with the anti-forgery token of the last page that had one."""
        body = urlencode({"csrfmiddlewaretoken": self._csrf, **fields}).encode()
        return self._ask(port, "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def challenge(self, port: int, purpose: str = "login") -> Page:
        """Ask for a challenge as the page's script does."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._csrf, "Accept": "application/json"}
        return self._ask(port, "POST", "/accounts/card/challenge/", json.dumps({"purpose": purpose}).encode(), headers)

    def follow(self, port: int, page: Page) -> Page:
        """Go where an answer leads, until it is a page."""
        while page.location:
            page = self.get(port, page.location)
        return page

    def connect(self, port: int) -> HTTPSConnection:
        """A connection to a worker, which is trusted by the test's certificate only."""
        connection = HTTPSConnection("127.0.0.1", port, timeout=_SECONDS, context=self._context)
        plain = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        connection.sock = self._context.wrap_socket(plain, server_hostname="portal.test")
        return connection

    def _ask(self, port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        connection = self.connect(port)
        try:
            connection.request(method, path, body or None, {**self._usual(), **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text):
            self._csrf = found[1]
        parts = urlsplit(answer.headers.get("Location", ""))
        return Page(answer.status, parts.path + (f"?{parts.query}" if parts.query else ""), text)

    def _usual(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if value)
        origin = f"https://{HOST}"
        return {"Host": HOST, "Origin": origin, "Referer": f"{origin}/", "Accept": "text/html", "Cookie": cookies}
