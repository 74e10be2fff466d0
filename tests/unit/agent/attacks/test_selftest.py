"""What strangers can make of the self-test: nothing starts, nothing can be read."""

import json

import pytest

from tests.stand.scripted_doctor import Script
from tests.unit.agent.attacks.conftest import StillServes
from tests.unit.agent.fakes import Reply, Site
from tests.unit.agent.test_web_selftest import RUN, opened, run

WHO = "a web page"

EVIL = "https://evil.example"
OWN = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


def nothing_happened(script: Script, reply: Reply, status: int = 403, code: str = "origin_refused") -> None:
    """The request was refused, told nothing, and nothing was started."""
    assert (reply.status, reply.code) == (status, code)
    assert b"page-token" not in reply.body
    assert not any(name.startswith("access-control-") for name in reply.headers)
    assert script.asks() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Origin": "https://localhost:8443", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Origin": EVIL},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_fetch_or_form_post_of_another_page(
    site: Site, script: Script, still_serves: StillServes, headers: dict[str, str]
) -> None:
    """Even with a token of a page that is open."""
    nothing_happened(script, await run(site, headers={**OWN, **headers}))
    await still_serves(site)


@pytest.mark.parametrize("missing", ["Origin", "Sec-Fetch-Site"])
async def test_program_that_does_not_say_who_asks(site: Site, script: Script, missing: str) -> None:
    sent = {"Origin": site.own_origin, "Sec-Fetch-Site": "same-origin"}
    del sent[missing]
    body = {"page_token": await opened(site)}
    nothing_happened(script, await site.ask("POST", RUN, headers=sent, body=body))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_content_type_of_a_form(site: Site, script: Script, kind: str) -> None:
    nothing_happened(script, await run(site, headers={**OWN, "Content-Type": kind}), 400, "request_malformed")


@pytest.mark.parametrize("path", ["/selftest", "/selftest/old"])
@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object", "empty", "script", "image"])
async def test_page_in_a_frame_or_fetched(site: Site, script: Script, path: str, destination: str) -> None:
    nothing_happened(script, await site.ask("GET", path, headers={"Sec-Fetch-Dest": destination}))


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender"])
async def test_page_or_run_before_anybody_wants_it(site: Site, script: Script, purpose: str) -> None:
    headers = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Purpose": purpose}
    nothing_happened(script, await site.ask("GET", "/selftest", headers=headers))
    nothing_happened(script, await run(site, headers={**OWN, "Sec-Purpose": purpose}))


async def test_opener_keeps_no_hold_of_the_page(site: Site) -> None:
    reply = await site.ask("GET", "/selftest")
    assert reply.header("cross-origin-opener-policy") == "same-origin"
    assert "frame-ancestors 'none'" in (reply.header("content-security-policy") or "")


@pytest.mark.parametrize("token", ["", "A" * 43, "None"])
async def test_made_up_token(site: Site, script: Script, token: str) -> None:
    await opened(site)
    sent = {"Origin": site.own_origin, **OWN}
    reply = await site.ask("POST", RUN, headers=sent, body={"page_token": token})
    nothing_happened(script, reply, 403, "page_expired")


@pytest.mark.parametrize("path", ["/v1/popup/authenticate", "/v1/go/authenticate"])
async def test_token_of_this_page_is_none_of_another(site: Site, path: str) -> None:
    body = {"page_token": await opened(site), "challenge": "A" * 43 + "=.login"}
    body |= {"origin": EVIL} if "popup" in path else {"return_to": f"{EVIL}/.well-known/cardlogin-return"}
    reply = await site.ask("POST", path, headers={"Origin": site.own_origin, **OWN}, body=body)
    assert (reply.status, reply.code) == (403, "page_expired")
    assert site.host.orders == []


@pytest.mark.parametrize("name", ["evil.example:{port}", "localhost.evil.example:{port}", "evil.example"])
async def test_dns_rebinding(site: Site, script: Script, name: str) -> None:
    body = json.dumps({"page_token": await opened(site)}).encode()
    for method, path, sent in (("GET", "/selftest", b""), ("POST", RUN, body)):
        reply = await site.raw(
            f"{method} {path} HTTP/1.1", f"Host: {name.format(port=site.port)}", f"Origin: {EVIL}",
            "Sec-Fetch-Site: same-origin", "Content-Type: application/json", f"Content-Length: {len(sent)}", body=sent,
        )  # fmt: skip
        nothing_happened(script, reply)


async def test_run_under_a_fixed_name(site: Site, script: Script) -> None:
    """What held the port before us may have left a worker under that name."""
    host = f"localhost:{site.port}"
    nothing_happened(script, await run(site, headers={**OWN, "Host": host, "Origin": f"https://{host}"}))


async def test_body_of_megabytes(site: Site, script: Script) -> None:
    nothing_happened(script, await run(site, checks=["x" * 9000]), 400, "request_malformed")
