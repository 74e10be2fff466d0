"""The page of the state, and what people see who open an address that is refused or not there."""

import html
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from blockbuster import BlockBuster

from agent import VERSION
from agent.failures import Code, FailureError, failure
from agent.permissions import FILE, Permissions
from agent.selftest.child import Doctor
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.asking import Admission
from agent.web.listener import application, bind, serve
from agent.web.places import Places
from certs.authority import make_identity
from certs.folder import write_identity
from certs.life import ROOT
from tests.stand.parts import free_port
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, FakeHost, Site
from tests.unit.agent.test_web_pages import open_page

PERSON = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Dest": "document"}


@pytest.fixture(params=["our root", "another root"])
def root(request: pytest.FixtureRequest, identity: Path, tmp_path: Path) -> Path:
    """The root that the agent takes for its own: it is, or its leaf is of another one."""
    if request.param == "our root":
        return identity / ROOT
    write_identity(tmp_path / "other", make_identity())
    return tmp_path / "other" / ROOT


@pytest.fixture
async def rooted(
    root: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    no_blocking_on_the_loop: BlockBuster,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    """An agent that knows a root and has a plain port."""
    port, host = free_port(), FakeHost()
    admission = Admission(WebSettings(), Permissions(tmp_path / FILE))
    no_blocking_on_the_loop.deactivate()
    places = Places(port, "localhost", 61170)
    app = application(Signing(host), admission, places, Doctor(), root)
    no_blocking_on_the_loop.activate()
    runner = await serve(app, bind((port,)), server_tls)
    connector = aiohttp.TCPConnector(ssl=client_tls)
    async with aiohttp.ClientSession(f"https://localhost:{port}", connector=connector) as client:
        yield Site(places, host, client_tls, client, admission)
    await runner.cleanup()


async def shown(site: Site) -> dict[str, str]:
    """What the page says: name of a row, its value."""
    reply = await open_page(site, "/status", **{"Accept-Language": "en"})
    assert reply.status == 200
    rows = re.findall(r'<dt data-text="\w+">(.*?)</dt>\s*<dd>(.*?)</dd>', reply.body.decode())
    rows = [(html.unescape(name), value) for name, value in rows]
    return {name: re.sub(r"<[^>]+>", " ", value).strip() for name, value in rows}


@pytest.fixture
def last_day(identity: Path) -> str:
    """The last day of the root, as OpenSSL's reader says: the leaves change by themselves until then."""
    decoded = ssl._ssl._test_decode_cert(str(identity / ROOT))  # type: ignore[attr-defined]
    return f"{datetime.fromtimestamp(ssl.cert_time_to_seconds(decoded['notAfter']), UTC):%Y-%m-%d}"


@pytest.mark.parametrize("root", ["our root"], indirect=True)
async def test_state_names_version_ports_and_the_last_day_of_the_identity(rooted: Site, last_day: str) -> None:
    rows = await shown(rooted)
    assert rows["Version"] == VERSION
    assert rows["Port (HTTPS)"] == str(rooted.port)
    assert rows["Fallback port (HTTP)"] == "61170"
    assert rows["This computer's certificate is valid until"] == last_day
    assert int(last_day[:4]) >= datetime.now(UTC).year + 9, "an identity lasts ten years"
    assert "None" in rows["Last failure"]


@pytest.mark.parametrize("root", ["another root"], indirect=True)
async def test_state_names_no_day_for_a_certificate_that_browsers_do_not_trust(rooted: Site) -> None:
    assert (await shown(rooted))["This computer's certificate is valid until"] == "–"


async def test_state_of_an_agent_without_plain_port(site: Site) -> None:
    assert (await shown(site))["Fallback port (HTTP)"] == "–"


async def test_state_names_the_last_failure_and_nothing_of_its_order(site: Site) -> None:
    site.host.fail(Code.NO_READER)
    await site.authenticate()
    site.host.fail(Code.PIN_WRONG, 2)
    await site.authenticate()
    text = (await open_page(site, "/status")).body.decode()
    assert "pin_wrong" in text
    assert "PIN 碼錯誤。" in text
    assert "no_reader" not in text
    assert ORIGIN not in text
    assert CHALLENGE not in text


async def test_last_failure_is_that_of_all_listeners(site: Site) -> None:
    """Who has failed on the old component's port looks at whichever status page is linked."""
    site.admission.failures[:] = [Code.NO_DRIVER]
    assert "no_driver" in (await open_page(site, "/status")).body.decode()


@pytest.mark.parametrize("relation", ["cross-site", "same-origin", "none"])
async def test_state_can_be_opened_and_not_fetched(site: Site, relation: str) -> None:
    opened = await open_page(site, "/status", **{"Sec-Fetch-Site": relation})
    fetched = await site.ask("GET", "/status", headers={"Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": relation})
    assert opened.status == 200
    assert (fetched.status, fetched.code) == (403, "origin_refused")


async def test_person_who_opens_an_unknown_address_gets_a_page(site: Site) -> None:
    reply = await open_page(site, "/favicon")
    assert (reply.status, reply.header("content-type")) == (404, "text/html; charset=utf-8")
    assert '<h2 data-text="meaning">這裡沒有頁面。</h2>' in reply.body.decode()


async def test_bare_address_leads_a_person_to_the_state(site: Site) -> None:
    reply = await open_page(site, "/")
    assert (reply.status, reply.header("location")) == (302, "/status")
    framed = await site.ask("GET", "/", headers={"Sec-Fetch-Dest": "iframe"})
    assert (framed.status, framed.code) == (403, "origin_refused")


@pytest.mark.parametrize(
    "headers", [{}, {"Accept": "*/*"}, {**PERSON, "Sec-Fetch-Dest": "empty"}, {**PERSON, "Sec-Fetch-Dest": "iframe"}]
)
async def test_program_that_asks_for_an_unknown_address_gets_no_page(site: Site, headers: dict[str, str]) -> None:
    reply = await site.ask("GET", "/nowhere", headers=headers)
    assert reply.status == 404
    assert b"<html" not in reply.body


async def test_refusal_of_a_page_is_a_page_for_a_person_and_a_problem_for_a_program(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: web.Request) -> None:
        raise FailureError(Code.TOO_MANY_REQUESTS)

    monkeypatch.setattr("agent.web.popup.require_window", refuse)
    page = await open_page(site, "/v1/popup")
    assert page.status == failure(Code.TOO_MANY_REQUESTS).status
    assert "請稍候一分鐘再試一次。" in page.body.decode()
    assert "<code>too_many_requests</code>" in page.body.decode()
    program = await site.ask("GET", "/v1/popup", headers={"Accept": "*/*"})
    assert program.code == "too_many_requests"


async def test_preflight_and_post_of_a_page_are_never_answered_with_a_page(site: Site) -> None:
    for method, path in (("POST", "/nowhere"), ("OPTIONS", "/nowhere"), ("POST", "/v1/popup/authenticate")):
        assert b"<html" not in (await site.ask(method, path, headers=PERSON)).body
