"""What a page of a stranger can make a browser send, without the browser's permission to read the answer."""

import asyncio
import json
from typing import Any

import pytest

from agent.failures import Code
from agent.permissions import Decision
from tests.unit.agent.attacks.conftest import StillServes
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Reply, Site

WHO = "a web page"

EVIL = "https://evil.example"
ORDER = json.dumps({"challenge": CHALLENGE}).encode()
FORM = {
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-User": "?1",
}
NO_CORS = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"}
POSTS = ["/v1/authenticate", "/v1/popup/authenticate"]


def nothing_happened(site: Site, reply: Reply, status: int = 403, code: str = "origin_refused") -> None:
    """The request was refused, told nothing, and no window was opened."""
    assert (reply.status, reply.code) == (status, code)
    assert b"page-token" not in reply.body
    assert site.host.orders == []


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"challenge=" + CHALLENGE.encode()),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n" + ORDER + b"\r\n--x--"),
        # A form that is sent as plain text can be made to look like JSON: {"challenge": "...", "x": "="}
        ("text/plain", ORDER[:-1] + b', "x": "="}'),
    ],
)
async def test_cross_site_form_post(site: Site, still_serves: StillServes, path: str, kind: str, body: bytes) -> None:
    reply = await site.ask("POST", path, headers={**FORM, "Origin": EVIL, "Content-Type": kind}, body=body)
    nothing_happened(site, reply)
    await still_serves(site)


@pytest.mark.parametrize("origin", [EVIL, "null"])
@pytest.mark.parametrize("path", POSTS)
async def test_no_cors_fetch(site: Site, still_serves: StillServes, path: str, origin: str) -> None:
    headers = {**NO_CORS, "Origin": origin, "Content-Type": "text/plain;charset=UTF-8"}
    nothing_happened(site, await site.ask("POST", path, headers=headers, body=ORDER))
    await still_serves(site)


@pytest.mark.parametrize("path", ["/v1/hello", "/v1/popup"])
@pytest.mark.parametrize("destination", ["image", "script", "style", "empty", "audio", "object", "iframe"])
async def test_no_cors_embedding(site: Site, still_serves: StillServes, path: str, destination: str) -> None:
    headers = {**NO_CORS, "Sec-Fetch-Dest": destination}
    reply = await site.ask("GET", path, headers=headers)
    nothing_happened(site, reply)
    assert reply.header("cross-origin-resource-policy") == "same-origin"
    await still_serves(site)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "text/json",
        "",
    ],
)
async def test_simple_request_trick_of_an_old_browser(site: Site, still_serves: StillServes, kind: str) -> None:
    """Without fetch metadata the content type alone tells a preflighted request from one that is not."""
    reply = await site.ask("POST", "/v1/authenticate", headers={"Origin": EVIL, "Content-Type": kind}, body=ORDER)
    nothing_happened(site, reply, 400, "request_malformed")
    await still_serves(site)


async def test_two_content_types_at_once(site: Site, still_serves: StillServes) -> None:
    reply = await site.raw(
        "POST /v1/authenticate HTTP/1.1", site.host_line, f"Origin: {EVIL}", "Content-Type: text/plain",
        "Content-Type: application/json", f"Content-Length: {len(ORDER)}", body=ORDER,
    )  # fmt: skip
    nothing_happened(site, reply, 400, "request_malformed")
    await still_serves(site)


@pytest.mark.parametrize("path", ["/v1/hello", "/v1/popup", "/v1/authenticate"])
@pytest.mark.parametrize("name", ["evil.example:{port}", "localhost.evil.example:{port}", "evil.example"])
async def test_dns_rebinding(site: Site, still_serves: StillServes, path: str, name: str) -> None:
    """A name of the attacker's that now means this computer: for the browser the page is same-origin with us."""
    method, body = ("POST", ORDER) if path == "/v1/authenticate" else ("GET", b"")
    reply = await site.raw(
        f"{method} {path} HTTP/1.1", f"Host: {name.format(port=site.port)}", f"Origin: {EVIL}",
        "Sec-Fetch-Site: same-origin", "Content-Type: application/json", f"Content-Length: {len(body)}", body=body,
    )  # fmt: skip
    nothing_happened(site, reply)
    assert not any(name.startswith("access-control-") for name in reply.headers)
    await still_serves(site)


async def test_token_for_an_evil_page_is_for_that_page(site: Site, still_serves: StillServes) -> None:
    """Phishing relay: the evil page asks with the portal's challenge; what is signed and shown is the evil origin."""
    await site.authenticate(EVIL, {"challenge": CHALLENGE})
    assert [order.origin for order in site.host.orders] == [EVIL]
    await still_serves(site)


async def test_evil_page_cannot_name_the_portal_in_the_body(site: Site, still_serves: StillServes) -> None:
    for extra in ({"origin": ORIGIN}, {"Origin": ORIGIN}, {"caller": ORIGIN}):
        reply = await site.authenticate(EVIL, {"challenge": CHALLENGE, **extra})
        nothing_happened(site, reply, 400, "request_malformed")
    await still_serves(site)


async def test_page_that_hammers_does_not_starve_another(site: Site, still_serves: StillServes) -> None:
    codes = [(await site.ask("GET", "/v1/hello", headers={"Origin": EVIL})).status for _ in range(150)]
    assert codes.count(429) > 0
    reply = await site.ask("GET", "/v1/hello", headers={"Origin": EVIL})
    if reply.status == 429:
        assert reply.code == "too_many_requests"
        assert int(reply.header("retry-after") or 0) >= 1
        assert reply.header("access-control-allow-origin") == EVIL
    await still_serves(site)


async def test_windows_that_nobody_wants_do_not_pester_for_ever(site: Site, still_serves: StillServes) -> None:
    good = site.host.answer
    site.host.fail(Code.USER_CANCELLED)
    replies = [await site.authenticate(EVIL) for _ in range(8)]
    assert [reply.code for reply in replies] == ["user_cancelled"] * 3 + ["too_many_requests"] * 5
    assert len(site.host.orders) == 3
    site.host.answer = good
    await still_serves(site)


async def test_site_that_this_user_allowed_is_not_paced(site: Site) -> None:
    await asyncio.to_thread(site.permissions.decide, ORIGIN, Decision.ALLOW)
    site.host.fail(Code.USER_CANCELLED)
    assert {(await site.authenticate()).code for _ in range(12)} == {"user_cancelled"}


async def test_refused_site_is_told_so_and_opens_nothing(site: Site, still_serves: StillServes) -> None:
    await asyncio.to_thread(site.permissions.decide, EVIL, Decision.DENY)
    for origin in (EVIL, f"{EVIL}:8443"):
        reply = await site.authenticate(origin)
        nothing_happened(site, reply, 403, "origin_denied")
        assert reply.header("access-control-allow-origin") == origin
    await still_serves(site)


async def test_unreadable_decisions_close_the_door_until_they_are_mended(site: Site, still_serves: StillServes) -> None:
    await asyncio.to_thread(site.permissions.path.write_text, "{")
    nothing_happened(site, await site.authenticate(), 503, "permissions_unreadable")
    await asyncio.to_thread(site.permissions.reset)
    await still_serves(site)


async def test_stranger_learns_nothing_from_hello(site: Site) -> None:
    """The answer is the same for everybody, so it names no computer, user, version, reader or card."""
    answers: list[dict[str, Any]] = []
    for headers in ({}, {"Origin": EVIL}, {"Origin": ORIGIN}):
        reply = await site.ask("GET", "/v1/hello", headers=headers)
        answers.append(json.loads(reply.body))
        assert set(reply.headers) <= {
            "content-type", "content-length", "date", "server", "cache-control", "x-content-type-options",
            "referrer-policy", "cross-origin-resource-policy", "content-security-policy", "access-control-allow-origin",
            "vary",
        }  # fmt: skip
        assert reply.header("server") == "CardLogin"
    assert answers == [{"service": "cardlogin", "protocol": 1}] * 3
