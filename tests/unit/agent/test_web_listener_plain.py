"""The plain listener: popups for browsers that do not trust our certificate, and nothing else."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from blockbuster import BlockBuster

from agent.permissions import FILE, Permissions
from agent.selftest.child import Doctor
from agent.settings import SettingsError, WebSettings, read_settings
from agent.signing import Signing
from agent.web.asking import Admission
from agent.web.listener import bind, plain_application, serve
from agent.web.places import Places
from tests.stand.parts import free_port
from tests.stand.scripted_doctor import Script
from tests.stand.waiting import LIMIT
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, FakeHost

TLS_PORT = 61172
NAME = f"{0x5EED:032x}.localhost"


class Plain:
    """An agent that is served over plain HTTP."""

    def __init__(self, port: int, host: FakeHost, client: aiohttp.ClientSession) -> None:
        self.port, self.host, self.client = port, host, client
        self.own_host = f"{NAME}:{port}"
        self.own_origin = f"http://{self.own_host}"

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Status and text of an answer."""
        sent = {"Host": self.own_host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.client.request(method, path, headers=sent, json=body, allow_redirects=False) as response:
            assert response.headers["Server"] == "CardLogin"
            return response.status, await response.text()

    async def token(self) -> str:
        """The page token of a freshly opened popup."""
        found = re.search(r'name="page-token" content="([^"]+)"', (await self.ask("GET", "/v1/popup"))[1])
        assert found is not None
        return found[1]

    async def order(self, token: str, **headers: str) -> tuple[int, str]:
        """The order that the popup's script sends."""
        sent = {"Origin": self.own_origin, "Sec_Fetch_Site": "same-origin", **headers}
        body = {"page_token": token, "origin": ORIGIN, "challenge": CHALLENGE}
        return await self.ask("POST", "/v1/popup/authenticate", body, **sent)


@pytest.fixture
async def plain(no_blocking_on_the_loop: BlockBuster, tmp_path: Path, script: Script) -> AsyncIterator[Plain]:
    """A served plain listener."""
    host, port = FakeHost(), free_port()
    admission = Admission(WebSettings(), Permissions(tmp_path / FILE))
    no_blocking_on_the_loop.deactivate()
    app = plain_application(
        Signing(host), admission, Places(TLS_PORT, NAME, port, NAME), Doctor(command=script.command)
    )
    no_blocking_on_the_loop.activate()
    runner = await serve(app, bind((port,)), None)
    async with aiohttp.ClientSession(f"http://localhost:{port}") as client:
        yield Plain(port, host, client)
    await runner.cleanup()


async def test_popup_signs_for_its_opener(plain: Plain) -> None:
    status, text = await plain.order(await plain.token())
    assert status == 200
    assert "unverifiedCertificate" in json.loads(text)
    assert [item.origin for item in plain.host.orders] == [ORIGIN]


async def test_popup_names_the_port_where_tls_is(plain: Plain) -> None:
    page = (await plain.ask("GET", "/v1/popup"))[1]
    assert f'<meta name="port" content="{TLS_PORT}">' in page
    assert f'<meta name="secure" content="https://{NAME}:{TLS_PORT}">' in page


async def test_hello_says_that_we_are_here(plain: Plain) -> None:
    status, text = await plain.ask("GET", "/v1/hello", Origin=ORIGIN)
    assert (status, json.loads(text)) == (200, {"service": "cardlogin", "protocol": 1})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/authenticate"), ("OPTIONS", "/v1/authenticate"), ("GET", "/v1/go"),
        ("POST", "/v1/go/authenticate"), ("GET", "/status"), ("GET", "/"),
    ],
)  # fmt: skip
async def test_nothing_else_is_served_without_tls(plain: Plain, method: str, path: str) -> None:
    status, _ = await plain.ask(method, path, {"challenge": CHALLENGE} if method == "POST" else None, Origin=ORIGIN)
    assert status == 404
    assert plain.host.orders == []


@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "localhost", "localhost:61171", "localhost:{port}.evil.example"]
)
async def test_dns_rebinding_by_another_host_name_is_refused(plain: Plain, host: str) -> None:
    status, text = await plain.ask("GET", "/v1/popup", Host=host.format(port=plain.port))
    assert (status, json.loads(text)["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("origin", ["https://localhost:{port}", "http://127.0.0.1:{port}", ORIGIN, "null"])
async def test_request_of_another_origin_than_our_page_is_refused(plain: Plain, origin: str) -> None:
    status, text = await plain.order(await plain.token(), Origin=origin.format(port=plain.port))
    assert (status, json.loads(text)["code"]) == (403, "origin_refused")
    assert plain.host.orders == []


async def test_page_token_is_good_once(plain: Plain) -> None:
    token = await plain.token()
    assert (await plain.order(token))[0] == 200
    assert json.loads((await plain.order(token))[1])["code"] == "page_expired"


async def test_tls_to_the_plain_port_gets_no_log_in(plain: Plain) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", plain.port)
    writer.write(b"\x16\x03\x01\x00\x05hello\r\n\r\n")
    async with asyncio.timeout(LIMIT):
        received = await reader.read()
    writer.close()
    assert received.startswith(b"HTTP/1.0 400")
    assert not re.search(rb"aiohttp|Python/|protocol", received)


@pytest.mark.parametrize(("text", "port"), [("", 61170), ("http_port = 0", 0), ("http_port = 50000", 50000)])
def test_port_is_a_setting(tmp_path: Path, text: str, port: int) -> None:
    (tmp_path / "agent.toml").write_text(f"[web]\n{text}\n")
    assert read_settings(tmp_path / "agent.toml").web.http_port == port


@pytest.mark.parametrize("text", ["true", "false", '"61170"', "80", "-1", "70000", "[61170]"])
def test_port_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "agent.toml").write_text(f"[web]\nhttp_port = {text}\n")
    with pytest.raises(SettingsError, match="http_port"):
        read_settings(tmp_path / "agent.toml")


def test_both_loopback_addresses_are_listened_on() -> None:
    port = free_port()
    sockets = bind((port,))
    assert {sock.getsockname()[0] for sock in sockets} == {"127.0.0.1", "::1"}
    for sock in sockets:
        sock.close()


async def test_self_test_is_there_for_a_browser_that_does_not_trust_us(plain: Plain, script: Script) -> None:
    page = (await plain.ask("GET", "/selftest"))[1]
    assert f'<meta name="secure" content="https://{NAME}:{TLS_PORT}">' in page
    token = re.findall(r'name="page-token" content="([^"]+)"', page)[0]
    body = {"page_token": token, "browser": {"trusts": False}}
    status, text = await plain.ask("POST", "/selftest/run", body, Origin=plain.own_origin, Sec_Fetch_Site="same-origin")
    assert (status, json.loads(text.splitlines()[-1])["kind"]) == (200, "end")
    (ask,) = script.asks()
    assert ask["port"] == TLS_PORT
    assert ask["browser"]["trusts"] is False


async def test_self_test_under_a_fixed_name_only_leads_home(plain: Plain, script: Script) -> None:
    fixed = f"localhost:{plain.port}"
    status, text = await plain.ask("GET", "/selftest", Host=fixed)
    assert (status, "page-token" in text) == (307, False)
    status, text = await plain.ask(
        "POST", "/selftest/run", {"page_token": "x"}, Host=fixed, Origin=f"http://{fixed}", Sec_Fetch_Site="same-origin"
    )
    assert (status, json.loads(text)["code"]) == (403, "origin_refused")
    assert script.asks() == []
