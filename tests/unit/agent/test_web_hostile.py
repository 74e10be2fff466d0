"""Requests that are not as they should be: each has a code that the page can read, none tells our version."""

import re

import pytest

from agent.callers import caller
from agent.failures import FailureError
from agent.web.page import PageTokens
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Site

BODY = b'{"challenge": "' + CHALLENGE.encode() + b'"}'


@pytest.mark.parametrize("body", [b'{"challenge": "\xff\xfe"}', b'{"\xff": 1}', BODY[:-2] + b'\xff"}'])
async def test_body_that_is_not_utf8_is_request_malformed_and_readable_by_the_page(site: Site, body: bytes) -> None:
    reply = await site.authenticate(body=body)
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert reply.header("access-control-allow-origin") == ORIGIN


async def test_unexpected_exception_can_be_read_by_the_page_that_asked(site: Site) -> None:
    """Without the CORS header the page sees a network error and tells the person that no agent is installed."""
    site.host.answer = RuntimeError("bug")
    reply = await site.authenticate()
    assert reply.code == "internal"
    assert reply.header("access-control-allow-origin") == ORIGIN


async def test_oversized_body_has_a_code_that_the_page_can_read(site: Site) -> None:
    """Every failure has one stable code (design 1.5)."""
    reply = await site.authenticate(body=b" " * 9000)
    assert reply.code == "request_malformed"
    assert reply.header("access-control-allow-origin") == ORIGIN


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["GARBAGE"], id="no request line"),
        pytest.param(["GET /v1/hello HTTP/1.1", "Host: a", "Host: b"], id="two hosts"),
        pytest.param([f"GET /{'a' * 9000} HTTP/1.1", "Host: x"], id="long line"),
        pytest.param(["GET /v1/hello HTTP/1.1", "Bad Header: x"], id="bad header"),
    ],
)
async def test_answer_to_a_request_that_is_no_http_tells_no_version_either(site: Site, lines: list[str]) -> None:
    reply = await site.raw(*lines)
    assert reply.header("server") == "CardLogin"
    assert not re.search(rb"aiohttp|Python/|Traceback", reply.body)


async def test_method_not_allowed_names_the_allowed_ones(site: Site) -> None:
    """RFC 9110, 15.5.6: the origin server MUST generate an Allow header field in a 405."""
    reply = await site.ask("POST", "/v1/hello")
    assert reply.status == 405
    assert reply.header("allow") == "GET"


def test_unknown_page_token_is_refused_whatever_the_clock_says() -> None:
    """time.monotonic may start anywhere; at 0.0 the default expiry of an unknown token is not yet over."""
    with pytest.raises(FailureError):
        PageTokens(lambda: 0.0).take("made up")


@pytest.mark.parametrize(
    "origin",
    [
        "https://[:::]", "https://[12345::]", "https://[::1:]", "https://[0:0:0:0:0:0:0:1]", "https://256.1.1.1",
        "https://1.2.3", "https://0x7f.1",
    ],
)  # fmt: skip
def test_host_that_no_browser_writes_is_refused(origin: str) -> None:
    """The docstring promises to refuse "a spelling that no browser produces"; the URL standard has none of these."""
    with pytest.raises(FailureError):
        caller(origin)


@pytest.mark.parametrize("origin", ["https://my_portal.example", "https://portal.example."])
def test_host_that_browsers_do_write_may_ask(origin: str) -> None:
    """URL standard: an underscore and a final dot are kept in a host; pages on such hosts exist."""
    assert caller(origin) == origin


async def test_log_forging_by_a_newline_in_the_path_is_not_possible(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Any page can send this; the decoded path goes into the log as it is."""
    with caplog.at_level("INFO"):
        await site.raw("GET /a%0d%0a2026-01-01%20ERROR%20agent:%20forged?x HTTP/1.1", site.host_line)
    assert all("\n" not in record.getMessage() for record in caplog.records if record.name.startswith("agent"))
