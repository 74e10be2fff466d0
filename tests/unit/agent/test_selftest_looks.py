"""The pure parts of the self-test's looks: systems, time, what a portal says, proxies, masks, reports, addresses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from agent.selftest import portal_look
from agent.selftest.checks.computer import judge
from agent.selftest.masks import PUBLIC, holder, masked, number, without_user
from agent.selftest.portal_look import ORIGIN, PortalSeen, _Answer, _read, offset_of
from agent.selftest.proxies import Catcher, catchers
from agent.selftest.reach import reach
from agent.selftest.report import header, page, report
from agent.selftest.results import MAX_FACTS, MAX_VALUE, CheckLine, told
from agent.selftest.words import FACTS
from tests.stand.pages import PageServer

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (("Linux", "6.1", "debian", "13", "2.41"), ""),
        (("Linux", "6.1", "debian", "10", "2.28"), "system_old"),
        (("Linux", "6.1", "ubuntu", "20.04", "2.31"), "system_old"),
        (("Linux", "6.1", "ubuntu", "22.04", "2.35"), ""),
        (("Linux", "6.1", "arch", "", "2.41"), ""),
        (("Linux", "6.1", "gentoo", "rolling", ""), ""),
        (("Linux", "3.10", "centos", "7", "2.17"), "system_unsupported"),
        (("Windows", "11", "", "", ""), ""),
        (("Windows", "10", "", "", ""), "system_old"),
        (("Windows", "7", "", "", ""), "system_unsupported"),
        (("Darwin", "24.1.0", "", "", ""), ""),
        (("Darwin", "19.6.0", "", "", ""), "system_unsupported"),
        (("FreeBSD", "14.1", "", "", ""), "system_unsupported"),
        (("", "", "", "", ""), "system_unsupported"),
    ],
)
def test_systems(facts: tuple[str, str, str, str, str], code: str) -> None:
    assert judge(*facts) == code


def test_offset() -> None:
    assert offset_of(formatdate(NOW, usegmt=True), NOW + 0.5) == 0
    assert offset_of(formatdate(NOW - 300, usegmt=True), NOW + 0.5) == 300  # seconds


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Wed, 99 Dec 2026 17:00:00 GMT", "Wed, 02 Dec 2026 17:00:00 -0000", "\0", "9" * 4000]
)
def test_dates_that_are_none(date: str) -> None:
    assert offset_of(date, NOW) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[" * 4096, b"[]", b"null", b'{"cardlogin_return": 2}', b'{"cardlogin_return": true, "a": 1',
     b"<html>"],
)  # fmt: skip
def test_portal_that_says_nothing_useful(body: bytes) -> None:
    assert _read("https://portal.example", _Answer(200, {}, body, NOW), "") == PortalSeen("portal_silent")


@pytest.mark.parametrize(
    "agent",
    [None, [], "0.1.0", {"newest": 1}, {"newest": "1.0\n"}, {"newest": "<b>"}, {"newest": "1" * 5, "minimum": ""}],
)  # fmt: skip
def test_versions_that_are_none(agent: object) -> None:
    body = json.dumps({"cardlogin_return": 1, "agent": agent, "login": "//evil.example/"}).encode()
    assert _read("https://portal.example", _Answer(200, {}, body, NOW), "") == PortalSeen()


def test_portal_page_elsewhere_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(origin: str, path: str, context: object) -> _Answer:
        asked.append(path)
        return _Answer(200, {"cross-origin-opener-policy": "same-origin; report-to=x"}, b"", NOW)

    monkeypatch.setattr(portal_look, "_get", get)
    for login in ("https://evil.example/", "/../\r\nHost: x", "", 7):
        body = json.dumps({"cardlogin_return": 1, "login": login}).encode()
        assert not _read("https://portal.example", _Answer(200, {}, body, NOW), "").opener_policy
    assert asked == []
    body = json.dumps({"cardlogin_return": 1, "login": "/accounts/login/"}).encode()
    assert _read("https://portal.example", _Answer(200, {}, body, NOW), "").opener_policy == "same-origin"


@pytest.mark.parametrize(
    "origin", ["http://a.example", "https://a.example/", "https://A.example", "https://a.example:0", "https://u@a.example"]
)  # fmt: skip
def test_origins_that_are_none(origin: str) -> None:
    assert not ORIGIN.fullmatch(origin)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a profile of Firefox."""
    profile = tmp_path / "home" / ".mozilla" / "firefox" / "a.default"
    profile.mkdir(parents=True)
    (profile.parent / "profiles.ini").write_text("[Profile0]\nPath=a.default\nIsRelative=1\n")
    (profile / "cert9.db").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return profile


def policy(top: Path, content: str, name: str = "etc/chromium/policies/managed/a.json") -> None:
    """A file of policies."""
    path = top / name
    path.parent.mkdir(parents=True)
    path.write_text(content)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"ProxyBypassList": "<-loopback>"}', {Catcher.LOCALHOST}),
        ('{"ProxySettings": {"ProxyBypassList": "a;<-loopback>"}}', {Catcher.LOCALHOST}),
        ('{"ProxySettings": {"ProxyPacUrl": "http://a/p"}}', {Catcher.PAC}),
        ('{"ProxyMode": "pac_script"}', {Catcher.PAC}),
        ('{"ProxyServer": "a:1", "ProxyBypassList": "<local>"}', set()),
        ('{"ProxySettings": [], "ProxyBypassList": 7}', set()),
        ("[" * 9000, set()),
        ("[]", set()),
    ],
)
def test_policies_of_chromium(tmp_path: Path, home: Path, content: str, found: set[Catcher]) -> None:
    policy(tmp_path, content)
    assert set(catchers({}, tmp_path)) == found


@pytest.mark.parametrize("content", ['{"policies": {"Proxy": {"Mode": "autoConfig"}}}', '{"policies": []}', "{"])
def test_policies_of_firefox(tmp_path: Path, home: Path, content: str) -> None:
    policy(tmp_path, content, "etc/firefox/policies/policies.json")
    assert set(catchers({}, tmp_path)) == ({Catcher.PAC} if "auto" in content else set())


def test_settings_of_firefox(tmp_path: Path, home: Path) -> None:
    (home / "prefs.js").write_text('user_pref("network.proxy.type", 2);\n')
    assert set(catchers({}, tmp_path)) == {Catcher.PAC}
    (home / "user.js").write_text('user_pref("network.proxy.type", 0);\n')
    assert catchers({}, tmp_path) == {}


def test_masks() -> None:
    assert [holder(name) for name in ("王小明", "歐陽小明", "王明", "王")] == ["王○明", "歐○○明", "王○", "王○"]
    assert holder("Ada Lovelace") == "A*** L***"
    assert (number("641e56f5ff7cece9"), number("1234")) == ("64****e9", "****")
    assert masked("id_digits", "1234") == "****"
    assert without_user(f"{Path.home()}/x python (user ada)") == "~/x python (user …)"
    assert masked("label", "王小明") == "王○明"


def test_every_fact_is_public_or_masked() -> None:
    for name in FACTS:
        masked(name, "value of twenty characters")
    assert set(FACTS) - PUBLIC == {"place", "label", "holder", "card_number", "serial", "id_digits", "account"}
    with pytest.raises(KeyError):
        masked("never thought of", "value")


def test_facts_are_one_short_line_each() -> None:
    (fact,) = told({"reader": "a\n\x1b[2J" + "x" * 900, "name": ""})
    assert len(fact.value) == MAX_VALUE
    assert fact.value.isprintable()
    many: dict[str, str] = dict.fromkeys(FACTS, "x")
    assert len(told(many)) == MAX_FACTS


def test_report(tmp_path: Path) -> None:
    head = header(tmp_path / "state")
    assert header(tmp_path / "state").installation == head.installation
    line = CheckLine("token", "ok", "", "", told({"label": "<b>王小明"}), 0.1, {}, "")
    made = report(head, [line], "")
    assert made["results"] == [
        {"check": "token", "sign": "ok", "code": "", "because": "", "facts": {"label": "<○○○○明"}}
    ]
    assert "&lt;○○○○明" in page(made, "zh-Hant")


def test_report_without_a_folder_to_remember_in(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    assert len(header(tmp_path / "state").installation) == 32  # digits


class _Head(BaseHTTPRequestHandler):
    status, size = 200, "10"

    def do_HEAD(self) -> None:
        """The head of a list."""
        self.send_response(self.status)
        self.send_header("Content-Length", self.size)
        self.end_headers()

    @override
    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing."""


@contextmanager
def server(**how: object) -> Iterator[tuple[str, frozenset[str]]]:
    """The address of a list, and its host."""
    with PageServer(type("Head", (_Head,), how)) as served:
        host = f"127.0.0.1:{served.port}"
        yield f"http://{host}/list.crl", frozenset({host})


def test_addresses() -> None:
    with server() as (url, hosts):
        assert reach(url, hosts, responder=False).good
        assert not reach(url, frozenset(), responder=False).good
        assert not reach(url.replace("http", "ftp"), hosts, responder=False).good
    assert not reach(url, hosts, responder=False).good
    assert not reach("http://[", hosts, responder=False).good


@pytest.mark.parametrize(
    ("status", "size", "good"), [(404, "10", (False, True)), (503, "10", (False, False)), (200, "9" * 8, (False, True))]
)
def test_answers_of_addresses(status: int, size: str, good: tuple[bool, bool]) -> None:
    with server(status=status, size=size) as (url, hosts):
        found = [reach(url, hosts, responder=responder).good for responder in (False, True)]
    assert tuple(found) == good
