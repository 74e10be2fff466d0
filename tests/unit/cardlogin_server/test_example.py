"""The example of the documentation, started as its text says, and a log-in with a self-made token."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.stand.parts import ROOT, free_port
from tests.stand.waiting import LIMIT
from tests.unit.cardlogin_server.site import ORIGIN, make_token
from tests.unit.cardlogin_server.test_with_simulator import card


class Browser:
    """Asks the example and keeps its cookie, as a browser behind TLS would."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookie = ""

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, Any]:
        """The status, and the JSON of the answer if it is one."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LIMIT)
        connection.request(method, path, json.dumps(body), {"Content-Type": kind, "Cookie": self.cookie})
        with connection.getresponse() as answer:
            if cookie := answer.headers.get("Set-Cookie"):
                assert "Secure" in cookie
                assert "HttpOnly" in cookie
                self.cookie = cookie.split(";")[0]
            text = answer.read()
            found = json.loads(text) if "json" in answer.headers["Content-Type"] else None
        connection.close()
        return answer.status, found


@pytest.fixture(scope="module")
def port(served: Path) -> Iterator[int]:
    """The example's port."""
    port = free_port()
    host = urlsplit(json.loads((served / "pki.json").read_text("utf-8"))["base_url"]).netloc
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CARDLOGIN_ORIGIN": ORIGIN,
        "CARDLOGIN_PKI": str(served),
        "CARDLOGIN_CRL_HOSTS": host,
    }
    command = [sys.executable, str(ROOT / "docs/server/examples/aiohttp_login.py"), str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        yield port
        server.terminate()


def test_card_logs_in_once(port: int, served: Path) -> None:
    browser = Browser(port)
    assert browser.ask("GET", "/me")[0] == 401
    challenge = browser.ask("GET", "/challenge")[1]["challenge"]
    answer = {"challenge": challenge, "token": make_token(card(served, "citizen"), challenge)}
    before = browser.cookie
    status, claims = browser.ask("POST", "/login", answer)
    assert (status, claims["name"], claims["card_family"]) == (200, "王小明", "moica")
    assert browser.cookie != before
    assert browser.ask("GET", "/me") == (200, claims)
    browser.cookie = before
    status, problem = browser.ask("POST", "/login", answer)
    assert (status, problem["code"]) == (403, "challenge_used")
    assert browser.ask("GET", "/me")[0] == 401


def test_revoked_card_is_told_why(port: int, served: Path) -> None:
    browser = Browser(port)
    challenge = browser.ask("GET", "/challenge")[1]["challenge"]
    answer = {"challenge": challenge, "token": make_token(card(served, "revoked"), challenge)}
    status, problem = browser.ask("POST", "/login", answer)
    assert (status, problem["code"]) == (403, "certificate_revoked")
    assert set(problem["meaning"]) == set(problem["remedy"]) == {"zh-Hant", "en"}


def test_answer_without_a_session(port: int, served: Path) -> None:
    challenge = Browser(port).ask("GET", "/challenge")[1]["challenge"]
    answer = {"challenge": challenge, "token": make_token(card(served, "citizen"), challenge)}
    assert Browser(port).ask("POST", "/login", answer)[1]["code"] == "challenge_session"


def test_token_as_the_page_sends_it(port: int, served: Path) -> None:
    browser = Browser(port)
    challenge = browser.ask("GET", "/challenge")[1]["challenge"]
    answer = {"challenge": challenge, "token": json.loads(make_token(card(served, "citizen"), challenge))}
    assert browser.ask("POST", "/login", answer)[0] == 200


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_body_that_is_no_object(port: int, body: object) -> None:
    assert Browser(port).ask("POST", "/login", body)[0] == 400


@pytest.mark.parametrize("body", [{}, {"challenge": 1, "token": "x"}, {"challenge": "x"}, {"token": [1]}])
def test_body_without_a_token(port: int, body: object) -> None:
    status, problem = Browser(port).ask("POST", "/login", body)
    assert (status, problem["code"]) == (403, "token_malformed")


def test_challenge_that_is_no_text(port: int, served: Path) -> None:
    answer = {"challenge": 1, "token": make_token(card(served, "citizen"), "x" * 44)}
    status, problem = Browser(port).ask("POST", "/login", answer)
    assert (status, problem["code"]) == (403, "challenge_unknown")


def test_form_of_another_site(port: int) -> None:
    assert Browser(port).ask("POST", "/login", {}, "text/plain")[0] == 415


def test_huge_body(port: int) -> None:
    assert Browser(port).ask("POST", "/login", "x" * 20_000)[0] == 413
