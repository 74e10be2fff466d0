"""What any page may load, the windows, and what is served of them."""

import html
import json
import re
from typing import Any

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


async def asked_for(old: OldSite, body: bytes) -> dict[str, Any]:
    """The answer to a page that posts by itself."""
    reply = await old.ask("POST", "/pkcs11info", {**CROSS, "Origin": ORIGIN}, body)
    assert reply.status == 200
    return json.loads(reply.body)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("named", "numbers"), [("Reader 2", [1]), ("", [0, 1]), ("Secret Reader 4711 00 00", []), ("Reader 3", [])]
)
async def test_stranger_that_names_a_reader_gets_that_one(old: OldSite, named: str, numbers: list[int]) -> None:
    """By its number only: otherwise strangers could try out names."""
    answer = await asked_for(old, f'tbsPackage={{"slotDescription":"{named}"}}'.encode())
    assert [slot["slotID"] for slot in answer["slots"]] == numbers


@pytest.mark.parametrize("named", ["Reader 2", "Other Reader 01 00", "Other%20Reader%2001 00"])
async def test_permitted_site_that_names_a_reader_gets_that_one(old: OldSite, named: str) -> None:
    await old.allow()
    names = [reader.name for reader in old.watch.readers]
    old.host.listing = Listing(tuple(ListedReader(number, name, "m", 7) for number, name in enumerate(names)))
    answer = await asked_for(old, f'{{"slotDescription":"{named}"}}'.encode())
    assert [slot["slotDescription"] for slot in answer["slots"]] == [names[1]]


@pytest.mark.parametrize("body", [b"tbsPackage={", b"tbsPackage=[]", b"\xff"])
async def test_what_is_no_request_is_an_error_with_an_empty_list(old: OldSite, body: bytes) -> None:
    answer = await asked_for(old, body)
    assert (answer["ret_code"], answer["slots"]) == (0x7600000B, [])


async def test_refused_site_reads_that_it_is(old: OldSite) -> None:
    await old.allow(ORIGIN, Decision.DENY)
    reply = await old.ask("GET", "/pkcs11info", {**CROSS, "Origin": ORIGIN})
    assert json.loads(reply.body)["ret_code"] == 0x7600000F
    assert reply.header("access-control-allow-origin") == ORIGIN


@pytest.mark.parametrize("headers", [{**PICTURE, "Sec-Fetch-Mode": "no-cors"}, NAVIGATION, {}])
async def test_waiting_picture_is_for_pages_and_for_windows(old: OldSite, headers: dict[str, str]) -> None:
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


async def test_bare_address_leads_to_the_status(old: OldSite) -> None:
    reply = await old.ask("GET", "/", NAVIGATION)
    assert (reply.status, reply.header("location")) == (302, "/status")


async def test_self_test_leads_to_our_own(old: OldSite) -> None:
    reply = await old.ask("GET", "/selfTest.htm", NAVIGATION)
    assert (reply.status, reply.header("location")) == (302, "https://localhost:61171/selftest/old")


async def test_status_leads_to_the_self_test(old: OldSite) -> None:
    page = (await old.ask("GET", "/status", NAVIGATION)).body.decode()
    assert '<a href="/selfTest.htm" data-text="selftest">' in page


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


async def test_sibling_says_of_what_it_does_not_do_that_it_does_not(old: OldSite) -> None:
    """Where the script of its popup asks for a function without a path of its own."""
    own = {"Origin": f"http://localhost:{old.sibling}", "Sec-Fetch-Site": "same-origin", "X-CardLogin-Origin": ORIGIN}
    headers = {**own, "X-CardLogin-Page": await old.token(port=old.sibling)}
    body = b'tbsPackage={"func":"changeUserPINCode"}'
    reply = await old.ask("POST", "/cht_api/CardManagement/sendCardCommand", headers, body, old.sibling)
    assert reply.status == 200
    answer = json.loads(reply.body)
    assert (answer["func"], answer["ret_code"]) == ("changeUserPINCode", 1979711502)


@pytest.mark.parametrize("path", POPUPS)
async def test_popup_has_the_answer_for_when_nobody_answers(old: OldSite, path: str) -> None:
    """With all that pages read of an error; name and readers are the script's."""
    page = (await old.ask("GET", path, NAVIGATION)).body.decode()
    found = re.search(r'<meta name="no-answer" content="([^"]+)">', page)
    assert found is not None
    assert json.loads(html.unescape(found[1])) == {
        "func": "", "ret_code": 1979711501, "last_error": 0, "message": "執行檔錯誤或逾時", "message2": "",
        "serverVersion": "1.3.8",
    }  # fmt: skip
