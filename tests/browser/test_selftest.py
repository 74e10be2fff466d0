"""The page of the self-test in real browsers, with a self-test that finds what a test wants."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from agent.callers import Callers
from agent.permissions import FILE, Permissions
from agent.selftest.child import Doctor
from agent.selftest.words import CHECKS
from agent.settings import HipkiSettings, WebSettings
from agent.signing import Signing
from agent.web.asking import Admission
from agent.web.hipki.application import old_application
from agent.web.hipki.desk import Desk
from agent.web.listener import application, bind, plain_application, serve, tls_context
from agent.web.places import Places
from certs.authority import make_identity
from certs.folder import write_identity
from certs.life import ROOT, read_life
from tests.browser.attacks.stage import Host
from tests.browser.test_transports_pages import violations
from tests.stand.browser import make_home, strangers
from tests.stand.firefox import firefox, make_profile
from tests.stand.parts import free_port
from tests.stand.scripted_doctor import HOLDER, INSTALLATION, SERIAL, Script
from tests.stand.site import RETURN
from tests.stand.tls import make_portal_certificate
from tests.unit.agent.fakes import FakeHost

STATE = "state of the site"


class Served:
    """A served agent without a card; `script` is its self-test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.script = folder, Script(folder / "selftest")
        self.identity = folder / "identity"
        write_identity(self.identity, make_identity())
        self.old_port = free_port()
        self.places = Places(free_port(), read_life(self.identity).name, free_port(), old={self.old_port: []})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> "Served":
        """Starts it."""
        self._thread.start()
        self._runners = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> list[Any]:
        leaf, places = read_life(self.identity).leaves[0], self.places
        context = tls_context(str(self.identity / leaf.certificate), str(self.identity / leaf.key))
        permissions = Permissions(self.folder / FILE)
        signing, admission, doctor = (
            Signing(FakeHost()), Admission(WebSettings(), permissions), Doctor(command=self.script.command)
        )  # fmt: skip
        desk = Desk(signing, admission, Callers(WebSettings(), permissions, HipkiSettings()))
        plain = plain_application(signing, admission, places, doctor)
        return [
            await serve(application(signing, admission, places, doctor), bind((places.port,)), context),
            await serve(plain, bind((places.http_port,)), None),
            await serve(old_application(desk, places, self.old_port), bind((self.old_port,)), None),
        ]

    async def _end(self) -> None:
        for runner in self._runners:
            await runner.cleanup()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The agent."""
    with Served(tmp_path_factory.mktemp("served")) as served:
        yield served


@pytest.fixture(scope="module")
def portal(served: Served) -> Iterator[Host]:
    """A site that takes answers."""
    make_portal_certificate(served.folder, "portal.test")
    with Host("portal.test", served.folder / "portal.pem") as host:
        yield host


@pytest.fixture(scope="module")
def roots(served: Served, portal: Host) -> list[tuple[str, Path]]:
    """What a browser trusts."""
    return [("agent", served.identity / ROOT), ("portal", served.folder / "portal-root.pem")]


@pytest.fixture(scope="module")
def chromium(
    served: Served, roots: list[tuple[str, Path]], driver: Playwright
) -> Iterator[Callable[[], BrowserContext]]:
    """A Chromium that trusts the agent; each call is somebody new."""
    make_home(served.folder / "home", roots)
    with strangers(served.folder / "home", running=driver) as someone:
        yield someone


@pytest.fixture
def page(served: Served, chromium: Callable[[], BrowserContext]) -> Iterator[Page]:
    """An empty window; nothing goes wrong in its scripts."""
    served.script.plan()
    context = chromium()
    context.grant_permissions(["local-network-access"])
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    ours = (served.places.own, served.places.plain)
    page.on(
        "console",
        lambda said: errors.append(said.text) if said.type == "error" and page.url.startswith(ours) else None,
    )
    yield page
    context.close()
    assert errors == []


def handed_over(portal: Host, **seen: object) -> str:
    """The fragment by which the site hands a person over."""
    address = quote(portal.origin + RETURN, safe="")
    return f"#return_to={address}&language=zh-Hant&state={quote(STATE)}&seen={quote(json.dumps(seen))}"


def run(page: Page, button: str = "#start") -> None:
    """Starts it and waits until it has ended."""
    page.click(button)
    expect(page.locator("#start[aria-disabled]")).to_have_count(0)
    expect(page.locator("#print")).to_be_visible()


def signs(page: Page) -> dict[str, str]:
    """The words of the rows, by check."""
    rows = page.locator("#rows > li").all()
    return {row.get_attribute("data-check") or "": row.locator(".word").inner_text() for row in rows}


def test_nothing_starts_by_itself_and_progress_is_told(page: Page, served: Served) -> None:
    before = len(served.script.asks())
    served.script.plan("no_reader", hold="card")
    page.goto(f"{served.places.own}/selftest")
    page.wait_for_timeout(200)
    assert len(served.script.asks()) == before
    page.click("#start")
    expect(page.locator('[data-check="reader"] .word')).to_have_text("異常")
    assert list(signs(page)) == list(CHECKS)
    assert signs(page)["card"] == "檢測中"
    assert page.get_attribute("#state", "role") == "status"
    assert "共 30 項" in page.inner_text("#state")
    assert page.inner_text("#cause-meaning") == "找不到讀卡機。"  # everything before it is known
    served.script.go_on()
    expect(page.locator("#state")).to_have_text("發現 1 項異常，原因列在最前面。")
    assert set(signs(page).values()) == {"正常", "異常", "未檢測"}
    ask = served.script.asks()[-1]
    assert ask["browser"]["kind"] == "chromium"
    assert ask["browser"]["version"] > 100
    assert ask["browser"]["trusts"] is True
    assert (ask["portal"], ask["trial"], ask["checks"]) == ("", "", [])


def test_first_fault_stands_in_a_large_box_with_its_steps(page: Page, served: Served) -> None:
    served.script.plan("no_reader", "clock_wrong", "popups_blocked")
    page.goto(f"{served.places.own}/selftest")
    run(page)
    assert page.inner_text("#cause-meaning") == "電腦的時間不正確。"
    assert page.locator("#cause-steps li").count() == 3
    assert page.locator("#cause-steps svg[data-picture=clock]").is_visible()
    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('cause-meaning')).fontSize)") >= 24
    assert page.inner_text('[data-check="popups"] .mark') == "!"
    page.click("#languages [lang=en]")
    assert page.inner_text("#cause-meaning") == "The clock of this computer is wrong."
    assert page.inner_text('[data-check="popups"] .word') == "note"
    assert page.inner_text("#state") == "Faults found: 2. The cause stands first."


def test_one_check_is_made_again_and_the_others_stay(page: Page, served: Served) -> None:
    served.script.plan("no_reader")
    page.goto(f"{served.places.own}/selftest")
    run(page)
    served.script.plan()
    run(page, '[data-check="reader"] button')
    assert served.script.asks()[-1]["checks"] == ["reader"]
    assert signs(page)["reader"] == "正常"
    assert not page.is_visible("#cause")
    run(page, "#try-signature")
    assert (served.script.asks()[-1]["checks"], served.script.asks()[-1]["trial"]) == (["signature"], "signature")
    assert signs(page)["signature"] == "正常"
    run(page, '[data-check="decryption"] button')
    assert served.script.asks()[-1]["trial"] == "decryption"


def test_run_that_breaks_off_or_is_refused_is_said(page: Page, served: Served) -> None:
    page.goto(f"{served.places.own}/selftest")
    served.script.plan(raw=['{"kind":"begin","checks":["system","reader"]}\n'])
    page.click("#start")
    expect(page.locator("#state")).to_have_text("檢測中斷，請重新開始檢測。")
    assert set(signs(page).values()) == {"未檢測"}
    served.script.plan()
    run(page)
    expect(page.locator("#state")).to_have_text("一切正常。")


def test_report_is_shown_before_it_is_sent_and_is_what_is_sent(page: Page, served: Served, portal: Host) -> None:
    portal.posts.clear()
    page.goto(f"{served.places.own}/selftest" + handed_over(portal, network_access="denied", popups=False, more=1))
    assert page.inner_text("#site") == portal.origin
    run(page)
    ask = served.script.asks()[-1]
    assert ask["portal"] == portal.origin
    assert (ask["browser"]["network_access"], ask["browser"]["popups"]) == ("denied", False)
    page.click("#open-report")
    preview, text = page.inner_text("#preview"), page.text_content("#json") or ""
    assert INSTALLATION in preview
    for secret in (HOLDER, SERIAL, "/home/wang", "TP00000000000001"):
        assert secret not in preview
        assert secret not in text
    assert "王○○" in preview
    report = json.loads(text)
    assert list(report) == ["format", "installation", "made", "version", "first", "results"]
    assert [result["check"] for result in report["results"]] == list(CHECKS)
    assert report["results"][-2] == {
        "check": "decryption", "sign": "skip", "code": "", "because": "asked", "facts": {}
    }  # fmt: skip
    assert portal.posts == []
    page.click("#send")
    page.wait_for_url(portal.origin + RETURN)
    (posted,) = portal.posts
    fields = parse_qs(posted, strict_parsing=True)
    assert json.loads(fields.pop("report")[0]) == report
    assert fields == {"state": [STATE]}


@pytest.mark.parametrize(
    "address", ["", "https://evil.test/", "javascript:alert(1)", "https://a.example/x/.well-known/"]
)
def test_without_a_site_that_takes_reports_there_is_nobody_to_send_to(page: Page, served: Served, address: str) -> None:
    page.goto(f"{served.places.own}/selftest#return_to={address}&seen=%7Bx")
    run(page)
    page.click("#open-report")
    assert not page.is_visible("#send")
    assert served.script.asks()[-1]["portal"] == ""


def test_report_is_saved_as_file(page: Page, served: Served) -> None:
    page.goto(f"{served.places.own}/selftest")
    run(page)
    page.click("#open-report")
    for button, ending in (("#save-json", "json"), ("#save-html", "html")):
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename == f"cardlogin-report-2026-12-02T17-00-00Z.{ending}"
        text = Path(download.value.path()).read_text("utf-8")
        assert INSTALLATION in text
        assert HOLDER not in text
        assert "<script" not in text


def test_keyboard_alone_is_enough(page: Page, served: Served) -> None:
    page.goto(f"{served.places.own}/selftest")
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "start":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("一切正常。")
    assert page.evaluate("document.activeElement.id") == "start"
    reached = set()
    for _ in range(page.locator("button:visible, a:visible").count()):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.closest('li')?.dataset.check"))
        if page.evaluate("document.activeElement !== document.body"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert {"open-report", "print", "try-signature", "reader", "account"} <= reached
    page.focus("#open-report")
    page.keyboard.press("Enter")
    assert page.is_visible("#report")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "open-report"


@pytest.mark.parametrize("path", ["/selftest", "/selftest/old"])
def test_axe_finds_nothing_nothing_is_cut_off_and_it_is_printed_on_one_page(
    page: Page, served: Served, path: str
) -> None:
    served.script.plan("no_reader", "clock_wrong", "popups_blocked", "not_trusted_here")
    page.goto(served.places.own + path)
    run(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (320, 1024):
            page.set_viewport_size({"width": width, "height": 640})
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    page.click("#open-report")
    for width in (320, 1024):
        page.set_viewport_size({"width": width, "height": 640})
        assert violations(page) == []
        assert page.evaluate("document.getElementById('report').scrollWidth") <= width


def test_address_of_the_old_component_leads_to_the_familiar_rows(page: Page, served: Served) -> None:
    page.goto(f"http://localhost:{served.old_port}/selfTest.htm")
    assert page.url == f"{served.places.plain}/selftest/old"
    assert page.inner_text("#heading") == "IC卡功能檢測"
    run(page, "#old-try-signature")
    ask = served.script.asks()[-1]
    assert (ask["checks"], ask["trial"], ask["browser"]["trusts"]) == ([], "signature", True)
    rows = page.locator("#old tbody tr").all()
    shown = [[cell.inner_text().strip() for cell in row.locator("th, td").all()] for row in rows]
    assert [row[0].split(" ")[0] for row in shown] == ["1", "2", "3", "4", "5", "6", "7", "加密解密測試", "8", "9"]
    assert [row[1] for row in shown] == ["V", "V", "V", "V", "V", "", "V", "–", "V", "–"]
    assert "不需升級" in shown[2][2]
    assert HOLDER in shown[8][2]
    assert "自 2024-05-01 至 2029-05-01" in shown[8][2]
    run(page, '[data-check="decryption"] button')
    assert "keyEncipherment" in page.inner_text("#old-encryption")


def test_browser_that_does_not_trust_us_opens_the_page_and_says_so(
    served: Served, driver: Playwright, tmp_path: Path
) -> None:
    served.script.plan()
    with strangers(tmp_path / "home", running=driver) as someone:
        context = someone()
        context.grant_permissions(["local-network-access"])
        page = context.new_page()
        page.goto(f"http://localhost:{served.places.http_port}/selftest")
        run(page)
        assert served.script.asks()[-1]["browser"]["trusts"] is False
        assert not page.is_visible("#to-status")
        context.close()


def test_evil_page_starts_nothing_reads_nothing_and_keeps_no_hold(page: Page, served: Served, portal: Host) -> None:
    before = len(served.script.asks())
    page.goto(portal.origin)
    tried = page.evaluate(
        """async ([own, body]) => {
          const kinds = [{ mode: "no-cors" }, { headers: { "content-type": "application/json" } }];
          const ends = [];
          for (const kind of kinds) {
            const sent = fetch(`${own}/selftest/run`, { method: "POST", body, ...kind });
            ends.push(await sent.then(({ type }) => type, () => "failed"));
          }
          ends.push(await fetch(`${own}/selftest`).then(() => "read", () => "failed"));
          const opened = window.open(`${own}/selftest`, "_blank");
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return [...ends, opened === null || opened.closed];
        }""",
        [served.places.own, json.dumps({"page_token": "x"})],
    )
    assert tried[1:3] == ["failed", "failed"]
    assert tried[0] in ("opaque", "failed")
    assert tried[3] is True
    assert len(served.script.asks()) == before


def test_firefox(served: Served, portal: Host, roots: list[tuple[str, Path]], tmp_path: Path) -> None:
    served.script.plan("card_mute")
    portal.posts.clear()
    make_profile(tmp_path, roots)
    with firefox(tmp_path, portal.port) as browser:
        page = browser.new_page()
        page.goto(f"{served.places.own}/selftest" + handed_over(portal))
        page.click("#start")
        page.wait("() => document.getElementById('state').textContent.includes('發現 1 項異常')")
        assert page.text("#cause-meaning") == "讀卡機裡的卡片沒有回應。"
        assert served.script.asks()[-1]["browser"]["kind"] == "firefox"
        page.click("#languages [lang=en]")
        assert page.text("#cause-meaning") == "The card in the reader does not answer."
        page.click("#open-report")
        shown = page.evaluate("document.getElementById('json').textContent")
        page.click("#send")
        page.wait_url(RETURN)
        (posted,) = portal.posts
        assert json.loads(parse_qs(posted)["report"][0]) == json.loads(shown)
