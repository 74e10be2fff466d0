"""The stage of the attacks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from agent.daemon import ensure_identity
from tests.browser.attacks.computer import Computer
from tests.browser.attacks.stage import Host, Stage
from tests.browser.matrix.paths import Brand
from tests.stand.browser import Browser, chromium_of, make_home
from tests.stand.firefox import make_profile
from tests.stand.firefox_tabs import firefox_of
from tests.stand.parts import free_port
from tests.stand.screen import Screen
from tests.stand.site import Site
from tests.stand.stack import Stack
from tests.stand.tls import make_portal_certificate


@pytest.fixture(scope="session")
def evil(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """https://evil.test, with a certificate that the person's browser accepts as it does those of all public sites."""
    folder = tmp_path_factory.mktemp("evil")
    make_portal_certificate(folder, "evil.test")
    make_home(stack.home, [("evil.test", folder / "portal-root.pem")])
    with Host("evil.test", folder / "portal.pem") as host:
        yield host


@pytest.fixture(scope="session")
def good(stack: Stack) -> Iterator[Host]:
    """A site under the portal's name, without the client: the tests themselves say what its page does."""
    with Host("portal.test", stack.portal.certificate) as host:
        yield host


@pytest.fixture(scope="module")
def public_ports(stack: Stack, good: Host, evil: Host) -> Sequence[int]:
    """All three sites are public; and the browser is started when there is a certificate for the evil one."""
    return [good.port, evil.port, stack.portal.port]


@pytest.fixture
def stage(stack: Stack, screen: Screen, good: Host, evil: Host, newcomer: BrowserContext) -> Stage:
    """A fresh browser, the demo card in the reader with three tries."""
    for host in (good, evil):  # no limit of windows here: the tests of the limits are elsewhere
        stack.agent.allow(host.origin)
    return Stage(stack, screen, newcomer, good, evil)


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The identity of an agent that the browsers of both brands trust."""
    folder = tmp_path_factory.mktemp("trusted") / "identity"
    ensure_identity(folder)
    return folder


@pytest.fixture(scope="session")
def own_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost whose root somebody has made the browsers trust, as tools of developers do."""
    folder = tmp_path_factory.mktemp("own-root")
    make_portal_certificate(folder, "localhost")
    return folder / "portal.pem"


@pytest.fixture(scope="module")
def sites(stack: Stack) -> Iterator[tuple[Host, Site]]:
    """An evil site and a portal's with the client."""
    with Host("portal.test", stack.portal.certificate) as evil, Site(stack.portal.certificate) as site:
        yield evil, site


@pytest.fixture(scope="module", params=Brand)
def browser(
    request: pytest.FixtureRequest, stack: Stack, screen: Screen, sites: tuple[Host, Site], identity: Path,
    own_root: Path, tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Browser]:  # fmt: skip
    """One of the browsers, on the screen."""
    home = tmp_path_factory.mktemp("home")
    roots = [
        ("site", stack.portal.root),
        ("agent", identity / "root.pem"),
        ("own", own_root.with_name("portal-root.pem")),
    ]
    ports = [site.port for site in sites]
    if request.param is Brand.FIREFOX:
        make_profile(home, roots)
        with firefox_of(home, public_ports=ports) as firefox:
            yield firefox
        return
    make_home(home, roots)
    with chromium_of(home, "profile", public_ports=ports, display=screen.display) as chromium:
        yield chromium


@pytest.fixture
def computer(
    stack: Stack, screen: Screen, browser: Browser, sites: tuple[Host, Site], identity: Path, tmp_path: Path
) -> Iterator[Computer]:
    """A computer without an agent, ports that nobody has held, and the demo card with three tries."""
    stack.reader.renew(stack.card_image("citizen"))
    evil, site = sites
    site.said.clear()
    site.posts.clear()
    ports = [free_port(), free_port()]
    computer = Computer(
        stack, screen, browser, evil, site, tmp_path, ports=ports, http_port=free_port(), identity=identity
    )
    yield computer
    computer.close()
