"""Pages that want a PIN window without a person's act, make a site look bad with it, or want the answer elsewhere."""

from urllib.parse import urlencode

import pytest

from tests.browser.attacks.computer import Computer
from tests.browser.attacks.stage import Host
from tests.stand.asking import new_challenge, wait_until
from tests.stand.browser import ChromiumTab, Tab
from tests.stand.parts import Agent
from tests.stand.site import RETURN

WHO = "a web page"
NAVIGATIONS = {
    "assign": "location.assign('{}')",
    "replace": "location.replace('{}')",
    "link": "Object.assign(document.createElement('a'), {{ href: '{}' }}).click()",
    "refresh": "document.head.innerHTML = `<meta http-equiv=refresh content='0;url={}'>`",
}
ORDER = """addEventListener("message", ({{ data }}) => {{
  if (data.type === "cardlogin:ready") popup.postMessage({{ type: "cardlogin:authenticate", challenge: "{}" }}, "*");
}})"""
HIDDEN = "Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'hidden' })"
ADDRESSES = ["", "/", "/card/return", "/.well-known/", f"{RETURN}/", f"{RETURN}?next=//evil.test", f"/x/..{RETURN}"]


def go(agent: Agent, return_to: str) -> str:
    """The address that asks by navigation."""
    return f"{agent.url}/v1/go#{urlencode({'return_to': return_to, 'challenge': new_challenge(), 'state': 'x'})}"


def asks_for_a_click(agent: Agent, tab: Tab) -> None:
    """Our page is there and shows its button."""
    wait_until(lambda: tab.address().startswith(f"{agent.own}/v1/"))
    wait_until(lambda: tab.evaluate("document.getElementById('go-on')?.checkVisibility()"))


@pytest.mark.parametrize("way", NAVIGATIONS)
def test_navigation_without_a_click(computer: Computer, way: str) -> None:
    """A page leads to us by script, in the name of the portal"""
    agent = computer.start_agent(computer.ports[:1])
    tab = computer.unasked(NAVIGATIONS[way].format(go(agent, computer.site.origin + RETURN)))
    asks_for_a_click(agent, tab)
    computer.nothing_was_done()
    assert computer.site.posts == []


def test_navigations_again_and_again(computer: Computer) -> None:
    """One tab after the other leads to us, each by script"""
    agent = computer.start_agent(computer.ports[:1])
    for _ in range(8):
        tab = computer.unasked(NAVIGATIONS["assign"].format(go(agent, computer.site.origin + RETURN)))
        asks_for_a_click(agent, tab)
    computer.nothing_was_done()


def test_popup_is_used_again_without_a_click(computer: Computer) -> None:
    """A popup that a click has opened is loaded anew by script, and asks again"""
    agent = computer.start_agent(computer.ports[:1])
    tab = computer.evil_page()
    computer.act(tab, f"{ORDER.format(new_challenge())}; window.popup = open('{agent.url}/v1/popup')")
    computer.screen.wait_window()
    tab.evaluate(f"(popup.location = '{agent.url}/v1/popup?again', 0)")  # away from it, so that the order ends
    computer.screen.wait_no_window()
    tab.evaluate(f"(setTimeout(() => popup.location = '{agent.url}/v1/popup', 6000), 0)")  # no click is that long ago
    asks_for_a_click(agent, computer.browser.others(tab)[0])
    computer.nothing_was_done()


def test_page_in_the_background(computer: Computer) -> None:
    """A click opens another tab, and the page behind it leads to us"""
    agent = computer.start_agent(computer.ports[:1])
    tab = computer.evil_page()
    if isinstance(tab, ChromiumTab):  # Playwright has every page believe that it is in front: it hears the truth here
        tab.page.add_init_script(
            "Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'hidden' })"
        )
    address = go(agent, computer.site.origin + RETURN)
    computer.act(tab, f"open('{computer.evil.origin}/'); location.assign('{address}')")
    wait_until(lambda: tab.address().startswith(f"{agent.own}/v1/go"))
    wait_until(lambda: tab.evaluate("document.visibilityState") == "hidden")
    tab.evaluate("new Promise((later) => setTimeout(later, 1000))")
    computer.nothing_was_done()


def test_cancelling_does_not_punish_the_site_that_was_named(computer: Computer) -> None:
    """Windows in the portal's name that the person closes, so that the portal itself is to be refused"""
    agent = computer.start_agent(computer.ports[:1])
    for _ in range(4):
        tab = computer.evil_page()
        computer.act(tab, f"location.assign('{go(agent, computer.site.origin + RETURN)}')")
        computer.screen.wait_window()
        computer.screen.key("Escape")
        wait_until(lambda: computer.site.said)
        computer.site.said.clear()
    tab = computer.visit()
    tab.click("#log-in")
    computer.type_pin()
    wait_until(lambda: computer.site.said)
    assert "token" in computer.site.said[0], computer.site.said


@pytest.mark.parametrize("address", ADDRESSES)
def test_return_address_elsewhere(computer: Computer, address: str) -> None:
    """Another address of the portal than the one that takes answers"""
    agent = computer.start_agent(computer.ports[:1])
    tab = computer.evil_page()
    computer.act(tab, f"location.assign('{go(agent, computer.site.origin + address)}')")
    wait_until(lambda: tab.address().startswith(f"{agent.own}/v1/go"))
    assert tab.text("#remedy")
    computer.nothing_was_done()
    assert computer.site.posts == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_return_address_that_is_sent_on(computer: Computer, method: str) -> None:
    """A portal that sends its return address on leads the token to a thief"""
    agent = computer.start_agent(computer.ports[:1])
    certificate = computer.stack.portal.certificate
    with Host("portal.test", certificate, {method: computer.evil.origin + RETURN}) as portal:
        tab = computer.browser.open(portal.origin)
        computer.act(tab, f"location.assign('{go(agent, portal.origin + RETURN)}')")
        wait_until(lambda: tab.address().startswith(f"{agent.own}/v1/go"))
        assert tab.text("#remedy")
    computer.nothing_was_done()
    assert computer.evil.posts == []
