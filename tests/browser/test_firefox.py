"""The Firefox of the stand: what the other browser tests rely on."""

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from typing_extensions import override

from tests.stand.bidi import BidiError
from tests.stand.firefox import Firefox, Page, firefox, make_profile
from tests.stand.parts import HOST
from tests.stand.private import PrivateSystem
from tests.stand.processes import StandError
from tests.stand.tls import make_portal_certificate

PAGE = b"""<!doctype html><title>page</title><button>open</button><input value=old><p hidden>hidden</p>
<script>document.querySelector("button").onclick = () => { console.log("opened", open("/popup") !== null) }</script>"""
FRAMED = b"<!doctype html><iframe src=/framed></iframe>"


class Handler(BaseHTTPRequestHandler):
    """Answers every path with a page."""

    def do_GET(self) -> None:
        """The page, or one with a frame in it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(FRAMED if self.path == "/frame" else PAGE)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def server(context: ssl.SSLContext | None) -> ThreadingHTTPServer:
    """A web server on a free port, answering in threads."""
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    return serving


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the portal's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    make_portal_certificate(folder, HOST)
    return folder


@pytest.fixture(scope="module")
def port(tls: Path) -> Iterator[int]:
    """Where the portal answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "portal.pem", tls / "portal.key")
    serving = server(context)
    yield serving.server_port
    serving.shutdown()
    serving.server_close()


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    """A program of this computer that answers plain HTTP: its address."""
    serving = server(None)
    yield f"http://127.0.0.1:{serving.server_port}/"
    serving.shutdown()
    serving.server_close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, tls: Path, port: int) -> Iterator[Firefox]:
    """A Firefox that trusts the portal; nobody answers its questions for long."""
    home = tmp_path_factory.mktemp("home")
    make_profile(home, [("portal", tls / "portal-root.pem")])
    with firefox(home, port, {"network.lna.prompt.timeout": 500}) as browser:
        yield browser


@pytest.fixture
def page(running: Firefox, port: int) -> Iterator[Page]:
    """The portal's page in a new tab."""
    page = running.new_page()
    page.goto(f"https://{HOST}:{port}/")
    yield page
    for opened in [*page.popups(), page]:
        opened.close()


def test_script_values_come_back(page: Page) -> None:
    assert page.evaluate("1 + 1") == 2
    assert page.evaluate("async (a, b) => ({ sum: a + b })", 1, 2) == {"sum": 3}
    assert page.evaluate("undefined") is None


def test_script_that_throws_is_an_error(page: Page) -> None:
    with pytest.raises(StandError, match="nothing is not defined"):
        page.evaluate("nothing")


def test_popup_without_a_click_is_blocked(page: Page) -> None:
    assert page.evaluate("() => open('/popup') === null")
    assert page.popups() == []


def test_popup_after_a_click_opens(page: Page) -> None:
    page.click("button")
    popup = page.wait_popup()
    popup.wait_url("/popup")
    assert page.browser.console(page) == ["opened true"]
    assert not popup.closed
    popup.evaluate("() => setTimeout(close)")
    popup.wait_closed()
    assert popup.closed


def test_script_that_counts_as_a_click_may_open_a_popup(page: Page) -> None:
    assert page.evaluate("() => open('/popup') !== null", user=True)


def test_typing_replaces_what_was_there(page: Page) -> None:
    page.fill("input", "新 new")
    assert page.evaluate("document.querySelector('input').value") == "新 new"


def test_hidden_element_is_not_there_for_a_person(page: Page) -> None:
    with pytest.raises(StandError, match="never true"):
        page.wait_for("p", seconds=0.2)


def test_frame_is_a_page_of_its_own(page: Page, port: int) -> None:
    page.goto(f"https://{HOST}:{port}/frame")
    assert page.frame("/framed").text("button") == "open"


def test_picture_is_a_picture(page: Page, tmp_path: Path) -> None:
    page.picture(tmp_path / "page.png")
    with Image.open(tmp_path / "page.png") as picture:
        assert picture.width > 600


def fetched(page: Page, url: str) -> str:
    """What a page's fetch ends with."""
    return str(page.evaluate("url => fetch(url).then(() => 'answered', () => 'refused')", url))


def test_local_network_access_is_in_force(page: Page, port: int, local: str) -> None:
    """Nobody answers the browser's question, then an answer is there in advance."""
    origin = f"https://{HOST}:{port}"
    query = "navigator.permissions.query({ name: 'loopback-network' }).then(status => status.state)"
    assert page.evaluate(query) == "prompt"
    assert fetched(page, local) == "refused"
    for state, end in (("denied", "refused"), ("granted", "answered"), ("prompt", "refused")):
        page.browser.set_permission(origin, state)
        assert page.evaluate(query) == state
        assert fetched(page, local) == end


def test_unknown_issuer_is_refused_by_name(tmp_path: Path, port: int) -> None:
    with firefox(tmp_path, port) as browser, pytest.raises(BidiError, match="SEC_ERROR_UNKNOWN_ISSUER"):
        browser.new_page().goto(f"https://{HOST}:{port}/")


def test_policies_of_a_private_system_are_seen_by_this_firefox_only(tmp_path: Path, tls: Path, port: int) -> None:
    system = PrivateSystem(tmp_path / "system")
    policies = system.path("/etc/firefox/policies/policies.json")
    policies.parent.mkdir(parents=True)
    install = {"policies": {"Certificates": {"Install": [str(tls / "portal-root.pem")]}}}
    policies.write_text(json.dumps(install))
    with firefox(tmp_path, port, system=system) as browser:
        page = browser.new_page()
        page.goto(f"https://{HOST}:{port}/")
        assert page.text("button") == "open"
    assert not Path("/etc/firefox/policies/policies.json").exists()


def test_closed_browser_leaves_no_process_and_says_so(tmp_path: Path, port: int) -> None:
    with firefox(tmp_path, port) as browser:
        page = browser.new_page()
    with pytest.raises(StandError):
        page.goto("about:blank")
    assert not Path(f"/proc/{browser.pid}").exists()
