"""What an evil page may try with the agent, the popup and the person's portal."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from tests.browser.conftest import Visit
from tests.stand.asking import Asker, connect, new_challenge, wait_until
from tests.stand.browser import wait_closed
from tests.stand.parts import PIN
from tests.stand.site import CHALLENGE, Site
from tests.stand.stack import Stack

WHO = "a web page"

NAMED = "(url) => { window.caught = []; addEventListener('message', (e) => caught.push(e.data)); open(url, 'agent'); }"
FRAME = """(url) => new Promise((loaded) => {
  const frame = document.createElement("iframe");
  frame.onload = loaded;
  frame.src = url;
  document.body.append(frame);
})"""
ORDER = {"type": "cardlogin:authenticate", "challenge": CHALLENGE, "language": "en"}


@pytest.fixture
def evil(visit: Visit) -> Iterator[Site]:
    """A site of another origin than the portal's."""
    with Site(visit.stack.portal.certificate) as site:
        visit.stack.agent.allow(site.origin)  # no limit of windows here: all sites of the tests are of one domain
        yield site


@pytest.fixture(scope="module")
def public_ports(stack: Stack) -> Sequence[int]:
    """The portal; the evil site is as near as the agent."""
    return [stack.portal.port]


@pytest.fixture(autouse=True)
def untouched(visit: Visit) -> Iterator[None]:
    """No try is spent, and the agent still serves its user."""
    yield
    assert visit.stack.reader.control("status")["tries"] == 3
    connection = connect(visit.stack.agent)
    connection.request("GET", "/v1/hello")
    assert connection.getresponse().status == 200
    connection.close()


def signatures(visit: Visit) -> int:
    """How often the card has signed."""
    return int(visit.stack.reader.control("status")["signatures"])


def opened(visit: Visit, site: Site, *, granted: bool = False) -> Page:
    """A page of the evil site."""
    if granted:
        visit.context.grant_permissions(["local-network-access"], origin=site.origin)
    page = visit.context.new_page()
    page.goto(site.page("/page"))
    return page


def popup_of(page: Page, visit: Visit) -> Page:
    """The agent's popup, opened by a page under the name "agent"."""
    with page.expect_popup() as found:
        page.evaluate(NAMED, f"{visit.stack.agent.url}/v1/popup")
    found.value.wait_for_load_state()
    return found.value


def no_window_comes(visit: Visit) -> None:
    """Nobody is asked for a PIN: an order that comes now is the only one."""
    assert visit.screen.windows() == []
    asker = Asker(visit.stack.agent)
    order = asker.ask(origin=visit.stack.portal.origin)
    visit.screen.wait_window()
    visit.screen.key("Escape")
    assert order.result().code == "user_cancelled"
    asker.stop()
    visit.screen.wait_no_window()


def test_phishing_relay(visit: Visit, evil: Site) -> None:
    """The evil site hands the portal's challenge to its own visitor and the answer to the portal."""
    challenge = visit.page.evaluate(
        """async () => (await (await fetch("/accounts/card/challenge/", {
             method: "POST", headers: {"Content-Type": "application/json",
             "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value},
             body: '{"purpose": "login"}'})).json()).challenge"""
    )
    page = opened(visit, evil, granted=True)
    page.goto(evil.page("/page", challenge=challenge, ports=[visit.stack.agent.port], httpPort=0))
    page.click("#log-in:enabled")
    visit.type_pin(PIN)
    page.wait_for_function("document.getElementById('answer').textContent !== ''")
    token = json.dumps(json.loads(page.inner_text("#answer"))["token"])
    visit.page.evaluate(
        """([challenge, token]) => { const form = document.getElementById("card-form");
             form.elements.challenge.value = challenge; form.elements.token.value = token; form.submit(); }""",
        [challenge, token],
    )
    visit.refused("signature_invalid")


def test_framing_and_clickjacking_of_the_popup(visit: Visit, evil: Site) -> None:
    visit.context.grant_permissions(["local-network-access"], origin=evil.origin)
    page = visit.context.new_page()
    page.goto(evil.frame(f"{visit.stack.agent.url}/v1/popup", "loopback-network"))
    texts = [frame.evaluate("document.body.innerText") for frame in page.frames[1:]]
    assert all("CardLogin" not in text for text in texts)
    no_window_comes(visit)


def test_popup_reused_by_another_origin(visit: Visit, evil: Site) -> None:
    """A frame of another origin finds the popup by its name and asks through it: it is not the opener."""
    page = opened(visit, evil)
    popup = popup_of(page, visit)
    page.evaluate(FRAME, f"{visit.stack.portal.origin}/static/portal/mark.svg")
    _ask_from(page.frames[-1])
    no_window_comes(visit)
    assert popup.inner_text("#site") == ""


def test_message_from_a_wrong_source(visit: Visit, evil: Site) -> None:
    """Another page of the very same origin is not the opener either."""
    page = opened(visit, evil)
    popup = popup_of(page, visit)
    page.evaluate(FRAME, evil.page("/page"))
    _ask_from(page.frames[-1])
    no_window_comes(visit)
    assert popup.inner_text("#site") == ""


def _ask_from(frame: Frame) -> None:
    frame.evaluate("(order) => open('', 'agent')?.postMessage(order, '*')", ORDER)


def test_opener_swapped(visit: Visit, evil: Site) -> None:
    """The page that asked makes room for another origin, which listens for the answer."""
    with Site(visit.stack.portal.certificate) as thief:
        page = opened(visit, evil)
        popup = popup_of(page, visit)
        page.wait_for_function("caught.length === 1")
        page.evaluate("(order) => open('', 'agent').postMessage(order, '*')", ORDER)
        visit.screen.wait_window()
        page.evaluate("(url) => { location.href = url; }", thief.page("/page"))
        page.wait_for_url(f"{thief.origin}/**")
        page.evaluate("() => { window.caught = []; addEventListener('message', (e) => caught.push(e.data)); }")
        if visit.screen.windows():
            visit.type_pin()
        wait_closed(popup)
        assert page.evaluate("caught") == []


def test_replay_of_a_page_token(visit: Visit) -> None:
    page = visit.context.new_page()
    page.goto(f"{visit.stack.agent.url}/v1/popup")
    ask = """(order) => fetch("/v1/popup/authenticate", {method: "POST", headers: {"content-type": "application/json"},
      body: JSON.stringify({...order, page_token: document.querySelector("meta[name=page-token]").content})})
      .then((answer) => answer.json()).then(({code}) => window.said = code)"""
    order = {"origin": visit.stack.portal.origin, "challenge": new_challenge()}
    page.evaluate(f"(order) => {{ ({ask})(order); }}", order)
    visit.screen.wait_window()
    visit.screen.key("Escape")
    # The page's own policy forbids what Playwright's `wait_for_function` does there.
    wait_until(lambda: page.evaluate("window.said") == "user_cancelled")
    page.evaluate(f"(order) => {{ ({ask})(order); }}", order)
    wait_until(lambda: page.evaluate("window.said") == "page_expired")
    no_window_comes(visit)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_cross_site_form_post(visit: Visit, evil: Site, kind: str) -> None:
    page = opened(visit, evil, granted=True)
    page.evaluate(
        """([url, kind]) => { const form = document.createElement("form"); form.method = "post"; form.action = url;
             form.enctype = kind; const input = document.createElement("input"); input.name = '{"challenge":"';
             input.value = `${"A".repeat(43)}=.login"}`; form.append(input);
             document.body.append(form); form.submit(); }""",
        [f"{visit.stack.agent.url}/v1/authenticate", kind],
    )
    no_window_comes(visit)


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_simple_request_trick(visit: Visit, evil: Site, mode: str) -> None:
    """A fetch that needs no preflight: its content type is not the one we read."""
    page = opened(visit, evil, granted=True)
    outcome: Any = page.evaluate(
        """([url, mode]) => fetch(url, {method: "POST", mode, headers: {"Content-Type": "text/plain"},
             body: `{"challenge":"${"A".repeat(43)}=.login"}`}).then((answer) => answer.status, () => "refused")""",
        [f"{visit.stack.agent.url}/v1/authenticate", mode],
    )
    assert outcome != 200
    no_window_comes(visit)


def test_forged_origin_of_a_local_program_without_the_users_pin(visit: Visit) -> None:
    """A program may name any origin, but the person sees the window, and without the PIN nothing is signed."""
    before = signatures(visit)
    asker = Asker(visit.stack.agent)
    order = asker.ask(origin=visit.stack.portal.origin)
    visit.screen.wait_window()
    visit.screen.key("Escape")
    assert order.result().code == "user_cancelled"
    asker.stop()
    assert signatures(visit) == before
