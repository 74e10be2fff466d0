"""What any page may load, the windows, and what is served of them."""

import json
import re

import pytest

from agent.card.old_asks import ListedReader, Listing
from agent.permissions import Decision
from tests.unit.agent.fakes import ORIGIN
from tests.unit.agent.old_site import CROSS, NAVIGATION, PICTURE, OldSite

POPUPS = ["/popupForm", "/ChtPopupForm", "/CardManagement/CMCPopForm", "/PrintCard/ChtPopupFormPrintCard"]
MASKED = [("Reader 1", True), ("Reader 2", False)]


def told(body: bytes) -> list[tuple[str, bool]]:
    """Names of the readers, and whether a card is in each."""
    text = body[54:].rstrip(b"\0") if body.startswith(b"BM") else body
    return [(slot["slotDescription"], slot["token"] is not None) for slot in json.loads(text)["slots"]]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?1733112000",
        "?_=17",
        "?Wed%20Dec%202026%20(%E5)",
        "?withcert=true",
        "?[object%20Object]",
        r"?{a:'1|2^3`\4'}",
    ],
)
async def test_picture_tells_strangers_how_many_readers_there_are(old: OldSite, query: str) -> None:
    reply = await old.ask("GET", f"/p11Image.bmp{query}", {**PICTURE, "Origin": ORIGIN})
    assert (reply.status, reply.header("content-type"), len(reply.body)) == (200, "image/bmp", 6054)
    assert told(reply.body) == MASKED
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert reply.header("vary") == "Origin"
    assert reply.header("cross-origin-resource-policy") == "cross-origin"
    assert reply.header("cache-control") == "no-store"
    assert old.host.looks == []
    assert old.host.old_orders == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [CROSS, {}])
async def test_list_tells_strangers_the_same(old: OldSite, method: str, headers: dict[str, str]) -> None:
    reply = await old.ask(method, "/pkcs11info", {**headers, "Origin": ORIGIN}, b"" if method == "POST" else None)
    assert told(reply.body) == MASKED
    assert reply.header("access-control-allow-origin") == ORIGIN


async def test_person_who_opens_the_list_sees_what_strangers_do(old: OldSite) -> None:
    reply = await old.ask("GET", "/pkcs11info", {**NAVIGATION, "Sec-Fetch-Site": "none"})
    assert told(reply.body) == MASKED


async def test_permitted_site_gets_the_names(old: OldSite) -> None:
    await old.allow()
    old.host.listing = Listing((ListedReader(0, "Secret Reader 4711 00 00", "m", 7),))
    reply = await old.ask("GET", "/p11Image.bmp", {**PICTURE, "Origin": ORIGIN})
    assert [name for name, _ in told(reply.body)] == ["Secret Reader 4711 00 00"]
    assert len(old.host.looks) == 1


async def test_refused_site_reads_that_it_is(old: OldSite) -> None:
    await old.allow(ORIGIN, Decision.DENY)
    reply = await old.ask("GET", "/pkcs11info", {**CROSS, "Origin": ORIGIN})
    assert json.loads(reply.body)["ret_code"] == 0x7600000F
    assert reply.header("access-control-allow-origin") == ORIGIN


@pytest.mark.parametrize("headers", [{}, {**PICTURE, "Sec-Fetch-Mode": "no-cors"}, NAVIGATION])
async def test_waiting_picture(old: OldSite, headers: dict[str, str]) -> None:
    reply = await old.ask("GET", "/waiting.gif", headers)
    assert (reply.status, reply.header("content-type"), reply.body[:6]) == (200, "image/gif", b"GIF89a")


@pytest.mark.parametrize("path", POPUPS)
async def test_popup_is_one_file_and_keeps_its_opener(old: OldSite, path: str) -> None:
    reply = await old.ask("GET", path, NAVIGATION)
    assert reply.status == 200
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'][^"']+""", reply.body.decode()) == []
    assert reply.header("cross-origin-opener-policy") == "unsafe-none"
    assert "frame-ancestors 'none'" in (reply.header("content-security-policy") or "")
    assert reply.header("clear-site-data") is None
    assert old.host.prepared == 1


@pytest.mark.parametrize(
    ("path", "greeting", "resized"),
    [("/popupForm", "getTbs", "false"), ("/ChtPopupForm", "getTbs", "true"), (POPUPS[2], "CMCAtn", "false")],
)
async def test_popup_knows_its_first_message_and_its_size(old: OldSite, path: str, greeting: str, resized: str) -> None:
    page = (await old.ask("GET", path, NAVIGATION)).body.decode()
    assert f'<meta name="greeting" content="{greeting}">' in page
    assert f'<meta name="resized" content="{resized}">' in page


@pytest.mark.parametrize("path", ["/selfTest.htm", "/"])
async def test_self_test_leads_to_the_status(old: OldSite, path: str) -> None:
    reply = await old.ask("GET", path, NAVIGATION)
    assert (reply.status, reply.header("location")) == (302, "/status")


async def test_status_names_the_ports(old: OldSite) -> None:
    page = (await old.ask("GET", "/status", NAVIGATION)).body.decode()
    assert f"<dd>{old.port}, {old.sibling}</dd>" in page
    assert "<dd>61171</dd>" in page


@pytest.mark.parametrize("path", ["/v1/hello", "/v1/popup", "/verify", "/version", "/cht_api/sign", "/eIDPM/ListEID"])
async def test_other_path_is_not_there(old: OldSite, path: str) -> None:
    assert (await old.ask("GET", path, {"Origin": ORIGIN})).status in (404, 405)
    assert old.host.old_orders == []


async def test_sibling_signs_by_its_own_paths(old: OldSite) -> None:
    page = (await old.ask("GET", "/popupForm", NAVIGATION, port=old.sibling)).body.decode()
    assert '<meta name="prefix" content="/cht_api">' in page
    own = {"Origin": f"http://localhost:{old.sibling}", "Sec-Fetch-Site": "same-origin", "X-CardLogin-Origin": ORIGIN}
    for path in ("/cht_api/sign", "/cht_api/pkcs11info"):
        token = await old.token(port=old.sibling)
        reply = await old.ask("POST", path, {**own, "X-CardLogin-Page": token}, b'tbsPackage={"tbs":"x"}', old.sibling)
        assert json.loads(reply.body)["func"] in ("sign", "pkcs11info")
    assert (await old.ask("POST", "/sign", None, b"", old.sibling)).status == 404
