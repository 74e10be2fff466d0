"""The ways from a page to the card and back, in a real browser, where `matrix/paths.py` does not say it all."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests.stand.asking import signature_is_good, wait_until
from tests.stand.browser import Browser, Chromium, Tab, chromium_of
from tests.stand.parts import PIN, free_port
from tests.stand.screen import Screen
from tests.stand.site import CHALLENGE, RETURN, Site
from tests.stand.stack import Stack


class Person:
    """A person with a browser, a card and a site to log in to."""

    def __init__(self, stack: Stack, screen: Screen, site: Site, other: Site, browser: Browser) -> None:
        self.stack, self.screen, self.site, self.other, self.browser = stack, screen, site, other, browser

    def visits(self, path: str = "/page", **request: object) -> Tab:
        """Opens a page of the site; it knows the agent's ports."""
        return self.browser.open(self.address(path, **request))

    def address(self, path: str = "/page", **request: object) -> str:
        """The address of a page of the site."""
        ports = {"ports": [self.stack.agent.port], "httpPort": self.stack.http_port}
        return self.site.page(path, **{**ports, **request})

    def popup(self, tab: Tab) -> Tab:
        """The one other window, once it is there."""
        wait_until(lambda: len(self.browser.others(tab)) == 1)
        return self.browser.others(tab)[0]

    def types_pin(self) -> None:
        """Types the PIN into the window."""
        self.screen.wait_window()
        self.screen.type(PIN)
        self.screen.key("Return")

    def cancels(self) -> None:
        """Closes the PIN window."""
        self.screen.wait_window()
        self.screen.key("Escape")


@pytest.fixture(scope="module")
def site(stack: Stack) -> Iterator[Site]:
    """The site that the person logs in to."""
    with Site(stack.portal.certificate) as site:
        yield site


@pytest.fixture(scope="module")
def other(stack: Stack) -> Iterator[Site]:
    """Another origin, which shows the site in a frame."""
    with Site(stack.portal.certificate) as site:
        yield site


@pytest.fixture(scope="module")
def public_ports(stack: Stack, site: Site, other: Site) -> Sequence[int]:
    """Both sites and the portal."""
    return [site.port, other.port, stack.portal.port]


@pytest.fixture
def person(
    stack: Stack, screen: Screen, site: Site, other: Site, driver: Playwright, public_ports: Sequence[int],
    newcomer: BrowserContext, tmp_path: Path,
) -> Iterator[Callable[..., Person]]:  # fmt: skip
    """Makes a person; `granted`: the sites that were given the permission before, which takes a browser of its own."""
    for item in (site, other):
        stack.agent.allow(item.origin)
    site.posts.clear()
    site.said.clear()
    site.post_headers.clear()
    with ExitStack() as closing:

        def make(*, granted: tuple[Site, ...] = ()) -> Person:
            if not granted:
                return Person(stack, screen, site, other, Chromium(newcomer))
            origins = [item.origin for item in granted]
            browser = chromium_of(
                stack.home, f"profile-{tmp_path.name}", public_ports=public_ports, granted=origins, running=driver
            )
            return Person(stack, screen, site, other, closing.enter_context(browser))

        yield make


MakePerson = Callable[..., Person]


def answer(tab: Tab) -> dict[str, Any]:
    """What the client said at last."""
    said: dict[str, Any] = json.loads(tab.text("#answer"))
    return said


def is_log_in(said: dict[str, Any], site: Site, *, tls_trusted: bool = True) -> None:
    """The token is signed for this site, and the client tells how it came."""
    assert said.get("tlsTrusted") is tls_trusted, said
    assert said["challenge"] == CHALLENGE
    assert signature_is_good(said["token"], site.origin, CHALLENGE)


# ---- popup


def test_popup_in_a_frame_to_which_another_permission_is_delegated(person: MakePerson, site: Site, other: Site) -> None:
    someone = person(granted=(other, site))
    tab = someone.browser.open(other.frame(someone.address(), "local-network"))
    tab.frame().click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab.frame()), site)


def test_popup_finds_an_agent_on_another_port(person: MakePerson, site: Site) -> None:
    someone = person()
    tab = someone.visits(ports=[free_port(), free_port(), someone.stack.agent.port])
    tab.click("#log-in")
    someone.popup(tab).click("#go-on")  # it was sent there by a script
    someone.types_pin()
    is_log_in(answer(tab), site)


def test_popup_that_the_person_closes_says_so(person: MakePerson) -> None:
    someone = person()
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    someone.popup(tab).close()
    assert answer(tab)["code"] == "page_closed"
    someone.screen.wait_no_window()


def test_page_that_gives_up_takes_popup_and_window_away(person: MakePerson) -> None:
    someone = person()
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    tab.click("#give-up")
    assert answer(tab)["code"] == "page_closed"
    someone.screen.wait_no_window()
    wait_until(lambda: someone.browser.others(tab) == [])


def test_page_that_goes_elsewhere_takes_popup_and_window_away(person: MakePerson, other: Site) -> None:
    someone = person()
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    tab.go(other.page("/page"))
    someone.screen.wait_no_window()
    wait_until(lambda: someone.browser.others(tab) == [])


# ---- navigation


@pytest.mark.parametrize("path", ["/coop", "/isolated"])
def test_navigation_when_openers_are_cut(person: MakePerson, site: Site, path: str) -> None:
    someone = person()
    tab = someone.visits(path, returnTo=RETURN)
    tab.click("#log-in")
    someone.screen.wait_window()
    assert tab.address() == f"{someone.stack.agent.own}/v1/go"
    assert tab.text("#site") == site.origin
    someone.types_pin()
    is_log_in(answer(tab), site)
    assert tab.address() == f"{site.origin}{RETURN}"
    assert someone.browser.others(tab) == []
    assert set(site.posts[0]) == {"token", "state"}
    assert "cookie" not in site.post_headers[0]


def test_navigation_left_by_the_person_takes_the_window_away(person: MakePerson, other: Site) -> None:
    someone = person()
    tab = someone.visits("/coop", returnTo=RETURN)
    tab.click("#log-in")
    someone.screen.wait_window()
    tab.go(other.page("/page"))
    someone.screen.wait_no_window()


def test_answer_of_a_navigation_that_another_tab_began_is_refused(person: MakePerson, site: Site) -> None:
    """A person is sent through the log-in by a page of somebody else's: the site takes nothing it has not asked for."""
    someone = person()
    asked = f"return_to={site.origin}{RETURN}&challenge={CHALLENGE}&language=en&state=made-up"
    tab = someone.browser.open(f"{someone.stack.agent.url}/v1/go#{asked}")
    someone.types_pin()
    assert answer(tab)["code"] == "answer_malformed"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://portal.test/", "https://a@portal.test/", "data:,x"])
def test_navigation_to_a_bad_address_opens_no_window_and_sends_nothing(
    person: MakePerson, site: Site, address: str
) -> None:
    someone = person()
    tab = someone.browser.open(f"{someone.stack.agent.url}/v1/go#return_to={address}&challenge={CHALLENGE}")
    assert tab.text("#remedy")
    assert tab.address() == f"{someone.stack.agent.own}/v1/go"
    assert someone.screen.windows() == []


def test_form_of_the_navigation_goes_to_the_one_origin_only(person: MakePerson, site: Site, other: Site) -> None:
    """The page's policy, narrowed before the form is sent: a script that got in could not send it elsewhere."""
    someone = person()
    tab = someone.browser.open(f"{someone.stack.agent.url}/v1/go#return_to={site.origin}{RETURN}&challenge={CHALLENGE}")
    someone.screen.wait_window()
    program = f"""new Promise((blocked) => {{
      document.addEventListener("securitypolicyviolation", (event) => blocked(event.violatedDirective));
      const policy = document.createElement("meta");
      policy.httpEquiv = "Content-Security-Policy";
      policy.content = "form-action {site.origin}";
      document.head.append(policy);
      const form = document.createElement("form");
      form.method = "post";
      form.action = "{other.origin}{RETURN}";
      document.body.append(form);
      form.submit();
    }})"""
    assert tab.evaluate(program) == "form-action"
    assert other.posts == []
    someone.cancels()


# ---- nobody to ask, or no way


def test_openers_are_cut_and_the_browser_may_not_fetch(person: MakePerson, site: Site) -> None:
    """A headless Chromium answers its own prompt with no."""
    someone = person()
    tab = someone.visits("/coop")
    tab.click("#log-in")
    assert answer(tab)["code"] == "permission_denied"
    assert someone.screen.windows() == []


def test_second_page_is_told_that_we_are_busy(person: MakePerson, site: Site) -> None:
    someone = person(granted=(site,))
    first, second = someone.visits(), someone.visits()
    first.click("#log-in")
    someone.screen.wait_window()
    second.click("#log-in")
    assert answer(second)["code"] == "busy"
    someone.types_pin()
    is_log_in(answer(first), site)
