"""A person at the portal: Chromium, the PIN window, the virtual card, the real agent and portal. The closing line."""

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.browser.matrix import table
from tests.browser.matrix.paths import DISTINCT, PATHS, Brand, Trust
from tests.sampling import is_full, sample, seed_of
from tests.stand.browser import chromium, strangers
from tests.stand.firefox import firefox_esr
from tests.stand.parts import PIN, free_port, run
from tests.stand.screen import Screen
from tests.stand.stack import Stack

RESULTS = pytest.StashKey[table.Results]()
"""The paths of the matrix that this run was asked for."""


class Visit:
    """The log-in page in a browser, and the hands of the person before it."""

    def __init__(self, stack: Stack, screen: Screen, context: BrowserContext) -> None:
        self.stack = stack
        self.screen = screen
        self.context = context
        self.page = self.open()

    def open(self) -> Page:
        """A new tab with the log-in page, its script loaded."""
        page = self.context.new_page()
        page.goto(f"{self.stack.portal.origin}/accounts/login/")
        page.wait_for_selector("#card-login:enabled")
        return page

    def use(self, card: str) -> None:
        """Puts another card into the reader."""
        self.stack.reader.control("swap", str(self.stack.card_image(card)))

    def type_pin(self, pin: str = PIN) -> None:
        """Types into the PIN window, once it can be typed into."""
        self.screen.wait_window()
        self.screen.type(pin)
        self.screen.key("Return")

    def refused(self, code: str, page: Page | None = None) -> str:
        """The text of the message on the page, once it says a code."""
        shown = page or self.page
        shown.wait_for_selector(f"#card-message[data-code={code}]")
        return shown.inner_text("#card-message")

    def logged_in_by(self) -> str:
        """How the person came in, as the page after log-in says."""
        self.page.wait_for_url("**/member/")
        assert "王小明" in self.page.inner_text("#who")
        return self.page.get_attribute("#how", "data-method") or ""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, screen: Screen) -> Iterator[Stack]:
    """Card, agent, revocation server and portal on ports of their own."""
    folder = tmp_path_factory.mktemp("stack")
    ports = {"portal_port": free_port(), "crl_port": free_port(), "agent_http_port": free_port()}
    with Stack(folder, screen.display, agent_ports=[free_port()], **ports) as stack:
        yield stack


@pytest.fixture(scope="module")
def public_ports(stack: Stack) -> Sequence[int]:
    """Ports of this computer that count as public sites in the browsers of a module."""
    return [stack.portal.port]


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """What drives the browsers of a module."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def newcomers(stack: Stack, driver: Playwright, public_ports: Sequence[int]) -> Iterator[Callable[[], BrowserContext]]:
    """A Chromium, started once for a module; each call is a person who has never used it."""
    with strangers(stack.home, *public_ports, running=driver) as someone:
        yield someone


@pytest.fixture
def newcomer(stack: Stack, screen: Screen, newcomers: Callable[[], BrowserContext]) -> Iterator[BrowserContext]:
    """A fresh browser, the demo card in the reader with three tries; no PIN window is left open."""
    stack.reader.renew(stack.card_image("citizen"))
    context = newcomers()
    yield context
    context.close()
    screen.wait_no_window()


@pytest.fixture
def visit(stack: Stack, screen: Screen, newcomer: BrowserContext) -> Visit:
    """The same on the log-in page."""
    return Visit(stack, screen, newcomer)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks everything in this folder, and puts the paths of the same browser together: it is started once for them.

    Without --full, a sample of the paths; one that was asked for by name or by -k is run in any case.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
    leave_out(config, items)
    places = [place for place, item in enumerate(items) if scene_of(item)]
    together = sorted((items[place] for place in places), key=lambda item: scene_of(item) or ())
    for place, item in zip(places, together, strict=True):
        items[place] = item


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the paths out that are not in the sample, where all paths were asked for."""
    paths = [path for item in items if (path := params_of(item).get("path"))]
    if config.option.keyword or set(paths) != set(PATHS):
        return
    chosen = set(sample(PATHS, DISTINCT, config))
    left = [item for item in items if params_of(item).get("path", None) not in {None, *chosen}]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Notes which paths are to be gone."""
    paths = {path for item in session.items if (path := params_of(item).get("path"))}
    session.config.stash[RESULTS] = {path: False for path in PATHS if path in paths}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes what became of a path; one that fails at its end has failed."""
    report = yield
    results, path = item.config.stash[RESULTS], params_of(item).get("path")
    if path in results and (report.when == "call" or not report.passed):
        results[path] = report.passed
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes the table; a path that did not come to its turn fails the run as well."""
    results = session.config.stash.get(RESULTS, {})
    if not results:
        return
    versions = [run("version", [browser, "--version"]).strip() for browser in (chromium(), firefox_esr())]
    table.FILE.parent.mkdir(exist_ok=True)
    table.FILE.write_text(table.page(results, versions, sampled(session.config)), "utf-8")
    if session.exitstatus == pytest.ExitCode.OK and not all(results.values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints the closing line below everything that pytest prints."""
    results = config.stash.get(RESULTS, {})
    if results:
        config.get_terminal_writer().line(table.closing_line(results, sampled(config)))


def sampled(config: pytest.Config) -> str:
    """What the paths are a sample of, in words; empty where they are not."""
    return "" if is_full(config) else f" (a sample of {len(PATHS)} by seed {seed_of(config)})"


def params_of(item: pytest.Item) -> dict[str, Any]:
    """What a test of the matrix is about; empty for any other."""
    return item.callspec.params if isinstance(item, pytest.Function) and "theatre" in item.fixturenames else {}


def scene_of(item: pytest.Item) -> tuple[Brand, Trust] | None:
    """The browser that a test of the matrix needs."""
    params = params_of(item)
    if "path" in params:
        return params["path"].brand, params["path"].trust
    return (params["brand"], Trust.TRUSTED) if params else None
