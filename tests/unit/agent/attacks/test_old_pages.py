"""What a stranger's page can make a browser send to the old component's port."""

import asyncio
import json

import pytest

from agent.card.frames import HostAnswer
from agent.card.old_asks import SiteAsk
from agent.discretion import ToldError
from agent.failures import Code
from agent.permissions import Decision
from agent.web.hipki.api import MAX_LIST
from agent.web.hipki.codes import Major
from tests.unit.agent.fakes import ORIGIN, Reply
from tests.unit.agent.old_site import CROSS, NAVIGATION, OWN, PICTURE, PIN, SIGN, OldSite

WHO = "a web page written for HiCOS"

EVIL = "https://evil.example"
BODY = b"tbsPackage=" + json.dumps({**SIGN, "pin": PIN}).encode()
ASKS = ["/sign", "/decrypt", "/pkcs11info?withcert=true", "/addDomain", "/umakeSig"]
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"]


def nothing_happened(old: OldSite, reply: Reply, code: str = "origin_refused") -> None:
    """The request was refused, told nothing, and nobody was asked."""
    assert (reply.status, reply.code) == (403, code)
    assert b"page-token" not in reply.body
    assert reply.header("access-control-allow-origin") is None
    assert old.host.old_orders == []
    assert old.host.looks == []


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("path", [*ASKS, "/pkcs11info"])
async def test_form_post(old: OldSite, path: str, kind: str) -> None:
    """Post a form with a PIN, as a top-level navigation that no permission stands before."""
    for origin in ("null", EVIL, f"http://localhost:{old.port}"):
        headers = {**NAVIGATION, "Sec-Fetch-User": "?1", "Origin": origin, "Content-Type": kind}
        nothing_happened(old, await old.ask("POST", path, headers, BODY))


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
@pytest.mark.parametrize("path", ASKS)
async def test_fetch_from_another_site(old: OldSite, path: str, mode: str) -> None:
    """Fetch a signature, with the token of a popup that the page has opened itself."""
    headers = {**CROSS, "Sec-Fetch-Mode": mode, "Origin": EVIL, "X-CardLogin-Page": await old.token()}
    nothing_happened(old, await old.ask("POST", path, {**headers, "X-CardLogin-Origin": ORIGIN}, BODY))


@pytest.mark.parametrize("path", ASKS)
async def test_request_without_metadata(old: OldSite, path: str) -> None:
    """Ask from a browser that does not say what kind of request it is."""
    headers = {"Origin": f"http://localhost:{old.port}", "X-CardLogin-Page": await old.token()}
    nothing_happened(old, await old.ask("POST", path, headers, BODY))


@pytest.mark.parametrize("origin", ["https://localhost:{}", "http://127.0.0.1:{}", "http://localhost:1", "null", EVIL])
async def test_page_of_another_origin(old: OldSite, origin: str) -> None:
    """Ask as a page of another origin, or of another name of this computer."""
    reply = await old.post("/sign", BODY, Origin=origin.format(old.port))
    nothing_happened(old, reply)


@pytest.mark.parametrize("host", ["evil.example:{}", "localhost", "localhost:61171", "localhost.evil.example:{}", ""])
@pytest.mark.parametrize("path", ["/popupForm", "/pkcs11info", "/p11Image.bmp"])
async def test_dns_rebinding(old: OldSite, path: str, host: str) -> None:
    """Reach the port under a name of one's own that resolves to this computer."""
    reply = await old.ask("GET", path, {"Host": host.format(old.port)})
    nothing_happened(old, reply)


@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object", "empty", "script", "image"])
@pytest.mark.parametrize(
    "path",
    ["/popupForm", "/ChtPopupForm", "/CardManagement/CMCPopForm", "/addDomain?domain=a.example", "/selfTest.htm"],
)
async def test_framed_popup(old: OldSite, path: str, destination: str) -> None:
    """Put a window of ours into a frame, or read it."""
    nothing_happened(old, await old.ask("GET", path, {**NAVIGATION, "Sec-Fetch-Dest": destination}))


@pytest.mark.parametrize("permitted", [False, True])
async def test_much_to_read_from_a_page_without_a_popup(old: OldSite, permitted: bool) -> None:
    """Post megabytes of JSON to the list again and again, so that the program has time for nobody else."""
    if permitted:
        await old.allow(EVIL)
    for more, code in ((0, 0), (1, Major.TOO_LARGE)):
        body = b"tbsPackage={}".ljust(MAX_LIST + more)
        reply = await old.ask("POST", "/pkcs11info", {**CROSS, "Origin": EVIL}, body)
        assert (reply.status, json.loads(reply.body)["ret_code"]) == (200, code)


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
@pytest.mark.parametrize("path", ASKS)
async def test_forged_token(old: OldSite, path: str, token: str) -> None:
    """Ask with a page token that was made up."""
    kind = "application/json" if path == "/addDomain" else "text/plain"
    body = b'{"domain": "evil.example"}' if path == "/addDomain" else BODY
    nothing_happened(old, await old.post(path, body, token=token, Content_Type=kind), "page_expired")


async def test_replayed_token(old: OldSite) -> None:
    """Ask twice with the token of one popup."""
    token = await old.token()
    assert (await old.post("/sign", token=token)).status == 200
    for path in ASKS[:3]:
        assert (await old.post(path, token=token)).code == "page_expired"
    assert len(old.host.old_orders) == 1


@pytest.mark.parametrize(
    "query",
    [
        "withcert=true", "withcert=%74rue", "%77ithcert=true", "withcert=true&x=1", "x=1&withcert=true",
        "withcert=true;withcert=false",
    ],
)  # fmt: skip
async def test_query_smuggling(old: OldSite, query: str) -> None:
    """Ask for certificates by a fetch, in a spelling that the rule might miss."""
    await old.allow(EVIL)
    for method in ("GET", "POST"):
        reply = await old.ask(
            method, f"/pkcs11info?{query}", {**CROSS, "Origin": EVIL}, b"" if method == "POST" else None
        )
        assert b"certs" not in reply.body
        assert not [order for order in old.host.looks if order.old and order.old.work.certificates]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "target", ["/popupForm?<script>", "/sign?x=\x01", "/popupForm?" + "a" * 600, "//sign", "/./sign"]
)
async def test_odd_address(old: OldSite, target: str) -> None:
    """Ask for an address that no client writes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", old.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost:{old.port}\r\nConnection: close\r\n\r\n".encode())
    status = (await reader.readline()).split()[1]
    writer.transport.abort()
    assert status in (b"400", b"404")


async def test_oversized_body(old: OldSite) -> None:
    """Send more than any request of the protocol may have."""
    for path in ("/sign", "/pkcs11info"):
        reader, writer = await asyncio.open_connection("127.0.0.1", old.port)
        head = f"POST {path} HTTP/1.1\r\nHost: localhost:{old.port}\r\nOrigin: http://localhost:{old.port}\r\n"
        writer.write((head + "Sec-Fetch-Site: same-origin\r\nContent-Length: 99999999\r\n\r\n").encode())
        status = (await reader.readline()).split()[1]
        writer.transport.abort()
        assert status == b"400"


async def test_reader_names_and_card_numbers_for_tracking(old: OldSite) -> None:
    """Recognise a person by what the picture or the list tells."""
    for path, headers in (("/p11Image.bmp", PICTURE), ("/pkcs11info", CROSS), ("/pkcs11info", {})):
        for origin in (EVIL, "null"):
            body = (await old.ask("GET", path, {**headers, "Origin": origin})).body
            assert b"4711" not in body
            assert b"Secret" not in body
    assert old.host.looks == []


@pytest.mark.parametrize("decision", [None, Decision.ALLOW])
async def test_pin_of_a_site_that_may_send_none(old: OldSite, decision: Decision | None) -> None:
    """Have a PIN of the page's own tried at the card."""
    if decision is not None:
        await old.allow(EVIL, decision)
    await old.answer("/sign", {**SIGN, "pin": PIN}, EVIL)
    await old.answer("/decrypt", {"cipher": "AAAA", "pin": PIN}, EVIL)
    assert len(old.host.old_orders) == 2
    assert PIN not in repr(old.host.old_orders)


async def test_brute_force_of_windows(old: OldSite) -> None:
    """Ask again and again for a signature that the person has refused."""
    old.host.old_answer = ToldError(Code.USER_CANCELLED)
    for number in range(12):
        answer = await old.answer("/sign", {**SIGN, "nonce": str(number), "pin": f"{number:06}"}, EVIL)
        assert answer["ret_code"] != 0
    assert len(old.host.old_orders) == 3


async def test_site_of_another_name(old: OldSite) -> None:
    """Have the person asked about a site that the page only names, and learn from the answer whether it is known."""
    await old.allow("https://bank.example")
    for domain in ("bank.example", "evil.example"):
        old.host.old_answer = HostAnswer(permitted=True)
        reply = await site(old, domain)
        assert (reply.status, json.loads(reply.body)) == (200, {"ret_code": 0})
    asked = [(order.origin, order.tells, order.old and order.old.work) for order in old.host.old_orders]
    assert asked == [("https://bank.example", False, SiteAsk()), ("https://evil.example", False, SiteAsk())]


@pytest.mark.parametrize(
    "domain", ["", "a b", "a.example/", "a.example:1", "<script>", "A.example", "x" * 300, "a.example\n"]
)
async def test_site_of_no_name(old: OldSite, domain: str) -> None:
    """Have the person asked about a text that is no host."""
    nothing_happened(old, await site(old, domain))


async def test_markup_in_the_name_of_a_site(old: OldSite) -> None:
    """Put markup into the page that asks about a site."""
    page = (await old.ask("GET", "/addDomain?domain=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", NAVIGATION)).body
    assert b"<script>alert" not in page


async def test_site_that_was_proven_is_the_one_that_is_asked_about(old: OldSite) -> None:
    """Get another origin permitted than the one that the person was asked about before."""
    old.host.old_answer = ToldError(Code.ORIGIN_NOT_PERMITTED)
    assert (await old.answer("/sign", origin="http://localhost:8000"))["ret_code"] == 0x76000031
    reply = await site(old, "localhost")
    assert json.loads(reply.body) == {"ret_code": 0x76000031}
    assert [order.origin for order in old.host.old_orders] == ["http://localhost:8000"] * 2


@pytest.mark.parametrize(
    ("origin", "code"), [("http://portal.example", "origin_refused"), ("https://portal.example:8443", "origin_denied")]
)
async def test_site_that_was_refused_is_not_asked_about_as_another(old: OldSite, origin: str, code: str) -> None:
    """Have the person asked about the same host by another scheme or port than that of the page that was refused."""
    await old.allow("https://portal.example:8443", Decision.DENY)
    assert (await old.answer("/sign", origin=origin))["ret_code"] == 0x7600000F
    nothing_happened(old, await site(old, "portal.example"), code)


async def test_service_worker_that_was_left(old: OldSite) -> None:
    """Answer in our place with a worker that was left under the fixed origin."""
    reply = await old.ask("GET", "/sw.js", {"Service-Worker": "script", **OWN})
    assert b"unregister" in reply.body
    assert reply.header("clear-site-data") == '"cache", "storage"'


async def site(old: OldSite, domain: str) -> Reply:
    """What the page of addDomain sends."""
    body = json.dumps({"domain": domain}).encode()
    token = await old.token("/addDomain?domain=a.example")
    return await old.post("/addDomain", body, token=token, Content_Type="application/json")
