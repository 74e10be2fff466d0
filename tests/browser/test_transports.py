"""Every way from a page to the card and back, in a real browser: what the browser allows decides which one is taken."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.stand.asking import signature_is_good, wait_until
from tests.stand.browser import Browser, Tab, chromium_of, make_home
from tests.stand.parts import PIN, free_port
from tests.stand.screen import Screen
from tests.stand.site import CHALLENGE, Site
from tests.stand.stack import Stack

RETURN = "/return"


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


Launch = Callable[..., AbstractContextManager[Browser]]


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
def stranger(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a browser that does not trust the agent's certificate."""
    home = tmp_path_factory.mktemp("stranger")
    make_home(home, [("site", stack.portal.root)])
    return home


@pytest.fixture
def person(
    request: pytest.FixtureRequest, stack: Stack, screen: Screen, site: Site, other: Site, tmp_path: Path
) -> Iterator[Callable[..., Person]]:
    """Makes a person; `trusting=False`: the browser does not trust the agent; granted, denied: sites asked before."""
    stack.reader.renew(stack.card_image("citizen"))
    for item in (site, other):
        stack.agent.allow(item.origin)
    site.posts.clear()
    site.said.clear()
    site.post_headers.clear()
    with ExitStack() as closing:

        def make(*, trusting: bool = True, granted: tuple[Site, ...] = (), denied: tuple[Site, ...] = ()) -> Person:
            home = stack.home if trusting else request.getfixturevalue("stranger")
            yes, no = [item.origin for item in granted], [item.origin for item in denied]
            ports = (site.port, other.port, stack.portal.port)
            browser = chromium_of(home, f"profile-{tmp_path.name}", public_ports=ports, granted=yes, denied=no)
            return Person(stack, screen, site, other, closing.enter_context(browser))

        yield make
    wait_until(lambda: not screen.windows())


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


# ---- fetch


def test_fetch_when_the_permission_is_granted(person: MakePerson, site: Site) -> None:
    someone = person(granted=(site,))
    tab = someone.visits()
    tab.click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab), site)
    assert someone.browser.others(tab) == []


def test_fetch_under_an_opener_policy_when_the_permission_is_granted(person: MakePerson, site: Site) -> None:
    someone = person(granted=(site,))
    tab = someone.visits("/coop")
    tab.click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab), site)


def test_fetch_in_a_frame_to_which_the_permission_is_delegated(person: MakePerson, site: Site, other: Site) -> None:
    someone = person(granted=(other,))
    tab = someone.browser.open(other.frame(someone.address(), "loopback-network"))
    tab.frame().click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab.frame()), site)
    assert someone.browser.others(tab) == []


# ---- popup


@pytest.mark.parametrize("denied", [False, True], ids=["not asked yet", "denied"])
def test_popup_without_the_permission(person: MakePerson, site: Site, denied: bool) -> None:
    someone = person(denied=(site,) if denied else ())
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    popup = someone.popup(tab)
    assert popup.address().startswith(someone.stack.agent.url)
    assert popup.text("#site") == site.origin
    someone.types_pin()
    is_log_in(answer(tab), site)
    wait_until(lambda: someone.browser.others(tab) == [])


def test_popup_under_a_policy_that_lets_popups_be(person: MakePerson, site: Site) -> None:
    someone = person()
    tab = someone.visits("/coop-allow-popups")
    tab.click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab), site)


@pytest.mark.parametrize("allow", ["", "local-network"])
def test_popup_in_a_frame_to_which_nothing_is_delegated(
    person: MakePerson, site: Site, other: Site, allow: str
) -> None:
    someone = person(granted=(other, site))
    tab = someone.browser.open(other.frame(someone.address(), allow))
    tab.frame().click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab.frame()), site)


def test_popup_finds_an_agent_on_another_port(person: MakePerson, site: Site) -> None:
    someone = person()
    tab = someone.visits(ports=[free_port(), free_port(), someone.stack.agent.port])
    tab.click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab), site)


def test_popup_that_the_person_cancels_says_so(person: MakePerson) -> None:
    someone = person()
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    someone.popup(tab).click("#close")
    assert answer(tab)["code"] == "user_cancelled"
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


def test_popup_is_blocked_without_a_click(person: MakePerson, site: Site) -> None:
    someone = person()
    someone.browser.open(f"{someone.address()}#unasked")
    wait_until(lambda: site.said)
    assert site.said[0]["code"] == "popup_blocked"


# ---- TLS is not trusted


def test_popup_over_plain_http_when_tls_is_not_trusted(person: MakePerson, site: Site) -> None:
    someone = person(trusting=False)
    tab = someone.visits()
    tab.click("#log-in")
    someone.screen.wait_window()
    popup = someone.popup(tab)
    assert popup.address().startswith(f"http://localhost:{someone.stack.http_port}/")
    someone.types_pin()
    is_log_in(answer(tab), site, tls_trusted=False)


def test_fetch_that_is_not_trusted_goes_on_by_a_popup_in_the_same_click(person: MakePerson, site: Site) -> None:
    someone = person(trusting=False, granted=(site,))
    tab = someone.visits()
    tab.click("#log-in")
    someone.types_pin()
    is_log_in(answer(tab), site, tls_trusted=False)


def test_tls_is_not_trusted_and_the_page_cannot_have_a_popup(person: MakePerson, site: Site) -> None:
    someone = person(trusting=False, granted=(site,))
    someone.browser.open(f"{someone.address()}#unasked")
    wait_until(lambda: site.said)
    assert site.said[0]["code"] == "tls_not_trusted"


# ---- navigation


@pytest.mark.parametrize("path", ["/coop", "/isolated"])
def test_navigation_when_openers_are_cut(person: MakePerson, site: Site, path: str) -> None:
    someone = person()
    tab = someone.visits(path, returnTo=RETURN)
    tab.click("#log-in")
    someone.screen.wait_window()
    assert tab.address() == f"{someone.stack.agent.url}/v1/go"
    assert tab.text("#site") == site.origin
    someone.types_pin()
    is_log_in(answer(tab), site)
    assert tab.address() == f"{site.origin}{RETURN}"
    assert someone.browser.others(tab) == []
    assert set(site.posts[0]) == {"token", "state"}
    assert "cookie" not in site.post_headers[0]


def test_navigation_brings_back_what_went_wrong(person: MakePerson, site: Site) -> None:
    someone = person()
    tab = someone.visits("/coop", returnTo=RETURN)
    tab.click("#log-in")
    someone.cancels()
    assert answer(tab)["code"] == "user_cancelled"
    assert tab.address() == f"{site.origin}{RETURN}"


def test_navigation_that_the_person_cancels_on_the_page_goes_back(person: MakePerson, site: Site) -> None:
    someone = person()
    tab = someone.visits("/coop", returnTo=RETURN)
    tab.click("#log-in")
    someone.screen.wait_window()
    tab.click("#close")
    assert answer(tab)["code"] == "user_cancelled"
    assert tab.address() == f"{site.origin}{RETURN}"
    someone.screen.wait_no_window()


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
    assert tab.address() == f"{someone.stack.agent.url}/v1/go"
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


@pytest.mark.parametrize("granted", [False, True], ids=["popup", "fetch"])
def test_agent_is_not_there(person: MakePerson, site: Site, granted: bool) -> None:
    someone = person(granted=(site,) if granted else ())
    tab = someone.visits(ports=[free_port()], httpPort=free_port())
    tab.click("#log-in")
    assert answer(tab)["code"] == "agent_not_found"
    wait_until(lambda: someone.browser.others(tab) == [])


@pytest.mark.parametrize("denied", [False, True], ids=["prompt not answered", "denied"])
def test_openers_are_cut_and_the_browser_may_not_fetch(person: MakePerson, site: Site, denied: bool) -> None:
    """A headless Chromium answers its own prompt with no."""
    someone = person(denied=(site,) if denied else ())
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
