"""Fetch metadata: each path for its own kind of request, and no path without a rule."""

import pytest

from agent.web.metadata import FETCH, OWN_PAGE, RULES, WINDOW
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Site

BROWSER = {"Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
NAVIGATION = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}


async def test_every_path_of_the_agent_has_a_rule(site: Site) -> None:
    for path in ("/v1/hello", "/v1/authenticate"):
        assert RULES[path] is FETCH
    assert RULES["/v1/popup"] is WINDOW
    assert RULES["/v1/popup/authenticate"] is OWN_PAGE
    assert OWN_PAGE.required


@pytest.mark.parametrize("relation", ["cross-site", "same-site", "same-origin"])
async def test_fetch_of_a_portal_passes(site: Site, relation: str) -> None:
    headers = {**BROWSER, "Sec-Fetch-Site": relation, "Origin": ORIGIN}
    assert (await site.ask("GET", "/v1/hello", headers=headers)).status == 200
    reply = await site.ask("POST", "/v1/authenticate", headers=headers, body={"challenge": CHALLENGE})
    assert reply.status == 200


@pytest.mark.parametrize("relation", ["cross-site", "same-site", "same-origin", "none"])
async def test_navigation_to_the_popup_passes(site: Site, relation: str) -> None:
    assert (await site.ask("GET", "/v1/popup", headers={**NAVIGATION, "Sec-Fetch-Site": relation})).status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("Sec-Fetch-Dest", item) for item in ("image", "script", "iframe", "document", "worker", "EMPTY", "")],
        *[("Sec-Fetch-Mode", item) for item in ("no-cors", "navigate", "websocket", "same-origin", "")],
        *[("Sec-Fetch-Site", item) for item in ("none", "other", "")],
        ("Sec-Purpose", "prefetch"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/hello", "/v1/authenticate"])
async def test_other_kinds_of_request_than_a_fetch_are_refused_readably(
    site: Site, path: str, name: str, value: str
) -> None:
    method, body = ("GET", None) if path == "/v1/hello" else ("POST", {"challenge": CHALLENGE})
    reply = await site.ask(method, path, headers={**BROWSER, "Origin": ORIGIN, name: value}, body=body)
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert reply.header("access-control-allow-origin") == ORIGIN
    assert site.host.orders == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Sec-Fetch-Dest", "iframe"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Site", "x"),
        ("Sec-Purpose", "prefetch;prerender"),
    ],
)
async def test_popup_in_a_frame_or_before_anybody_wants_it_is_refused(site: Site, name: str, value: str) -> None:
    reply = await site.ask("GET", "/v1/popup", headers={**NAVIGATION, name: value})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert b"page-token" not in reply.body


async def test_header_that_is_there_twice_is_refused(site: Site) -> None:
    lines = ("Sec-Fetch-Dest: empty", "Sec-Fetch-Dest: empty")
    reply = await site.raw("GET /v1/hello HTTP/1.1", site.host_line, *lines)
    assert (reply.status, reply.code) == (403, "origin_refused")


async def test_preflight_passes(site: Site) -> None:
    headers = {**BROWSER, "Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    assert (await site.ask("OPTIONS", "/v1/authenticate", headers=headers)).status == 204
