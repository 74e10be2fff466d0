"""The popup: its page, its policy, its one-time page tokens, and the request that its script makes."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from agent.failures import Code
from agent.signing import Signing
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Reply, Site

PATH = "/v1/popup/authenticate"


async def open_popup(site: Site) -> str:
    """The page token of a freshly opened popup."""
    reply = await site.ask("GET", "/v1/popup", headers={"Sec-Fetch-Dest": "document"})
    found = re.search(rb'name="page-token" content="([^"]+)"', reply.body)
    assert found is not None
    return found[1].decode()


async def order(
    site: Site, token: str, *, headers: dict[str, str] | None = None, without: str = "", **fields: Any
) -> Reply:
    """The order that the popup's script sends, with changes."""
    sent = {"Origin": site.own_origin, "Sec-Fetch-Site": "same-origin", **(headers or {})}
    sent.pop(without, None)
    body = {"page_token": token, "origin": ORIGIN, "challenge": CHALLENGE, **fields}
    return await site.ask("POST", PATH, headers=sent, body=body)


def source_hash(text: str) -> str:
    """A CSP hash source (CSP 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_policy_admits_exactly_the_script_and_the_style_of_the_page(site: Site) -> None:
    reply = await site.ask("GET", "/v1/popup")
    page = reply.body.decode()
    directives = {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy(reply).split(";"))}
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    assert directives["script-src"].split() == [source_hash(text) for text in scripts]
    assert directives["style-src"].split() == [source_hash(text) for text in styles]
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert "unsafe" not in policy(reply)


def policy(reply: Reply) -> str:
    """The page's Content-Security-Policy."""
    return reply.header("content-security-policy") or ""


async def test_page_refers_to_no_other_file(site: Site) -> None:
    html = (await site.ask("GET", "/v1/popup")).body.decode()
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'][^"']+""", html) == []
    assert "http://" not in html
    assert re.findall(r"\son\w+\s*=", html) == []


async def test_page_is_html_in_utf8_and_keeps_its_opener(site: Site) -> None:
    reply = await site.ask("GET", "/v1/popup")
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert reply.header("cross-origin-opener-policy") == "unsafe-none"


async def test_every_opening_has_a_token_of_its_own(site: Site) -> None:
    tokens = {await open_popup(site) for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)


@pytest.mark.parametrize("destination", ["iframe", "frame", "embed", "object", "empty", "script", "image", "Document"])
async def test_clickjacking_popup_in_a_frame_or_fetched_by_script_is_refused(site: Site, destination: str) -> None:
    reply = await site.ask("GET", "/v1/popup", headers={"Sec-Fetch-Dest": destination})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert b"page-token" not in reply.body


async def test_popup_signs_for_its_opener(site: Site) -> None:
    reply = await order(site, await open_popup(site), language="en")
    assert reply.status == 200
    assert [(item.origin, item.challenge, item.language) for item in site.host.orders] == [(ORIGIN, CHALLENGE, "en")]


async def test_popup_answer_is_for_its_own_page_only(site: Site) -> None:
    reply = await order(site, await open_popup(site))
    assert not any(name.startswith("access-control-") for name in reply.headers)
    assert reply.header("cross-origin-resource-policy") == "same-origin"


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "../../etc", "None"])
async def test_made_up_page_token_is_refused(site: Site, token: str) -> None:
    await open_popup(site)
    reply = await order(site, token)
    assert (reply.status, reply.code) == (403, "page_expired")
    assert site.host.orders == []


async def test_replayed_page_token_is_refused(site: Site) -> None:
    token = await open_popup(site)
    assert (await order(site, token)).status == 200
    assert (await order(site, token)).code == "page_expired"
    assert len(site.host.orders) == 1


async def test_page_token_of_another_popup_is_used_up_by_whoever_comes_first(site: Site) -> None:
    mine, other = await open_popup(site), await open_popup(site)
    assert (await order(site, other)).status == 200
    assert (await order(site, mine)).status == 200
    assert (await order(site, other)).code == "page_expired"


async def test_page_token_is_used_up_also_by_an_order_that_fails(site: Site) -> None:
    token = await open_popup(site)
    site.host.fail(Code.NO_CARD)
    assert (await order(site, token)).code == "no_card"
    assert (await order(site, token)).code == "page_expired"


@pytest.mark.parametrize("relation", ["cross-site", "same-site", "none", ""])
async def test_request_forgery_from_another_site_is_refused_and_leaves_the_token(site: Site, relation: str) -> None:
    token = await open_popup(site)
    reply = await order(site, token, headers={"Sec-Fetch-Site": relation})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert (await order(site, token)).status == 200


async def test_request_without_fetch_metadata_is_refused(site: Site) -> None:
    reply = await order(site, await open_popup(site), without="Sec-Fetch-Site")
    assert (reply.status, reply.code) == (403, "origin_refused")


async def test_request_without_origin_is_refused(site: Site) -> None:
    reply = await order(site, await open_popup(site), without="Origin")
    assert (reply.status, reply.code) == (403, "origin_refused")


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        ORIGIN,
        "http://localhost:{port}",
        "https://localhost",
        "https://127.0.0.1:{port}",
        "https://localhost:{port}/",
    ],
)
async def test_request_of_another_origin_than_our_page_is_refused(site: Site, origin: str) -> None:
    reply = await order(site, await open_popup(site), headers={"Origin": origin.format(port=site.port)})
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert site.host.orders == []


async def test_second_origin_header_is_refused(site: Site) -> None:
    body = json.dumps({"page_token": await open_popup(site), "origin": ORIGIN, "challenge": CHALLENGE}).encode()
    reply = await site.raw(
        f"POST {PATH} HTTP/1.1", site.host_line, f"Origin: {site.own_origin}", f"Origin: {ORIGIN}",
        "Sec-Fetch-Site: same-origin", "Content-Type: application/json", f"Content-Length: {len(body)}", body=body,
    )  # fmt: skip
    assert (reply.status, reply.code) == (403, "origin_refused")


@pytest.mark.parametrize(
    "opener",
    [
        "null",
        "",
        "http://portal.example",
        "https://portal.example/",
        "HTTPS://portal.example",
        "file://",
        "about:blank",
    ],
)
async def test_opener_that_may_not_ask_is_refused(site: Site, opener: str) -> None:
    reply = await order(site, await open_popup(site), origin=opener)
    assert (reply.status, reply.code) == (403, "origin_refused")
    assert site.host.orders == []


@pytest.mark.parametrize(
    "fields", [{"challenge": "x"}, {"language": "fr"}, {"pin": "123456"}, {"origin": 7}, {"page_token": None}]
)
async def test_malformed_order_of_the_popup_is_refused(site: Site, fields: dict[str, Any]) -> None:
    reply = await order(site, await open_popup(site), **fields)
    assert (reply.status, reply.code) == (400, "request_malformed")
    assert site.host.orders == []


async def test_preflight_for_the_popup_request_is_never_answered(site: Site) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    reply = await site.ask("OPTIONS", PATH, headers=headers)
    assert reply.status == 405
    assert not any(name.startswith("access-control-") for name in reply.headers)


async def test_popup_gets_the_card_side_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Signing] = []
    monkeypatch.setattr(Signing, "prepare", lambda signing: calls.append(signing))
    await open_popup(site)
    assert len(calls) == 1


async def test_popup_in_a_frame_does_not_get_the_card_side_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Signing] = []
    monkeypatch.setattr(Signing, "prepare", lambda signing: calls.append(signing))
    await site.ask("GET", "/v1/popup", headers={"Sec-Fetch-Dest": "iframe"})
    assert calls == []


async def test_popup_has_no_button_that_competes_with_those_of_the_window(site: Site) -> None:
    page = (await site.ask("GET", "/v1/popup")).body.decode()
    others = [tag for tag in re.findall(r"<button[^>]*>", page) if " lang=" not in tag]
    assert others == ['<button id="go-on" type="button" data-text="go_on" hidden>']


@pytest.mark.parametrize(
    ("headers", "clicked"),
    [({}, "false"), ({"Sec-Fetch-User": "?1"}, "true"), ({"Sec-Fetch-User": "?0"}, "false"),
     ({"Sec-Fetch-User": "?1, ?1"}, "false")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/popup", "/v1/go"])
async def test_page_knows_whether_the_browser_has_seen_a_click(
    site: Site, path: str, headers: dict[str, str], clicked: str
) -> None:
    page = (await site.ask("GET", path, headers=headers)).body.decode()
    assert f'<meta name="clicked" content="{clicked}">' in page


@pytest.mark.parametrize("path", ["/v1/popup", "/v1/go"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_fixed_name_leads_to_the_page_and_serves_none(site: Site, path: str, host: str) -> None:
    reply = await site.ask("GET", path, headers={"Host": f"{host}:{site.port}"})
    assert (reply.status, reply.header("location"), reply.body) == (307, site.own_origin + path, b"")
    assert re.fullmatch(r"https://[0-9a-f]{32}\.localhost:\d+", site.own_origin)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
async def test_order_from_a_fixed_origin_is_refused_even_with_a_page_token(site: Site, host: str) -> None:
    """Whoever held the port before us may have left a page or a worker there, which is of that origin for ever."""
    fixed = f"{host}:{site.port}"
    for headers in ({"Host": fixed, "Origin": f"https://{fixed}"}, {"Host": fixed}, {"Origin": f"https://{fixed}"}):
        reply = await order(site, await open_popup(site), headers=headers)
        assert (reply.status, reply.code) == (403, "origin_refused")
    assert site.host.orders == []


async def test_popup_names_the_port_where_tls_is(site: Site) -> None:
    page = (await site.ask("GET", "/v1/popup")).body.decode()
    assert f'<meta name="port" content="{site.port}">' in page
