"""The way by navigation: its page, its return addresses, and what goes back to whom."""

import json
import re
from typing import Any

import pytest

from agent.failures import Code, FailureError
from agent.settings import WebSettings
from agent.signing import Signing
from agent.web.go import MAX_ADDRESS, RETURN, return_origin
from tests.unit.agent.conftest import Serve
from tests.unit.agent.fakes import CHALLENGE, ORIGIN, Reply, Site

PATH = "/v1/go/authenticate"
ADDRESS = f"{ORIGIN}{RETURN}"


async def open_go(site: Site) -> str:
    """The page token of a freshly opened page."""
    reply = await site.ask("GET", "/v1/go", headers={"Sec-Fetch-Dest": "document"})
    found = re.search(rb'name="page-token" content="([^"]+)"', reply.body)
    assert found is not None
    return found[1].decode()


async def order(
    site: Site, token: str, *, headers: dict[str, str] | None = None, without: str = "", **fields: Any
) -> Reply:
    """The order that the page's script sends, with changes."""
    sent = {"Origin": site.own_origin, "Sec-Fetch-Site": "same-origin", **(headers or {})}
    sent.pop(without, None)
    return await site.ask(
        "POST", PATH, headers=sent, body={"page_token": token, "return_to": ADDRESS, "challenge": CHALLENGE, **fields}
    )


async def test_page_is_the_same_for_everybody_but_for_its_token(site: Site) -> None:
    pages = [(await site.ask("GET", "/v1/go")).body.decode() for _ in range(2)]
    assert pages[0] != pages[1]
    assert len({re.sub(r'(name="page-token" content=")[^"]+', r"\1", page) for page in pages}) == 1


@pytest.mark.parametrize("query", [f"return_to={ORIGIN}/", f"challenge={CHALLENGE}", "a"])
async def test_what_is_asked_is_never_taken_from_a_query_string(site: Site, query: str) -> None:
    """It would end up in the browser's history and in logs."""
    assert (await site.raw(f"GET /v1/go?{query} HTTP/1.1", site.host_line)).status == 400


async def test_page_gets_the_card_side_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Signing] = []
    monkeypatch.setattr(Signing, "prepare", lambda signing: calls.append(signing))
    await open_go(site)
    assert len(calls) == 1


@pytest.mark.parametrize(("developer", "targets"), [(False, "https:"), (True, "https: http://localhost:*")])
async def test_form_may_go_to_https_only(serving: Serve, developer: bool, targets: str) -> None:
    site = await serving(WebSettings(developer=developer))
    policy = (await site.ask("GET", "/v1/go")).header("content-security-policy") or ""
    assert f"form-action {targets}" in policy
    assert ("http://" in policy) == developer


async def test_token_goes_to_the_return_address_and_is_signed_for_its_origin(site: Site) -> None:
    reply = await order(site, await open_go(site), language="en")
    assert reply.status == 200
    answer = json.loads(reply.body)
    assert (answer["origin"], answer["return_to"], answer["field"]) == (ORIGIN, ADDRESS, "token")
    assert set(json.loads(answer["value"])) == {
        "unverifiedCertificate", "algorithm", "signature", "format", "appVersion",
    }  # fmt: skip
    assert [(item.origin, item.challenge, item.language) for item in site.host.orders] == [(ORIGIN, CHALLENGE, "en")]


@pytest.mark.parametrize("code", [Code.USER_CANCELLED, Code.NO_CARD, Code.BUSY, Code.INTERNAL])
async def test_failure_goes_to_the_return_address_with_its_words(site: Site, code: Code) -> None:
    site.host.fail(code)
    answer = json.loads((await order(site, await open_go(site))).body)
    assert (answer["origin"], answer["field"]) == (ORIGIN, "failure")
    problem = json.loads(answer["value"])
    assert problem["code"] == code.value
    assert problem["meaning"]["en"]


async def test_tries_left_go_to_the_return_address(site: Site) -> None:
    site.host.fail(Code.PIN_WRONG, 2)
    answer = json.loads((await order(site, await open_go(site))).body)
    assert json.loads(answer["value"])["tries_left"] == 2


@pytest.mark.parametrize("fields", [{"challenge": "x"}, {"language": "fr"}])
async def test_malformed_order_of_a_good_address_is_told_to_the_site(site: Site, fields: dict[str, Any]) -> None:
    answer = json.loads((await order(site, await open_go(site), **fields)).body)
    assert json.loads(answer["value"])["code"] == "request_malformed"
    assert site.host.orders == []


@pytest.mark.parametrize("fields", [{"pin": "123456"}, {"return_to": 7}, {"origin": ORIGIN}, {"state": "x"}])
async def test_order_of_another_shape_is_refused(site: Site, fields: dict[str, Any]) -> None:
    reply = await order(site, await open_go(site), **fields)
    assert (reply.status, reply.code) == (400, "request_malformed")


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": ORIGIN}])
async def test_request_forgery_from_another_site_is_refused(site: Site, headers: dict[str, str]) -> None:
    token = await open_go(site)
    assert (await order(site, token, headers=headers)).code == "origin_refused"
    assert site.host.orders == []
    assert (await order(site, token)).status == 200


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site"])
async def test_request_without_the_browser_word_is_refused(site: Site, name: str) -> None:
    assert (await order(site, await open_go(site), without=name)).code == "origin_refused"


async def test_replayed_page_token_is_refused(site: Site) -> None:
    token = await open_go(site)
    assert (await order(site, token)).status == 200
    assert (await order(site, token)).code == "page_expired"


async def test_page_token_of_a_popup_is_none_here(site: Site) -> None:
    page = (await site.ask("GET", "/v1/popup")).body
    found = re.search(rb'name="page-token" content="([^"]+)"', page)
    assert found is not None
    assert (await order(site, found[1].decode())).code == "page_expired"


REFUSED_ADDRESSES = [
    f"http://portal.example{RETURN}",
    f"https://PORTAL.example{RETURN}",
    f"https://portal.example:443{RETURN}",
    f"https://portal.example:99999{RETURN}",
    f"https://1.2.3{RETURN}",
    f"https://[0:0::1]{RETURN}",
    f"https://入口.example{RETURN}",
    f"https://a..b{RETURN}",
    f"https://portal.example:0{RETURN}",
]
MALFORMED_ADDRESSES = [
    "",
    ORIGIN,
    "/return",
    "//portal.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https:portal.example/",
    "https:///portal.example/",
    "https:\\\\portal.example/",
    "https://portal.example\\@evil.example/",
    "https://evil.example@portal.example/",
    "https://user:pw@portal.example/",
    f"{ORIGIN}/#x",
    f"{ORIGIN}#x",
    f"{ORIGIN}?x",
    f" {ORIGIN}/",
    f"{ORIGIN}/ ",
    f"{ORIGIN}/\n",
    f"{ORIGIN}/\t",
    f"{ORIGIN}/\x00",
    f"{ORIGIN}/中",
    f'{ORIGIN}/"',
    f"{ORIGIN}/<",
    f"{ORIGIN}/a\\b",
    f"ftp{ORIGIN[5:]}/",
    f"HTTPS{ORIGIN[5:]}/",
    f"https://{'a' * MAX_ADDRESS}{RETURN}",
    # Another path of the site, which might lead elsewhere.
    f"{ORIGIN}/",
    f"{ORIGIN}/accounts/card/return/",
    f"{ORIGIN}{RETURN}/",
    f"{ORIGIN}{RETURN}/../x",
    f"{ORIGIN}{RETURN}?next=/",
    f"{ORIGIN}/x{RETURN}",
    f"{ORIGIN}/{RETURN}",
    f"{ORIGIN}{RETURN.upper()}",
    f"{ORIGIN}{RETURN.replace('.', '%2e')}",
]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES + MALFORMED_ADDRESSES)
async def test_return_address_that_browsers_could_read_in_another_way_gets_nothing(site: Site, address: str) -> None:
    reply = await order(site, await open_go(site), return_to=address)
    assert reply.status in (400, 403)
    assert reply.code in ("origin_refused", "request_malformed")
    assert "return_to" not in reply.problem
    assert site.host.orders == []


@pytest.mark.parametrize("address", MALFORMED_ADDRESSES)
def test_parser_refuses_what_is_no_plain_address(address: str) -> None:
    with pytest.raises(FailureError):
        return_origin(address)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        (ADDRESS, ORIGIN),
        (f"https://portal.example:8443{RETURN}", "https://portal.example:8443"),
        (f"https://[::1]:8443{RETURN}", "https://[::1]:8443"),
        (
            f"https://{'a' * (MAX_ADDRESS - len(RETURN) - 8)}{RETURN}",
            f"https://{'a' * (MAX_ADDRESS - len(RETURN) - 8)}",
        ),
    ],
)
def test_parser_finds_the_origin(address: str, origin: str) -> None:
    assert return_origin(address) == origin


async def test_developer_may_be_sent_back_to_this_computer_without_tls(serving: Serve) -> None:
    site = await serving(WebSettings(developer=True))
    answer = json.loads((await order(site, await open_go(site), return_to=f"http://localhost:8000{RETURN}")).body)
    assert answer["origin"] == "http://localhost:8000"
