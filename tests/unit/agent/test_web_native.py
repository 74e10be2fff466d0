"""The native API over TLS: discovery, CORS and authentication by fetch."""

import asyncio
import json
from typing import Any

import pytest

from agent.failures import Code, catalogue, failure
from agent.order import Order, Purpose
from agent.settings import WebSettings
from agent.web.problems import in_all_languages
from tests.stand.waiting import LIMIT
from tests.unit.agent.conftest import Serve
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Reply, Site

CORS = ("access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers")
REFUSED_ORIGINS = [
    "null", "", "http://portal.example", "https://PORTAL.example", "https://portal.example/", "https://portal.example:443",
    "https://user@portal.example", "file://", "chrome-extension://abcdef", "https://入口.example", "https://portal.example:0",
]  # fmt: skip


def allows_nobody(reply: Reply) -> bool:
    """Whether no page of another origin may read the answer."""
    return not any(name.startswith("access-control-") for name in reply.headers)


async def test_hello_without_origin_says_service_and_protocol_and_nothing_else(site: Site) -> None:
    reply = await site.ask("GET", "/v1/hello")
    assert reply.status == 200
    assert json.loads(reply.body) == {"service": "cardlogin", "protocol": 1}
    assert allows_nobody(reply)


async def test_hello_can_be_read_by_an_https_page(site: Site) -> None:
    reply = await site.ask("GET", "/v1/hello", headers={"Origin": ORIGIN})
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert reply.header("vary") == "Origin"
    assert reply.header("cross-origin-resource-policy") == "cross-origin"


async def test_no_answer_allows_credentials_or_a_star(site: Site) -> None:
    for reply in (await site.ask("GET", "/v1/hello", headers={"Origin": ORIGIN}), await site.authenticate()):
        assert reply.header("access-control-allow-credentials") is None
        assert reply.header("access-control-allow-origin") == ORIGIN


@pytest.mark.parametrize("origin", REFUSED_ORIGINS)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/hello"), ("POST", "/v1/authenticate"), ("OPTIONS", "/v1/authenticate")]
)
async def test_origin_that_may_not_ask_is_refused_without_cors(site: Site, method: str, path: str, origin: str) -> None:
    body = {"challenge": CHALLENGE} if method == "POST" else None
    reply = await site.ask(method, path, headers={"Origin": origin}, body=body)
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert allows_nobody(reply)
    assert site.host.orders == []


async def test_program_without_origin_cannot_order(site: Site) -> None:
    reply = await site.ask("POST", "/v1/authenticate", body={"challenge": CHALLENGE})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert site.host.orders == []


async def test_two_origin_headers_are_refused(site: Site) -> None:
    body = json.dumps({"challenge": CHALLENGE}).encode()
    reply = await site.raw(
        "POST /v1/authenticate HTTP/1.1", site.host_line, f"Origin: {ORIGIN}", "Origin: https://evil.example",
        "Content-Type: application/json", f"Content-Length: {len(body)}", body=body,
    )  # fmt: skip
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert site.host.orders == []


async def test_list_of_origins_in_one_header_is_refused(site: Site) -> None:
    reply = await site.authenticate(f"{ORIGIN} https://evil.example")
    assert (reply.status, reply.code) == (403, "origin_refused")


async def test_preflight_allows_post_with_a_json_body_and_nothing_more(site: Site) -> None:
    asked = {
        "Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type",
    }  # fmt: skip
    reply = await site.ask("OPTIONS", "/v1/authenticate", headers=asked)
    assert (reply.status, reply.body) == (204, b"")
    assert [reply.header(name) for name in CORS] == [ORIGIN, "POST", "content-type"]


async def test_preflight_for_another_method_is_not_answered_with_permission(site: Site) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"}
    reply = await site.ask("OPTIONS", "/v1/authenticate", headers=headers)
    assert "DELETE" not in str(reply.headers)


async def test_preflight_without_origin_is_refused(site: Site) -> None:
    reply = await site.ask("OPTIONS", "/v1/authenticate")
    assert (reply.status, reply.code) == (403, "origin_refused")


async def test_order_carries_what_the_browser_and_the_page_said(site: Site) -> None:
    reply = await site.authenticate(body={"challenge": CHALLENGE, "language": "en"})
    assert site.host.orders == [Order(ORIGIN, CHALLENGE, Purpose.LOGIN, "en")]
    assert reply.status == 200
    assert reply.header("content-type") == "application/json"


async def test_token_has_the_five_fields_of_web_eid_and_nothing_more(site: Site) -> None:
    token = json.loads((await site.authenticate()).body)
    assert set(token) == {"unverifiedCertificate", "algorithm", "signature", "format", "appVersion"}
    assert all(isinstance(value, str) for value in token.values())


async def test_origin_in_the_body_does_not_count(site: Site) -> None:
    reply = await site.authenticate("https://evil.example", {"challenge": CHALLENGE, "origin": ORIGIN})
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert site.host.orders == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\x00", b"\xef\xbb\xbf{}", b'"text"', b"{}", b'{"challenge": null}',
        b'{"challenge": 7}',
        b'{"challenge": "short.login"}', b'{"challenge": ["a"]}', b"[" * 4000,
        b'{"challenge": "' + b"A" * 44 + b'.pay"}',
    ],
)  # fmt: skip
async def test_malformed_body_never_reaches_the_card_host(site: Site, body: bytes) -> None:
    reply = await site.authenticate(body=body or b" ")
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert site.host.orders == []


@pytest.mark.parametrize("extra", [{"pin": "123456"}, {"Challenge": CHALLENGE}, {"page_token": "x"}, {"": 1}])
async def test_unknown_fields_are_refused(site: Site, extra: dict[str, Any]) -> None:
    reply = await site.authenticate(body={"challenge": CHALLENGE, **extra})
    assert (reply.status, reply.code) == (400, "request_malformed")


@pytest.mark.parametrize("language", ["zh", "EN", "", "zh-Hant ", "../../etc"])
async def test_unknown_language_is_refused(site: Site, language: str) -> None:
    reply = await site.authenticate(body={"challenge": CHALLENGE, "language": language})
    assert (reply.status, reply.code) == (400, "request_malformed")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json", ""]
)
async def test_simple_request_trick_without_preflight_is_refused(site: Site, kind: str) -> None:
    body = json.dumps({"challenge": CHALLENGE}).encode()
    reply = await site.ask("POST", "/v1/authenticate", headers={"Origin": ORIGIN, "Content-Type": kind}, body=body)
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert site.host.orders == []


async def test_body_of_more_than_8_kib_is_refused(site: Site) -> None:
    reply = await site.authenticate(body=b" " * (8 * 1024 + 1))
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert site.host.orders == []


async def test_endless_body_in_chunks_is_cut_off(site: Site) -> None:
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    reply = await site.raw(
        "POST /v1/authenticate HTTP/1.1", site.host_line, f"Origin: {ORIGIN}", "Content-Type: application/json",
        "Transfer-Encoding: chunked", body=chunk * 3,
    )  # fmt: skip
    assert reply.status == 400


@pytest.mark.parametrize("row", catalogue(), ids=lambda row: row.code)
async def test_every_failure_is_a_problem_document_that_the_page_may_read(site: Site, row: Any) -> None:
    site.host.fail(row.code)
    reply = await site.authenticate()
    assert reply.status == row.status
    assert reply.header("content-type") == "application/problem+json; charset=utf-8"
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert reply.problem == {
        "type": f"urn:cardlogin:failure:{row.code}",
        "title": row.meaning,
        "status": row.status,
        "code": row.code,
        "meaning": in_all_languages(row.meaning),
        "remedy": in_all_languages(row.remedy),
    }


@pytest.mark.parametrize("tries", [0, 1, 2])
async def test_problem_tells_tries_left_also_when_there_are_none(site: Site, tries: int) -> None:
    site.host.fail(Code.PIN_WRONG, tries)
    assert (await site.authenticate()).problem["tries_left"] == tries


async def test_unexpected_exception_is_internal_and_tells_nothing_of_itself(site: Site) -> None:
    site.host.answer = RuntimeError("secret path /home/someone")
    reply = await site.authenticate()
    assert (reply.status, reply.code) == (failure(Code.INTERNAL).status, "internal")
    assert b"secret" not in reply.body
    assert b"RuntimeError" not in reply.body


async def test_second_order_is_told_busy_and_the_first_goes_on(site: Site) -> None:
    site.host.hold()
    first = asyncio.create_task(site.authenticate())
    await site.host.begun.wait()
    second = await site.authenticate("https://other.example")
    assert (second.status, second.code) == (409, "busy")
    assert second.header("access-control-allow-origin") == "https://other.example"
    site.host.release.set()
    assert (await first).status == 200
    assert len(site.host.orders) == 1


async def test_page_that_goes_away_cancels_its_order_and_frees_the_agent(site: Site) -> None:
    site.host.hold()
    _, writer = await site.connect()
    body = json.dumps({"challenge": CHALLENGE}).encode()
    head = (
        f"POST /v1/authenticate HTTP/1.1\r\n{site.host_line}\r\nOrigin: {ORIGIN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await site.host.begun.wait()
    writer.transport.abort()
    async with asyncio.timeout(LIMIT):
        await site.host.cancelled.wait()
    site.host.release.set()
    assert (await site.authenticate()).status == 200


async def test_developer_switch_admits_http_pages_of_this_computer_only(serving: Serve) -> None:
    site = await serving(WebSettings(developer=True))
    assert (await site.authenticate("http://localhost:8000")).status == 200
    assert (await site.authenticate("http://portal.example")).code == "origin_refused"
