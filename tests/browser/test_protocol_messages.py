"""What really passes between portal, agent's pages and browser, held against the published schemas."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import pytest
from playwright.sync_api import BrowserContext, Request

from tests.browser.conftest import Visit
from tests.dev.protocol_pages import FOLDER
from tests.stand.parts import PIN, Portal, free_port
from tests.stand.screen import Screen
from tests.stand.stack import Stack

LISTEN = 'window.addEventListener("message", ({ origin, data }) => window.heard(origin, data));'


def check(name: str, value: object) -> None:
    """Holds a value against a published schema."""
    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(value)


@pytest.fixture
def heard(visit: Visit) -> list[tuple[str, dict[str, Any]]]:
    """All messages of all windows, with who sent them."""
    found: list[tuple[str, dict[str, Any]]] = []
    visit.context.expose_function("heard", lambda origin, data: found.append((origin, data)))
    visit.context.add_init_script(LISTEN)
    visit.page = visit.open()
    return found


@pytest.fixture(scope="module")
def strict(stack: Stack) -> Iterator[Portal]:
    """The portal with an opener policy that cuts popups off."""
    portal = stack.portal_with("tests.stand.strict_portal", free_port())
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture(scope="module")
def public_ports(stack: Stack, strict: Portal) -> Sequence[int]:
    """Both portals."""
    return [stack.portal.port, strict.port]


@pytest.mark.parametrize(("key", "end"), [("Return", "token"), ("Escape", "failure")])
def test_messages_of_a_popup(visit: Visit, heard: list[tuple[str, dict[str, Any]]], key: str, end: str) -> None:
    visit.page.click("#card-login")
    visit.screen.wait_window()
    visit.screen.type(PIN)
    visit.screen.key(key)
    if end == "token":
        visit.logged_in_by()
    else:
        visit.refused("user_cancelled")
    assert [message["type"] for _, message in heard] == [f"cardlogin:{kind}" for kind in ("ready", "authenticate", end)]
    agent, portal = visit.stack.agent.own, visit.stack.portal.origin
    assert [origin for origin, _ in heard] == [agent, portal, agent]
    for _, message in heard:
        check("message", message)


def test_fragment_and_form_of_a_navigation(newcomer: BrowserContext, strict: Portal, screen: Screen) -> None:
    asked: list[str] = []
    posted: list[Request] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.method == "POST" and request.url.startswith(strict.origin):
            posted.append(request)

    newcomer.on("request", note)
    newcomer.expose_function("asked", lambda fragment: asked.append(fragment))
    newcomer.add_init_script("if (location.pathname === '/v1/go') window.asked(location.hash.slice(1));")
    page = newcomer.new_page()
    page.goto(f"{strict.origin}/accounts/login/")
    page.click("#card-login:enabled")
    screen.wait_window()
    screen.type(PIN)
    screen.key("Return")
    page.wait_for_url("**/member/")
    headers, fields = posted[0].all_headers(), _form(posted[0].post_data or "")
    fragment = _form(asked[0])
    check("go-fragment", fragment)
    check("go-return", fields)
    check("token", json.loads(fields["token"]))
    assert fields["state"] == fragment["state"]
    assert urlsplit(fragment["return_to"]).netloc == urlsplit(strict.origin).netloc
    # Section 2, way C: what the portal gets with it.
    assert headers["origin"] == "null"
    assert not {"referer", "cookie"} & set(headers)


def _form(text: str) -> dict[str, str]:
    return {name: value for name, (value,) in parse_qs(text, keep_blank_values=True, strict_parsing=True).items()}
